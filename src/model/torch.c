/* State dictionaries of PyTorch. The zip form (since 1.6) has a member for the pickle and one for each
 * storage; the old form is five pickles (a mark, a version, the system, the object, the keys of storages) and
 * then the storages in the order of their keys, each after its count. */
#include "model/model.h"

#include "base/dictionary.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/zip.h"
#include "model/pickle.h"

#include <string.h>
#include <unistd.h>

static const model_type TYPES[] = {MODEL_F32, MODEL_F16, MODEL_BF16,
                                   MODEL_F64}; /* as pickle_storages begins */

static despur_status damaged(const model_file *model, const char *what, despur_error *error) {
  return error_set(error, DESPUR_BAD_INPUT, "%s: not a state dictionary of PyTorch, or a damaged one: %s",
                   model->path, what);
}

/* ---- from values to tensors ---- */

/* What ('storage', TYPE, KEY, DEVICE, COUNT) says. */
typedef struct storage {
  int type; /* of pickle_storages */
  const pickle_value *key;
} storage;

static bool take_storage(storage *out, const pickle *p, const pickle_value *value) {
  if (!value || value->kind != PICKLE_STORAGE) return false;
  const pickle_value *type = pickle_item(p, value, 1), *view = pickle_item(p, value, 5);
  out->key = pickle_item(p, value, 2);
  if (!type || type->kind != PICKLE_NAME || type->number < PICKLE_TYPES) return false;
  if (!out->key || out->key->kind != PICKLE_TEXT) return false;
  out->type = (int)(type->number - PICKLE_TYPES);
  return !view || view->kind == PICKLE_NONE;
}

static bool take_sizes(size_t *sizes, const pickle *p, const pickle_value *tuple, size_t most) {
  if (!tuple || tuple->kind != PICKLE_LIST || tuple->count > most) return false;
  for (size_t i = 0; i < tuple->count; i++) {
    const pickle_value *size = pickle_item(p, tuple, i);
    if (size->kind != PICKLE_INT || size->number < 0) return false;
    sizes[i] = (size_t)size->number;
  }
  return true;
}

/* Where the storages of a file lie: by name of a member, or by their places. */
typedef struct storages {
  const char *folder; /* of the members; NULL in the old form */
  size_t folder_bytes;
  dictionary keys;
  size_t *sizes;           /* [keys] of one number */
  uint64_t *begins, *ends; /* [keys] 0: the file has none */
} storages;

static despur_status place_tensor(model_tensor *t, const storages *all, const storage *in, size_t first,
                                  const model_file *model, despur_error *error) {
  uint32_t index;
  size_t size = pickle_storages[in->type].bytes;
  if (in->type < (int)(sizeof TYPES / sizeof *TYPES)) t->type = TYPES[in->type];
  if (__builtin_mul_overflow(first, size, &t->offset))
    return damaged(model, "a tensor begins beyond 2^64", error);
  if (all->folder) {
    despur_status status = mem_alloc(&t->storage, all->folder_bytes + in->key->text_bytes + 6, 1, error);
    if (status != DESPUR_OK) return status;
    memcpy(t->storage, all->folder, all->folder_bytes);
    memcpy(t->storage + all->folder_bytes, "data/", 5);
    memcpy(t->storage + all->folder_bytes + 5, in->key->text, in->key->text_bytes);
    return DESPUR_OK;
  }
  if (!dictionary_find(&index, &all->keys, in->key->text, in->key->text_bytes) || all->begins[index] == 0)
    return damaged(model, "a storage is missing (truncated file?)", error);
  t->end = all->ends[index];
  if (__builtin_add_overflow(t->offset, all->begins[index], &t->offset))
    return damaged(model, "a tensor begins beyond 2^64", error);
  return DESPUR_OK;
}

