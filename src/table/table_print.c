/* A table as text, Markdown, LaTeX or CSV. Whatever comes from a file or a directory's name is escaped. */
#include "base/memory.h"
#include "table/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEADING = 3 }; /* columns before those of the data: row, group labels, selection rule */

/* ---- escaping ---- */

static despur_status add_latex(text *out, char c, despur_error *error) {
  switch (c) {
  case '\\':
    return text_add(out, error, "\\textbackslash{}");
  case '~':
    return text_add(out, error, "\\textasciitilde{}");
  case '^':
    return text_add(out, error, "\\textasciicircum{}");
  case '<':
    return text_add(out, error, "\\textless{}");
  case '>':
    return text_add(out, error, "\\textgreater{}");
  default:
    return text_add(out, error, strchr("{}$&#_%", c) ? "\\%c" : "%c", c);
  }
}

/* Spreadsheets take what begins so for a formula, unless it is a number. */
static bool looks_like_a_formula(const char *value) {
  if (*value == '=' || *value == '@') return true;
  return (*value == '+' || *value == '-') && value[strspn(value, "0123456789.eE+-")];
}

static despur_status add_csv(text *out, const char *value, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (!strpbrk(value, "\",\r\n") && !looks_like_a_formula(value)) return text_add(out, error, "%s", value);
  TRY(text_add(out, error, "\""));
  for (; *value; value++) TRY(text_add(out, error, *value == '"' ? "\"\"" : "%c", *value));
  TRY(text_add(out, error, "\""));
cleanup:
  return status;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Inside a word an underscore means nothing, and names look better without a backslash. */
static bool has_meaning_in_markdown(char before, char c, char after) {
  if (c == '_') return !(is_letter(before) && is_letter(after));
  return strchr("\\`*{}[]<>#|~!&$", c) != NULL;
}

/* Control characters, which only a directory's name can hold, become '?'. */
static despur_status add_escaped(text *out, const char *value, despur_table_format format,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  if (format == DESPUR_TABLE_CSV) return add_csv(out, value, error);
  for (char before = ' '; *value; before = *value++) {
    char c = *value;
    if ((unsigned char)c < 0x20 || c == 0x7f) c = '?';
    if (format == DESPUR_TABLE_LATEX)
      TRY(add_latex(out, c, error));
    else if (format == DESPUR_TABLE_MARKDOWN && has_meaning_in_markdown(before, c, value[1]))
      TRY(text_add(out, error, "\\%c", c));
    else
      TRY(text_add(out, error, "%c", c));
  }
cleanup:
  return status;
}

/* ---- cells ---- */

static despur_status add_cell(text *out, const despur_table *table, const table_cell *cell,
                              despur_table_format format, despur_error *error) {
  static const char *const SIGN[] = {"+-", "±", "$\\pm$"};
  static const char *const NOTHING[] = {"-", "–", "--"};
  static const char *const BOLD[][2] = {{"* ", ""}, {"**", "**"}, {"\\textbf{", "}"}};
  despur_status status = DESPUR_OK;
  double scale = table->measure.scale;
  int decimals = table->measure.decimals;
  if (cell->value.count == 0) return text_add(out, error, "%s", NOTHING[format]);
  if (cell->best) TRY(text_add(out, error, "%s", BOLD[format][0]));
  TRY(text_add(out, error, "%.*f", decimals, scale * cell->value.mean));
  if (cell->value.count > 1)
    TRY(text_add(out, error, " %s %.*f", SIGN[format], decimals, scale * cell->value.deviation));
  TRY(text_add(out, error, " (%zu)", cell->value.count));
  if (cell->best) TRY(text_add(out, error, "%s", BOLD[format][1]));
cleanup:
  return status;
}

/* All texts of the table, headings first, row by row. */
static despur_status write_cells(text_list *out, const despur_table *table, despur_table_format format,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  text cell = {0};
  size_t columns = table->columns.count;
  for (size_t r = 0; r <= table->rows.count; r++)
    for (size_t c = 0; c < LEADING + columns; c++) {
      const char *leading[2][LEADING] = {{table->rows.key, "group labels", "selected by"}};
      if (r > 0) leading[1][0] = table->rows.entries[r - 1].text;
      if (r > 0) leading[1][1] = table->needs[r - 1], leading[1][2] = table->rules[r - 1];
      cell.length = 0;
      TRY(text_add(&cell, error, "%s", ""));
      if (c < LEADING)
        TRY(add_escaped(&cell, leading[r > 0][c], format, error));
      else if (r == 0)
        TRY(add_escaped(&cell, table->columns.entries[c - LEADING].text, format, error));
      else
        TRY(add_cell(&cell, table, &table->cells[(r - 1) * columns + c - LEADING], format, error));
      TRY(text_list_add(out, cell.data, error));
    }
cleanup:
  mem_free(cell.data);
  return status;
}

/* ---- around the table ---- */

static despur_status add_title(text *out, const despur_table *table, const char *sign, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *rule = strncmp(table->measure_name, "rule.", 5) ? NULL : table->measure_name + 5;
  bool of_split = table->measure.scale > 1 && strcmp(table->measure.name, "minority_recall") != 0;
  TRY(text_add(out, error, "%s", table->measure.heading));
  if (of_split || !strcmp(table->measure.name, "loss")) TRY(text_add(out, error, " on %s", table->split));
  if (table->measure.scale > 1) TRY(text_add(out, error, " in per cent"));
  if (rule) TRY(text_add(out, error, " had epochs been selected by %s", rule));
  TRY(text_add(out, error, ": mean %s standard deviation (runs)", sign));
cleanup:
  return status;
}

static const char BEST[] =
    "best, and different from every other row: Welch's 95 % interval of the difference of means leaves out 0";

/* One line for each note, with something before and behind. */
static despur_status add_notes(text *out, const despur_table *table, despur_table_format format,
                               const char *before, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < table->notes.count; i++) {
    TRY(text_add(out, error, "%s", before));
    TRY(add_escaped(out, table->notes.items[i], format, error));
    TRY(text_add(out, error, "\n"));
  }
cleanup:
  return status;
}

