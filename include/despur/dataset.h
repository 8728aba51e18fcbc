/* Data sets: labelled images, or features of anything, with an attribute that may be spuriously correlated
 * with the label.
 *
 * A data set holds all examples of all splits. Images stay as bytes; colours and noise are rendered when a
 * block of examples is filled for a network. A data set is immutable once created and may be read from any
 * thread. */
#ifndef DESPUR_DATASET_H
#define DESPUR_DATASET_H

#include "despur/error.h"
#include "despur/shape.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum despur_split { DESPUR_TRAIN, DESPUR_VAL, DESPUR_TEST, DESPUR_SPLITS } despur_split;

/* "train", "val" or "test", as in files and options; and "training", "validation" or "test", as in sentences.
 * Static; "" when there is no such split. */
DESPUR_API const char *despur_split_name(despur_split split);
DESPUR_API const char *despur_split_word(despur_split split);

typedef struct despur_dataset despur_dataset;

/* What an example is to a network. */
typedef enum despur_input_kind {
  DESPUR_INPUT_IMAGES,  /* values at places: [channels, height, width] */
  DESPUR_INPUT_FEATURES /* a row of numbers, as another model computed them: [columns, 1, 1] */
} despur_input_kind;

/* SpuCoMNIST: where the colour that goes with the class is painted (Joshi et al. 2023, section 3.1). Only
 * pixels on which the digit is exactly zero are painted. */
typedef enum despur_difficulty {
  DESPUR_MAGNITUDE_LARGE,  /* the whole plane */
  DESPUR_MAGNITUDE_MEDIUM, /* the 4 x 4 block in the top left corner */
  DESPUR_MAGNITUDE_SMALL,  /* the 2 x 2 block there */
  DESPUR_VARIANCE_LOW,     /* the 7 x 7 block there */
  DESPUR_VARIANCE_MEDIUM,  /* 49 pixels drawn for each image from the 14 x 14 block there */
  DESPUR_VARIANCE_HIGH     /* 49 pixels drawn for each image from the whole plane */
} despur_difficulty;

enum { DESPUR_DIGITS = 10, DESPUR_NO_CLASS = 255 };

typedef struct despur_spuco_options {
  const char *images; /* "auto", "digits", or a directory with the four IDX files (.gz or plain) */
  uint8_t class_of_digit[DESPUR_DIGITS]; /* DESPUR_NO_CLASS drops the digit */
  size_t classes;                        /* at least 2 */
  despur_difficulty difficulty;
  const double *strength;    /* share of each class that has its own colour, in (0, 1) */
  size_t strengths;          /* 1, or one for each class */
  double val_strength;       /* 0: every colour equally often */
  double label_noise;        /* share of training examples given a wrong label, in [0, 1) */
  double core_feature_noise; /* share of training examples whose digit loses 60 % of its pixels, in [0, 1] */
  size_t digits_train, digits_test; /* how many images the built-in digits provide */
  uint64_t data_seed, split_seed;
} despur_spuco_options;

/* SpuCoMNIST. Training and validation come from the training images (a stratified fifth of each digit,
 * rounded down, is validation), test from the test images. Each class of a correlated split has
 * floor(strength n) examples of its own colour; the others share out the rest equally, differing by at most
 * one. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_create_spuco_mnist(
    despur_dataset **out, const despur_spuco_options *options, despur_error *error);

/* The built-in handwritten-looking digits by themselves: grey, 28 x 28, ten classes, no attribute. A fifth of
 * the training images is validation. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_create_digits(despur_dataset **out, size_t train,
                                                                      size_t test, uint64_t data_seed,
                                                                      uint64_t split_seed,
                                                                      despur_error *error);

/* Images and labels that the caller already has. Everything is borrowed and must outlive the data set. */
typedef struct despur_arrays {
  const void *images;   /* [count, channels, height, width] */
  int images_are_float; /* 0: bytes, which the network sees divided by 255; 1: float32, seen as they are */
  size_t count;
  despur_shape shape;
  const int64_t *labels;     /* [count], 0 and up */
  const int64_t *attributes; /* [count], 0 and up; NULL when there are none */
  const int64_t *splits;     /* [count] of despur_split; NULL: all are training examples */
} despur_arrays;

/* DESPUR_BAD_INPUT for images or labels that are NULL, sizes of 0 or whose product overflows, values that are
 * not finite, and labels, attributes or splits out of range. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_create_from_arrays(despur_dataset **out,
                                                                           const despur_arrays *arrays,
                                                                           despur_error *error);

/* The same from .npy files, arrays of .npz archives ("FILE.npz:NAME") or tensors ("FILE.safetensors:NAME"):
 * images uint8 or floats [n, c, h, w], the others integers [n]. attributes and splits may be NULL. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_create_npy(despur_dataset **out, const char *images,
                                                                   const char *labels, const char *attributes,
                                                                   const char *splits, despur_error *error);

/* Rows of features from a .npy file [n, columns] of any type of numbers, all of them finite; the rest as
 * above. The numbers are kept as float32. */
