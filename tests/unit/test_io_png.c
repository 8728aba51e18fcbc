/* PNG pictures: checked chunk by chunk against the specification, and decoded again. */
#include "testing.h"

#include "io/file.h"
#include "io/png.h"
#include "samples.h"

#include <spng.h>
#include <zlib.h>

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

static uint32_t big_endian(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void written_file_is_made_of_valid_chunks(void **state) {
  (void)state;
  static const uint8_t RGB[2 * 3 * 3] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  static const uint8_t HEADER[13] = {0, 0, 0, 3, 0, 0, 0,
                                     2, 8, 2, 0, 0, 0}; /* 3 x 2, 8 bits, RGB, not interlaced */
  uint8_t png[1000];
  char path[256];
  snprintf(path, sizeof path, "%s/chunks.png", directory);
  assert_ok(png_write(path, 3, 2, RGB, &error));
  size_t bytes = sample_bytes(path, png, sizeof png), at = 8;
  assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
  assert_memory_equal(png + 12, "IHDR", 4);
  assert_memory_equal(png + 16, HEADER, sizeof HEADER);
  while (at < bytes) {
    size_t length = big_endian(png + at);
    assert_true(at + 12 + length <= bytes);
    assert_int_equal(big_endian(png + at + 8 + length), crc32(0, png + at + 4, (uInt)length + 4));
    at += 12 + length;
  }
  assert_memory_equal(png + bytes - 8, "IEND", 4);
}

static void decoding_gives_the_pixels_back(void **state) {
  (void)state;
  enum { WIDTH = 37, HEIGHT = 29, BYTES = WIDTH * HEIGHT * 3 };
  static uint8_t rgb[BYTES], png[2 * BYTES + 1000], decoded[BYTES];
  char path[256];
  for (size_t i = 0; i < BYTES; i++) rgb[i] = (uint8_t)(i * i * 7 >> 3);
  snprintf(path, sizeof path, "%s/pixels.png", directory);
  assert_ok(png_write(path, WIDTH, HEIGHT, rgb, &error));
  size_t bytes = sample_bytes(path, png, sizeof png);
  spng_ctx *context = spng_ctx_new(0);
  assert_int_equal(spng_set_png_buffer(context, png, bytes), 0);
  assert_int_equal(spng_decode_image(context, decoded, BYTES, SPNG_FMT_RGB8, 0), 0);
  spng_ctx_free(context);
  assert_memory_equal(decoded, rgb, BYTES);
}

/* But that the file says who made it. */
static void memory_and_file_hold_the_same_bytes(void **state) {
  (void)state;
  static const uint8_t RGB[6] = {1, 2, 3, 4, 5, 6};
  uint8_t file[1000], *memory;
  size_t bytes;
  char path[256];
  snprintf(path, sizeof path, "%s/both.png", directory);
  assert_ok(png_write(path, 2, 1, RGB, &error));
  assert_ok(png_encode(&memory, &bytes, 2, 1, RGB, &error));
  enum { HEADER = 33, MARK = 27 };
  assert_int_equal(sample_bytes(path, file, sizeof file), bytes + MARK);
  assert_memory_equal(memory, file, HEADER);
  assert_memory_equal(file + HEADER + 4, "tEXtSoftware\0despur", 19);
  assert_memory_equal(memory + HEADER, file + HEADER + MARK, bytes - HEADER);
  free(memory);
  assert_fails(png_encode(&memory, &bytes, 0, 1, RGB, &error), DESPUR_BAD_INPUT,
               "a picture of 0 x 1 pixels cannot be written");
  assert_null(memory);
}

static void impossible_sizes_and_places_are_refused(void **state) {
  (void)state;
  static const uint8_t RGB[3] = {0};
  char path[256], wanted[300];
  snprintf(path, sizeof path, "%s/bad.png", directory);
  assert_fails(png_write(path, 0, 1, RGB, &error), DESPUR_BAD_INPUT,
               "a picture of 0 x 1 pixels cannot be written");
  assert_fails(png_write(path, 1, (size_t)1 << 31, RGB, &error), DESPUR_BAD_INPUT, "1 x 2147483648 pixels");
  assert_false(file_exists(path));
  snprintf(path, sizeof path, "%s/missing/bad.png", directory);
  snprintf(wanted, sizeof wanted, "%s: cannot write: No such file or directory", path);
  assert_fails(png_write(path, 1, 1, RGB, &error), DESPUR_NO_RESOURCES, wanted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(written_file_is_made_of_valid_chunks),
      cmocka_unit_test(decoding_gives_the_pixels_back),
      cmocka_unit_test(memory_and_file_hold_the_same_bytes),
      cmocka_unit_test(impossible_sizes_and_places_are_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
