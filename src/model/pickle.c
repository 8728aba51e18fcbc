/* A pickle is a program for a machine with a stack and a memo. Those of state dictionaries need those of its
 * instructions that build dictionaries, tuples, numbers and texts; REDUCE, which calls whatever it is given,
 * is carried out for the few names below, which say where a tensor's numbers lie. So a file can say what it
 * likes and nothing of it runs. */
#include "model/pickle.h"

#include "base/memory.h"

#include <string.h>

/* Values, links and the memo are bounded, so that a file cannot fill memory. */
enum { MOST = 1 << 20, SHOWN = 60 };

const pickle_storage pickle_storages[] = {{"FloatStorage", 4},  {"HalfStorage", 2}, {"BFloat16Storage", 2},
                                          {"DoubleStorage", 8}, {"LongStorage", 8}, {"IntStorage", 4},
                                          {"ShortStorage", 2},  {"CharStorage", 1}, {"ByteStorage", 1},
                                          {"BoolStorage", 1},   {NULL, 0}};

typedef struct reader {
  pickle *p;
  const uint8_t *data;
  size_t at, bytes;
  const char *path;
  despur_error *error;
} reader;

static despur_status damaged(const reader *r, const char *what) {
  return error_set(r->error, DESPUR_BAD_INPUT,
                   "%s: not a state dictionary of PyTorch, or a damaged one: at byte %zu of its pickle %s",
                   r->path, r->at, what);
}

static despur_status grow(void *block, size_t *room, size_t count, size_t size, const reader *r) {
  if (count < *room) return DESPUR_OK;
  if (count >= MOST)
    return error_set(r->error, DESPUR_BAD_INPUT, "%s: expected at most %d values in its pickle", r->path,
                     MOST);
  size_t wanted = *room ? 2 * *room : 64;
  despur_status status = mem_grow(block, *room, wanted, size, r->error);
  if (status == DESPUR_OK) *room = wanted;
  return status;
}

/* ---- the stack ---- */

static despur_status push_index(reader *r, uint32_t value) {
  pickle *p = r->p;
  despur_status status = grow(&p->stack, &p->stack_room, p->stack_count, sizeof *p->stack, r);
  if (status == DESPUR_OK) p->stack[p->stack_count++] = value;
  return status;
}

static despur_status push(reader *r, pickle_value value) {
  pickle *p = r->p;
  despur_status status = grow(&p->values, &p->value_room, p->value_count, sizeof *p->values, r);
  if (status != DESPUR_OK) return status;
  p->values[p->value_count] = value;
  return push_index(r, (uint32_t)p->value_count++);
}

/* The value n below the top, or NULL where the stack ends or a mark stands. */
static pickle_value *peek(const reader *r, size_t n) {
  const pickle *p = r->p;
  if (n >= p->stack_count) return NULL;
  pickle_value *value = &p->values[p->stack[p->stack_count - 1 - n]];
  return value->kind == PICKLE_MARK ? NULL : value;
}

/* Where the values above the last mark begin. */
static bool find_mark(const reader *r, size_t *first) {
  size_t at = r->p->stack_count;
  while (at > 0 && r->p->values[r->p->stack[at - 1]].kind != PICKLE_MARK) at--;
  *first = at;
  return at > 0;
}

/* ---- lists and dictionaries ---- */

static despur_status append(reader *r, uint32_t list, uint32_t key, uint32_t value) {
  despur_status status = DESPUR_OK;
  pickle *p = r->p;
  if (p->link_count == 0) p->link_count = 1; /* PICKLE_NO_LINK */
  TRY(grow(&p->links, &p->link_room, p->link_count, sizeof *p->links, r));
  uint32_t link = (uint32_t)p->link_count++;
  p->links[link] = (pickle_link){.key = key, .value = value};
  pickle_value *to = &p->values[list];
  if (to->count++ == 0)
    to->first = link;
  else
    p->links[to->last].next = link;
  to->last = link;
cleanup:
  return status;
}

/* The values from stack place `first` on become items of a list, or pairs of a dictionary. */
static despur_status append_all(reader *r, uint32_t to, size_t first, pickle_kind kind) {
  despur_status status = DESPUR_OK;
  const pickle *p = r->p;
  size_t step = kind == PICKLE_DICT ? 2 : 1;
  if (p->values[to].kind != kind || (p->stack_count - first) % step != 0)
    return damaged(r, "values are added to what cannot hold them");
  for (size_t i = first; i < p->stack_count; i += step)
    TRY(append(r, to, p->stack[i], p->stack[i + step - 1]));
cleanup:
  return status;
}

