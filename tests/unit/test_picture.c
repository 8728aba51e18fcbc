/* Pictures of every kind against what Pillow makes of them, and pictures that are no pictures. */
#include "testing.h"

#include "base/memory.h"
#include "io/file.h"
#include "io/npy.h"
#include "picture/picture.h"
#include "picture/resize.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 16, SHORTER = 18, BYTES = 3 * SIDE * SIDE };

#define FOLDER "tests/golden/pictures/"

#ifdef DESPUR_HAVE_WEBP
static const bool HAS_WEBP = true;
#else
static const bool HAS_WEBP = false;
#endif

#ifdef DESPUR_HAVE_JPEG
static const bool HAS_JPEG = true;
#else
static const bool HAS_JPEG = false;
#endif

/* Whether this despur was built with what such a picture needs. */
static bool is_read(const char *name) {
  return strstr(name, ".webp") ? HAS_WEBP : HAS_JPEG || !strstr(name, ".jpg");
}

static void read_picture(picture *out, const char *path, size_t least) {
  char *bytes;
  size_t count;
  despur_error error;
  assert_int_equal(file_read(&bytes, &count, path, PICTURE_MOST_BYTES, &error), DESPUR_OK);
  if (picture_decode(out, (uint8_t *)bytes, count, least, &error) != DESPUR_OK)
    fail_msg("%s: %s", path, error.message);
  mem_free(bytes);
}

static void compare(const char *name) {
  char path[600], *wanted;
  size_t count;
  uint8_t found[BYTES];
  picture p;
  snprintf(path, sizeof path, FOLDER "%s.bytes", name);
  assert_int_equal(file_read(&wanted, &count, path, 2 * BYTES, NULL), DESPUR_OK);
  assert_int_equal(count, 2 * BYTES);
  snprintf(path, sizeof path, FOLDER "%s", name);
  read_picture(&p, path, 2 * SHORTER);
  for (int filter = 0; filter < 2; filter++) {
    assert_int_equal(picture_fit(found, &p, SIDE, SHORTER, (despur_filter)filter, NULL), DESPUR_OK);
    if (memcmp(found, wanted + filter * BYTES, BYTES) != 0) fail_msg("%s: other bytes than Pillow's", name);
  }
  picture_release(&p);
  mem_free(wanted);
}

static void pictures_of_every_kind_become_pillows_bytes(void **state) {
  (void)state;
  size_t compared = 0;
  DIR *folder = opendir(FOLDER);
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.' || strstr(entry->d_name, ".bytes")) continue;
    if (!is_read(entry->d_name)) continue;
    compare(entry->d_name);
    compared++;
  }
  closedir(folder);
  assert_true(compared >= (HAS_JPEG ? 24 : 10));
}

/* ---- hostile pictures ---- */

static void refuse(const void *bytes, size_t count, const char *reason) {
  picture p;
  despur_error error = {0};
  assert_int_equal(picture_decode(&p, bytes, count, 0, &error), DESPUR_BAD_INPUT);
  if (!strstr(error.message, reason)) fail_msg("expected '%s', found '%s'", reason, error.message);
  assert_null(p.rgb);
}

static void what_is_no_picture_is_refused_by_name(void **state) {
  (void)state;
  refuse("", 0, "an empty file");
  refuse("hello, world", 12, "found none of these");
  refuse("GIF89a....", 10, "found GIF");
  refuse("\0\0\0\x20"
         "ftypheic",
         12, "found HEIC");
  refuse("P6\n3 2\n255\n12345", 15, "expected 18 bytes of pixels, found 4");
  refuse("P6\n60000 60000\n255\n1", 20, "at most 100,000,000 pixels, found 60000 x 60000");
  refuse("P6\n3 2\n0\n123456789012345678", 27, "a maximum from 1 to 65535");
  refuse("P5\n0 5\n255\n", 11, "at least one pixel");
}

