/* Every key of the configuration does something, and nothing but that: tiny runs that differ in one key
 * alone, and what may differ in what they leave. A key or a value without a row fails the test. */
#include "testing.h"

#include "despur/run.h"
#include "io/npy.h"

#include <stdbool.h>

static despur_error error;

/* ---- what a run leaves ---- */

/* The parts of a run directory that are compared; a row names them by their letters. Not here: config.yaml
 * and manifest.json, which repeat the configuration, and timing.json. */
typedef struct part {
  char letter;
  const char *file, *beginning; /* beginning: of the lines that count, or NULL for the whole file */
} part;

static const part PARTS[] = {
    {'R', "results.jsonl", "{\"stage\":\"reference\""},
    {'I', "results.jsonl", "{\"stage\":\"infer\""},
    {'T', "results.jsonl", "{\"stage\":\"train\""},
    {'L', "results.jsonl", "{\"stage\":\"repair\""},
    {'t', "train.safetensors", NULL},
    {'r', "reference.safetensors", NULL},
    {'g', "groups.csv", NULL},
    {'c', "grouping.safetensors", NULL},
    {'e', "embedding.csv", NULL},
    {'m', "model.safetensors", NULL},
    {'s', "steps.csv", NULL},
    {'p', "predictions.csv", NULL},
    {'E', "events.out.tfevents.0.despur", NULL},
};

enum { PART_COUNT = sizeof PARTS / sizeof *PARTS };

typedef struct fingerprint {
  uint64_t of[PART_COUNT]; /* 0: there is no such part */
} fingerprint;

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
  return hash;
}

static uint64_t hash_part(const part *p, const char *directory) {
  char path[256], *line = NULL;
  size_t room = 0;
  uint64_t hash = 0;
  ssize_t length;
  snprintf(path, sizeof path, "%s/%s", directory, p->file);
  FILE *file = fopen(path, "rb");
  while (file && (length = getline(&line, &room, file)) >= 0) {
    if (p->beginning && strncmp(line, p->beginning, strlen(p->beginning)) != 0) continue;
    hash = hash_bytes(hash ? hash : 14695981039346656037u, line, (size_t)length);
  }
  if (file) fclose(file);
  free(line);
  return hash;
}

static void remove_parts(const char *directory) {
  char path[256];
  for (size_t i = 0; i < PART_COUNT; i++) {
    snprintf(path, sizeof path, "%s/%s", directory, PARTS[i].file);
    (void)remove(path);
  }
}

/* Carries out the configuration of these words, KEY=VALUE each. */
static void carry_out(const char *words, const char *directory) {
  despur_config *config;
  despur_run_result result;
  const despur_run_options options = {.directory = directory, .force = 1, .threads = 1};
  char copy[2048], *rest = copy;
  assert_ok(despur_config_create(&config, &error));
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word; (word = strsep(&rest, " "));)
    if (*word && despur_config_set(config, word, &error) != DESPUR_OK)
      fail_msg("%s: %s", words, error.message);
  if (despur_run(&result, config, &options, &error) != DESPUR_OK) fail_msg("%s: %s", words, error.message);
  despur_run_result_release(&result);
  despur_config_free(config);
}

/* Rows that follow each other mostly begin from the same configuration. */
static fingerprint fingerprint_of(const char *words) {
  static char known[2048];
  static fingerprint last;
  if (!strcmp(known, words)) return last;
  fingerprint found;
  carry_out(words, "run");
  for (size_t i = 0; i < PART_COUNT; i++) found.of[i] = hash_part(&PARTS[i], "run");
  remove_parts("run");
  if (!*known || strncmp(words, known, strlen(known)) != 0) {
    snprintf(known, sizeof known, "%s", words);
    last = found;
  }
  return found;
}

/* ---- the rows ---- */

typedef struct row {
  const char *key, *before, *after; /* two configurations, as words */
  const char *must, *may; /* the parts that differ, and those that perhaps do; all others are the same */
} row;

#define ROW(key, base, value, must, may)                                                                     \
  { key, base, base " " key "=" value, must, may }

/* The words that most runs begin with. */
#define TINY                                                                                                 \
  "data.images=digits data.digits_train=60 data.digits_test=20 data.classes=[[0,1,2,3,4],[5,6,7,8,9]] "
