/* Contact sheets: a row of pictures for each group, with its name. */
#include "arrays_testing.h"

#include "data/dataset.h"
#include "io/glyphs.h"
#include "io/sheet.h"

#include <spng.h>

typedef struct picture {
  uint32_t width, height;
  uint8_t *rgb;
} picture;

static picture read_picture(const char *path) {
  struct spng_ihdr header;
  picture p = {0};
  size_t size;
  FILE *file = fopen(path, "rb");
  spng_ctx *png = spng_ctx_new(0);
  assert_non_null(file);
  assert_non_null(png);
  assert_int_equal(spng_set_png_file(png, file), 0);
  assert_int_equal(spng_get_ihdr(png, &header), 0);
  p.width = header.width;
  p.height = header.height;
  assert_int_equal(spng_decoded_image_size(png, SPNG_FMT_RGB8, &size), 0);
  assert_int_equal(size, (size_t)p.width * p.height * 3);
  p.rgb = malloc(size);
  assert_non_null(p.rgb);
  assert_int_equal(spng_decode_image(png, p.rgb, size, SPNG_FMT_RGB8, 0), 0);
  spng_ctx_free(png);
  fclose(file);
  return p;
}

enum { NAMES = 7 * 6 + 2 * 3 }; /* "y=4,a=4", in letters of 6 pixels, and what is around it */

static void a_contact_sheet_has_a_row_for_each_group_of_the_split(void **state) {
  (void)state;
  const char *path = at("sheet.png");
  despur_dataset *dataset = coloured_digits();
  assert_ok(despur_dataset_write_sheet(dataset, DESPUR_TEST, 7, path, &error));
  picture sheet = read_picture(path); /* tiles of 28 x 28 with a line between and around them, after names */
  assert_int_equal(sheet.width, NAMES + 7 * 29 + 1);
  assert_int_equal(sheet.height, 25 * 29 + 1);
  free(sheet.rgb);
  despur_dataset_free(dataset);
}

static void groups_without_examples_have_no_row(void **state) {
  (void)state;
  const char *path = at("sheet.png");
  despur_dataset *dataset;
  despur_arrays arrays = ordinary_arrays(); /* training groups: 0/1, 1/1 and 2/1 */
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_dataset_write_sheet(dataset, DESPUR_TRAIN, 2, path, &error));
  picture sheet = read_picture(path);
  assert_int_equal(sheet.width, 2 * (2 + 1) + 1);
  assert_int_equal(sheet.height, 3 * (3 + 1) + 1);
  for (size_t row = 0; row < 3; row++) /* two channels: the first in grey; examples 0, 2, 4 */
    for (size_t pixel = 0; pixel < 6; pixel++) {
      size_t from = (row * 4 + 1 + pixel / 2) * sheet.width + 1 + pixel % 2;
      for (size_t c = 0; c < 3; c++)
        assert_int_equal(sheet.rgb[3 * from + c], bytes[2 * row * VALUES + pixel]);
      assert_int_equal(sheet.rgb[3 * (from + 3)], sheet.rgb[0]); /* the second column stays empty */
    }
  free(sheet.rgb);
  despur_dataset_free(dataset);
}

/* Byte of a value in [0, 1]. */
static uint8_t rounded(float value) {
  return (uint8_t)lround((double)value * 255);
}

static void tiles_show_the_first_examples_of_each_group(void **state) {
  (void)state;
  const char *path = at("sheet.png");
  despur_dataset *dataset = coloured_digits();
  assert_ok(despur_dataset_write_sheet(dataset, DESPUR_TRAIN, 1, path, &error));
  picture sheet = read_picture(path);
  bool shown[25] = {false};
  for (size_t i = 0; i < dataset->sizes[DESPUR_TRAIN]; i++) {
    float image[3 * 28 * 28];
    uint32_t e = dataset->members[DESPUR_TRAIN][i], group = dataset->label[e] * 5 + dataset->attribute[e];
    if (shown[group]) continue;
    shown[group] = true;
    despur_dataset_image(dataset, e, image);
    for (size_t pixel = 0; pixel < 784; pixel++)
      for (size_t c = 0; c < 3; c++) {
        size_t from = (group * 29 + 1 + pixel / 28) * sheet.width + NAMES + 1 + pixel % 28;
        assert_int_equal(sheet.rgb[3 * from + c], rounded(image[c * 784 + pixel]));
      }
  }
  free(sheet.rgb);
  despur_dataset_free(dataset);
}

