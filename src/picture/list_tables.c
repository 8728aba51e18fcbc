/* Layouts in which a table says what the pictures are: metadata.csv of Waterbirds, WILDS and people's own. */
#include "base/memory.h"
#include "eval/predictions/columns.h"
#include "io/file.h"
#include "picture/list.h"

#include <stdio.h>
#include <string.h>

static const char *const PATH_COLUMNS[] = {"img_filename", "filename", "file_name", "image_path",
                                           "img_path",     "path",     "file",      "image",
                                           "img",          "image_id", NULL};
static const char *const ATTRIBUTE_COLUMNS[] = {
    "a", "attribute", "place", "spurious", "confounder", "background", "environment", "env", "domain", NULL};
static const char *const SPLIT_COLUMNS[] = {"split", "partition", "subset", "phase", NULL};

static const char *guess(const table *t, const char *const *names) {
  for (; *names; names++)
    for (size_t i = 0; i < t->column_count; i++)
      if (text_equal_letters(t->columns[i].name, *names)) return t->columns[i].name;
  return NULL;
}

bool list_leaves(const char *path) {
  bool leaves = *path == '/' || *path == 0;
  for (const char *at = path; !leaves; at++) {
    const size_t length = strcspn(at, "/");
    leaves = length == 2 && !strncmp(at, "..", 2);
    at += length;
    if (!*at) break;
  }
  return leaves;
}

/* Where it goes is for the table to say, but no further than the folder. */
static despur_status refuse_leaving(const char *path, const char *file, size_t line, despur_error *error) {
  if (!list_leaves(path)) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected a path below the folder, found '%.200s'", file,
                   line, path);
}

/* The text of a row; NULL where it is missing. */
static const char *cell(const table_column *column, size_t row) {
  const uint32_t code = column->categories.codes[row];
  return code == COLUMN_MISSING ? NULL : column_name(&column->categories, code);
}

static despur_status read_split(int *out, const table *t, const table_column *column, size_t row,
                                despur_error *error) {
  const char *word = cell(column, row);
  *out = word ? list_split_of(word) : LIST_NO_SPLIT;
  if (*out != LIST_NO_SPLIT) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT,
                   "%s:%zu: column '%.60s': expected train, val or test (or 0, 1, 2), found '%.60s'",
                   table_name(t), table_line(t, row), column->name, word ? word : "");
}

/* One column as it is: its values are the attribute's. */
static bool is_plain(const column_roles *roles) {
  return roles->by_count == 1 && roles->cuts[0].count + roles->cuts[0].parts == 0;
}

/* Several columns, or ranges of one: their values together are the attribute, in the order of the first, then
 * of the second, and so on. */
typedef struct composite {
  uint32_t **orders, **ranks; /* [by_count] */
  text name;                  /* of the row at hand */
  double place;               /* of it in that order */
} composite;

static despur_status composite_prepare(composite *c, const column_roles *roles, const table *t,
                                       despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(mem_alloc(&c->orders, roles->by_count, sizeof *c->orders, error));
  TRY(mem_alloc(&c->ranks, roles->by_count, sizeof *c->ranks, error));
  TRY(column_roles_cut(roles, t, error));
  for (size_t i = 0; i < roles->by_count; i++)
    TRY(column_order(&c->orders[i], &c->ranks[i], &roles->by[i]->categories, error));
cleanup:
  return status;
}

static void composite_release(composite *c, size_t columns) {
  for (size_t i = 0; c->orders && i < columns; i++) mem_free(c->orders[i]);
  mem_free(c->orders);
  mem_free(c->ranks);
  mem_free(c->name.data);
}

/* "Male x White"; nothing is missing. A value with such a cross in it stands in quotes, so that no two
 * combinations are called the same. */
static despur_status composite_find(composite *c, const column_roles *roles, size_t row,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  c->name.length = 0;
  c->place = 0;
  for (size_t i = 0; i < roles->by_count; i++) {
    const value_column *values = &roles->by[i]->categories;
    const char *value = cell(roles->by[i], row);
    const char *quote = strstr(value, " x ") || strchr(value, '"') ? "\"" : "";
    TRY(text_add(&c->name, error, "%s%s%s%s", i ? " x " : "", quote, value, quote));
    c->place = c->place * (double)column_categories(values) + c->ranks[i][values->codes[row]];
  }
cleanup:
  return status;
}

static despur_status refuse_missing(const table *t, const column_roles *roles, size_t row,
                                    despur_error *error) {
  const table_column *empty = !cell(roles->id, row)      ? roles->id
                              : !cell(roles->label, row) ? roles->label
                                                         : NULL;
  for (size_t i = 0; !empty && i < roles->by_count; i++)
    if (!cell(roles->by[i], row)) empty = roles->by[i];
  if (!empty) return DESPUR_OK;
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: column '%.60s': expected a value, found none",
                   table_name(t), table_line(t, row), empty->name);
}