DESPUR_API DESPUR_MUST_USE despur_status
despur_dataset_create_features(despur_dataset **out, const char *features, const char *labels,
                               const char *attributes, const char *splits, despur_error *error);

DESPUR_API void despur_dataset_free(despur_dataset *dataset);

DESPUR_API size_t despur_dataset_count(const despur_dataset *dataset); /* of all splits */
DESPUR_API size_t despur_dataset_classes(const despur_dataset *dataset);
DESPUR_API size_t despur_dataset_attributes(const despur_dataset *dataset); /* at least 1 */
DESPUR_API despur_shape despur_dataset_shape(const despur_dataset *dataset);
DESPUR_API despur_input_kind despur_dataset_input_kind(const despur_dataset *dataset);

/* One line that says where the examples came from. */
DESPUR_API const char *despur_dataset_description(const despur_dataset *dataset);

/* What a class or a value of the attribute is called; NULL where they have numbers only, and beyond the last.
 * Owned by the data set. */
DESPUR_API const char *despur_dataset_class_name(const despur_dataset *dataset, size_t label);
DESPUR_API const char *despur_dataset_attribute_name(const despur_dataset *dataset, size_t value);

/* The path of the index-th file that it was made from, or NULL beyond the last. */
DESPUR_API const char *despur_dataset_input(const despur_dataset *dataset, size_t index);

/* [count] each; owned by the data set. Labels are those a method may see (after label noise). */
DESPUR_API const uint32_t *despur_dataset_labels(const despur_dataset *dataset);
DESPUR_API const uint32_t *despur_dataset_attribute_values(const despur_dataset *dataset);

/* The examples of a split, ascending; *count gets their number. Owned by the data set. NULL and 0 when there
 * is no such split. */
DESPUR_API const uint32_t *despur_dataset_split(const despur_dataset *dataset, despur_split split,
                                                size_t *count);

/* Writes one example as the network sees it: out[channel][row][column], float32; NaN when there is no such
 * example. */
DESPUR_API void despur_dataset_image(const despur_dataset *dataset, size_t example, float *out);

/* What is known of a pixel. */
typedef enum despur_pixel {
  DESPUR_PIXEL_PLAIN,  /* neither of these */
  DESPUR_PIXEL_CORE,   /* belongs to what the label is about: the digit */
  DESPUR_PIXEL_PAINTED /* got the spurious colour */
} despur_pixel;

/* Writes what the pixels of an image are (despur_pixel) into out[row][column]. Returns 0, and writes nothing,
 * when the data set does not know (SpuCoMNIST does, and images with a region or masks) or has no such
 * example. */
DESPUR_API int despur_dataset_pixels(const despur_dataset *dataset, size_t example, uint8_t *out);

/* A rectangle, in pixels of the images. */
typedef struct despur_region {
  size_t left, top, width, height; /* width 0: no region */
} despur_region;

/* Where a shortcut is known to lie in all images: the pixels in it are DESPUR_PIXEL_PAINTED from now on, all
 * others DESPUR_PIXEL_CORE. Before anybody else reads the data set. DESPUR_BAD_USAGE for a region that is
 * empty, that images do not have or that leaves nothing of them, for features, and where pixels are known
 * already. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_mark_region(despur_dataset *dataset,
                                                                    despur_region region,
                                                                    despur_error *error);
DESPUR_API despur_region despur_dataset_region(const despur_dataset *dataset);

/* Writes a PNG contact sheet: one row for each label and attribute that a split has, with its name and
 * up to `columns` examples. Images less than 8 pixels high leave no room for names. Values are clipped to [0,
 * 1]; images of 3 channels are shown in colour, others by their first channel in grey. DESPUR_BAD_INPUT for
 * features and for a split without examples, DESPUR_BAD_USAGE for a split or a number of columns that cannot
 * be, and for a path that the data set was read from. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_write_sheet(const despur_dataset *dataset,
                                                                    despur_split split, size_t columns,
                                                                    const char *path, despur_error *error);

/* Writes images.npy (uint8 [n, c, h, w]: values times 255, rounded), labels.npy, attributes.npy, splits.npy
 * (int64 [n]) and metadata.csv (example, split, y, a, group) into a directory, which is created. The npy
 * source reads them back. Of features, features.npy (float32 [n, columns]) in place of images.npy.
 * DESPUR_BAD_USAGE where one of these is a file that the data set was read from. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_export(const despur_dataset *dataset,
                                                               const char *directory, despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
