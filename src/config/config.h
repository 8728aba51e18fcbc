/* The configuration as the run reads it: one plain struct, filled through the schema.
 *
 * It owns no memory, so that an assignment copies it; that is how a file with a mistake in its last line
 * leaves the configuration as it was. Which keys exist, and their bounds and defaults, is said in schema.c.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/error.h"
#include "despur/config.h"
#include "despur/dataset.h"
#include "despur/eval.h"
#include "despur/infer.h"
#include "despur/optimizer.h"
#include "despur/repair.h"
#include "despur/train.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  CONFIG_TEXT = 1024,
  CONFIG_CLASSES = 10,
  CONFIG_DIGITS = 10,
  CONFIG_REALS = 64,
  CONFIG_ROWS_MAX = 192
};

/* Values of choices, in the order in which schema.c lists their names. Where a public header has an
 * enumeration, that is the one: despur_arch, despur_difficulty, despur_optimizer, despur_schedule,
 * despur_output, despur_method, despur_sampler. Sources of data are in sources.c. */
enum config_infer {
  CONFIG_INFER_NONE,
  CONFIG_INFER_CLUSTER,
  CONFIG_INFER_GEORGE,
  CONFIG_INFER_SPARE,
  CONFIG_INFER_JTT,
  CONFIG_INFER_EIIL
};
enum config_preset { CONFIG_PAPER, CONFIG_SPUCO };
enum config_scope { CONFIG_WITHIN_CLASS, CONFIG_ALL_CLASSES };
enum config_reference_select { CONFIG_REFERENCE_LAST, CONFIG_REFERENCE_RECALL, CONFIG_REFERENCE_SILHOUETTE };
enum config_power_rule { CONFIG_BY_SILHOUETTE, CONFIG_GIVEN };
enum config_select {
  CONFIG_LAST,
  CONFIG_VAL_WORST_GROUP,
  CONFIG_VAL_WORST_INFERRED_GROUP,
  CONFIG_VAL_WORST_CLASS,
  CONFIG_VAL_AVERAGE
};

enum config_repair_groups { CONFIG_ATTRIBUTE_GROUPS, CONFIG_INFERRED_GROUPS };

/* repair.method: none, else despur_last_layer and one more. */
enum { CONFIG_NO_REPAIR = 0 };

typedef struct config_reals {
  size_t count;
  double values[CONFIG_REALS];
} config_reals;

/* Lists of digits, as written: class i holds digits[i][0..sizes[i]-1]. */
typedef struct config_classes {
  size_t count, sizes[CONFIG_CLASSES];
  uint8_t digits[CONFIG_CLASSES][CONFIG_DIGITS];
} config_classes;

/* One training of one network: the reference and the final one have the same keys. */
typedef struct stage_config {
  int64_t epochs, batch_size;
  struct {
    int name; /* despur_optimizer */
    double lr, head_factor, momentum;
    bool nesterov;
    double weight_decay;
    config_reals betas; /* two */
    double eps;
  } optimizer;
  struct {
    int name;      /* despur_schedule */
    int64_t every; /* epochs */
    double gamma;
    double final; /* share of lr */
  } schedule;
  double clip;             /* 0: off */
  double ema;              /* 0: off */
  char order[CONFIG_TEXT]; /* "": none; always so for the reference */
} stage_config;

