/* All keys of the configuration. A new option is a member of struct despur_config, a row here and, when it
 * has no effect beside some other value, a line in config_check.c. */
#include "config/source.h"

#include "despur/picture.h"
#include "despur/repair.h"
#include "despur/text.h"
#include "repair/usual.h"

#include <stdio.h>
#include <string.h>

#define SOURCE_NAME(name) #name,
static const char *const sources[] = {DATA_SOURCES(SOURCE_NAME) NULL};
static const char *const difficulties[] = {"magnitude_large",
                                           "magnitude_medium",
                                           "magnitude_small",
                                           "variance_low",
                                           "variance_medium",
                                           "variance_high",
                                           NULL};
static const char *const crops[] = {"none", "padded", "resized", NULL};
static const char *const filters[] = {"bilinear", "bicubic", NULL};
static const char *const scaled_decodings[] = {"far", "never", "near", NULL};
static const char *const optimizers[] = {"sgd", "adam", "adamw", NULL};
static const char *const schedules[] = {"constant", "step", "cosine", "linear", NULL};
static const char *const inferences[] = {"none", "cluster", "george", "spare", "jtt", "eiil", NULL};
static const char *const presets[] = {"paper", "spuco", NULL};
static const char *const outputs[] = {"logits", "probabilities", "features", NULL};
static const char *const scales[] = {"none", "standard", "unit", NULL};
static const char *const reductions[] = {"none", "pca", "umap", "hardness", NULL};
static const char *const algorithms[] = {"kmeans", "gmm", "gmm_diagonal", "kmedoids", NULL};
static const char *const scopes[] = {"class", "all", NULL};
static const char *const scores[] = {"silhouette", "macro_silhouette", NULL};
static const char *const reference_selections[] = {"last", "val_recall", "silhouette", NULL};
static const char *const samplers[] = {"group_balance", "shuffle", NULL};
static const char *const power_rules[] = {"silhouette", "given", NULL};
static const char *const selections[] = {
    "last", "val_worst_group", "val_worst_inferred_group", "val_worst_class", "val_average", NULL};

#define LAYER_NAME(NAME, name) #name,
static const char *const repairs[] = {"none", DESPUR_LAST_LAYERS(LAYER_NAME) NULL};
static const char *const repair_groups[] = {"attribute", "inferred", NULL};
static const char *const repair_rules[] = {"worst_group", "worst_class", "average", NULL};

#define ROW(name, kind, member, default_text, meaning)                                                       \
  .key = name, .type = kind, .offset = offsetof(despur_config, member), .initial = default_text,             \
  .help = meaning
#define INTEGER(name, member, least, greatest, initial, help)                                                \
  { ROW(name, CONFIG_IS_INTEGER, member, initial, help), .low = (least), .high = (greatest) }
#define REAL(name, member, lower, upper, initial, help)                                                      \
  { ROW(name, CONFIG_IS_REAL, member, initial, help), lower, upper }
#define REALS(name, member, few, many, lower, upper, initial, help)                                          \
  { ROW(name, CONFIG_IS_REALS, member, initial, help), lower, upper, .fewest = (few), .most = (many) }
/* As a default is written: 5, and [1, 0.1]. */
#define AS_TEXT(...)   #__VA_ARGS__
#define SPELLED(value) AS_TEXT(value)
#define LISTED(...)    "[" AS_TEXT(__VA_ARGS__) "]"
#define CHOICE(name, member, list, initial, help)                                                            \
  { ROW(name, CONFIG_IS_CHOICE, member, initial, help), .choices = (list) }
#define BOOLEAN(name, member, initial, help)                                                                 \
  { ROW(name, CONFIG_IS_BOOLEAN, member, initial, help) }
#define TEXT(name, member, initial, help)                                                                    \
  { ROW(name, CONFIG_IS_TEXT, member, initial, help) }
#define PATH(name, member, help)                                                                             \
  { ROW(name, CONFIG_IS_PATH, member, "", help) }