/* The values from stack place `first` on become a tuple. */
static despur_status make_tuple(reader *r, size_t first, bool marked) {
  despur_status status = DESPUR_OK;
  pickle *p = r->p;
  TRY(push(r, (pickle_value){.kind = PICKLE_LIST}));
  uint32_t tuple = p->stack[--p->stack_count];
  TRY(append_all(r, tuple, first, PICKLE_LIST));
  p->stack_count = first - marked;
  TRY(push_index(r, tuple));
cleanup:
  return status;
}

static despur_status add_marked(reader *r, pickle_kind kind) {
  despur_status status = DESPUR_OK;
  size_t first;
  if (!find_mark(r, &first) || first < 2) return damaged(r, "a mark is missing");
  TRY(append_all(r, r->p->stack[first - 2], first, kind));
  r->p->stack_count = first - 1;
cleanup:
  return status;
}

static despur_status add_top(reader *r, pickle_kind kind) {
  despur_status status = DESPUR_OK;
  size_t count = kind == PICKLE_DICT ? 2 : 1;
  if (!peek(r, count)) return damaged(r, "the stack is too short");
  TRY(append_all(r, r->p->stack[r->p->stack_count - 1 - count], r->p->stack_count - count, kind));
  r->p->stack_count -= count;
cleanup:
  return status;
}

/* ---- names, and what they make ---- */

static bool same(const char *text, size_t bytes, const char *wanted) {
  return strlen(wanted) == bytes && memcmp(text, wanted, bytes) == 0;
}

static despur_status push_name(reader *r, const char *module, size_t module_bytes, const char *name,
                               size_t name_bytes) {
  static const struct {
    const char *module, *name;
    pickle_name known;
  } KNOWN[] = {{"collections", "OrderedDict", PICKLE_ORDERED_DICT},
               {"torch._utils", "_rebuild_tensor_v2", PICKLE_REBUILD_TENSOR},
               {"torch._utils", "_rebuild_tensor", PICKLE_REBUILD_TENSOR},
               {"torch._utils", "_rebuild_parameter", PICKLE_REBUILD_PARAMETER}};
  for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
    if (same(module, module_bytes, KNOWN[i].module) && same(name, name_bytes, KNOWN[i].name))
      return push(r, (pickle_value){.kind = PICKLE_NAME, .number = KNOWN[i].known});
  for (int i = 0; pickle_storages[i].name; i++)
    if (same(module, module_bytes, "torch") && same(name, name_bytes, pickle_storages[i].name))
      return push(r, (pickle_value){.kind = PICKLE_NAME, .number = PICKLE_TYPES + i});
  return error_set(r->error, DESPUR_BAD_INPUT,
                   "%s: expected a state dictionary of tensors, found '%.*s.%.*s', which only Python could "
                   "make; save it as "
                   "torch.save(model.state_dict(), FILE)",
                   r->path, (int)(module_bytes < SHOWN ? module_bytes : SHOWN), module,
                   (int)(name_bytes < SHOWN ? name_bytes : SHOWN), name);
}

/* NAME(ARGUMENTS): an empty dictionary, a tensor, or the tensor that a parameter is. */
static despur_status reduce(reader *r) {
  pickle *p = r->p;
  const pickle_value *name = peek(r, 1), *arguments = peek(r, 0), *first;
  if (!name || !arguments || name->kind != PICKLE_NAME || arguments->kind != PICKLE_LIST)
    return damaged(r, "something is called that is no function");
  pickle_value made = *arguments;
  int64_t function = name->number;
  p->stack_count -= 2;
  switch (function) {
  case PICKLE_ORDERED_DICT:
    if (made.count > 0) return damaged(r, "a dictionary is made of values");
    made = (pickle_value){.kind = PICKLE_DICT};
    break;
  case PICKLE_REBUILD_TENSOR:
    made.kind = PICKLE_TENSOR;
    break;
  case PICKLE_REBUILD_PARAMETER:
    first = pickle_item(p, &made, 0);
    if (!first || first->kind != PICKLE_TENSOR) return damaged(r, "a parameter is no tensor");
    made = *first;
    break;
  default:
    return damaged(r, "a type of storage is called");
  }
  return push(r, made);
}