/* Letters as a terminal shows them: bytes that continue a character of UTF-8 take no room. */
static int width_of(const char *word) {
  int width = 0;
  for (; *word; word++) width += ((unsigned char)*word & 0xc0) != 0x80;
  return width;
}

static int column_width(const text_list *cells, size_t columns, size_t column) {
  int width = 0;
  for (size_t i = column; i < cells->count; i += columns)
    if (width_of(cells->items[i]) > width) width = width_of(cells->items[i]);
  return width;
}

/* ---- formats ---- */

static despur_status print_text(text *out, const despur_table *table, const text_list *cells,
                                despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t columns = LEADING + table->columns.count;
  TRY(add_title(out, table, "+-", error));
  TRY(text_add(out, error, "\n\n"));
  for (size_t i = 0; i < cells->count; i++) {
    size_t c = i % columns;
    int pad = column_width(cells, columns, c) - width_of(cells->items[i]);
    bool last = c + 1 == columns;
    if (c < LEADING)
      TRY(text_add(out, error, "%s%*s", cells->items[i], last ? 0 : pad + 2, ""));
    else
      TRY(text_add(out, error, "%*s%s%s", pad, "", cells->items[i], last ? "" : "  "));
    if (last) TRY(text_add(out, error, "\n"));
  }
  if (table->any_best) TRY(text_add(out, error, "\n* %s\n", BEST));
  if (table->notes.count) TRY(text_add(out, error, "\n"));
  TRY(add_notes(out, table, DESPUR_TABLE_TEXT, "", error));
cleanup:
  return status;
}