/* Cut anywhere, a picture is refused or, where only its end is missing, read: nothing else. */
static void pictures_that_end_too_early_are_refused(void **state) {
  (void)state;
  static const char *const NAMES[] = {"progressive.jpg", "colour.jpg", "palette.png", "lossy.webp"};
  for (size_t i = 0; i < 4; i++) {
    char path[200], *bytes;
    size_t count, cuts = 0, refused = 0;
    if (!is_read(NAMES[i])) continue;
    snprintf(path, sizeof path, FOLDER "%s", NAMES[i]);
    assert_int_equal(file_read(&bytes, &count, path, PICTURE_MOST_BYTES, NULL), DESPUR_OK);
    for (size_t cut = 0; cut < count; cut += 1 + count / 50, cuts++) {
      picture p;
      refused += picture_decode(&p, (uint8_t *)bytes, cut, 0, NULL) == DESPUR_BAD_INPUT;
      picture_release(&p);
    }
    if (refused + 2 < cuts) /* what follows the pixels may be missing */
      fail_msg("%s: read from %zu of %zu beginnings", NAMES[i], cuts - refused, cuts);
    mem_free(bytes);
  }
}

/* The header of a PNG, and of a JPEG, that asks for 3.6 thousand million pixels. */
static void huge_pictures_are_refused_before_memory_is_taken(void **state) {
  (void)state;
  static const uint8_t PNG[] = {0x89, 'P',  'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0,    0,
                                13,   'I',  'H', 'D', 'R',  0,    0,    0xea, 0x60, 0,    0,
                                0xea, 0x60, 8,   2,   0,    0,    0,    0x86, 0xe2, 0xf2, 0x9e};
  static const uint8_t JPEG[] = {0xff, 0xd8, 0xff, 0xc0, 0,    17,   8, 0xea, 0x60, 0xea, 0x60, 3,
                                 1,    0x11, 0,    2,    0x11, 1,    3, 0x11, 1,    0xff, 0xda, 0,
                                 12,   3,    1,    0,    2,    0x11, 3, 0x11, 0,    63,   0,    0};
  picture p;
  despur_error error;
  assert_int_equal(picture_decode(&p, PNG, sizeof PNG, 0, &error), DESPUR_BAD_INPUT);
  refuse(JPEG, sizeof JPEG, HAS_JPEG ? "found 60000 x 60000" : "built without libjpeg");
}

static void animations_are_refused_or_give_their_first_picture(void **state) {
  (void)state;
  static const uint8_t WEBP[] =
      "RIFF\x3a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0ANIM\x06\0\0\0\0\0\0\0\0\0"
      "ANMF\x10\0\0\0\0\0\0\0\0\0\x07\0\0\x07\0\0\0\0\0\0";
  refuse(WEBP, sizeof WEBP - 1, HAS_WEBP ? "an animation" : "built without libwebp");
}

/* A directory that names itself as the next, one that lies behind the end, one with 65,535 entries. */
static void exif_that_leads_astray_tells_no_orientation(void **state) {
  (void)state;
  static const uint8_t TURNED[] = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x08\0\0\0";
  static const uint8_t NESTED[] = "II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0";
  uint8_t exif[26];
  assert_int_equal(exif_orientation(TURNED, 26), 6);
  assert_int_equal(exif_orientation(NESTED, 26), 1);
  for (size_t cut = 0; cut < 22; cut++) assert_int_equal(exif_orientation(TURNED, cut), 1);
  memcpy(exif, TURNED, sizeof exif);
  memset(exif + 4, 0xff, 4);
  assert_int_equal(exif_orientation(exif, sizeof exif), 1);
  memcpy(exif, TURNED, sizeof exif);
  memset(exif + 8, 0xff, 2);
  exif[10] = 0;
  assert_int_equal(exif_orientation(exif, sizeof exif), 1);
}

static void names_do_not_matter(void **state) {
  (void)state;
  picture p;
  read_picture(&p, FOLDER "colour.png", 0); /* bytes are all that the decoder sees */
  assert_int_equal(p.width, 31);
  assert_int_equal(p.height, 23);
  picture_release(&p);
}

/* ---- folders ---- */

static uint64_t hash_of(const uint8_t *bytes, size_t count) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

