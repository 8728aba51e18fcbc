/* Where rows begin: as a rule each in the line behind that of the row before, so only what is otherwise is
 * kept. */
#include "base/memory.h"
#include "io/table.h"

#include <assert.h>

despur_status table_begin_row(table *t, size_t row, size_t line, despur_error *error) {
  const table_lines *last = t->lines_count > 0 ? &t->lines[t->lines_count - 1] : NULL;
  if (last && last->line + (row - last->row) == line) return DESPUR_OK;
  if (t->lines_count == t->lines_room) {
    size_t room = t->lines_room ? 2 * t->lines_room : 16;
    despur_status status = mem_grow(&t->lines, t->lines_room, room, sizeof *t->lines, error);
    if (status != DESPUR_OK) return status;
    t->lines_room = room;
  }
  assert(t->lines);
  t->lines[t->lines_count++] = (table_lines){(uint32_t)row, line < UINT32_MAX ? (uint32_t)line : UINT32_MAX};
  return DESPUR_OK;
}

size_t table_line(const table *t, size_t row) {
  size_t low = 0, high = t->lines_count; /* low: at row or before it */
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    *(t->lines[middle].row <= row ? &low : &high) = middle;
  }
  return t->lines[low].line + (row - t->lines[low].row);
}