static despur_status print_markdown(text *out, const despur_table *table, const text_list *cells,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t columns = LEADING + table->columns.count;
  TRY(add_title(out, table, "±", error));
  TRY(text_add(out, error, ".\n\n"));
  for (size_t i = 0; i < cells->count; i++) {
    size_t c = i % columns;
    TRY(text_add(out, error, "%s%s |", c == 0 ? "| " : " ", cells->items[i]));
    if (c + 1 == columns) TRY(text_add(out, error, "\n"));
    if (i + 1 != columns) continue;
    for (size_t k = 0; k < columns; k++)
      TRY(text_add(out, error, "%s%s", k == 0 ? "|" : "", k < LEADING ? "---|" : "---:|"));
    TRY(text_add(out, error, "\n"));
  }
  if (table->any_best) TRY(text_add(out, error, "\n**Bold**: %s.\n", BEST));
  if (table->notes.count) TRY(text_add(out, error, "\n"));
  TRY(add_notes(out, table, DESPUR_TABLE_MARKDOWN, "- ", error));
cleanup:
  return status;
}

static despur_status print_latex(text *out, const despur_table *table, const text_list *cells,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t columns = LEADING + table->columns.count;
  TRY(text_add(out, error, "%% "));
  TRY(add_title(out, table, "+-", error));
  TRY(text_add(out, error, "\n"));
  if (table->any_best) TRY(text_add(out, error, "%% bold: %s\n", BEST));
  TRY(add_notes(out, table, DESPUR_TABLE_TEXT, "% ", error));
  TRY(text_add(out, error, "\\begin{tabular}{lll"));
  for (size_t c = LEADING; c < columns; c++) TRY(text_add(out, error, "r"));
  TRY(text_add(out, error, "}\n\\hline\n"));
  for (size_t i = 0; i < cells->count; i++) {
    bool last = i % columns + 1 == columns;
    TRY(text_add(out, error, "%s%s", cells->items[i], last ? " \\\\\n" : " & "));
    if (i + 1 == columns) TRY(text_add(out, error, "\\hline\n"));
  }
  TRY(text_add(out, error, "\\hline\n\\end{tabular}\n"));
cleanup:
  return status;
}

static despur_status add_number(text *out, double value, despur_error *error) {
  return isnan(value) ? DESPUR_OK : text_add(out, error, "%.10g", value);
}

static despur_status add_csv_line(text *out, const despur_table *table, size_t r, size_t c,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  const table_cell *cell = &table->cells[r * table->columns.count + c];
  const char *const words[] = {table->rows.entries[r].text,    table->needs[r],     table->rules[r],
                               table->columns.entries[c].text, table->measure_name, table->split};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    TRY(add_csv(out, words[i], error));
    TRY(text_add(out, error, ","));
  }
  TRY(add_number(out, cell->value.mean, error));
  TRY(text_add(out, error, ","));
  TRY(add_number(out, cell->value.deviation, error));
  TRY(text_add(out, error, ",%zu,%d\n", cell->value.count, cell->best));
cleanup:
  return status;
}

static despur_status print_csv(text *out, const despur_table *table, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(text_add(out, error, "%s,group_labels,selected_by,%s,measure,split,mean,standard_deviation,runs,best\n",
               table->rows.key, table->columns.key));
  for (size_t r = 0; r < table->rows.count; r++)
    for (size_t c = 0; c < table->columns.count; c++) TRY(add_csv_line(out, table, r, c, error));
cleanup:
  return status;
}

despur_status despur_table_print(const despur_table *table, despur_table_format format, char **out,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  text printed = {0};
  text_list cells = {0};
  *out = NULL;
  if ((unsigned)format > DESPUR_TABLE_CSV)
    FAIL(error, DESPUR_BAD_USAGE, "table: no format has the number %u", (unsigned)format);
  if (format != DESPUR_TABLE_CSV) TRY(write_cells(&cells, table, format, error));
  switch (format) {
  case DESPUR_TABLE_TEXT:
    status = print_text(&printed, table, &cells, error);
    break;
  case DESPUR_TABLE_MARKDOWN:
    status = print_markdown(&printed, table, &cells, error);
    break;
  case DESPUR_TABLE_LATEX:
    status = print_latex(&printed, table, &cells, error);
    break;
  case DESPUR_TABLE_CSV:
    status = print_csv(&printed, table, error);
    break;
  }
  if (status != DESPUR_OK) goto cleanup;
  *out = printed.data;
  printed.data = NULL;
cleanup:
  mem_free(printed.data);
  text_list_release(&cells);
  return status;
}