static despur_status add_tensor(model_file *model, const pickle *p, const pickle_value *key,
                                const pickle_value *value, const storages *all, despur_error *error) {
  despur_status status = DESPUR_OK;
  model_tensor *t;
  storage in;
  size_t shape[MODEL_MAX_RANK], stride[MODEL_MAX_RANK], first;
  const pickle_value *sizes = pickle_item(p, value, 2), *strides = pickle_item(p, value, 3),
                     *offset = pickle_item(p, value, 1);
  if (!take_storage(&in, p, pickle_item(p, value, 0)) || !take_sizes(shape, p, sizes, MODEL_MAX_RANK) ||
      !take_sizes(stride, p, strides, MODEL_MAX_RANK) || sizes->count != strides->count || !offset ||
      offset->kind != PICKLE_INT || offset->number < 0)
    return damaged(model, "a tensor is not described by its storage, offset, sizes and strides", error);
  first = (size_t)offset->number;
  TRY(model_add_tensor(&t, model, key->text, key->text_bytes, shape, sizes->count, error));
  memcpy(t->stride, stride, sizes->count * sizeof *stride);
  TRY(place_tensor(t, all, &in, first, model, error));
cleanup:
  return status;
}

static const pickle_value *member(const pickle *p, const pickle_value *pairs, const char *name) {
  for (uint32_t link = pairs->first; link != PICKLE_NO_LINK; link = p->links[link].next)
    if (pickle_is_text(&p->values[p->links[link].key], name)) return &p->values[p->links[link].value];
  return NULL;
}

/* A checkpoint is a dictionary that has the state dictionary among other things. */
static const pickle_value *state_of(const pickle *p) {
  static const char *const NAMES[] = {"state_dict", "model_state_dict", "model"};
  const pickle_value *root = &p->values[p->result];
  for (size_t i = 0; root->kind == PICKLE_DICT && i < sizeof NAMES / sizeof *NAMES; i++) {
    const pickle_value *inner = member(p, root, NAMES[i]);
    if (inner && inner->kind == PICKLE_DICT) return inner;
  }
  return root;
}

static despur_status add_tensors(model_file *model, const pickle *p, const storages *all,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  const pickle_value *state = state_of(p);
  if (state->kind != PICKLE_DICT) return damaged(model, "it holds no dictionary", error);
  for (uint32_t link = state->first; link != PICKLE_NO_LINK; link = p->links[link].next) {
    const pickle_value *key = &p->values[p->links[link].key], *value = &p->values[p->links[link].value];
    if (key->kind == PICKLE_TEXT && value->kind == PICKLE_TENSOR)
      TRY(add_tensor(model, p, key, value, all, error));
  }
  if (model->count == 0) status = damaged(model, "its dictionary holds no tensors", error);
cleanup:
  return status;
}

/* ---- the zip form ---- */

static const char PICKLE_MEMBER[] = "data.pkl";

/* The member that is the pickle: FOLDER/data.pkl, whatever the folder's name. */
static const char *find_pickle(const text_list *names) {
  for (size_t i = 0; i < names->count; i++) {
    const char *slash = strchr(names->items[i], '/');
    if (slash && strcmp(slash + 1, PICKLE_MEMBER) == 0) return names->items[i];
  }
  return NULL;
}

static bool is_big_endian(const model_file *model, const text_list *names, int fd) {
  zip_member order = {0};
  for (size_t i = 0; i < names->count; i++) {
    const char *slash = strchr(names->items[i], '/');
    if (slash && strcmp(slash + 1, "byteorder") == 0 &&
        zip_find(&order, fd, model->bytes, names->items[i], model->path, NULL) == DESPUR_OK)
      return order.bytes == 3 && memcmp(model->data + order.offset, "big", 3) == 0;
  }
  return false;
}

despur_status model_read_torch_zip(model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list names = {0};
  zip_member found = {0};
  pickle p = {0};
  storages all = {0};
  int fd = -1;
  size_t bytes, used;
  TRY(file_open(&fd, &bytes, model->path, error));
  if (bytes != model->bytes)
    FAIL(error, DESPUR_BAD_INPUT, "%s: the file has changed while it was read", model->path);
  TRY(zip_list(&names, fd, bytes, model->path, error));
  const char *name = find_pickle(&names);
  if (!name) TRY(damaged(model, "the archive has no member data.pkl", error));
  if (is_big_endian(model, &names, fd)) TRY(damaged(model, "its numbers are big-endian", error));
  TRY(zip_find(&found, fd, bytes, name, model->path, error));
  if (found.form != INFLATE_PLAIN) TRY(damaged(model, "its pickle is compressed", error));
  TRY(pickle_read(&p, &used, model->data + found.offset, (size_t)found.bytes, model->path, error));
  all.folder = name;
  all.folder_bytes = strlen(name) - strlen(PICKLE_MEMBER);
  TRY(add_tensors(model, &p, &all, error));
cleanup:
  if (fd >= 0) close(fd);
  pickle_release(&p);
  text_list_release(&names);
  return status;
}