/* Whether a name stands at (y, x), letter by letter; the dots of letters are taken from the font. */
static bool stands_at(const picture *sheet, const char *name, size_t y, size_t x) {
  for (size_t i = 0; name[i]; i++)
    for (size_t dot = 0; dot < GLYPH_HEIGHT * GLYPH_WIDTH; dot++) {
      size_t row = dot / GLYPH_WIDTH, column = dot % GLYPH_WIDTH;
      const uint8_t *pixel = sheet->rgb + 3 * ((y + row) * sheet->width + x + i * GLYPH_WIDTH + column);
      int character = name[i] == '~' ? GLYPH_ELLIPSIS : name[i];
      if ((pixel[0] < 128) != glyph_dot(character, row, column)) return false;
    }
  return true;
}

static void rows_of_a_contact_sheet_are_named(void **state) {
  (void)state;
  const char *path = at("sheet.png");
  despur_dataset *dataset = coloured_digits();
  assert_ok(despur_dataset_write_sheet(dataset, DESPUR_TEST, 1, path, &error));
  picture sheet = read_picture(path);
  assert_true(stands_at(&sheet, "y=0,a=0", 1 + 10, 3));
  assert_true(stands_at(&sheet, "y=0,a=1", 29 + 1 + 10, 3));
  assert_true(stands_at(&sheet, "y=4,a=4", 24 * 29 + 1 + 10, 3));
  free(sheet.rgb);
  despur_dataset_free(dataset);
}

static void names_of_columns_are_cut_to_the_width_of_a_tile(void **state) {
  (void)state;
  const sheet_plan plan = {.rows = 1, .columns = 2, .tile_height = 20, .tile_width = 31, .headed = true};
  contact_sheet s;
  assert_ok(sheet_create(&s, &plan, &error));
  picture sheet = {.width = (uint32_t)s.width, .rgb = s.rgb};
  sheet_name_columns(&s, 0, 1, "GEORGE"); /* five letters fit */
  sheet_name_columns(&s, 1, 1, "EIIL");
  assert_true(stands_at(&sheet, "GEOR~", 3, 1));
  assert_true(stands_at(&sheet, "EIIL", 3, 1 + 31 + 1));
  assert_int_equal(s.top, 8 + 2 * 3);
  assert_ptr_equal(sheet_pixel(&s, 0, 1, 0, 0), s.rgb + 3 * ((s.top + 1) * s.width + 1 + 31 + 1));
  sheet_release(&s);
}

static void large_tiles_have_large_letters(void **state) {
  (void)state;
  const sheet_plan plan = {.rows = 1, .columns = 1, .tile_height = 112, .tile_width = 112, .headed = true};
  contact_sheet s;
  assert_ok(sheet_create(&s, &plan, &error));
  assert_int_equal(s.top, 2 * 8 + 2 * 3);
  sheet_name_columns(&s, 0, 1, "|");
  for (size_t y = 0; y < 14; y++) /* one column of seven dots, each of 2 x 2 pixels */
    for (size_t x = 0; x < 12; x++)
      assert_int_equal(s.rgb[3 * ((3 + y) * s.width + 1 + x)] < 128, x / 2 == 2);
  sheet_release(&s);
}

static void impossible_contact_sheets_are_refused(void **state) {
  (void)state;
  const char *path = at("never.png");
  despur_dataset *dataset;
  despur_arrays arrays = ordinary_arrays();
  arrays.splits = NULL;
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_fails(despur_dataset_write_sheet(dataset, DESPUR_TRAIN, 0, path, &error), DESPUR_BAD_USAGE,
               "a contact sheet has from 1 to 200 columns, not 0");
  assert_fails(despur_dataset_write_sheet(dataset, DESPUR_TRAIN, 201, path, &error), DESPUR_BAD_USAGE,
               "not 201");
  assert_fails(despur_dataset_write_sheet(dataset, DESPUR_TEST, 5, path, &error), DESPUR_BAD_INPUT,
               "the split has no examples to show");
  assert_int_not_equal(access(path, F_OK), 0);
  despur_dataset_free(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_contact_sheet_has_a_row_for_each_group_of_the_split),
      cmocka_unit_test(groups_without_examples_have_no_row),
      cmocka_unit_test(tiles_show_the_first_examples_of_each_group),
      cmocka_unit_test(rows_of_a_contact_sheet_are_named),
      cmocka_unit_test(names_of_columns_are_cut_to_the_width_of_a_tile),
      cmocka_unit_test(large_tiles_have_large_letters),
      cmocka_unit_test(impossible_contact_sheets_are_refused),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