#define DIGITS    TINY "data.strength=0.6 "
#define REFERENCE "reference.epochs=1 reference.batch_size=20 "
#define TRAIN     "train.batch_size=20 log.steps=true "
#define ERM       DIGITS REFERENCE TRAIN
#define CLUSTERS  ERM "infer.method=cluster train.method=group_balance"
#define PIECES    CLUSTERS " infer.on=features infer.clusters=1 data.digits_train=200"
#define FILES     "data.source=npy data.images=images.npy data.labels=labels.npy "
#define SPLITS    FILES "data.attributes=attributes.npy data.splits=splits.npy "

#define PLANTED  "data.source=planted data.planted.train=60 data.planted.val=20 data.planted.test=20 " TRAIN
#define PICTURES "data.source=pictures data.size=8 data.cache=cache " TRAIN
#define PHOTOS   PICTURES "data.folder=photos "
#define TABLED   PICTURES "data.folder=tabled "
#define LAYOUT(layout, folder)                                                                               \
  { "data.layout", PHOTOS, PICTURES "data.folder=" folder " data.layout=" layout, "", "Tmsp" }

#define EPOCHS                                                                                               \
  "data.source=features data.features=features.npy data.labels=labels.npy data.attributes=attributes.npy "   \
  "data.splits=splits.npy reference.epochs=6 reference.optimizer.lr=0.3 infer.method=cluster "               \
  "infer.clusters=3 train.batch_size=20 train.epochs=12 train.optimizer.lr=0.3 log.steps=true"

#define LINEAR                                                                                               \
  "data.source=features data.features=features.npy data.labels=labels.npy data.attributes=attributes.npy "   \
  "data.splits=splits.npy train.batch_size=20 train.epochs=2 log.steps=true"

/* What follows from something: other groups, another final network, and both. */
#define FROM_GROUPS   "IgcemspT"
#define FROM_CLUSTERS "IgmspT"

/* Keys of a stage change that stage; nothing is inferred from the reference network here, so it changes
 * nothing else. */
#define STAGE(stage, weights, losses, predictions)                                                           \
  ROW(stage ".batch_size", ERM, "30", weights losses, predictions),                                          \
      ROW(stage ".optimizer.name", ERM, "adam", weights losses, predictions),                                \
      {stage ".optimizer.name", ERM stage ".optimizer.weight_decay=0.1 " stage ".optimizer.name=adam",       \
       ERM stage ".optimizer.weight_decay=0.1 " stage ".optimizer.name=adamw", weights losses, predictions}, \
      ROW(stage ".optimizer.lr", ERM, "0.02", weights losses, predictions),                                  \
      ROW(stage ".optimizer.head_factor", ERM, "10", weights losses, predictions),                           \
      ROW(stage ".optimizer.momentum", ERM, "0.5", weights losses, predictions),                             \
      ROW(stage ".optimizer.nesterov", ERM, "true", weights losses, predictions),                            \
      ROW(stage ".optimizer.weight_decay", ERM, "0.1", weights losses, predictions),                         \
      ROW(stage ".optimizer.betas", ERM stage ".optimizer.name=adam", "[0.8,0.999]", weights losses,         \
          predictions),                                                                                      \
      ROW(stage ".optimizer.betas", ERM stage ".optimizer.name=adam", "[0.9,0.9]", weights losses,           \
          predictions),                                                                                      \
      ROW(stage ".optimizer.eps", ERM stage ".optimizer.name=adam", "0.001", weights losses, predictions),   \
      ROW(stage ".schedule.name", ERM stage ".epochs=2", "step", weights losses, predictions),               \
      ROW(stage ".schedule.name", ERM stage ".epochs=2", "cosine", weights losses, predictions),             \
      ROW(stage ".schedule.name", ERM stage ".epochs=2", "linear", weights losses, predictions),             \
      ROW(stage ".schedule.every", ERM stage ".epochs=2 " stage ".schedule.name=step", "2", weights losses,  \
          predictions),                                                                                      \
      ROW(stage ".schedule.gamma", ERM stage ".epochs=2 " stage ".schedule.name=step", "0.5",                \
          weights losses, predictions),                                                                      \
      ROW(stage ".schedule.final", ERM stage ".schedule.name=cosine", "0.5", weights losses, predictions),   \
      ROW(stage ".schedule.final", ERM stage ".schedule.name=linear", "0.5", weights losses, predictions),   \
      ROW(stage ".clip", ERM, "0.01", weights losses, predictions),                                          \
      ROW(stage ".ema", ERM, "0.5", weights, predictions)

