#include "eval/predictions/predicted_groups.h"

#include "base/memory.h"
#include "eval/predictions/predicted.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 4096 /* keys, each of which may have a place of its own */ };

/* Codes of rows from several sides, such as one for each column. */
typedef struct side {
  const uint32_t *codes; /* [rows], in the order of what they stand for */
  uint32_t missing;      /* codes from here on stand for nothing */
} side;

/* The sides that make a key. */
typedef struct sided {
  const side *sides;
  size_t width, rows;
} sided;

/* Which rows agree on all sides: numbered in the order of their codes, those with something missing behind
 * the others, and those with few rows last. */
typedef struct numbering {
  uint32_t *of_row; /* [rows] */
  uint32_t *keys;   /* [count, width] the codes of each */
  size_t count, width;
  size_t complete; /* how many have nothing missing and enough rows */
  size_t aside;    /* how many of the last cannot be the worst */
} numbering;

/* Which those are. */
typedef struct aside_rule {
  bool with_missing; /* not those with something missing */
  size_t least;      /* those with fewer rows */
} aside_rule;

typedef struct sorted_key {
  const uint32_t *key;
  size_t width;
  uint32_t index; /* as it was found */
  bool missing, small;
} sorted_key;

static int by_key(const void *a, const void *b) {
  const sorted_key *x = a, *y = b;
  if (x->small != y->small) return x->small ? 1 : -1;
  if (x->missing != y->missing) return x->missing ? 1 : -1;
  for (size_t i = 0; i < x->width; i++)
    if (x->key[i] != y->key[i]) return x->key[i] < y->key[i] ? -1 : 1;
  return 0;
}

/* Numbers the pairs of numbers[i] and codes[i] in the order in which they come; *first gets a row of each. */
static despur_status split(uint32_t *numbers, const uint32_t *codes, size_t rows, uint32_t **first,
                           size_t *count, despur_error *error) {
  despur_status status = DESPUR_OK;
  dictionary pairs = {0};
  size_t room = 0;
  mem_free(*first);
  *first = NULL;
  for (size_t i = 0; i < rows; i++) {
    const uint32_t pair[2] = {numbers[i], codes[i]};
    size_t before = pairs.count;
    TRY(dictionary_add(&numbers[i], &pairs, pair, sizeof pair, error));
    if (pairs.count == before) continue;
    if (before == room) {
      size_t more = room ? 2 * room : 64;
      TRY(mem_grow(first, room, more, sizeof **first, error));
      room = more;
    }
    (*first)[before] = (uint32_t)i;
  }
  *count = pairs.count;
cleanup:
  dictionary_release(&pairs);
  return status;
}

/* Which keys there are, [count, width], and how many rows each has, in the order of their numbers so far. */
typedef struct keys_found {
  uint32_t *keys;
  size_t *sizes, count;
} keys_found;

static void release_found(keys_found *f) {
  mem_free(f->keys);
  mem_free(f->sizes);
}

/* From numbers as they were found to those in order; *place says which. */
static despur_status sort_numbers(numbering *out, uint32_t **place, const keys_found *found, const sided *of,
                                  aside_rule rule, despur_error *error) {
  despur_status status = DESPUR_OK;
  sorted_key *sorted = NULL;
  size_t width = out->width, count = found->count;
  TRY(mem_alloc(&sorted, count, sizeof *sorted, error));
  TRY(mem_alloc(&out->keys, count * width, sizeof *out->keys, error));
  TRY(mem_alloc(place, count, sizeof **place, error));
  for (uint32_t n = 0; n < count; n++) {
    const uint32_t *key = found->keys + n * width;
    sorted[n] = (sorted_key){.key = key, .width = width, .index = n, .small = found->sizes[n] < rule.least};
    for (size_t s = 0; s < width; s++) sorted[n].missing |= key[s] >= of->sides[s].missing;
  }
  qsort(sorted, count, sizeof *sorted, by_key);
  out->count = count;
  for (uint32_t n = 0; n < count; n++) {
    memcpy(out->keys + n * width, sorted[n].key, width * sizeof *out->keys);
    (*place)[sorted[n].index] = n;
    out->complete += !sorted[n].small && !sorted[n].missing;
    out->aside += sorted[n].small || (sorted[n].missing && !rule.with_missing);
  }
cleanup:
  mem_free(sorted);
  return status;
}