/* ---- the old form ---- */

/* Every storage of the object, with the size of its numbers. */
static despur_status number_storages(storages *all, const pickle *p, const model_file *model,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t index;
  TRY(mem_alloc(&all->sizes, p->value_count, sizeof *all->sizes, error));
  TRY(mem_alloc(&all->begins, p->value_count, sizeof *all->begins, error));
  TRY(mem_alloc(&all->ends, p->value_count, sizeof *all->ends, error));
  for (size_t i = 0; i < p->value_count; i++) {
    storage in;
    if (p->values[i].kind != PICKLE_STORAGE) continue;
    if (!take_storage(&in, p, &p->values[i])) return damaged(model, "a storage is not described", error);
    TRY(dictionary_add(&index, &all->keys, in.key->text, in.key->text_bytes, error));
    all->sizes[index] = pickle_storages[in.type].bytes;
  }
cleanup:
  return status;
}

/* Goes through the storages, which begin at byte `at`, in the order of the keys. */
static despur_status place_storages(storages *all, const pickle *keys, size_t at, const model_file *model,
                                    despur_error *error) {
  const pickle_value *list = &keys->values[keys->result];
  if (list->kind != PICKLE_LIST) return damaged(model, "it has no list of storages", error);
  for (uint32_t link = list->first; link != PICKLE_NO_LINK; link = keys->links[link].next) {
    const pickle_value *key = &keys->values[keys->links[link].value];
    uint64_t count, bytes;
    uint32_t index;
    if (key->kind != PICKLE_TEXT || !dictionary_find(&index, &all->keys, key->text, key->text_bytes))
      return damaged(model, "a storage is not described", error);
    if (model->bytes - at < sizeof count)
      return damaged(model, "it ends within its storages (truncated file?)", error);
    memcpy(&count, model->data + at, sizeof count);
    at += sizeof count;
    if (__builtin_mul_overflow(count, all->sizes[index], &bytes) || bytes > model->bytes - at)
      return damaged(model, "it ends within its storages (truncated file?)", error);
    all->begins[index] = at;
    at += (size_t)bytes;
    all->ends[index] = at;
  }
  return DESPUR_OK;
}

enum { FORM, VERSION, SYSTEM, OBJECT, KEYS, PICKLES };

static despur_status check_form(const pickle *p, const model_file *model, despur_error *error) {
  const pickle_value *version = &p[VERSION].values[p[VERSION].result];
  const pickle_value *order = member(&p[SYSTEM], &p[SYSTEM].values[p[SYSTEM].result], "little_endian");
  if (!pickle_is_text(&p[FORM].values[p[FORM].result], "l\xfc\x9c\x46\xf9 j\xa8P\x19") ||
      version->kind != PICKLE_INT || version->number != 1001)
    return damaged(model, "it does not begin as torch.save writes", error);
  if (!order || order->kind != PICKLE_BOOL || !order->number)
    return damaged(model, "its numbers are big-endian", error);
  return DESPUR_OK;
}

despur_status model_read_torch_old(model_file *model, despur_error *error) {
  despur_status status = DESPUR_OK;
  pickle p[PICKLES] = {0};
  storages all = {0};
  size_t at = 0, used;
  for (int i = 0; i < PICKLES; i++) {
    TRY(pickle_read(&p[i], &used, model->data + at, model->bytes - at, model->path, error));
    at += used;
    if (i == SYSTEM) TRY(check_form(p, model, error));
  }
  TRY(number_storages(&all, &p[OBJECT], model, error));
  TRY(place_storages(&all, &p[KEYS], at, model, error));
  TRY(add_tensors(model, &p[OBJECT], &all, error));
cleanup:
  for (int i = 0; i < PICKLES; i++) pickle_release(&p[i]);
  dictionary_release(&all.keys);
  mem_free(all.sizes);
  mem_free(all.begins);
  mem_free(all.ends);
  return status;
}
