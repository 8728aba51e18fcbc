/* Inside of a data set. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "data/paint_kernels.h"
#include "despur/dataset.h"
#include "despur/groups.h"
#include "io/npy.h"
#include "io/sheet.h"

/* How the spurious colour of SpuCoMNIST is rendered; see paint.c. */
typedef struct paint_plan {
  const paint_table *kernels;
  despur_difficulty difficulty;
  uint64_t seed;
  float (*colours)[3];    /* [attributes] */
  const uint8_t *thinned; /* [count]: 1 where core feature noise removes pixels of the digit */
} paint_plan;

/* How the examples of a data set come into being when they are asked for. Thread-safe. */
typedef struct example_reader {
  /* As the network sees it: out[channel][row][column]. */
  void (*write)(const despur_dataset *dataset, size_t example, float *out);
  /* What its pixels are (despur_pixel): out[row][column]; NULL where nothing is known. */
  void (*tell_pixels)(const despur_dataset *dataset, size_t example, uint8_t *out);
} example_reader;

extern const example_reader stored_examples;  /* examples.c: pixels as they are; dataset_allocate's choice */
extern const example_reader painted_examples; /* paint.c: grey images with the colours of dataset->paint */

enum { DATASET_INPUTS = 4 };

struct despur_dataset {
  size_t count, classes, attributes;
  despur_input_kind kind;
  despur_shape shape;    /* as the network sees it */
  uint32_t *label;       /* [count] */
  uint32_t *clean_label; /* [count] before label noise; NULL without noise */
  uint32_t *attribute;   /* [count] */
  uint32_t *image;       /* [count] index into pixels; NULL: example i is image i */
  uint32_t *members[DESPUR_SPLITS];
  size_t sizes[DESPUR_SPLITS];
  const void *pixels; /* grey bytes [images, h, w] when painted; otherwise [images, c, h, w] */
  int pixels_are_float;
  void *owned_pixels; /* freed with the data set, or NULL */
  npy_array images;   /* likewise, or empty */
  const example_reader *reader;
  despur_region region;
  uint8_t *masks;    /* a bit for each pixel, row by row: set in the shortcut; NULL: there are none */
  uint32_t *mask_of; /* [count] 1 for the first mask; 0: an example without one */
  paint_plan *paint; /* of painted_examples, else NULL */
  uint8_t *thinned;
  struct despur_pictures *pictures; /* of the picture room, or NULL; freed by the function below */
  void (*free_pictures)(struct despur_pictures *pictures);
  const char *const *class_names, *const *attribute_names; /* [classes], [attributes]; NULL: numbers */
  char *inputs[DATASET_INPUTS]; /* paths of the files it was made from; NULL beyond them */
  char description[256];        /* one line: what it is, and where it comes from */
  size_t what;                  /* bytes of it that say what it is */
};

/* Puts it together: "96 images of 3 x 28 x 28" " from " "x.npy". from and place may be "". */
void dataset_describe(despur_dataset *dataset, const char *what, const char *from, const char *place);

/* Examples on their way into a network. */
typedef struct dataset_batch {
  const despur_dataset *dataset;
  const uint32_t *examples;
  const struct augment_plan *augment; /* how they are changed; NULL: not at all */
  uint64_t visit;                     /* number of the first one's visit, for that */
} dataset_batch;

/* Writes example i of a batch, the context, as despur_dataset_image does, and changes it. Thread-safe. */
void dataset_row(void *context, size_t i, float *x);

/* DESPUR_BAD_USAGE where a file that is to be written is one that the data set was read from. */
DESPUR_MUST_USE despur_status dataset_spares_inputs(const despur_dataset *dataset, const char *path,
                                                    despur_error *error);

/* The contact sheet of despur_dataset_write_sheet. Release with sheet_release, also after an error. */
DESPUR_MUST_USE despur_status dataset_draw_sheet(contact_sheet *out, const despur_dataset *dataset,
                                                 despur_split split, size_t columns, despur_error *error);

/* How much room the names of classes and of values of the attribute get in those of groups. */
typedef struct group_naming {
  const despur_dataset *dataset;
  size_t class_room, attribute_room; /* bytes */
} group_naming;

group_naming groups_naming(const despur_dataset *dataset);

/* "waterbird" and "land" in these names; the numbers where there are no names. */
void groups_class_word(char word[DESPUR_GROUP_NAME], const group_naming *naming, size_t label);
void groups_attribute_word(char word[DESPUR_GROUP_NAME], const group_naming *naming, size_t value);

/* "y=1,a=0" or "y=waterbird,a=land" of the group g = label * attributes + attribute; "y=1" where there is one
 * attribute. */
void groups_name(char name[DESPUR_GROUP_NAME], const group_naming *naming, size_t g, size_t attributes);

/* Puts the name of its class into that of an inferred group: "y=1,k=0" becomes "y=waterbird,k=0". Groups of
 * several classes (DESPUR_NO_CODE), and those of classes without names, stay. */
void groups_name_class(char name[DESPUR_GROUP_NAME], const group_naming *naming, uint32_t label);

/* Allocates label, attribute and, if wanted, image for count examples. */
DESPUR_MUST_USE despur_status dataset_allocate(despur_dataset **out, size_t count, int with_images,
                                               despur_error *error);

/* What messages call the parts of a data set: the files that they were read from, if any. Those of attributes
 * and splits may be NULL, which leaves them out. */
typedef struct dataset_names {
  const char *examples, *labels, *attributes, *splits;
} dataset_names;

/* Reads labels, attributes and splits from .npy files of one integer for each example of arrays, which comes
 * without them, and borrows the examples. *out is NULL after an error. */
DESPUR_MUST_USE despur_status dataset_create_from_files(despur_dataset **out, despur_arrays *arrays,
                                                        const dataset_names *names, despur_error *error);

/* Builds members and sizes from split_of [count]. */
DESPUR_MUST_USE despur_status dataset_set_splits(despur_dataset *dataset, const uint8_t *split_of,
                                                 despur_error *error);

#endif