#define OTHER_SEED(key) ROW(key, CLUSTERS, "1", "RTrms", "Igcep")

static const row ROWS[] = {
    ROW("name", ERM, "other", "", ""), /* the directory's: a test of its own */
    ROW("label", ERM, "other", "T", ""),
    ROW("seed", CLUSTERS, "1", "RITrgcemsp", ""),
    OTHER_SEED("seeds.data"),
    OTHER_SEED("seeds.split"),
    OTHER_SEED("seeds.init"),
    OTHER_SEED("seeds.order"),

    {"data.source", ERM, "data.source=digits data.digits_train=60 data.digits_test=20 " REFERENCE TRAIN,
     "RTrmsp", ""},
    {"data.source", ERM, "data.source=npy data.images=images.npy data.labels=labels.npy " REFERENCE TRAIN,
     "RTrmsp", ""},
    {"data.source", ERM,
     "data.source=features data.features=features.npy data.labels=labels.npy " REFERENCE TRAIN, "RTrmsp", ""},
    ROW("data.images", SPLITS REFERENCE TRAIN, "others.npy", "RTrmsp", ""),
    ROW("data.features", "data.source=features data.features=features.npy data.labels=labels.npy " TRAIN,
        "others_features.npy", "Tmsp", ""),
    ROW("data.labels", SPLITS REFERENCE TRAIN, "others_labels.npy", "RTrmsp", ""),
    /* training by the examples alone never sees attributes */
    ROW("data.attributes", SPLITS REFERENCE TRAIN "infer.method=cluster train.method=erm",
        "others_attributes.npy", "RITgp", ""),
    ROW("data.splits", SPLITS REFERENCE TRAIN, "others_splits.npy", "RTrmsp", ""),
    {"data.source", ERM, PLANTED REFERENCE, "RTrmsp", ""},
    ROW("data.planted.train", PLANTED, "80", "Tms", "p"),
    ROW("data.planted.val", PLANTED, "30", "T", "p"),
    ROW("data.planted.test", PLANTED, "30", "Tp", ""),
    ROW("data.planted.classes", PLANTED, "3", "Tmsp", ""),
    ROW("data.planted.core", PLANTED, "2", "Tms", "p"),
    ROW("data.planted.spurious", PLANTED, "[2,3]", "Tms", "p"),
    ROW("data.planted.strength", PLANTED, "0.6", "Tms", "p"),
    ROW("data.planted.columns", PLANTED, "3", "Tms", "p"),
    ROW("data.planted.noise", PLANTED, "2", "Tms", "p"),
    {"data.source", ERM, PHOTOS, "RTmsp", "r"},
    {"data.folder", PHOTOS, TABLED, "Tm", "sp"},
    LAYOUT("metadata", "tabled"),
    LAYOUT("waterbirds", "tabled"),
    LAYOUT("wilds", "tabled"),
    LAYOUT("celeba", "faces"),
    LAYOUT("domainbed", "places"),
    LAYOUT("urbancars", "cars"),
    LAYOUT("bffhq", "people"),
    LAYOUT("spuco_animals", "animals"),
    LAYOUT("cifar10", "records"),
    {"data.layout", PHOTOS, PHOTOS "data.layout=imagefolder", "", ""}, /* what auto finds */
    ROW("data.metadata", TABLED, "tabled/other.csv", "ms", "RTp"),
    ROW("data.label", TABLED, "other", "ms", "Tp"),
    ROW("data.attribute", TABLED, "other", "T", "p"),
    ROW("data.split", TABLED, "part", "ms", "Tp"),
    ROW("data.size", PHOTOS, "9", "ms", "Tp"),
    ROW("data.resize", PHOTOS, "12", "ms", "Tp"),
    ROW("data.filter", PHOTOS, "bicubic", "ms", "Tp"),
    /* none is a large JPEG: unit.picture has one */
    ROW("data.scaled_decoding", PHOTOS, "never", "", ""),
    ROW("data.scaled_decoding", PHOTOS, "near", "", ""),
    ROW("data.skip_unreadable", PHOTOS, "true", "", ""), /* nothing is; cli.pictures has one */
    ROW("data.cache", PHOTOS, "elsewhere", "", ""),
    ROW("data.region", PHOTOS, "[0,0,4,4]", "", ""), /* cam.json is not compared; cli.pictures has one */
    ROW("data.augment.flip", PHOTOS, "true", "ms", "Tp"),
    ROW("data.augment.flip", SPLITS TRAIN, "true", "ms", "Tp"),
    ROW("data.augment.crop", PHOTOS, "padded", "ms", "Tp"),
    ROW("data.augment.crop", PHOTOS, "resized", "ms", "Tp"),
    ROW("data.augment.pad", PHOTOS "data.augment.crop=padded", "2", "ms", "Tp"),
    ROW("data.augment.scale", PHOTOS "data.augment.crop=resized", "[0.5,1]", "ms", "Tp"),
    ROW("data.augment.ratio", PHOTOS "data.augment.crop=resized", "[1,1]", "ms", "Tp"),
    ROW("data.augment.brightness", PHOTOS, "0.5", "ms", "Tp"),
    ROW("data.augment.contrast", PHOTOS, "0.5", "ms", "Tp"),
    ROW("data.augment.saturation", PHOTOS, "0.5", "ms", "Tp"),
    ROW("data.augment.hue", PHOTOS, "0.2", "ms", "Tp"),
    ROW("data.difficulty", ERM, "magnitude_medium", "RTrms", "p"),
    ROW("data.difficulty", ERM, "magnitude_small", "RTrms", "p"),
    ROW("data.difficulty", ERM, "variance_low", "RTrms", "p"),
    ROW("data.difficulty", ERM, "variance_medium", "RTrms", "p"),
    ROW("data.difficulty", ERM, "variance_high", "RTrms", "p"),
    ROW("data.strength", TINY REFERENCE TRAIN, "0.8", "RTrms", "p"),
    ROW("data.strength", TINY REFERENCE TRAIN, "[0.8,0.9]", "RTrms", "p"),
    ROW("data.val_strength", CLUSTERS, "0.9", "RT", ""),
    ROW("data.classes", ERM, "[[0,1,2,3],[4,5,6,7]]", "RTrms", "p"),
    ROW("data.label_noise", ERM, "0.2", "RTrms", "p"),
    ROW("data.core_feature_noise", ERM, "0.3", "RTrms", "p"),
    ROW("data.digits_train", ERM, "80", "RTrms", "p"),
    ROW("data.digits_test", ERM, "30", "RTp", ""),

    ROW("model.arch", ERM, "mlp", "RTrmsp", ""),
    ROW("model.arch", ERM, "linear", "RTrmsp", ""),
    ROW("model.arch", ERM, "resnet20", "RTrmsp", ""),
    ROW("model.arch", ERM, "resnet56", "RTrmsp", ""),
    ROW("model.mean", ERM, "0.5", "RTrms", "p"),
    ROW("model.mean", ERM, "[0,0,0.5]", "RTrms", "p"),
    ROW("model.std", ERM, "2", "RTrms", "p"),
    ROW("model.std", ERM, "[1,1,2]", "RTrms", "p"),
    ROW("model.dropout", ERM "model.arch=mlp", "0.1", "RTrms", "p"),
    ROW("model.init", ERM, "init.safetensors", "RTrms", "p"),
    ROW("model.freeze", ERM, "conv1", "RTrms", "p"),

    ROW("reference.epochs", ERM, "2", "Rr", ""),
    ROW("reference.epochs", DIGITS TRAIN, "1", "Rr", ""),
    STAGE("reference", "Rr", "", ""),
    ROW("reference.select", EPOCHS, "val_recall", "Rrce", FROM_CLUSTERS),
    ROW("reference.select", EPOCHS, "silhouette", "Rrce", FROM_CLUSTERS),

    ROW("infer.method", ERM "train.method=group_balance", "cluster", "IgceTms", "p"),
    ROW("infer.method", ERM "train.method=group_balance", "george", "IgceTms", "p"),
    ROW("infer.method", ERM "train.method=group_balance", "spare", "IgceTms", "p"),
    ROW("infer.method", ERM "train.method=group_balance", "jtt", "IgTms", "p"),
    ROW("infer.method", ERM "train.method=group_balance", "eiil", "IgTms", "p"),
    ROW("infer.preset", ERM "infer.method=george", "spuco", "cI", FROM_GROUPS),
    ROW("infer.on", CLUSTERS, "probabilities", "ce", FROM_CLUSTERS),
    ROW("infer.on", CLUSTERS, "features", "ce", FROM_CLUSTERS),
    ROW("infer.scale", CLUSTERS, "standard", "ce", FROM_CLUSTERS),
    ROW("infer.scale", CLUSTERS, "unit", "ce", FROM_CLUSTERS),
    ROW("infer.reduce.method", CLUSTERS " infer.on=features", "pca", "ce", FROM_CLUSTERS),
    ROW("infer.reduce.method", CLUSTERS " infer.on=features", "umap", "ce", FROM_CLUSTERS),
    ROW("infer.reduce.method", CLUSTERS " infer.on=features", "hardness", "ce", FROM_CLUSTERS),
    ROW("infer.reduce.scope", CLUSTERS " infer.on=features infer.reduce.method=pca", "all", "ce",
        FROM_CLUSTERS),
    ROW("infer.reduce.components", CLUSTERS " infer.on=features infer.reduce.method=pca", "3", "ce",
        FROM_CLUSTERS),
    ROW("infer.reduce.neighbors", CLUSTERS " infer.on=features infer.reduce.method=umap", "5", "ce",
        FROM_CLUSTERS),
    ROW("infer.reduce.min_dist", CLUSTERS " infer.on=features infer.reduce.method=umap", "0.5", "ce",
        FROM_CLUSTERS),
    ROW("infer.algorithm", CLUSTERS, "gmm", "c", "e" FROM_CLUSTERS),
    ROW("infer.algorithm", CLUSTERS, "gmm_diagonal", "c", "e" FROM_CLUSTERS),
    ROW("infer.algorithm", CLUSTERS, "kmedoids", "c", "e" FROM_CLUSTERS),
    ROW("infer.scope", CLUSTERS, "all", "cIgmsT", "ep"),
    ROW("infer.clusters", CLUSTERS, "3", "cIgmsT", "ep"),
    ROW("infer.max_clusters", CLUSTERS, "6", "cI", FROM_GROUPS),
    ROW("infer.score", CLUSTERS " infer.on=features infer.max_clusters=6", "macro_silhouette", "I",
        FROM_GROUPS),
    /* pieces of 25 examples and more are kept */
    ROW("infer.overcluster", PIECES, "3", "cIg", FROM_GROUPS),
    ROW("infer.overcluster_loss", PIECES " infer.overcluster=3", "false", "cIg", FROM_GROUPS),
    ROW("infer.starts", CLUSTERS " infer.on=features infer.clusters=6", "1", "cI", FROM_GROUPS),
    /* the estimate is told, and decides nothing where the number of clusters is fixed */
    ROW("infer.silhouette_sample",
        CLUSTERS " infer.on=features data.digits_train=300 reference.batch_size=100 train.batch_size=100",
        "100", "I", "c"),
    ROW("infer.eiil.steps", ERM "infer.method=eiil infer.eiil.steps=20", "2000", "Ig", FROM_GROUPS),
    ROW("infer.eiil.lr", ERM "infer.method=eiil infer.eiil.steps=20", "1", "Ig", FROM_GROUPS),

    ROW("train.method", CLUSTERS, "erm", "Tms", "p"),
    ROW("train.method", CLUSTERS, "class_balance", "Tms", "p"),
    ROW("train.method", CLUSTERS, "upsample", "Tms", "p"),
    ROW("train.method", CLUSTERS, "downsample", "Tms", "p"),
    ROW("train.method", CLUSTERS, "groupdro", "Tms", "p"),
    {"train.method", CLUSTERS, CLUSTERS " train.method=spare train.spare.rule=given train.spare.power=9",
     "ITms", "p"},
    ROW("train.method", ERM "infer.method=jtt train.method=erm", "jtt", "Tms", "p"),
    ROW("train.method", ERM "infer.method=jtt train.method=erm", "group_balance", "Tms", "p"),
    ROW("train.epochs", ERM, "2", "Tms", "p"),
    STAGE("train", "Tm", "s", "p"),
    ROW("train.order", ERM, "order.npy", "Tms", "p"),
    ROW("train.sampler", ERM "train.method=groupdro", "shuffle", "Tms", "p"),
    ROW("train.groupdro.eta", ERM "train.method=groupdro", "1", "Tms", "p"),
    ROW("train.groupdro.adjustment", ERM "train.method=groupdro train.groupdro.eta=1", "5", "Tms", "p"),
    ROW("train.groupdro.adjustment", ERM "train.method=groupdro train.groupdro.eta=1", "[9,0,0,0]", "Tms",
        "p"),
    /* powers are told with the groups */
    {"train.spare.rule", ERM "infer.method=spare train.spare.threshold=-1",
     ERM "infer.method=spare train.spare.rule=given", "ITms", "p"},
    ROW("train.spare.threshold", ERM "infer.method=spare train.spare.threshold=-1", "1", "ITms", "p"),
    ROW("train.spare.power", ERM "infer.method=spare train.spare.rule=given", "3", "ITms", "p"),
    ROW("train.spare.power", ERM "infer.method=spare train.spare.rule=given", "[3,2]", "ITms", "p"),
    ROW("train.jtt.repeats", ERM "infer.method=jtt", "5", "Tms", "p"),

    /* each rule keeps another epoch */
    ROW("select.rule", EPOCHS, "val_worst_group", "Tm", "p"),
    ROW("select.rule", EPOCHS, "val_worst_inferred_group", "Tm", "p"),
    ROW("select.rule", EPOCHS, "val_worst_class", "Tm", "p"),
    ROW("select.rule", EPOCHS, "val_average", "Tm", "p"),
    /* the trained network gets a file of its own, and another is the last */
    {"repair.method", LINEAR, LINEAR " repair.method=erm", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=balanced", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=groupdro", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=dfr", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=dfr_train", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=dispel", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=afr", "Ltm", "p"},
    {"repair.method", LINEAR, LINEAR " repair.method=offsets", "Ltm", "p"},
    ROW("repair.groups", LINEAR " reference.epochs=1 infer.method=cluster repair.method=balanced", "inferred",
        "Lm", "p"),
    ROW("repair.select", LINEAR " repair.method=dfr", "worst_class", "L", "mp"),
    ROW("repair.select", LINEAR " repair.method=dfr", "average", "L", "mp"),
    ROW("repair.folds", LINEAR " repair.method=dfr", "3", "L", "mp"),
    ROW("repair.refits", LINEAR " repair.method=dfr repair.c=0.7", "3", "Lm", "p"),
    ROW("repair.l2", LINEAR " repair.method=erm", "[5,4]", "Lm", "p"),
    ROW("repair.c", LINEAR " repair.method=dfr", "[0.9,0.6]", "Lm", "p"),
    ROW("repair.mix", LINEAR " repair.method=dispel repair.c=0.7", "0.5", "Lm", "p"),
    ROW("repair.gamma", LINEAR " repair.method=afr repair.lambda=0.1", "3", "Lm", "p"),
    ROW("repair.lambda", LINEAR " repair.method=afr repair.gamma=1", "0.02", "Lm", "p"),
    {"repair.method", LINEAR, LINEAR " repair.method=dpe", "Ltm", "p"},
    ROW("repair.scale", LINEAR " repair.method=dpe repair.diversity=1", "7", "Lm", "p"),
    ROW("repair.diversity", LINEAR " repair.method=dpe repair.scale=20", "5", "Lm", "p"),
    {"log.steps", ERM, DIGITS REFERENCE "train.batch_size=20", "s", ""},
    ROW("log.tensorboard", ERM, "true", "E", ""),
};

enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

/* ---- inputs ---- */

enum { COUNT = 60, SIDE = 28, FEATURES = 5 };

static void write_numbers(const char *path, size_t factor, size_t divisor, size_t modulus) {
  const size_t shape[] = {COUNT};
  int64_t values[COUNT];
  for (size_t i = 0; i < COUNT; i++) values[i] = (int64_t)(i * factor / divisor % modulus);
  assert_ok(npy_write(path, NPY_I64, 1, shape, values, &error));
}

static void write_images(const char *path, unsigned seed) {
  static uint8_t pixels[COUNT * SIDE * SIDE];
  const size_t shape[] = {COUNT, 1, SIDE, SIDE};
  for (size_t i = 0; i < sizeof pixels; i++)
    pixels[i] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 20);
  assert_ok(npy_write(path, NPY_U8, 4, shape, pixels, &error));
}

static void write_features(const char *path, unsigned seed) {
  float values[COUNT * FEATURES];
  const size_t shape[] = {COUNT, FEATURES};
  for (size_t i = 0; i < COUNT * FEATURES; i++)
    values[i] = (float)((seed = seed * 1103515245u + 12345u) >> 16) / 65536;
  assert_ok(npy_write(path, NPY_F32, 2, shape, values, &error));
}

/* A picture of 12 x 10 pixels, whatever it is called. */
static void write_picture(const char *path, unsigned seed) {
  char folder[200];
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
  assert_ok(file_make_directories(folder, &error));
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fprintf(file, "P6 12 10 255\n");
  for (int i = 0; i < 360; i++) fputc((int)((seed = seed * 1103515245u + 12345u) >> 20 & 255), file);
  fclose(file);
}

