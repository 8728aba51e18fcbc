/* Which pictures there are and what each is: the one form in which all layouts arrive. */
#ifndef PICTURE_LIST_H
#define PICTURE_LIST_H

#include "base/text.h"
#include "despur/picture.h"
#include "io/column.h"

#include <sys/types.h>

enum { LIST_NO_SPLIT = -1, LIST_NOT_WANTED = -2 };

/* The pictures of one file are records of it; others are files of their own, at 0. */
typedef struct picture_entry {
  char *path; /* below the folder */
  uint64_t offset;
  int split; /* despur_split, or LIST_NO_SPLIT */
} picture_entry;

/* {0} is empty. */
typedef struct picture_list {
  const char *folder;
  picture_entry *entries;
  size_t count, room;
  value_column label, attribute;                           /* [count]; no attribute where it has no rows */
  const char *const *class_names, *const *attribute_names; /* of 0, 1, ...; NULL: as they are written */
  size_t record;                                           /* bytes of a record; 0: pictures are files */
  char *table;    /* a file that says what the pictures are, or NULL */
  char note[256]; /* what was taken for what */
} picture_list;

/* Copies all texts. attribute may be NULL, for all pictures or for none. */
DESPUR_MUST_USE despur_status list_add(picture_list *list, const char *path, uint64_t offset,
                                       const char *label, const char *attribute, int split,
                                       despur_error *error);
void list_release(picture_list *list);

/* Paths of the pictures below the folder, with "/" between, sorted by their bytes; hidden files, and files
 * that do not end as pictures do, are passed over. */
DESPUR_MUST_USE despur_status list_walk(text_list *paths, const char *folder, despur_error *error);

/* Whether a path may lead out of the folder that it is below. It cannot make a link, so its text is enough.
 */
bool list_leaves(const char *path);

/* The split that a word means (train, tr, 0; val, valid, validation, va, 1; test, te, 2), LIST_NOT_WANTED for
 * WILDS' id_val and id_test, else LIST_NO_SPLIT. */
int list_split_of(const char *word);

/* Fills an empty list by the options' layout. */
DESPUR_MUST_USE despur_status list_fill(picture_list *list, const despur_pictures_options *options,
                                        despur_error *error);

/* ---- layouts that are tables or records ---- */

DESPUR_MUST_USE despur_status list_metadata(picture_list *list, const despur_pictures_options *options,
                                            despur_error *error);
DESPUR_MUST_USE despur_status list_celeba(picture_list *list, const despur_pictures_options *options,
                                          despur_error *error);
DESPUR_MUST_USE despur_status list_cifar10(picture_list *list, const despur_pictures_options *options,
                                           despur_error *error);

#endif