/* Bounds of reals. */
#define FROM(bound)  .minimum = (bound)
#define ABOVE(bound) .minimum = (bound), .above = true
#define TO(bound)    .maximum = (bound)
#define BELOW(bound) .maximum = (bound), .below = true

#define MAX_EPOCHS 100000
#define MAX_IMAGES 10000000

/* The keys that the reference and the final network share, but for epochs. */
#define STAGE(stage)                                                                                         \
  INTEGER(#stage ".batch_size", stage.batch_size, 1, 4096, "64", "examples in one step"),                    \
      CHOICE(#stage ".optimizer.name", stage.optimizer.name, optimizers, "sgd",                              \
             "how weights follow the gradient"),                                                             \
      REAL(#stage ".optimizer.lr", stage.optimizer.lr, ABOVE(0), TO(1000), "0.01", "learning rate"),         \
      REAL(#stage ".optimizer.head_factor", stage.optimizer.head_factor, ABOVE(0), TO(1e6), "1",             \
           "learning rate of the last layer, as a multiple of lr"),                                          \
      REAL(#stage ".optimizer.momentum", stage.optimizer.momentum, FROM(0), BELOW(1), "0.9",                 \
           "share of the last step that is repeated (sgd)"),                                                 \
      BOOLEAN(#stage ".optimizer.nesterov", stage.optimizer.nesterov, "false",                               \
              "take the gradient after the momentum's step (sgd)"),                                          \
      REAL(#stage ".optimizer.weight_decay", stage.optimizer.weight_decay, FROM(0), TO(100), "0",            \
           "pull of the weights towards zero; decoupled from the gradient in adamw"),                        \
      REALS(#stage ".optimizer.betas", stage.optimizer.betas, 2, 2, FROM(0), BELOW(1), "[0.9, 0.999]",       \
            "decay of the averages of the gradient and of its square (adam, adamw)"),                        \
      REAL(#stage ".optimizer.eps", stage.optimizer.eps, ABOVE(0), TO(1), "1e-8",                            \
           "added to the denominator (adam, adamw)"),                                                        \
      CHOICE(#stage ".schedule.name", stage.schedule.name, schedules, "constant",                            \
             "how the learning rate changes over the training"),                                             \
      INTEGER(#stage ".schedule.every", stage.schedule.every, 1, MAX_EPOCHS, "1",                            \
              "epochs between two steps (step)"),                                                            \
      REAL(#stage ".schedule.gamma", stage.schedule.gamma, ABOVE(0), TO(1), "0.1",                           \
           "factor of the learning rate at each step (step)"),                                               \
      REAL(#stage ".schedule.final", stage.schedule.final, FROM(0), TO(1), "0",                              \
           "share of the learning rate that is left at the end (cosine, linear)"),                           \
      REAL(#stage ".clip", stage.clip, FROM(0), TO(1e6), "0",                                                \
           "largest norm of the whole gradient; 0: no limit"),                                               \
      REAL(                                                                                                  \
          #stage ".ema", stage.ema, FROM(0), BELOW(1), "0",                                                  \
          "measure and keep a moving average of the weights with this decay, such as 0.999; 0: the weights")

const config_row schema_rows[] = {
    TEXT("name", name, "run", "name of the run"),
    TEXT("label", label, "", "what tables call the final network; empty: derived from the method"),
    INTEGER("seed", seed, 0, INT64_MAX, "0", "seed of all random numbers"),
    INTEGER("seeds.data", seeds.data, -1, INT64_MAX, "-1", "seed of colours and noise; -1: as seed"),
    INTEGER("seeds.split", seeds.split, -1, INT64_MAX, "-1",
            "seed of the split into training and validation; -1: as seed"),
    INTEGER("seeds.init", seeds.init, -1, INT64_MAX, "-1", "seed of initial weights; -1: as seed"),
    INTEGER("seeds.order", seeds.order, -1, INT64_MAX, "-1",
            "seed of the order of examples and of their random changes; -1: as seed"),

    CHOICE("data.source", data.source, sources, "spuco_mnist",
           "coloured digits, your own .npy files of images, the built-in digits in grey, features, a "
           "folder of pictures, or features with planted shortcuts"),
    TEXT("data.images", data.images, "auto",
         "auto, digits, or a directory with the four IDX files; for npy: the file of images"),
    PATH("data.features", data.features,
         "features of another model, a row of numbers for each example: .npy, FILE.npz:NAME, "
         "FILE.safetensors:NAME"),
    PATH("data.labels", data.labels, "file of labels (npy, features)"),
    PATH("data.attributes", data.attributes, "file of attributes (npy, features); empty: none"),
    PATH("data.splits", data.splits,
         "file of splits: 0 training, 1 validation, 2 test (npy, features); empty: all examples are for "
         "training"),
    CHOICE("data.difficulty", data.difficulty, difficulties, "magnitude_large",
           "where the spurious colour is painted (spuco_mnist)"),
    REALS("data.strength", data.strength, 1, CONFIG_CLASSES, ABOVE(0), BELOW(1), "0.995",
          "share of a class that has its own colour; one for all classes or one for each (spuco_mnist)"),
    REAL("data.val_strength", data.val_strength, FROM(0), TO(1), "0",
         "the same for validation; 0: every colour equally often (spuco_mnist)"),
    {ROW("data.classes", CONFIG_IS_CLASSES, data.classes, "[[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]",
         "the digits of each class; digits that are left out are dropped (spuco_mnist)"),
     .low = 0, .high = CONFIG_DIGITS - 1},
    REAL("data.label_noise", data.label_noise, FROM(0), BELOW(1), "0",
         "share of training examples with a wrong label (spuco_mnist)"),
    REAL("data.core_feature_noise", data.core_feature_noise, FROM(0), TO(1), "0",
         "share of training examples whose digit loses 60 % of its pixels (spuco_mnist)"),
    INTEGER("data.digits_train", data.digits_train, 10, MAX_IMAGES, "20000",
            "how many built-in digits there are for training and validation"),
    INTEGER("data.digits_test", data.digits_test, 10, MAX_IMAGES, "5000",
            "how many built-in digits there are for test"),
    INTEGER("data.planted.train", data.planted.train, 10, MAX_IMAGES, "2000", "training examples (planted)"),
    INTEGER("data.planted.val", data.planted.val, 0, MAX_IMAGES, "500", "validation examples (planted)"),
    INTEGER("data.planted.test", data.planted.test, 10, MAX_IMAGES, "1000", "test examples (planted)"),
    INTEGER("data.planted.classes", data.planted.classes, 2, 100, "2", "classes (planted)"),
    REAL("data.planted.core", data.planted.core, FROM(0), TO(1000), "3",
         "how far apart the means of two classes lie (planted)"),
    REALS(
        "data.planted.spurious", data.planted.spurious, 1, CONFIG_CLASSES, FROM(0), TO(1000), "[6]",
        "how far apart two values of each shortcut lie; the first one is the attribute; 0: it does not show "
        "(planted)"),
    REAL("data.planted.strength", data.planted.strength, FROM(0), TO(1), "0.95",
         "share of a class in training that has its own value of each shortcut (planted)"),
    INTEGER("data.planted.columns", data.planted.columns, 0, 100000, "16",
            "columns of noise beside those of classes and shortcuts (planted)"),
    REAL("data.planted.noise", data.planted.noise, ABOVE(0), TO(1000), "1",
         "standard deviation of each column within groups (planted)"),
    PATH("data.folder", data.folder, "folder of pictures (pictures)"),
    CHOICE("data.layout", data.layout, despur_picture_layouts, "auto",
           "how the folder is laid out; auto: metadata where there is a metadata.csv, else by folders "
           "(pictures)"),
    PATH("data.metadata", data.metadata,
         "table that says what the pictures are; empty: metadata.csv in the folder (pictures)"),
    TEXT("data.label", data.label, "", "column of the table with the labels; empty: guessed (pictures)"),
    TEXT("data.attribute", data.attribute, "",
         "column of the table with the attribute, or several: \"sex,age:18,65\"; empty: guessed (pictures)"),
    TEXT("data.split", data.split, "", "column of the table with the split; empty: guessed (pictures)"),
    INTEGER("data.size", data.size, 8, 2048, "32",
            "side of the square that is cut out of the middle, in pixels (pictures)"),
    INTEGER("data.resize", data.resize, 0, 4096, "0",
            "shorter side of the picture before that; 0: as data.size (pictures)"),
    CHOICE("data.filter", data.filter, filters, "bilinear", "how pictures are resized (pictures)"),
    CHOICE(
        "data.scaled_decoding", data.scaled_decoding, scaled_decodings, "far",
        "decode a JPEG at a half, a quarter or an eighth of its size; far: where at least twice data.resize "
        "is left; near: where data.resize is left; never: bytes are those of the whole, resized (pictures)"),
    BOOLEAN("data.skip_unreadable", data.skip_unreadable, "false",
            "leave out pictures that cannot be read; false: they are an error (pictures)"),
    PATH("data.cache", data.cache,
         "directory for decoded pictures; empty: pictures/ in the user's cache of despur (pictures)"),
    REALS(
        "data.region", data.region, 4, 4, FROM(0), TO(4096), "[0, 0, 0, 0]",
        "where the shortcut is known to lie: left, top, width, height in pixels; Grad-CAM is measured by its "
        "share there (npy, pictures); zeros: not known"),
    BOOLEAN("data.augment.flip", data.augment.flip, "false",
            "mirror training images, each visit at random (npy, pictures)"),
    CHOICE("data.augment.crop", data.augment.crop, crops, "none",
           "cut training images at random; padded: out of a frame of zeros; resized: a part that is enlarged "
           "(npy, pictures)"),
    INTEGER("data.augment.pad", data.augment.pad, 1, 512, "4", "width of that frame in pixels (padded)"),
    REALS("data.augment.scale", data.augment.scale, 2, 2, ABOVE(0), TO(1), "[0.08, 1]",
          "least and greatest area of the part, as a share of the image's (resized)"),
    REALS("data.augment.ratio", data.augment.ratio, 2, 2, ABOVE(0), TO(100), "[0.75, 1.3333333333333333]",
          "least and greatest width of the part, as a multiple of its height (resized)"),
    REAL("data.augment.brightness", data.augment.brightness, FROM(0), TO(10), "0",
         "multiply training images by a factor from 1 - x to 1 + x (npy of bytes, pictures)"),
    REAL("data.augment.contrast", data.augment.contrast, FROM(0), TO(10), "0",
         "likewise their distance from the image's mean grey (npy of bytes, pictures)"),
    REAL("data.augment.saturation", data.augment.saturation, FROM(0), TO(10), "0",
         "likewise the distance of colours from grey (npy of bytes, pictures)"),
    REAL("data.augment.hue", data.augment.hue, FROM(0), TO(0.5), "0",
         "turn their colours by up to this share of the colour circle (npy of bytes, pictures)"),

    CHOICE("model.arch", model.arch, despur_arch_names, "lenet", "the network"),
    REAL("model.dropout", model.dropout, FROM(0), BELOW(1), "0.5", "probability of dropping a value (mlp)"),
    REALS("model.mean", model.mean, 1, DESPUR_NORMALISED_CHANNELS, FROM(-1e6), TO(1e6), "0",
          "what is subtracted from the images before the network sees them; one, or one for each channel"),
    REALS("model.std", model.std, 1, DESPUR_NORMALISED_CHANNELS, ABOVE(0), TO(1e6), "1",
          "what they are divided by after that; likewise"),
    PATH("model.init", model.init, "initial weights: safetensors, .pth or .onnx; empty: random"),
    TEXT("model.freeze", model.freeze, "",
         "layers up to the last one whose name begins so stay as they are (such as layer3); empty: none"),

    INTEGER(
        "reference.epochs", reference.epochs, 0, MAX_EPOCHS, "0",
        "passes over the training examples by the network that groups are inferred from; 0: no such network"),
    STAGE(reference),

    CHOICE("reference.select", reference_select, reference_selections, "last",
           "which epoch's network groups are inferred from; val_recall: the one whose clusters find most of "
           "the minority groups of validation; silhouette: the one whose clusters are best separated"),

    CHOICE("infer.method", infer.method, inferences, "none",
           "how groups are inferred; none: true groups are used"),
    CHOICE("infer.preset", infer.preset, presets, "paper",
           "whose choices the keys below take as their defaults (george)"),
    CHOICE("infer.on", infer.on, outputs, "logits", "what is clustered: outputs of the reference network"),
    CHOICE("infer.scale", infer.scale, scales, "none",
           "standard: every column to mean 0 and deviation 1; unit: every example to length 1"),
    CHOICE("infer.reduce.method", infer.reduce.method, reductions, "none",
           "what reduces the outputs before they are clustered; hardness: one dimension, along the "
           "classifier's weights"),
    CHOICE("infer.reduce.scope", infer.reduce.scope, scopes, "class",
           "reduce each class by itself, or all together (pca, umap)"),
    INTEGER("infer.reduce.components", infer.reduce.components, 1, 1000, "2",
            "dimensions that are left (pca, umap)"),
    INTEGER("infer.reduce.neighbors", infer.reduce.neighbors, 2, 1000, "10", "neighbours of a point (umap)"),
    REAL("infer.reduce.min_dist", infer.reduce.min_dist, FROM(0), TO(1), "0",
         "how close points may come to each other (umap)"),
    CHOICE("infer.algorithm", infer.algorithm, algorithms, "kmeans",
           "the clustering; gmm: Gaussian mixture, gmm_diagonal: with independent columns"),
    CHOICE("infer.scope", infer.scope, scopes, "class", "cluster each class by itself, or all together"),
    INTEGER("infer.clusters", infer.clusters, 1, 1000, "2",
            "clusters in each scope, when their number is fixed"),
    INTEGER("infer.max_clusters", infer.max_clusters, 0, 1000, "0",
            "try 2 to this many clusters and keep the number with the best score; 0: the number is fixed"),
    CHOICE("infer.score", infer.score, scores, "silhouette",
           "what compares numbers of clusters: the mean silhouette of points, or of clusters"),
    INTEGER("infer.overcluster", infer.overcluster, 1, 100, "1",
            "split each cluster into this many and keep the parts that stand out; 1: no"),
    BOOLEAN("infer.overcluster_loss", infer.overcluster_loss, "true",
            "keep a part only if its loss is no lower than its cluster's"),
    INTEGER("infer.starts", infer.starts, 1, 1000, "10",
            "starts of the clustering, of which the best is kept"),
    INTEGER("infer.silhouette_sample", infer.silhouette_sample, 100, MAX_IMAGES, "20000",
            "silhouettes of larger classes are estimated from this many examples"),
    INTEGER("infer.eiil.steps", infer.eiil.steps, 1, 1000000, "20000",
            "steps of Adam on the assignments (eiil)"),
    REAL("infer.eiil.lr", infer.eiil.lr, ABOVE(0), TO(100), "0.01", "learning rate of these steps (eiil)"),

    CHOICE("train.method", train_method, despur_method_names, "erm", "how the final network is trained"),
    INTEGER("train.epochs", train.epochs, 0, MAX_EPOCHS, "1", "passes over the training examples"),
    STAGE(train),
    PATH("train.order", train.order,
         "npy file with the example indices of all batches, one after another, in place of a sampler; empty: "
         "none"),
    CHOICE("train.sampler", train_sampler, samplers, "group_balance", "how batches are drawn (groupdro)"),
    REAL("train.groupdro.eta", groupdro.eta, ABOVE(0), TO(100), "0.01", "step of the group weights"),
    REALS("train.groupdro.adjustment", groupdro.adjustment, 1, CONFIG_REALS, FROM(0), TO(1000), "0",
          "C of the generalisation adjustment C / sqrt(group size); one, or one for each group"),
    CHOICE("train.spare.rule", spare.rule, power_rules, "silhouette",
           "silhouette: the power is 1 for classes whose clusters are that well separated; given: the power "
           "is as given"),
    REAL("train.spare.threshold", spare.threshold, FROM(-1), TO(1), "0.9",
         "silhouette from which the power is 1"),
    REALS("train.spare.power", spare.power, 1, CONFIG_CLASSES, FROM(0), TO(100), "2",
          "a group's probability falls with its size to this power; one, or one for each class"),
    INTEGER("train.jtt.repeats", jtt_repeats, 1, 100000, "20",
            "times that an example is visited in an epoch if the reference got it wrong"),

    CHOICE("select.rule", select.rule, selections, "last", "which epoch's weights are kept"),
    CHOICE("repair.method", repair.method, repairs, "none",
           "how the last layer is fitted again, on the features of the trained network; none: it is not"),
    CHOICE("repair.groups", repair.groups, repair_groups, "attribute",
           "whose groups fitting and choosing see: those of the attribute, or those that were inferred"),
    CHOICE("repair.select", repair.select, repair_rules, "worst_group",
           "what the best of all combinations of the values below is best in, on validation"),
    INTEGER("repair.folds", repair.folds, 2, 100, SPELLED(USUAL_FOLDS),
            "folds of the examples, where a method is fitted on those that choose"),
    INTEGER("repair.refits", repair.refits, 1, 1000, SPELLED(USUAL_REFITS),
            "fits on fresh balanced subsets, whose mean is kept, or members (dfr, dfr_train, dispel, dpe)"),
    REALS("repair.l2", repair.l2, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(1e6), LISTED(USUAL_L2),
          "penalties to try (erm, balanced, groupdro); one, or a list"),
    REALS("repair.c", repair.c, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(1e6), LISTED(USUAL_C),
          "inverse strengths of the l1 penalty to try (dfr, dfr_train, dispel)"),
    REALS("repair.mix", repair.mix, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(1), LISTED(USUAL_MIX),
          "shares of validation examples in mixtures to try (dispel)"),
    REALS("repair.gamma", repair.gamma, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(100), LISTED(USUAL_GAMMA),
          "how strongly to weigh examples that the network gets wrong, to try (afr)"),
    REALS("repair.lambda", repair.lambda, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(1e6), LISTED(USUAL_LAMBDA),
          "pulls to the layer of before to try (afr)"),
    REALS("repair.scale", repair.scale, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(1e4), LISTED(USUAL_SCALE),
          "scales of the logits to try (dpe)"),
    REALS("repair.diversity", repair.diversity, 1, DESPUR_REPAIR_LIST, ABOVE(0), TO(1e6),
          LISTED(USUAL_DIVERSITY), "how strongly prototypes are kept apart, to try (dpe)"),

    BOOLEAN("log.steps", log.steps, "false", "write the loss of every step to steps.csv"),
    BOOLEAN("log.tensorboard", log.tensorboard, "false",
            "write losses, accuracies and pictures to an event file that TensorBoard reads"),
};

const size_t schema_count = sizeof schema_rows / sizeof *schema_rows;

_Static_assert(sizeof schema_rows / sizeof *schema_rows <= CONFIG_ROWS_MAX, "CONFIG_ROWS_MAX is too small");

int schema_find(const char *key) {
  for (size_t i = 0; i < schema_count; i++)
    if (!strcmp(schema_rows[i].key, key)) return (int)i;
  return CONFIG_NO_ROW;
}

bool schema_in_section(const config_row *row, const char *section) {
  size_t length = strlen(section);
  return !strncmp(row->key, section, length) && row->key[length] == '.';
}

int schema_find_section(const char *section) {
  for (size_t i = 0; i < schema_count; i++)
    if (schema_in_section(&schema_rows[i], section)) return (int)i;
  return CONFIG_NO_ROW;
}

bool schema_nearest(char out[CONFIG_KEY], const char *key) {
  char sections[CONFIG_ROWS_MAX][CONFIG_KEY];
  const char *candidates[2 * CONFIG_ROWS_MAX + 1] = {NULL};
  size_t count = 0;
  for (size_t i = 0; i < schema_count; i++) {
    const char *name = schema_rows[i].key, *dot = strrchr(name, '.');
    candidates[count++] = name;
    if (!dot) continue;
    snprintf(sections[i], CONFIG_KEY, "%.*s", (int)(dot - name), name);
    candidates[count++] = sections[i];
  }
  const char *nearest = despur_nearest_word(key, candidates);
  if (nearest) snprintf(out, CONFIG_KEY, "%s", nearest);
  return nearest;
}

const char *schema_reason(const char *key) {
  const char *dot = strrchr(key, '.');
  if (strcmp(dot ? dot + 1 : key, "overlapping") != 0) return NULL;
  return "methods of training want a partition, for each example counts in one group; "
         "data.attribute: \"male,female\" makes one of each combination";
}

static void add(char out[CONFIG_EXPECTED], const char *piece) {
  size_t length = strlen(out);
  snprintf(out + length, CONFIG_EXPECTED - length, "%s", piece);
}

static void add_number(char out[CONFIG_EXPECTED], const char *words, double number) {
  char digits[VALUE_DIGITS];
  value_shortest(digits, number);
  add(out, words);
  add(out, digits);
}

static void add_interval(char out[CONFIG_EXPECTED], const config_row *row) {
  bool closed = !row->above && !row->below;
  add_number(out, closed ? " from " : row->above ? " above " : " of at least ", row->minimum);
  add_number(out, closed ? " to " : row->below ? " and below " : " and at most ", row->maximum);
}

static void expected_reals(const config_row *row, char out[CONFIG_EXPECTED]) {
  if (row->fewest == 1) {
    snprintf(out, CONFIG_EXPECTED, "a number");
    add_interval(out, row);
    add(out, ", or a list of at most ");
  } else {
    snprintf(out, CONFIG_EXPECTED, "a list of ");
  }
  add_number(out, "", (double)row->most);
  add(out, row->fewest == 1 ? " of them" : " numbers");
  if (row->fewest != 1) add_interval(out, row);
}

void schema_expected(const config_row *row, char out[CONFIG_EXPECTED]) {
  out[0] = 0;
  switch (row->type) {
  case CONFIG_IS_INTEGER:
    snprintf(out, CONFIG_EXPECTED, "an integer from %lld to %lld", (long long)row->low, (long long)row->high);
    break;
  case CONFIG_IS_REAL:
    add(out, "a number");
    add_interval(out, row);
    break;
  case CONFIG_IS_BOOLEAN:
    add(out, "true or false");
    break;
  case CONFIG_IS_CHOICE:
    for (size_t i = 0; row->choices[i]; i++) {
      add(out, i ? ", " : "one of ");
      add(out, row->choices[i]);
    }
    break;
  case CONFIG_IS_TEXT:
  case CONFIG_IS_PATH:
    snprintf(out, CONFIG_EXPECTED, "a printable %s of at most %d bytes",
             row->type == CONFIG_IS_PATH ? "path" : "text", CONFIG_TEXT - 1);
    break;
  case CONFIG_IS_REALS:
    expected_reals(row, out);
    break;
  case CONFIG_IS_CLASSES:
    snprintf(out, CONFIG_EXPECTED, "2 to %d lists of digits from %lld to %lld, such as [[0, 1], [2, 3]]",
             CONFIG_CLASSES, (long long)row->low, (long long)row->high);
    break;
  }
}