static despur_status make_storage(reader *r) {
  const pickle_value *id = peek(r, 0);
  if (!id || id->kind != PICKLE_LIST || !pickle_is_text(pickle_item(r->p, id, 0), "storage"))
    return damaged(r, "there is a reference that is no storage");
  pickle_value storage = *id;
  storage.kind = PICKLE_STORAGE;
  r->p->stack_count--;
  return push(r, storage);
}

/* ---- the memo ---- */

static despur_status remember(reader *r, uint64_t place) {
  pickle *p = r->p;
  if (!peek(r, 0)) return damaged(r, "nothing is remembered");
  if (place >= MOST) return damaged(r, "a place of the memo is too large");
  while (place >= p->memo_room) {
    size_t wanted = p->memo_room ? 2 * p->memo_room : 64;
    despur_status status = mem_grow(&p->memo, p->memo_room, wanted, sizeof *p->memo, r->error);
    if (status != DESPUR_OK) return status;
    p->memo_room = wanted;
  }
  p->memo[place] = p->stack[p->stack_count - 1] + 1; /* 0: nothing is there */
  if (place >= p->memo_count) p->memo_count = (size_t)place + 1;
  return DESPUR_OK;
}

static despur_status recall(reader *r, uint64_t place) {
  if (place >= r->p->memo_room || r->p->memo[place] == 0) return damaged(r, "the memo has no such place");
  return push_index(r, r->p->memo[place] - 1);
}

/* ---- instructions ---- */

static uint64_t little_endian(const uint8_t *at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = bytes; i-- > 0;) value = value << 8 | at[i];
  return value;
}

/* The next bytes, or NULL. */
static const uint8_t *take(reader *r, uint64_t bytes) {
  if (bytes > r->bytes - r->at) return NULL;
  const uint8_t *at = r->data + r->at;
  r->at += (size_t)bytes;
  return at;
}

/* A number of so many bytes that stands behind an instruction. */
static bool take_number(reader *r, size_t bytes, uint64_t *out) {
  const uint8_t *at = take(r, bytes);
  *out = at ? little_endian(at, bytes) : 0;
  return at != NULL;
}

static const char *take_line(reader *r, size_t *bytes) {
  const uint8_t *at = r->data + r->at, *end = memchr(at, '\n', r->bytes - r->at);
  if (!end) return NULL;
  *bytes = (size_t)(end - at);
  r->at += *bytes + 1;
  return (const char *)at;
}

static despur_status cut(const reader *r) {
  return damaged(r, "it ends (truncated file?)");
}

static despur_status text(reader *r, size_t length_bytes) {
  uint64_t length;
  if (!take_number(r, length_bytes, &length)) return cut(r);
  const uint8_t *at = take(r, length);
  if (!at) return cut(r);
  return push(r, (pickle_value){.kind = PICKLE_TEXT, .text = (const char *)at, .text_bytes = (size_t)length});
}

/* A whole number of up to 8 bytes; longer ones (the mark of the old form) are kept as text. */
static despur_status integer(reader *r, size_t bytes, bool is_signed) {
  const uint8_t *at = take(r, bytes);
  if (!at) return cut(r);
  if (bytes > 8)
    return push(r, (pickle_value){.kind = PICKLE_TEXT, .text = (const char *)at, .text_bytes = bytes});
  uint64_t value = little_endian(at, bytes);
  if (is_signed && bytes > 0 && bytes < 8 && at[bytes - 1] & 0x80) value |= UINT64_MAX << 8 * bytes;
  return push(r, (pickle_value){.kind = PICKLE_INT, .number = (int64_t)value});
}

static despur_status global(reader *r) {
  size_t module_bytes, name_bytes;
  const char *module = take_line(r, &module_bytes), *name = module ? take_line(r, &name_bytes) : NULL;
  return name ? push_name(r, module, module_bytes, name, name_bytes) : cut(r);
}

static despur_status stack_global(reader *r) {
  const pickle_value *module = peek(r, 1), *name = peek(r, 0);
  if (!module || !name || module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
    return damaged(r, "a name is no text");
  r->p->stack_count -= 2;
  return push_name(r, module->text, module->text_bytes, name->text, name->text_bytes);
}

static despur_status tuple_of(reader *r, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!peek(r, i)) return damaged(r, "the stack is too short");
  return make_tuple(r, r->p->stack_count - count, false);
}

static despur_status marked_tuple(reader *r) {
  size_t first;
  return find_mark(r, &first) ? make_tuple(r, first, true) : damaged(r, "a mark is missing");
}