/* "a/%d/b" with every i below count in place of %d. */
#define WRITE_PICTURES(count, ...)                                                                           \
  for (unsigned i = 0; i < (count); i++) {                                                                   \
    char path[200];                                                                                          \
    snprintf(path, sizeof path, __VA_ARGS__);                                                                \
    write_picture(path, i + 7);                                                                              \
  }

static const char *const SPLIT_NAMES[] = {"train", "val", "test"};

/* A folder of each layout, with pictures for all splits. */
static void make_folders(void) {
  WRITE_PICTURES(36, "photos/%s/class %u/place %u/%u.jpg", SPLIT_NAMES[i % 3], i / 3 % 2, i / 6 % 2, i)
  WRITE_PICTURES(36, "tabled/%u.jpg", i)
  WRITE_PICTURES(12, "faces/img_align_celeba/%u.jpg", i)
  WRITE_PICTURES(40, "places/%s/class %u/%u.jpg", i % 2 ? "photo" : "art", i / 2 % 2, i)
  WRITE_PICTURES(12, "cars/bg-0.5/%s/obj-%s_bg-urban_co_occur_obj-urban/%u.jpg", SPLIT_NAMES[i % 3],
                 i / 3 % 2 ? "urban" : "country", i)
  WRITE_PICTURES(12, "people/%s/%u_%u_%u.jpg", i % 3 ? SPLIT_NAMES[i % 3] : "align", i, i / 3 % 2, i / 6 % 2)
  WRITE_PICTURES(12, "animals/%s/class %u/place %u/%u.jpg", SPLIT_NAMES[i % 3], i / 3 % 2, i / 6 % 2, i)
  FILE *table = fopen("tabled/metadata.csv", "wb"), *other = fopen("tabled/other.csv", "wb");
  FILE *attributes = fopen("faces/list_attr_celeba.txt", "wb");
  FILE *splits = fopen("faces/list_eval_partition.txt", "wb");
  fprintf(table, "filename,y,a,split,other,part\n");
  fprintf(other, "filename,y,a,split\n");
  fprintf(attributes, "12\nBlond_Hair Male\n");
  for (unsigned i = 0; i < 36; i++) {
    fprintf(table, "%u.jpg,%u,%u,%u,%u,%u\n", i, i / 3 % 2, i / 6 % 2, i % 3, i / 4 % 2, i / 12);
    fprintf(other, "%u.jpg,%u,%u,%u\n", 35 - i, i / 3 % 2, i / 6 % 2, i % 3);
    if (i < 12) fprintf(attributes, "%u.jpg %d %d\n", i, i / 3 % 2 ? 1 : -1, i / 6 % 2 ? 1 : -1);
    if (i < 12) fprintf(splits, "%u.jpg %u\n", i, i % 3);
  }
  fclose(table), fclose(other), fclose(attributes), fclose(splits);
  assert_ok(file_make_directories("records", &error));
  FILE *train = fopen("records/data_batch_1.bin", "wb"), *test = fopen("records/test_batch.bin", "wb");
  for (unsigned i = 0; i < 20 * 3073; i++) {
    fputc((int)(i % 3073 ? i * 7 % 251 : i / 3073 % 10), train);
    fputc((int)(i % 3073 ? i * 5 % 241 : i / 3073 % 10), test);
  }
  fclose(train), fclose(test);
}

