/* Where a data set comes from (data.source). A source is one file, source_NAME.c, and a line in sources.c:
 * which keys mean something to it, what it must be told, what is known of its examples, and how a
 * configuration becomes a data set. */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include "config/schema.h"

/* A key that must have a value, and what it is called: {"data.labels", "a file of labels"}. */
typedef struct source_need {
  const char *key, *what;
} source_need;

enum { SOURCE_KEYS = 24, SOURCE_NEEDS = 4, SOURCE_LABEL = 256 };

typedef struct data_source {
  const char *name;
  const char
      *keys[SOURCE_KEYS]; /* of section data, besides data.source, that have an effect; NULL beyond them */
  source_need needs[SOURCE_NEEDS]; /* {NULL} beyond them */
  despur_input_kind kind;
  const char *arch;         /* the network where none is named; NULL: the schema's */
  bool knows_attributes;    /* also where no data.attributes are given */
  bool attribute_is_random; /* given to examples without regard to what else they show */
  bool finds_images;        /* data.images may be "auto" or "digits" */
  /* Why one of its keys has no effect beside other values; NULL: it has one. NULL when all always do. */
  const char *(*why_idle)(const despur_config *config, const char *key);
  /* What its keys say together is wrong (DESPUR_BAD_INPUT or DESPUR_BAD_USAGE); NULL: nothing can be. */
  despur_status (*check_keys)(const despur_config *config, despur_error *error);
  /* What tables of several runs call the data; and where that stands among others of this source. */
  int (*label)(char out[SOURCE_LABEL], const despur_config *config);
  despur_status (*create)(despur_dataset **out, const despur_config *config, despur_error *error);
} data_source;

/* All of them, in the order of data.source's choices. */
#define DATA_SOURCES(X)   X(spuco_mnist) X(npy) X(digits) X(features) X(pictures) X(planted)
#define DATA_SOURCE(name) extern const data_source source_##name;
DATA_SOURCES(DATA_SOURCE)

/* Keys of sources whose images may be changed at random while a network is trained. */
#define SOURCE_AUGMENT_KEYS                                                                                  \
  "data.augment.flip", "data.augment.crop", "data.augment.pad", "data.augment.scale", "data.augment.ratio",  \
      "data.augment.brightness", "data.augment.contrast", "data.augment.saturation", "data.augment.hue"

const data_source *source_of(const despur_config *config);
/* NULL when there is none of that name. */
const data_source *source_named(const char *name);
bool source_uses(const data_source *source, const char *key);
/* Its place among all sources, from 0, and back; NULL beyond the last. */
int source_place(const data_source *source);
const data_source *source_at(size_t place);

/* Bit i: source i uses the key. */
unsigned sources_with(const char *key);

/* A data set of one file of examples, which the key names, and one each of labels, attributes and splits; the
 * last two may be left out. */
typedef despur_status (*source_reader)(despur_dataset **out, const char *examples, const char *labels,
                                       const char *attributes, const char *splits, despur_error *error);
DESPUR_MUST_USE despur_status source_create_from_files(despur_dataset **out, const despur_config *config,
                                                       const char *examples_key, source_reader read,
                                                       despur_error *error);

#endif