/* BUILD gives an ordered dictionary its _metadata, which is of no use here. */
static despur_status build(reader *r) {
  const pickle_value *object = peek(r, 1);
  if (!object || object->kind != PICKLE_DICT || !peek(r, 0))
    return damaged(r, "something is built that is no dictionary");
  r->p->stack_count--;
  return DESPUR_OK;
}

static despur_status put(reader *r, size_t bytes, bool recalls) {
  uint64_t place;
  if (!take_number(r, bytes, &place)) return cut(r);
  return recalls ? recall(r, place) : remember(r, place);
}

/* LONG1: a number of so many bytes as the next one says. */
static despur_status long_integer(reader *r) {
  uint64_t length;
  return take_number(r, 1, &length) ? integer(r, (size_t)length, true) : cut(r);
}

static despur_status skip(reader *r, size_t bytes) {
  return take(r, bytes) ? DESPUR_OK : cut(r);
}

static despur_status push_float(reader *r) {
  return take(r, 8) ? push(r, (pickle_value){.kind = PICKLE_FLOAT}) : cut(r);
}

static despur_status step(reader *r, uint8_t instruction) {
  switch (instruction) {
  case 0x80:
    return skip(r, 1); /* PROTO */
  case 0x95:
    return skip(r, 8); /* FRAME */
  case '(':
    return push(r, (pickle_value){.kind = PICKLE_MARK});
  case 'N':
    return push(r, (pickle_value){.kind = PICKLE_NONE});
  case 0x88:
  case 0x89:
    return push(r, (pickle_value){.kind = PICKLE_BOOL, .number = instruction == 0x88});
  case 'K':
    return integer(r, 1, false);
  case 'M':
    return integer(r, 2, false);
  case 'J':
    return integer(r, 4, true);
  case 0x8a:
    return long_integer(r);
  case 'G':
    return push_float(r);
  case 'X':
    return text(r, 4);
  case 0x8c:
  case 'U':
    return text(r, 1);
  case '}':
    return push(r, (pickle_value){.kind = PICKLE_DICT});
  case ']':
  case ')':
    return push(r, (pickle_value){.kind = PICKLE_LIST});
  case 't':
    return marked_tuple(r);
  case 0x85:
  case 0x86:
  case 0x87:
    return tuple_of(r, (size_t)(instruction - 0x84));
  case 'a':
    return add_top(r, PICKLE_LIST);
  case 'e':
    return add_marked(r, PICKLE_LIST);
  case 's':
    return add_top(r, PICKLE_DICT);
  case 'u':
    return add_marked(r, PICKLE_DICT);
  case 'q':
    return put(r, 1, false);
  case 'r':
    return put(r, 4, false);
  case 0x94:
    return remember(r, r->p->memo_count); /* MEMOIZE */
  case 'h':
    return put(r, 1, true);
  case 'j':
    return put(r, 4, true);
  case 'c':
    return global(r);
  case 0x93:
    return stack_global(r);
  case 'R':
    return reduce(r);
  case 'Q':
    return make_storage(r);
  case 'b':
    return build(r);
  default:
    break;
  }
  return error_set(
      r->error, DESPUR_BAD_INPUT,
      "%s: expected a state dictionary of tensors, found the instruction 0x%02x at byte %zu of its pickle",
      r->path, instruction, r->at - 1);
}

despur_status pickle_read(pickle *out, size_t *used, const uint8_t *data, size_t bytes, const char *path,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  reader r = {.p = out, .data = data, .bytes = bytes, .path = path, .error = error};
  *out = (pickle){0};
  while (r.at < bytes && data[r.at] != '.') {
    uint8_t instruction = data[r.at++];
    TRY(step(&r, instruction));
  }
  if (r.at == bytes) TRY(cut(&r));
  if (out->stack_count != 1 || !peek(&r, 0)) TRY(damaged(&r, "it ends with more or less than one value"));
  out->result = out->stack[0];
  *used = r.at + 1;
cleanup:
  return status;
}

void pickle_release(pickle *p) {
  mem_free(p->values);
  mem_free(p->links);
  mem_free(p->stack);
  mem_free(p->memo);
  *p = (pickle){0};
}

const pickle_value *pickle_item(const pickle *p, const pickle_value *list, size_t nth) {
  if (nth >= list->count) return NULL;
  uint32_t link = list->first;
  while (nth-- > 0) link = p->links[link].next;
  return &p->values[p->links[link].value];
}

bool pickle_is_text(const pickle_value *value, const char *text_wanted) {
  return value && value->kind == PICKLE_TEXT && same(value->text, value->text_bytes, text_wanted);
}
