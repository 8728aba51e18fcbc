/* Layouts in which a table says what the pictures are: metadata.csv of Waterbirds, WILDS and people's own. */
#include "base/memory.h"
#include "eval/columns.h"
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

/* Where it goes is for the table to say, but no further than the folder. A path cannot make a link, so its
 * text is enough. */
static despur_status refuse_leaving(const char *path, const char *file, size_t line, despur_error *error) {
  bool leaves = *path == '/' || *path == 0;
  for (const char *at = path; !leaves; at++) {
    const size_t length = strcspn(at, "/");
    leaves = length == 2 && !strncmp(at, "..", 2);
    at += length;
    if (!*at) break;
  }
  if (!leaves) return DESPUR_OK;
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
                   "%s:%u: column '%.60s': expected train, val or test (or 0, 1, 2), found '%.60s'",
                   table_name(t), t->lines[row], column->name, word ? word : "");
}

static despur_status add_rows(picture_list *list, const table *t, const column_roles *roles,
                              const char *below, despur_error *error) {
  despur_status status = DESPUR_OK;
  text path = {0};
  size_t left_out = 0;
  for (size_t row = 0; row < t->rows; row++) {
    const char *name = cell(roles->id, row), *label = cell(roles->label, row);
    const char *attribute = roles->by_count ? cell(roles->by[0], row) : NULL;
    int split = LIST_NO_SPLIT;
    if (roles->split) TRY(read_split(&split, t, roles->split, row, error));
    if (split == LIST_NOT_WANTED) {
      left_out++;
      continue;
    }
    if (!name || !label || (roles->by_count && !attribute))
      FAIL(error, DESPUR_BAD_INPUT, "%s:%u: column '%.60s': expected a value, found none", table_name(t),
           t->lines[row],
           !name    ? roles->id->name
           : !label ? roles->label->name
                    : roles->by[0]->name);
    TRY(refuse_leaving(name, table_name(t), t->lines[row], error));
    path.length = 0;
    TRY(text_add(&path, error, "%s%s", below, name));
    TRY(list_add(list, path.data, 0, label, attribute, split, error));
  }
  const int length =
      snprintf(list->note, sizeof list->note, "label %.40s, attribute %.40s, split %.40s, picture %.40s",
               roles->label->name, roles->by_count ? roles->by[0]->name : "none",
               roles->split ? roles->split->name : "drawn", roles->id->name);
  if (left_out > 0 && length > 0 && (size_t)length < sizeof list->note)
    snprintf(list->note + length, sizeof list->note - (size_t)length, "; %zu of id_val and id_test left out",
             left_out);
cleanup:
  mem_free(path.data);
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
  despur_status status = column_roles_find_examples(out, t, &columns, true, error);
  if (status == DESPUR_OK &&
      (out->by_count > 1 || (out->by_count == 1 && out->cuts[0].count + out->cuts[0].parts > 0)))
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s:1: data.attribute: expected one column as it is, found '%.60s' (put several together, or cut "
        "numbers, in a column of their own)",
        table_name(t), columns.by);
  return status;
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
    list->attribute_names = PLACES;
  }
cleanup:
  column_roles_release(&roles);
  table_close(&t);
  return status;
}