/* 60 examples, 0.6 of them for training; order.npy visits training examples of the digits. */
static int make_inputs(void **state) {
  (void)state;
  static char path[128];
  temporary_directory(path);
  assert_int_equal(chdir(path), 0);
  write_images("images.npy", 1);
  write_images("others.npy", 2);
  write_features("features.npy", 1);
  write_features("others_features.npy", 2);
  write_numbers("labels.npy", 1, 1, 2);
  write_numbers("others_labels.npy", 1, 2, 2);
  write_numbers("attributes.npy", 1, 4, 2);
  write_numbers("others_attributes.npy", 1, 6, 2);
  write_numbers("splits.npy", 1, 10, 3);
  write_numbers("others_splits.npy", 1, 12, 3);
  write_numbers("order.npy", 1, 1, COUNT);
  make_folders();
  carry_out(DIGITS TRAIN "seed=7", "run");
  assert_int_equal(rename("run/model.safetensors", "init.safetensors"), 0);
  remove_parts("run");
  return 0;
}

/* ---- the tests ---- */

/* Prints what is wrong, so that one run shows all of it. */
static bool parts_hold(const row *r, const fingerprint *before, const fingerprint *after) {
  char changed[PART_COUNT + 1] = "";
  for (size_t i = 0, n = 0; i < PART_COUNT; i++) {
    if (before->of[i] == after->of[i]) continue;
    changed[n++] = PARTS[i].letter;
    changed[n] = 0;
  }
  bool holds = true;
  for (size_t i = 0; i < PART_COUNT; i++) {
    bool must = strchr(r->must, PARTS[i].letter), may = must || strchr(r->may, PARTS[i].letter);
    bool did = before->of[i] != after->of[i];
    if (did ? may : !must) continue;
    holds = false;
    printf("%s\n  in place of %s\n  %s %s; changed '%s', must '%s', may '%s'\n", r->after, r->before,
           did ? "changes" : "does not change", PARTS[i].file, changed, r->must, r->may);
  }
  return holds;
}