/* *wanted = false for a row of a split that nobody asks for. */
static despur_status add_row(bool *wanted, picture_list *list, const table *t, const column_roles *roles,
                             composite *made, const char *below, size_t row, despur_error *error) {
  despur_status status = DESPUR_OK;
  text path = {0};
  const char *name = cell(roles->id, row), *attribute = NULL;
  const size_t known = column_categories(&list->attribute);
  int split = LIST_NO_SPLIT;
  if (roles->split) TRY(read_split(&split, t, roles->split, row, error));
  *wanted = split != LIST_NOT_WANTED;
  if (!*wanted) goto cleanup;
  TRY(refuse_missing(t, roles, row, error));
  TRY(refuse_leaving(name, table_name(t), table_line(t, row), error));
  TRY(text_add(&path, error, "%s%s", below, name));
  if (made->orders) TRY(composite_find(made, roles, row, error));
  if (roles->by_count > 0) attribute = made->orders ? made->name.data : cell(roles->by[0], row);
  TRY(list_add(list, path.data, 0, cell(roles->label, row), attribute, split, error));
  if (made->orders && column_categories(&list->attribute) > known)
    list->attribute.about[known].number = made->place;
cleanup:
  mem_free(path.data);
  return status;
}

static void describe(picture_list *list, const column_roles *roles, size_t left_out) {
  char attributes[100] = "none";
  size_t used = 0;
  for (size_t i = 0; i < roles->by_count && used < sizeof attributes; i++)
    used += (size_t)snprintf(attributes + used, sizeof attributes - used, "%s%.40s", i ? " x " : "",
                             roles->by[i]->name);
  const int length =
      snprintf(list->note, sizeof list->note, "label %.40s, attribute %s, split %.40s, picture %.40s",
               roles->label->name, attributes, roles->split ? roles->split->name : "drawn", roles->id->name);
  if (left_out > 0 && length > 0 && (size_t)length < sizeof list->note)
    snprintf(list->note + length, sizeof list->note - (size_t)length, "; %zu of id_val and id_test left out",
             left_out);
}

static despur_status add_rows(picture_list *list, const table *t, const column_roles *roles,
                              const char *below, despur_error *error) {
  despur_status status = DESPUR_OK;
  composite made = {0};
  size_t left_out = 0;
  if (roles->by_count > 0 && !is_plain(roles)) TRY(composite_prepare(&made, roles, t, error));
  for (size_t row = 0; row < t->rows; row++) {
    bool wanted;
    TRY(add_row(&wanted, list, t, roles, &made, below, row, error));
    left_out += !wanted;
  }
  describe(list, roles, left_out);
cleanup:
  composite_release(&made, roles->by_count);
  return status;
}

static despur_status find_columns(column_roles *out, table *t, const despur_pictures_options *options,
                                  despur_error *error) {
  const char *path = guess(t, PATH_COLUMNS);
  if (!path)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s:1: expected a column with the pictures, such as 'filename', found none",
                     table_name(t));
  const despur_columns columns = {.label = options->label,
                                  .id = path,
                                  .by = options->attribute ? options->attribute : guess(t, ATTRIBUTE_COLUMNS),
                                  .split = options->split ? options->split : guess(t, SPLIT_COLUMNS)};
  return column_roles_find_examples(out, t, &columns, true, error);
}

despur_status list_metadata(picture_list *list, const despur_pictures_options *options, despur_error *error) {
  static const char *const BIRDS[] = {"landbird", "waterbird"}, *const PLACES[] = {"land", "water"};
  despur_status status = DESPUR_OK;
  char path[FILE_PATH], train[FILE_PATH];
  table t = {0};
  column_roles roles = {0};
  const char *layout = options->layout ? options->layout : "auto";
  if (options->metadata)
    snprintf(path, sizeof path, "%s", options->metadata);
  else
    TRY(file_join(path, options->folder, "metadata.csv", error));
  TRY(mem_copy_text(&list->table, path, error));
  TRY(table_open(&t, list->table, (csv_form){0}, error));
  TRY(find_columns(&roles, &t, options, error));
  TRY(table_read(&t, error));
  if (t.rows == 0) FAIL(error, DESPUR_BAD_INPUT, "%s: expected at least 1 row, found 0", path);
  /* iWildCam keeps the pictures of all splits in "train". */
  const char *first = cell(roles.id, 0);
  TRY(file_join(train, options->folder, first ? first : "", error));
  const bool in_train = !strcmp(layout, "wilds") && !file_exists(train);
  TRY(add_rows(list, &t, &roles, in_train ? "train/" : "", error));
  if (!strcmp(layout, "waterbirds")) {
    list->class_names = BIRDS;
    list->attribute_names = is_plain(&roles) ? PLACES : NULL;
  }
cleanup:
  column_roles_release(&roles);
  table_close(&t);
  return status;
}
