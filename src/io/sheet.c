#include "io/sheet.h"

#include "base/memory.h"
#include "io/glyphs.h"

#include <assert.h>
#include <string.h>

enum {
  BORDER = 1,
  PAPER = 235,
  INK = 40,
  AROUND = 3,     /* pixels of paper on each side of a name */
  LARGE = 96,     /* pixels of a tile's height from which on its letters are doubled, then tripled, ... */
  MOST_NAMED = 40 /* characters of a row's name */
};

/* Pixels on a side of a letter's dot: pictures and letters grow together. */
static size_t dot_size(size_t tile_height) {
  return 1 + tile_height / LARGE;
}

static void leave_room(contact_sheet *s, const sheet_plan *plan) {
  size_t dot = dot_size(plan->tile_height), longest = plan->longest < MOST_NAMED ? plan->longest : MOST_NAMED;
  if (plan->tile_height < GLYPH_HEIGHT) return;
  if (longest > 0) s->left = longest * GLYPH_WIDTH * dot + (size_t)2 * AROUND;
  if (plan->headed) s->top = GLYPH_HEIGHT * dot + (size_t)2 * AROUND;
}

despur_status sheet_create(contact_sheet *s, const sheet_plan *plan, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t pixels;
  *s = (contact_sheet){.tile_width = plan->tile_width, .tile_height = plan->tile_height};
  leave_room(s, plan);
  TRY(mem_multiply(&s->width, plan->columns, plan->tile_width + BORDER, error));
  TRY(mem_multiply(&s->height, plan->rows, plan->tile_height + BORDER, error));
  s->width += s->left + BORDER;
  s->height += s->top + BORDER;
  TRY(mem_multiply(&pixels, s->width, s->height, error));
  TRY(mem_alloc(&s->rgb, pixels, 3, error));
  memset(s->rgb, PAPER, pixels * 3);
cleanup:
  return status;
}

void sheet_release(contact_sheet *s) {
  mem_free(s->rgb);
  *s = (contact_sheet){0};
}

uint8_t *sheet_pixel(const contact_sheet *s, size_t row, size_t column, size_t y, size_t x) {
  size_t at_y = s->top + row * (s->tile_height + BORDER) + BORDER + y;
  size_t at_x = s->left + column * (s->tile_width + BORDER) + BORDER + x;
  return s->rgb + 3 * (at_y * s->width + at_x);
}

static void draw_character(const contact_sheet *s, int character, size_t y, size_t x, size_t dot) {
  for (size_t i = 0; i < GLYPH_HEIGHT * dot; i++)
    for (size_t j = 0; j < GLYPH_WIDTH * dot; j++)
      if (glyph_dot(character, i / dot, j / dot)) memset(s->rgb + 3 * ((y + i) * s->width + x + j), INK, 3);
}

/* In a box, centred from top to bottom. */
static void draw_name(const contact_sheet *s, const char *name, size_t y, size_t x, size_t height,
                      size_t width) {
  size_t length = strlen(name), dot = dot_size(s->tile_height);
  while (dot > 1 && length * GLYPH_WIDTH * dot > width) dot--;
  assert(dot > 0);
  size_t fit = width / (GLYPH_WIDTH * dot);
  y += (height - GLYPH_HEIGHT * dot) / 2;
  for (size_t i = 0; i < length && i < fit; i++) {
    bool cut = i + 1 == fit && length > fit;
    draw_character(s, cut ? GLYPH_ELLIPSIS : (unsigned char)name[i], y, x + i * GLYPH_WIDTH * dot, dot);
  }
}

void sheet_name_row(const contact_sheet *s, size_t row, const char *name) {
  if (s->left == 0) return;
  size_t y = s->top + row * (s->tile_height + BORDER) + BORDER;
  draw_name(s, name, y, AROUND, s->tile_height, s->left - (size_t)2 * AROUND);
}

void sheet_name_columns(const contact_sheet *s, size_t first, size_t count, const char *name) {
  if (s->top == 0) return;
  size_t x = s->left + first * (s->tile_width + BORDER) + BORDER;
  draw_name(s, name, AROUND, x, s->top - (size_t)2 * AROUND, count * (s->tile_width + BORDER) - BORDER);
}

uint8_t sheet_byte(float value) {
  if (!(value > 0)) return 0;
  return value >= 1 ? 255 : (uint8_t)(value * 255 + 0.5f);
}