/* Of many keys, or of sides with large codes: by a dictionary, one side after the other. */
static despur_status find_by_dictionary(keys_found *out, uint32_t *of_row, const sided *of,
                                        despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *first = NULL;
  memset(of_row, 0, of->rows * sizeof *of_row);
  for (size_t s = 0; s < of->width; s++)
    TRY(split(of_row, of->sides[s].codes, of->rows, &first, &out->count, error));
  TRY(mem_alloc(&out->keys, out->count * of->width, sizeof *out->keys, error));
  TRY(mem_alloc(&out->sizes, out->count, sizeof *out->sizes, error));
  for (size_t i = 0; i < of->rows; i++) out->sizes[of_row[i]]++;
  for (size_t n = 0; n < out->count; n++) {
    assert(first); /* somebody stands first where there are any */
    for (size_t s = 0; s < of->width; s++) out->keys[n * of->width + s] = of->sides[s].codes[first[n]];
  }
cleanup:
  mem_free(first);
  return status;
}

/* All keys that there could be. */
typedef struct key_grid {
  size_t *ranges; /* [width] codes of each side are below */
  size_t all;     /* SIZE_MAX for very many */
} key_grid;

static despur_status grid_of(key_grid *out, const sided *of, despur_error *error) {
  despur_status status = mem_alloc(&out->ranges, of->width, sizeof *out->ranges, error);
  out->all = 1;
  for (size_t s = 0; status == DESPUR_OK && s < of->width; s++) {
    uint32_t most = 0;
    for (size_t i = 0; i < of->rows; i++)
      if (of->sides[s].codes[i] > most) most = of->sides[s].codes[i];
    out->ranges[s] = most + (size_t)1;
    if (__builtin_mul_overflow(out->all, out->ranges[s], &out->all)) out->all = SIZE_MAX;
  }
  return status;
}

/* Of few keys: by a place for each. of_row may be the codes of the only side. */
static despur_status find_by_place(keys_found *out, uint32_t *of_row, const sided *of, const key_grid *grid,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  uint32_t *number = NULL;
  size_t *sizes = NULL;
  TRY(mem_alloc(&number, grid->all, sizeof *number, error));
  TRY(mem_alloc(&sizes, grid->all, sizeof *sizes, error));
  for (size_t i = 0; i < of->rows; i++) {
    size_t place = 0;
    for (size_t s = 0; s < of->width; s++) place = place * grid->ranges[s] + of->sides[s].codes[i];
    of_row[i] = (uint32_t)place;
    sizes[place]++;
  }
  for (size_t k = 0; k < grid->all; k++)
    if (sizes[k] > 0) number[k] = (uint32_t)out->count++;
  TRY(mem_alloc(&out->keys, out->count * of->width, sizeof *out->keys, error));
  TRY(mem_alloc(&out->sizes, out->count, sizeof *out->sizes, error));
  for (size_t k = 0; k < grid->all; k++) {
    if (sizes[k] == 0) continue;
    out->sizes[number[k]] = sizes[k];
    for (size_t s = of->width, rest = k; s-- > 0; rest /= grid->ranges[s])
      out->keys[number[k] * of->width + s] = (uint32_t)(rest % grid->ranges[s]);
  }
  for (size_t i = 0; i < of->rows; i++) of_row[i] = number[of_row[i]];
cleanup:
  mem_free(number);
  mem_free(sizes);
  return status;
}

/* of_row: [rows] the result takes it; it may be the codes of the only side. Release with release. */
static despur_status number_into(numbering *out, uint32_t *of_row, const sided *of, aside_rule rule,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  keys_found found = {0};
  key_grid grid = {0};
  uint32_t *place = NULL, *copy = NULL;
  *out = (numbering){.width = of->width, .of_row = of_row};
  TRY(grid_of(&grid, of, error));
  if (grid.all <= of->rows / 4 + FEW) {
    TRY(find_by_place(&found, of_row, of, &grid, error));
  } else if (of_row == of->sides[0].codes) {
    TRY(mem_alloc(&copy, of->rows, sizeof *copy, error));
    memcpy(copy, of_row, of->rows * sizeof *copy);
    const side only = {copy, of->sides[0].missing};
    TRY(find_by_dictionary(&found, of_row, &(sided){&only, 1, of->rows}, error));
  } else {
    TRY(find_by_dictionary(&found, of_row, of, error));
  }
  TRY(sort_numbers(out, &place, &found, of, rule, error));
  for (size_t i = 0; i < of->rows; i++) of_row[i] = place[of_row[i]];
cleanup:
  release_found(&found);
  mem_free(grid.ranges);
  mem_free(place);
  mem_free(copy);
  return status;
}

static despur_status number(numbering *out, const sided *of, aside_rule rule, despur_error *error) {
  uint32_t *of_row;
  *out = (numbering){0};
  despur_status status = mem_alloc(&of_row, of->rows, sizeof *of_row, error);
  return status == DESPUR_OK ? number_into(out, of_row, of, rule, error) : status;
}

