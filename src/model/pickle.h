/* Python's pickle, as far as a state dictionary of tensors needs it: dictionaries, lists, tuples, texts,
 * whole numbers, and the few names by which torch.save writes tensors. A pickle is a program; this one knows
 * the instructions that build such values, calls nothing, and refuses every other name by that name. */
#ifndef MODEL_PICKLE_H
#define MODEL_PICKLE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum pickle_kind {
  PICKLE_NONE,
  PICKLE_BOOL,
  PICKLE_INT,
  PICKLE_FLOAT,
  PICKLE_TEXT,
  PICKLE_LIST,    /* also tuples: linked items */
  PICKLE_DICT,    /* linked pairs */
  PICKLE_NAME,    /* one of pickle_name */
  PICKLE_STORAGE, /* items: what torch.save says of it */
  PICKLE_TENSOR,  /* items: the arguments of _rebuild_tensor_v2 */
  PICKLE_MARK
} pickle_kind;

typedef enum pickle_name {
  PICKLE_ORDERED_DICT,
  PICKLE_REBUILD_TENSOR,
  PICKLE_REBUILD_PARAMETER,
  PICKLE_TYPES
} pickle_name;

/* Values are known by their index, items by that of a link; NO_LINK ends a list. */
enum { PICKLE_NO_LINK = 0 };

typedef struct pickle_value {
  pickle_kind kind;
  uint32_t first, last, count; /* links */
  int64_t number;   /* PICKLE_INT, PICKLE_BOOL; PICKLE_NAME: a pickle_name, or PICKLE_TYPES + storage type */
  const char *text; /* borrowed, not NUL-terminated */
  size_t text_bytes;
} pickle_value;

typedef struct pickle_link {
  uint32_t key, value, next; /* key: of dictionaries */
} pickle_link;

/* {0} is empty. Release with pickle_release. */
typedef struct pickle {
  pickle_value *values;
  pickle_link *links;
  uint32_t *stack, *memo;
  size_t value_count, value_room, link_count, link_room, stack_count, stack_room, memo_room, memo_count;
  uint32_t result;
} pickle;

/* The types of storage, by the number that a PICKLE_NAME has above PICKLE_TYPES: FloatStorage and so on. */
typedef struct pickle_storage {
  const char *name;
  size_t bytes; /* of one number */
} pickle_storage;
extern const pickle_storage pickle_storages[];

/* Reads one pickle; *used = its bytes. data must outlive *out, path is for messages. */
DESPUR_MUST_USE despur_status pickle_read(pickle *out, size_t *used, const uint8_t *data, size_t bytes,
                                          const char *path, despur_error *error);
void pickle_release(pickle *p);

/* The nth item of a list, tensor or storage, or NULL. */
const pickle_value *pickle_item(const pickle *p, const pickle_value *list, size_t nth);
bool pickle_is_text(const pickle_value *value, const char *text);

#endif
