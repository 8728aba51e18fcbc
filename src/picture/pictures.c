/* A folder of pictures as the rest of despur sees it: codes and names, and bytes from the cache. */
#include "base/memory.h"
#include "base/processors.h"
#include "base/random.h"
#include "data/dataset.h"
#include "picture/cache.h"
#include "picture/photograph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_SIDE = 2048, MOST_SHORTER = 4096, SHARE = 5 };

/* Codes in the order in which names are shown. */
typedef struct picture_values {
  uint32_t *codes;    /* [count] of the pictures that can be read */
  const char **names; /* [values] */
  size_t values;
} picture_values;

struct despur_pictures {
  picture_list list;
  picture_cache cache;
  size_t count, side, shorter;
  uint32_t *entry; /* [count] where in list and cache a picture stands */
  picture_values label, attribute;
  uint8_t *split;
  bool split_drawn; /* of some picture */
  char *folder;
  char description[512];
  size_t what; /* bytes of it that say what they are, without where they lie */
};

/* ---- what each picture is ---- */

static despur_status order_values(picture_values *out, const despur_pictures *p, const value_column *c,
                                  const char *const *names, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *order = NULL, *rank;
  const char **copies = NULL;
  TRY(mem_alloc(&out->codes, p->count, sizeof *out->codes, error));
  out->values = column_categories(c);
  TRY(column_order(&order, &rank, c, error));
  TRY(mem_alloc(&copies, out->values, sizeof *copies, error));
  for (size_t i = 0; i < out->values; i++) copies[i] = names ? names[i] : column_name(c, order[i]);
  for (size_t i = 0; i < p->count; i++) {
    const uint32_t code = c->codes[p->entry[i]];
    if (code == COLUMN_MISSING)
      FAIL(error, DESPUR_BAD_INPUT, "%s/%s: expected a name, found one that stands for a missing value",
           p->list.folder, p->list.entries[p->entry[i]].path);
    out->codes[i] = rank[code];
  }
  TRY(text_copy_all(&out->names, copies, out->values, error));
cleanup:
  mem_free(order);
  mem_free(copies);
  return status;
}

/* Names of a layout are for values 0, 1, ... (or -1 and 1): as many as there are. */
static const char *const *fitting(const char *const *names, const value_column *c, size_t wanted) {
  return names && column_categories(c) == wanted && column_type_of(c) == COLUMN_WHOLE ? names : NULL;
}

static despur_status take_values(despur_pictures *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  const picture_list *list = &p->list;
  const size_t classes = list->record > 0 ? 10 : 2;
  TRY(order_values(&p->label, p, &list->label, fitting(list->class_names, &list->label, classes), error));
  if (list->attribute.rows > 0)
    TRY(order_values(&p->attribute, p, &list->attribute, fitting(list->attribute_names, &list->attribute, 2),
                     error));
  else
    TRY(mem_alloc(&p->attribute.codes, p->count, sizeof *p->attribute.codes, error));
cleanup:
  return status;
}

/* ---- splits ---- */

/* Gives the members of a group, which have no split, their splits: a fifth each to validation and, where the
 * folder has no test pictures, to test, rounded down. */
static void draw_group(despur_pictures *p, uint32_t *members, size_t count, uint64_t group, uint64_t seed,
                       bool with_test) {
  random_stream stream = random_open(seed, "picture split", group);
  const size_t share = count / SHARE;
  random_shuffle(&stream, members, count);
  for (size_t i = 0; i < count; i++)
    p->split[members[i]] = i < share ? DESPUR_VAL : i < 2 * share && with_test ? DESPUR_TEST : DESPUR_TRAIN;
}

static despur_status take_splits(despur_pictures *p, uint64_t seed, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *members = NULL;
  const size_t attributes = p->attribute.values ? p->attribute.values : 1;
  bool with_test = true;
  TRY(mem_alloc(&p->split, p->count, 1, error));
  TRY(mem_alloc(&members, p->count, sizeof *members, error));
  for (size_t i = 0; i < p->count; i++) {
    const int split = p->list.entries[p->entry[i]].split;
    if (split >= 0) p->split[i] = (uint8_t)split;
    if (split == DESPUR_TEST) with_test = false;
    if (split < 0) p->split_drawn = true;
  }
  for (size_t g = 0; p->split_drawn && g < p->label.values * attributes; g++) {
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++)
      if (p->list.entries[p->entry[i]].split < 0 &&
          p->label.codes[i] * attributes + p->attribute.codes[i] == g)
        members[count++] = (uint32_t)i;
    draw_group(p, members, count, g, seed, with_test);
  }