static void release(numbering *n) {
  mem_free(n->of_row);
  mem_free(n->keys);
  *n = (numbering){0};
}

/* ---- names ---- */

/* A value with a comma or a quote is put in quotes, so that no two groups have one name. */
static despur_status add_value(text *out, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!strpbrk(value, ",\"")) return text_add(out, error, "%s", value);
  TRY(text_add(out, error, "\""));
  for (; *value; value++) TRY(text_add(out, error, *value == '"' ? "\"%c" : "%c", *value));
  TRY(text_add(out, error, "\""));
cleanup:
  return status;
}

/* Columns whose values make attributes, each with the order of its categories. */
typedef struct builder {
  despur_predicted *out;
  const column_roles *roles;
  table_column **by; /* [by_count] all that make the groups, or one of them */
  size_t by_count;
  bool whole; /* groups are attributes, not these within labels */
  aside_rule rule;
  uint32_t **orders; /* [by_count] */
  side *sides;       /* [by_count] */
  numbering attributes, groups;
} builder;

static const char *value_of(const builder *b, size_t column, uint32_t code) {
  if (b->roles->overlapping) return code < b->by_count ? b->by[code]->name : "(none of these)";
  if (code >= b->sides[column].missing) return "(missing)";
  return column_name(&b->by[column]->categories, b->orders[column][code]);
}

/* "sex=Male,race=White", or the value alone of what is a whole group by itself. */
static despur_status add_attribute(text *out, const builder *b, size_t attribute, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t width = b->attributes.width;
  const uint32_t *key = b->attributes.keys + attribute * width;
  if (b->roles->overlapping) return add_value(out, value_of(b, 0, key[0]), error);
  if (b->whole && width == 1) return text_add(out, error, "%s", value_of(b, 0, key[0]));
  for (size_t i = 0; i < width; i++) {
    TRY(text_add(out, error, "%s%s=", i ? "," : "", b->by[i]->name));
    TRY(add_value(out, value_of(b, i, key[i]), error));
  }
cleanup:
  return status;
}

static despur_status add_name(text *out, const builder *b, size_t group, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (b->whole) return add_attribute(out, b, group, error);
  const uint32_t *key = b->groups.keys + b->groups.width * group;
  TRY(text_add(out, error, "%s=", b->roles->label->name));
  TRY(add_value(out, b->out->class_names[key[0]], error));
  if (b->by_count == 0) goto cleanup;
  TRY(text_add(out, error, ","));
  TRY(add_attribute(out, b, key[1], error));
cleanup:
  return status;
}

static despur_status name_all(const char ***out, const builder *b, size_t count,
                              despur_status (*add)(text *, const builder *, size_t, despur_error *),
                              despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list list = {0};
  text name = {0};
  for (size_t i = 0; i < count; i++) {
    name.length = 0;
    TRY(add(&name, b, i, error));
    TRY(text_list_add(&list, name.data, error));
  }
  TRY(text_copy_all(out, (const char *const *)list.items, count, error));
cleanup:
  mem_free(name.data);
  text_list_release(&list);
  return status;
}

/* "sex x race" */
static despur_status name_columns(builder *b, despur_error *error) {
  despur_status status = DESPUR_OK;
  text name = {0};
  for (size_t i = 0; i < b->by_count; i++)
    TRY(text_add(&name, error, "%s%s", i ? (b->roles->overlapping ? ", " : " x ") : "", b->by[i]->name));
  b->out->attribute = name.data;
  name.data = NULL;
cleanup:
  mem_free(name.data);
  return status;
}

/* ---- */

/* Codes of a column in the order of its values; what is missing comes last. */
static despur_status put_in_order(builder *b, size_t i, despur_error *error) {
  despur_status status = DESPUR_OK;
  value_column *c = &b->by[i]->categories;
  uint32_t *rank, missing = (uint32_t)column_categories(c);
  TRY(column_order(&b->orders[i], &rank, c, error));
  for (size_t row = 0; row < c->rows; row++)
    c->codes[row] = c->codes[row] == COLUMN_MISSING ? missing : rank[c->codes[row]];
  b->sides[i] = (side){c->codes, missing};
cleanup:
  return status;
}

/* A column by itself, the last time that it makes groups: its codes become the attributes, unless it is that
 * of ids or units, too. */
static despur_status number_column(builder *b, const sided *of, despur_error *error) {
  table_column *column = b->by[0];
  if (b->roles->overlapping || column == b->roles->id || column == b->roles->unit)
    return number(&b->attributes, of, b->rule, error);
  uint32_t *codes = column->categories.codes;
  column->categories.codes = NULL;
  column->categories.rows = column->categories.room = 0;
  return number_into(&b->attributes, codes, of, b->rule, error);
}

