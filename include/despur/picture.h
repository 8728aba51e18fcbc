/* Folders of pictures: which picture is what, and the pictures at one size as bytes, read in blocks.
 *
 * Pictures are decoded once, by all threads, and kept in a cache file, so a set may be larger than memory. */
#ifndef DESPUR_PICTURE_H
#define DESPUR_PICTURE_H

#include "despur/dataset.h"
#include "despur/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How pixels are computed when a picture is made smaller or larger; both are antialiased and give Pillow's
 * bytes. */
typedef enum despur_filter { DESPUR_BILINEAR, DESPUR_BICUBIC } despur_filter;

/* Whether a JPEG that is much larger than what is wanted is decoded at a half, a quarter or an eighth of its
 * size, which is quicker and gives other bytes than the whole does: where at least twice the wanted size is
 * left to the resize; never; or, as Pillow's draft does, where no less than the wanted size is left. */
typedef enum despur_scaled_decoding {
  DESPUR_SCALED_FAR,
  DESPUR_SCALED_NEVER,
  DESPUR_SCALED_NEAR
} despur_scaled_decoding;

/* Names of the layouts that despur_pictures_options.layout takes, ending with NULL. The first is "auto":
 * metadata where there is a metadata.csv, else folders. */
DESPUR_API extern const char *const despur_picture_layouts[];

/* NULL and 0 stand for what is said behind the member. */
typedef struct despur_pictures_options {
  const char *folder;
  const char *layout;                    /* "auto" */
  const char *metadata;                  /* a table; FOLDER/metadata.csv */
  const char *label, *attribute, *split; /* its columns; guessed from usual names */
  size_t side;                           /* of the square that is cut out of the middle, in pixels */
  size_t shorter;                        /* side of the picture before that; as `side` */
  despur_filter filter;
  despur_scaled_decoding scaled_decoding; /* DESPUR_SCALED_FAR */
  int skip_unreadable;                    /* 1: pictures that cannot be read are left out, not an error */
  const char *cache; /* directory of the cache file; pictures/ in the user's cache, $XDG_CACHE_HOME/despur */
  int threads;       /* as many as there are processors */
  uint64_t split_seed; /* of the split that is drawn where the folder has none */
  despur_watch watch;  /* of the stage "decoding" */
} despur_pictures_options;

typedef struct despur_pictures despur_pictures;

/* Lists the pictures and decodes those that are not in the cache. DESPUR_BAD_USAGE for options that cannot
 * be; DESPUR_INTERRUPTED when it was stopped, which leaves no file; DESPUR_BAD_INPUT for a folder that is not
 * of its layout, paths in a table that leave the folder, and pictures that cannot be read, with the first few
 * reasons (despur_pictures_unreadable has all when they are skipped). Free with despur_pictures_free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_pictures_open(despur_pictures **out,
                                                              const despur_pictures_options *options,
                                                              despur_error *error);
DESPUR_API void despur_pictures_free(despur_pictures *pictures); /* NULL is accepted */

DESPUR_API size_t despur_pictures_count(const despur_pictures *pictures);

/* Writes the pictures first..first+count-1: out[count][3][side][side], red, green, blue. DESPUR_BAD_USAGE for
 * pictures that are not there. Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_pictures_read(const despur_pictures *pictures, size_t first,
                                                              size_t count, uint8_t *out,
                                                              despur_error *error);

/* [count] each, owned by the pictures: codes that the names below are called by, and despur_split. */
DESPUR_API const uint32_t *despur_pictures_labels(const despur_pictures *pictures);
DESPUR_API const uint32_t *despur_pictures_attributes(const despur_pictures *pictures);
DESPUR_API const uint8_t *despur_pictures_splits(const despur_pictures *pictures);

/* 1 when the folder says the split of every picture; 0 when some were drawn. */
DESPUR_API int despur_pictures_say_splits(const despur_pictures *pictures);

/* The name of a class, of an attribute value, and the path of a picture below the folder; NULL beyond the
 * last. */
DESPUR_API const char *despur_pictures_class(const despur_pictures *pictures, size_t index);
DESPUR_API const char *despur_pictures_attribute(const despur_pictures *pictures, size_t index);
DESPUR_API const char *despur_pictures_path(const despur_pictures *pictures, size_t index);

/* "PATH: REASON" of a picture that was skipped; NULL beyond the last. */
DESPUR_API const char *despur_pictures_unreadable(const despur_pictures *pictures, size_t index);

/* One line: how many pictures, from where, and what was taken for what. */
DESPUR_API const char *despur_pictures_description(const despur_pictures *pictures);

/* A data set of them, which takes the pictures, also when it fails. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_create_pictures(despur_dataset **out,
                                                                        despur_pictures *pictures,
                                                                        despur_error *error);

/* Where a shortcut lies in each of `count` examples: bright pixels (128 and more) of its mask are
 * DESPUR_PIXEL_PAINTED from now on, all others DESPUR_PIXEL_CORE, in the place of a region. The mask of
 * sea/7.jpg is folder/sea/7.jpg or folder/sea/7.png, of any size: it is cut as the picture is, so it has the
 * proportions of the picture or is the square that the network sees. DESPUR_BAD_INPUT for masks that are
 * missing, which are counted, or cannot be read; DESPUR_BAD_USAGE for a data set without files of pictures.
 * Before anybody else reads the data set. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_mark_masks(despur_dataset *dataset,
                                                                   const char *folder,
                                                                   const uint32_t *examples, size_t count,
                                                                   despur_error *error);

/* ---- for a page ---- */

/* A picture at its own proportions. {0}: none. */
typedef struct despur_thumbnail {
  size_t width, height;
  uint8_t *rgb; /* [height, width, 3] */
} despur_thumbnail;

/* out [count]: the longer side of each is `side` pixels at most. names: [count] paths below the folder.
 * Release with despur_thumbnails_release, which leaves them empty. DESPUR_BAD_INPUT for a path that leaves
 * the folder and a file that is no picture. Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_thumbnails_of_folder(despur_thumbnail *out,
                                                                     const char *folder,
                                                                     const char *const *names, size_t count,
                                                                     size_t side, despur_error *error);

/* The same of an array of `rows` pictures, [n, rows, columns] or with 1 or 3 channels before or behind these,
 * of bytes or of float32 from 0 to 1; wanted: [count] which of them. */
DESPUR_API DESPUR_MUST_USE despur_status despur_thumbnails_of_array(despur_thumbnail *out, const char *path,
                                                                    size_t rows, const uint32_t *wanted,
                                                                    size_t count, size_t side,
                                                                    despur_error *error);
DESPUR_API void despur_thumbnails_release(despur_thumbnail *thumbnails, size_t count); /* NULL is accepted */

#ifdef __cplusplus
}
#endif
#endif