cleanup:
  mem_free(members);
  return status;
}

/* ---- opening ---- */

static despur_status check_options(despur_pictures_options *o, despur_error *error) {
  if (!o->folder) return error_set(error, DESPUR_BAD_USAGE, "expected a folder of pictures, found NULL");
  if (o->shorter == 0) o->shorter = o->side;
  if (o->side < 1 || o->side > MOST_SIDE || o->shorter < o->side || o->shorter > MOST_SHORTER)
    return error_set(error, DESPUR_BAD_USAGE,
                     "expected pictures of 1 to %d pixels a side, cut from no less, found %zu from %zu",
                     MOST_SIDE, o->side, o->shorter);
  if (o->threads <= 0) o->threads = processors_allowed();
  if (o->filter != DESPUR_BILINEAR && o->filter != DESPUR_BICUBIC)
    return error_set(error, DESPUR_BAD_USAGE, "expected bilinear or bicubic, found %d", (int)o->filter);
  if (o->scaled_decoding > DESPUR_SCALED_NEAR)
    return error_set(error, DESPUR_BAD_USAGE, "no scaled decoding has the number %u",
                     (unsigned)o->scaled_decoding);
  return DESPUR_OK;
}

static despur_status keep_readable(despur_pictures *p, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&p->entry, p->list.count, sizeof *p->entry, error));
  for (size_t i = 0; i < p->list.count; i++)
    if (!p->cache.state[i]) p->entry[p->count++] = (uint32_t)i;
cleanup:
  return status;
}

static void describe(despur_pictures *p, const char *folder) {
  char skipped[64] = "";
  if (p->cache.reasons.count > 0)
    snprintf(skipped, sizeof skipped, ", %zu skipped as unreadable", p->cache.reasons.count);
  p->what = (size_t)snprintf(p->description, sizeof p->description, "%zu pictures of %zu x %zu", p->count,
                             p->side, p->side);
  snprintf(p->description + p->what, sizeof p->description - p->what, " from %.180s (%.180s)%s", folder,
           p->list.note, skipped);
}

despur_status despur_pictures_open(despur_pictures **out, const despur_pictures_options *options,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_pictures *p = NULL;
  despur_pictures_options o = *options;
  *out = NULL;
  TRY(check_options(&o, error));
  TRY(mem_alloc(&p, 1, sizeof *p, error));
  p->cache.file = -1;
  p->side = o.side;
  p->shorter = o.shorter;
  TRY(mem_copy_text(&p->folder, o.folder, error));
  o.folder = p->folder;
  TRY(list_fill(&p->list, &o, error));
  if (p->list.count == 0 || p->list.count >= UINT32_MAX)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected from 1 to %u pictures, found %zu", o.folder, UINT32_MAX - 1,
         p->list.count);
  TRY(cache_open(&p->cache, &p->list, &o, error));
  TRY(keep_readable(p, error));
  TRY(take_values(p, error));
  TRY(take_splits(p, o.split_seed, error));
  describe(p, o.folder);
  *out = p;
  p = NULL;
cleanup:
  despur_pictures_free(p);
  return status;
}

void despur_pictures_free(despur_pictures *p) {
  if (!p) return;
  list_release(&p->list);
  cache_close(&p->cache);
  mem_free(p->entry);
  mem_free(p->label.codes);
  mem_free((void *)p->label.names);
  mem_free(p->attribute.codes);
  mem_free((void *)p->attribute.names);
  mem_free(p->split);
  mem_free(p->folder);
  mem_free(p);
}

size_t despur_pictures_count(const despur_pictures *pictures) {
  return pictures->count;
}

despur_status despur_pictures_read(const despur_pictures *pictures, size_t first, size_t count, uint8_t *out,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  if (first > pictures->count || count > pictures->count - first)
    FAIL(error, DESPUR_BAD_USAGE, "expected pictures of %zu, found %zu from %zu", pictures->count, count,
         first);
  for (size_t i = 0; i < count; i++)
    TRY(cache_read(&pictures->cache, pictures->entry[first + i], out + i * pictures->cache.bytes, error));
cleanup:
  return status;
}

const uint32_t *despur_pictures_labels(const despur_pictures *pictures) {
  return pictures->label.codes;
}