static int says_splits(const char *room, const char *table) {
  char path[160];
  despur_pictures *pictures;
  despur_error error;
  snprintf(path, sizeof path, "%s/table.csv", room);
  assert_ok(file_write_text(path, table, &error));
  const despur_pictures_options options = {
      .folder = FOLDER, .metadata = path, .side = SIDE, .cache = room, .threads = 1};
  assert_ok(despur_pictures_open(&pictures, &options, &error));
  int said = despur_pictures_say_splits(pictures);
  despur_pictures_free(pictures);
  return said;
}

static void folders_say_splits_or_do_not(void **state) {
  (void)state;
  char room[128];
  temporary_directory(room);
  assert_int_equal(says_splits(room, "filename,y,split\ncolour.png,0,train\ngrey.png,1,test\n"), 1);
  assert_int_equal(says_splits(room, "filename,y\ncolour.png,0\ngrey.png,1\n"), 0);
}

static int stop_soon(void *asked) {
  return ++*(int *)asked > 3;
}

/* What was not decoded is not taken for decoded by whoever opens the folder next. */
static void decoding_stops_and_leaves_nothing(void **state) {
  (void)state;
  char room[128];
  int asked = 0;
  despur_pictures *pictures;
  despur_error error;
  temporary_directory(room);
  despur_pictures_options options = {
      .folder = FOLDER, .side = SIDE, .cache = room, .threads = 2, .watch = {&asked, stop_soon, NULL}};
  char table[160];
  snprintf(table, sizeof table, "%s/table.csv", room);
  assert_ok(
      file_write_text(table, "filename,y\ncolour.png,0\ngrey.png,1\npalette.png,1\ncolour.ppm,0\n", &error));
  options.metadata = table;
  assert_fails(despur_pictures_open(&pictures, &options, &error), DESPUR_INTERRUPTED, "interrupted");
  assert_null(pictures);
  options.watch.stop = NULL;
  assert_ok(despur_pictures_open(&pictures, &options, &error));
  assert_int_equal(despur_pictures_count(pictures), 4);
  despur_pictures_free(pictures);
  asked = 2; /* what is in the cache is compared with its checksums, which takes long as well */
  options.watch.stop = stop_soon;
  assert_fails(despur_pictures_open(&pictures, &options, &error), DESPUR_INTERRUPTED, "interrupted");
}

/* Image.draft of Pillow 13 with (36, 36), with (18, 18), and without; then resize((20, 18)) and crop. */
static void jpegs_are_decoded_as_small_as_is_asked(void **state) {
  (void)state;
  static const uint64_t WANTED[] = {[DESPUR_SCALED_FAR] = UINT64_C(0x93b3f23645c696a3),
                                    [DESPUR_SCALED_NEVER] = UINT64_C(0xc4579e0b01c9c0d4),
                                    [DESPUR_SCALED_NEAR] = UINT64_C(0x67adc8b9e9094ddf)};
  char room[128], path[160];
  uint8_t found[BYTES];
  despur_pictures *pictures;
  despur_error error;
  if (!HAS_JPEG) skip();
  temporary_directory(room);
  snprintf(path, sizeof path, "%s/table.csv", room);
  assert_ok(file_write_text(path, "filename,y\nhalf.jpg,0\n", &error));
  despur_pictures_options options = {
      .folder = FOLDER, .metadata = path, .side = SIDE, .shorter = SHORTER, .cache = room, .threads = 1};
  for (unsigned i = 0; i < 3; i++) {
    options.scaled_decoding = (despur_scaled_decoding)i;
    assert_ok(despur_pictures_open(&pictures, &options, &error));
    assert_ok(despur_pictures_read(pictures, 0, 1, found, &error));
    if (hash_of(found, BYTES) != WANTED[i]) fail_msg("scaled decoding %u: other bytes than Pillow's", i);
    despur_pictures_free(pictures);
  }
}

/* ---- thumbnails ---- */