struct despur_config {
  char name[CONFIG_TEXT], label[CONFIG_TEXT];
  int64_t seed;
  struct {
    int64_t data, split, init, order; /* -1: as seed; read them with config_seed */
  } seeds;
  struct {
    int source; /* config_source */
    char images[CONFIG_TEXT], features[CONFIG_TEXT], labels[CONFIG_TEXT], attributes[CONFIG_TEXT],
        splits[CONFIG_TEXT];
    int difficulty;
    config_reals strength; /* one, or one for each class */
    double val_strength;
    config_classes classes;
    double label_noise, core_feature_noise;
    int64_t digits_train, digits_test;
    struct {
      int64_t train, val, test, classes, columns;
      double core, strength, noise;
      config_reals spurious;
    } planted;
    char folder[CONFIG_TEXT], metadata[CONFIG_TEXT], label[CONFIG_TEXT], attribute[CONFIG_TEXT],
        split[CONFIG_TEXT], cache[CONFIG_TEXT];
    int layout, filter;  /* place in despur_picture_layouts; despur_filter */
    int scaled_decoding; /* despur_scaled_decoding */
    int64_t size, resize;
    bool skip_unreadable;
    config_reals region; /* left, top, width, height; all 0: none */
    struct {
      bool flip;
      int crop; /* despur_crop */
      int64_t pad;
      config_reals scale, ratio; /* two each */
      double brightness, contrast, saturation, hue;
    } augment;
  } data;
  struct {
    int arch;
    config_reals mean, std;
    double dropout;
    char init[CONFIG_TEXT], freeze[CONFIG_TEXT];
  } model;
  stage_config reference, train;
  int reference_select; /* config_reference_select: reference.select */
  struct {
    int method, preset; /* config_infer, config_preset */
    int on;             /* despur_output */
    int scale;          /* despur_scale */
    struct {
      int method, scope; /* despur_reduction, config_scope */
      int64_t components, neighbors;
      double min_dist;
    } reduce;
    int algorithm, scope; /* despur_clustering, config_scope */
    int64_t clusters, max_clusters;
    int score; /* despur_cluster_score */
    int64_t overcluster;
    bool overcluster_loss;
    int64_t starts, silhouette_sample;
    struct {
      int64_t steps;
      double lr;
    } eiil;
  } infer;
  int train_method;  /* despur_method: train.method */
  int train_sampler; /* despur_sampler: train.sampler */
  struct {
    double eta;
    config_reals adjustment; /* one, or one for each group */
  } groupdro;                /* train.groupdro */
  struct {
    int rule; /* config_power_rule */
    double threshold;
    config_reals power; /* one, or one for each class */
  } spare;              /* train.spare */
  int64_t jtt_repeats;  /* train.jtt.repeats */
  struct {
    int rule; /* config_select */
  } select;
  struct {
    int method, groups; /* CONFIG_NO_REPAIR or 1 + despur_last_layer; config_repair_groups */
    int select;         /* despur_repair_rule */
    int64_t folds, refits;
    config_reals l2, c, mix, gamma, lambda, scale, diversity; /* the values to try */
  } repair;
  struct {
    bool steps, tensorboard;
  } log;

  /* Where values came from: a key that has no effect is an error only when somebody has written it. */
  bool set[CONFIG_ROWS_MAX]; /* by schema row: by a file or an override */
  int line[CONFIG_ROWS_MAX]; /* in the file below; 0 when not from there */
  char file[CONFIG_TEXT];    /* read last */

  despur_watch watch; /* despur_config_watch */

  char base[CONFIG_TEXT]; /* of a run's own file: the folder where it was made, or "" */

  /* As that file had it, before any override. */
  bool idle_in_file[CONFIG_ROWS_MAX];
  int method_in_file[3]; /* config_infer, despur_method, repair.method */
};

/* One of config->seeds, or config->seed in its place. */
static inline uint64_t config_seed(const despur_config *config, int64_t part) {
  return (uint64_t)(part < 0 ? config->seed : part);
}

/* What tables call the final network: "GEORGE", "EIIL + GroupDRO", "clusters + group balance". */
void config_method_label(char label[DESPUR_GROUP_NAME], const despur_config *config);

/* What tables call a network of the run. */
void config_network_label(char label[DESPUR_GROUP_NAME], const despur_config *config, despur_network network);

/* Whose group labels a run uses before the test: those of training examples when they are what the method
 * balances or weighs, those of validation examples when they choose an epoch. */
typedef enum config_group_labels {
  CONFIG_NO_LABELS,
  CONFIG_LABELS_OF_VALIDATION,
  CONFIG_LABELS_OF_TRAINING
} config_group_labels;

config_group_labels config_labels_needed(const despur_config *config);

/* The path that a key names, from the folder where the run was made if it is there, else as it stands. What
 * an override has set starts at the current directory. */
enum { CONFIG_PATH = 2 * CONFIG_TEXT };
void config_path(char path[CONFIG_PATH], const despur_config *config, const char *key);

/* Whether data.images names a file or a directory, and is not "auto" or "digits". */
bool config_images_are_named(const despur_config *config);

/* Whether a run that is not cut short leaves the network, and the file with its weights: model.safetensors of
 * the last one, which is what others take for the run's, NAME.safetensors of those before it. */
bool config_has_network(const despur_config *config, despur_network network);
const char *config_weights_file(const despur_config *config, despur_network network);
despur_network config_last_network(const despur_config *config);

/* Whether groups are clusters: the only ones that validation and other examples are assigned to. */
bool config_infers_clusters(const despur_config *config);

/* Whether the key of a schema row does nothing beside the other values. */
bool config_row_is_idle(const despur_config *config, size_t row);

#endif