static void every_key_changes_what_it_should_and_nothing_else(void **state) {
  (void)state;
  static fingerprint after[ROW_COUNT];
  size_t wrong = 0;
  for (size_t i = 0; i < ROW_COUNT; i++) {
    fingerprint before = fingerprint_of(ROWS[i].before);
    after[i] = fingerprint_of(ROWS[i].after);
    wrong += !parts_hold(&ROWS[i], &before, &after[i]);
    /* two values of a key differ from each other as well */
    for (size_t k = 0; k < i; k++)
      if (*ROWS[i].must && !strcmp(ROWS[k].key, ROWS[i].key) && !strcmp(ROWS[k].before, ROWS[i].before) &&
          !memcmp(&after[k], &after[i], sizeof after[i])) {
        printf("the same as %s:\n%s\n", ROWS[k].after, ROWS[i].after);
        wrong++;
      }
  }
  assert_int_equal(wrong, 0);
}

/* Whether some row is about the key, and has it at this value on one of its sides. */
static bool has_row(const char *key, const char *value) {
  char word[128];
  snprintf(word, sizeof word, "%s=%s", key, value ? value : "");
  for (size_t i = 0; i < ROW_COUNT; i++)
    if (!strcmp(ROWS[i].key, key) && (strstr(ROWS[i].after, word) || strstr(ROWS[i].before, word)))
      return true;
  return false;
}