static void thumbnails_keep_proportions_and_are_pillows(void **state) {
  (void)state;
  static const char *const NAMES[] = {"colour.png", "colour.png"};
  despur_thumbnail out[2];
  despur_error error;
  assert_ok(despur_thumbnails_of_folder(out, FOLDER, NAMES, 1, 16, &error));
  assert_int_equal(out[0].width, 16);
  assert_int_equal(out[0].height, 23 * 16 / 31);
  /* Image.resize((16, 11), Image.BILINEAR) of Pillow 12 */
  assert_true(hash_of(out[0].rgb, 3 * 16 * 11) == UINT64_C(0xc6b423aaaf6a1d7d));
  despur_thumbnails_release(out, 1);
  assert_null(out[0].rgb);
  assert_ok(despur_thumbnails_of_folder(out, FOLDER, NAMES, 2, 100, &error)); /* never enlarged */
  assert_int_equal(out[1].width, 31);
  despur_thumbnails_release(out, 2);
}

static void thumbnails_of_arrays_have_either_order_of_channels(void **state) {
  (void)state;
  enum { ROWS = 3, HEIGHT = 2, WIDTH = 4, VALUES = ROWS * 3 * HEIGHT * WIDTH };
  static const size_t first[] = {ROWS, 3, HEIGHT, WIDTH}, last[] = {ROWS, HEIGHT, WIDTH, 3},
                      grey[] = {ROWS, HEIGHT, WIDTH};
  static const char path[] = "thumbnails.npy";
  uint8_t planes[VALUES], pixels[VALUES];
  float shares[ROWS * HEIGHT * WIDTH];
  despur_thumbnail out[1];
  despur_error error;
  for (size_t i = 0; i < VALUES; i++) planes[i] = (uint8_t)(37 * i);
  for (size_t i = 0; i < VALUES; i++) {
    size_t row = i / (3 * HEIGHT * WIDTH), c = i % 3, pixel = i / 3 % (HEIGHT * WIDTH);
    pixels[i] = planes[(row * 3 + c) * HEIGHT * WIDTH + pixel];
  }
  for (size_t i = 0; i < ROWS * HEIGHT * WIDTH; i++) shares[i] = (float)i / 20;
  const uint8_t *wanted = pixels + 2 * 3 * HEIGHT * WIDTH;
  for (int order = 0; order < 2; order++) {
    assert_ok(npy_write(path, NPY_U8, 4, order ? last : first, order ? pixels : planes, &error));
    assert_ok(despur_thumbnails_of_array(out, path, ROWS, &(uint32_t){2}, 1, 100, &error));
    assert_memory_equal(out[0].rgb, wanted, 3 * HEIGHT * WIDTH);
    despur_thumbnails_release(out, 1);
  }
  assert_ok(npy_write(path, NPY_F32, 3, grey, shares, &error));
  assert_ok(despur_thumbnails_of_array(out, path, ROWS, &(uint32_t){2}, 1, 100, &error));
  assert_int_equal(out[0].rgb[0], 204); /* 16 / 20 of 255 */
  assert_int_equal(out[0].rgb[2], 204);
  assert_int_equal(out[0].rgb[23], 255); /* 23 / 20 is cut off */
  despur_thumbnails_release(out, 1);
  assert_fails(despur_thumbnails_of_array(out, path, 4, &(uint32_t){2}, 1, 100, &error), DESPUR_BAD_INPUT,
               "expected a picture for each of 4 examples, found 3");
  assert_fails(despur_thumbnails_of_array(out, path, ROWS, &(uint32_t){3}, 1, 100, &error), DESPUR_BAD_USAGE,
               "below 3, found 3");
  remove(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pictures_of_every_kind_become_pillows_bytes),
      cmocka_unit_test(what_is_no_picture_is_refused_by_name),
      cmocka_unit_test(pictures_that_end_too_early_are_refused),
      cmocka_unit_test(huge_pictures_are_refused_before_memory_is_taken),
      cmocka_unit_test(animations_are_refused_or_give_their_first_picture),
      cmocka_unit_test(exif_that_leads_astray_tells_no_orientation),
      cmocka_unit_test(names_do_not_matter),
      cmocka_unit_test(folders_say_splits_or_do_not),
      cmocka_unit_test(decoding_stops_and_leaves_nothing),
      cmocka_unit_test(jpegs_are_decoded_as_small_as_is_asked),
      cmocka_unit_test(thumbnails_keep_proportions_and_are_pillows),
      cmocka_unit_test(thumbnails_of_arrays_have_either_order_of_channels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