static despur_status number_all(builder *b, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = b->out;
  const sided by = {b->sides, b->roles->overlapping ? 1 : b->by_count, p->count};
  TRY(b->by_count == 1 ? number_column(b, &by, error) : number(&b->attributes, &by, b->rule, error));
  const side pair[] = {{p->labels, UINT32_MAX}, {b->attributes.of_row, (uint32_t)b->attributes.complete}};
  const numbering *n = b->whole ? &b->attributes : &b->groups;
  if (!b->whole) TRY(number(&b->groups, &(sided){pair, 2, p->count}, b->rule, error));
  if (b->whole) {
    TRY(mem_alloc(&p->groups, p->count, sizeof *p->groups, error));
    memcpy(p->groups, n->of_row, p->count * sizeof *p->groups);
  } else {
    p->groups = b->groups.of_row;
    b->groups.of_row = NULL;
  }
  p->groups_count = n->count;
  p->groups_aside = n->aside;
  p->least_count = b->rule.least;
  p->attributes = b->attributes.of_row;
  p->attributes_count = b->attributes.count;
  p->attributes_aside = b->attributes.aside;
  b->attributes.of_row = NULL;
  TRY(name_all(&p->names, b, n->count, add_name, error));
  TRY(name_all(&p->attribute_names, b, p->attributes_count, add_attribute, error));
  TRY(name_columns(b, error));
cleanup:
  release(&b->attributes);
  release(&b->groups);
  return status;
}

/* Without a column that tells more apart. */
static despur_status number_classes(builder *b, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = b->out;
  const side labels = {p->labels, UINT32_MAX};
  TRY(number(&b->groups, &(sided){&labels, 1, p->count}, b->rule, error));
  p->groups = b->groups.of_row;
  p->groups_count = b->groups.count;
  p->groups_aside = b->groups.aside;
  p->least_count = b->rule.least;
  b->groups.of_row = NULL;
  TRY(name_all(&p->names, b, p->groups_count, add_name, error));
cleanup:
  release(&b->groups);
  return status;
}

/* The same examples by each column alone. */
static despur_status divide_alone(builder *all, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_predicted *p = all->out;
  if (all->by_count < 2) return status;
  TRY(mem_alloc(&p->alone, all->by_count, sizeof *p->alone, error));
  for (size_t i = 0; i < all->by_count; i++) {
    despur_predicted *one = &p->alone[p->alone_count++];
    *one = (despur_predicted){.count = p->count,
                              .classes = p->classes,
                              .labels = p->labels,
                              .predictions = p->predictions,
                              .probabilities = p->probabilities,
                              .class_names = p->class_names,
                              .loss = p->loss,
                              .positive_known = p->positive_known,
                              .positive = p->positive};
    builder b = {.out = one,
                 .roles = all->roles,
                 .by = all->by + i,
                 .by_count = 1,
                 .whole = all->whole,
                 .rule = all->rule,
                 .orders = all->orders + i,
                 .sides = all->sides + i};
    TRY(number_all(&b, error));
  }
cleanup:
  return status;
}

despur_status predicted_make_groups(despur_predicted *out, const column_roles *roles,
                                    const despur_columns *columns, despur_error *error) {
  despur_status status = DESPUR_OK;
  builder b = {.out = out,
               .roles = roles,
               .by = roles->by,
               .by_count = roles->by_count,
               .whole = columns->whole_groups,
               .rule = {columns->with_missing, columns->min_count}};
  if (roles->by_count == 0) return number_classes(&b, error);
  TRY(mem_alloc(&b.orders, roles->by_count, sizeof *b.orders, error));
  TRY(mem_alloc(&b.sides, roles->by_count, sizeof *b.sides, error));
  for (size_t i = 0; i < roles->by_count; i++) TRY(put_in_order(&b, i, error));
  TRY(number_all(&b, error));
  TRY(divide_alone(&b, error));
cleanup:
  for (size_t i = 0; b.orders && i < roles->by_count; i++) mem_free(b.orders[i]);
  mem_free(b.orders);
  mem_free(b.sides);
  return status;
}

despur_status predicted_name_overlapping(despur_predicted *out, const column_roles *roles,
                                         const despur_columns *columns, uint32_t *codes,
                                         despur_error *error) {
  assert(roles->overlapping); /* so one side says it all */
  side sides = {codes, (uint32_t)roles->by_count};
  builder b = {.out = out,
               .roles = roles,
               .by = roles->by,
               .by_count = roles->by_count,
               .whole = columns->whole_groups,
               .rule = {false, columns->min_count},
               .sides = &sides};
  despur_status status = number_all(&b, error);
  mem_free(codes);
  return status;
}