/* Networks that are too large to be trained here; tests/model/networks_test.py runs them. */
static bool is_large(const char *architecture) {
  static const char *const LARGE[] = {"resnet18", "resnet34", "resnet50", "efficientnet_lite0"};
  for (size_t i = 0; i < sizeof LARGE / sizeof *LARGE; i++)
    if (strcmp(LARGE[i], architecture) == 0) return true;
  return false;
}

static void every_key_and_value_has_a_row(void **state) {
  (void)state;
  size_t missing = 0;
  for (size_t i = 0; despur_config_key(i); i++) {
    const char *key = despur_config_key(i), *const *values = despur_config_choices(key);
    char *described, initial[128];
    if (strcmp(key, "log.steps") != 0 && !has_row(key, NULL)) printf("%s has no row\n", key), missing++;
    assert_ok(despur_config_describe(&described, key, &error));
    for (; values && *values; values++) {
      snprintf(initial, sizeof initial, "default: %s", *values); /* what the other rows begin from */
      if (strcmp(key, "model.arch") == 0 && is_large(*values)) continue;
      if (!strstr(described, initial) && !has_row(key, *values))
        printf("%s=%s has no row\n", key, *values), missing++;
    }
    free(described);
  }
  assert_int_equal(missing, 0);
}

static void the_name_and_the_seed_are_the_directory_unless_it_is_given(void **state) {
  (void)state;
  carry_out(ERM "name=other seed=3", NULL);
  assert_int_equal(access("runs/other-3/model.safetensors", F_OK), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_key_and_value_has_a_row),
      cmocka_unit_test(the_name_and_the_seed_are_the_directory_unless_it_is_given),
      cmocka_unit_test(every_key_changes_what_it_should_and_nothing_else),
  };
  return cmocka_run_group_tests(tests, make_inputs, NULL);
}