const uint32_t *despur_pictures_attributes(const despur_pictures *pictures) {
  return pictures->attribute.codes;
}

const uint8_t *despur_pictures_splits(const despur_pictures *pictures) {
  return pictures->split;
}

int despur_pictures_say_splits(const despur_pictures *pictures) {
  return !pictures->split_drawn;
}

const char *despur_pictures_class(const despur_pictures *pictures, size_t index) {
  return index < pictures->label.values ? pictures->label.names[index] : NULL;
}

const char *despur_pictures_attribute(const despur_pictures *pictures, size_t index) {
  return index < pictures->attribute.values ? pictures->attribute.names[index] : NULL;
}

const char *despur_pictures_path(const despur_pictures *pictures, size_t index) {
  return index < pictures->count ? pictures->list.entries[pictures->entry[index]].path : NULL;
}

const char *despur_pictures_unreadable(const despur_pictures *pictures, size_t index) {
  return index < pictures->cache.reasons.count ? pictures->cache.reasons.items[index] : NULL;
}

const char *despur_pictures_description(const despur_pictures *pictures) {
  return pictures->description;
}

/* ---- for drawing ---- */

despur_status photograph_read(photograph *out, const despur_pictures *pictures, size_t index,
                              despur_error *error) {
  picture decoded;
  *out = (photograph){0};
  despur_status status = picture_read(&decoded, &pictures->list, pictures->entry[index], 0, error);
  if (status == DESPUR_OK) status = photograph_of(out, &decoded, pictures->side, pictures->shorter, error);
  picture_release(&decoded);
  return status;
}

size_t pictures_shorter(const despur_pictures *pictures) {
  return pictures->list.record > 0 ? 0 : pictures->shorter;
}

/* ---- as a data set ---- */

/* The bytes are read into the end of out, where no number that is written lies before the byte it is made of
 * has been read. A picture that cannot be read any more is no number, which ends a training with a message.
 */
static void write_picture(const despur_dataset *dataset, size_t example, float *out) {
  const despur_pictures *p = dataset->pictures;
  const size_t values = p->cache.bytes;
  const uint8_t *bytes = (const uint8_t *)(out + values) - values;
  if (cache_read(&p->cache, p->entry[example], (uint8_t *)(out + values) - values, NULL) != DESPUR_OK) {
    for (size_t i = 0; i < values; i++) out[i] = NAN;
    return;
  }
  for (size_t i = 0; i < values; i++) {
    const float value = (float)bytes[i] / 255;
    memcpy(&out[i], &value, sizeof value);
  }
}

static const example_reader picture_examples = {write_picture, NULL};

static void free_pictures(despur_pictures *pictures) {
  despur_pictures_free(pictures);
}

despur_status despur_dataset_create_pictures(despur_dataset **out, despur_pictures *pictures,
                                             despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_dataset *dataset = NULL;
  char what[128];
  *out = NULL;
  if (pictures->label.values < 2)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected at least two classes, found one", pictures->folder);
  TRY(dataset_allocate(&dataset, pictures->count, 0, error));
  dataset->pictures = pictures;
  dataset->free_pictures = free_pictures;
  pictures = NULL;
  const despur_pictures *p = dataset->pictures;
  dataset->reader = &picture_examples;
  dataset->shape = (despur_shape){3, p->side, p->side};
  dataset->classes = p->label.values;
  dataset->attributes = p->attribute.values ? p->attribute.values : 1;
  memcpy(dataset->label, p->label.codes, p->count * sizeof *dataset->label);
  memcpy(dataset->attribute, p->attribute.codes, p->count * sizeof *dataset->attribute);
  TRY(dataset_set_splits(dataset, p->split, error));
  if (dataset->sizes[DESPUR_TRAIN] == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected at least one training picture, found none", p->folder);
  TRY(mem_copy_text(&dataset->inputs[0], p->cache.path, error));
  if (p->list.table) TRY(mem_copy_text(&dataset->inputs[1], p->list.table, error));
  dataset->class_names = p->label.names;
  dataset->attribute_names = p->attribute.names;
  snprintf(what, sizeof what, "%.*s", (int)p->what, p->description);
  dataset_describe(dataset, what, "", p->description + p->what);
  *out = dataset;
  dataset = NULL;
cleanup:
  despur_dataset_free(dataset);
  despur_pictures_free(pictures);
  return status;
}
