/* IDX files: good ones plain and compressed, and every way of being bad. */
#include "testing.h"

#include "base/memory.h"
#include "io/idx.h"
#include "samples.h"

#include <zlib.h>

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

/* Three images of 2 x 4 pixels. */
#define IMAGES_HEADER "\0\0\x08\x03\0\0\0\x03\0\0\0\x02\0\0\0\x04"
#define IMAGES_PIXELS "abcdefghijklmnopqrstuvwx"
static const char IMAGES[] = IMAGES_HEADER IMAGES_PIXELS;
enum { HEADER_BYTES = 16, PIXELS = 24, IMAGES_BYTES = HEADER_BYTES + PIXELS };

static size_t compress_gzip(uint8_t *out, size_t room, const void *data, size_t bytes) {
  z_stream stream = {0};
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)data;
  stream.avail_in = (uInt)bytes;
  stream.next_out = out;
  stream.avail_out = (uInt)room;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  return room - stream.avail_out;
}

/* Reads as the library's users do: open, allocate what the shape says, read, close. */
static despur_status read_all(const char *path, size_t rank, size_t shape[IDX_MAX_RANK], uint8_t **data) {
  idx_reader *reader;
  *data = NULL;
  despur_status status = idx_open(&reader, path, rank, shape, &error);
  if (status != DESPUR_OK) {
    assert_null(reader);
    return status;
  }
  size_t count = 1;
  for (size_t i = 0; i < rank; i++) count *= shape[i];
  assert_ok(mem_alloc(data, count, 1, &error));
  status = idx_read(reader, *data, &error);
  idx_close(reader);
  return status;
}

static void assert_images(const char *path) {
  size_t shape[IDX_MAX_RANK];
  uint8_t *data;
  assert_ok(read_all(path, 3, shape, &data));
  assert_true(shape[0] == 3 && shape[1] == 2 && shape[2] == 4);
  assert_memory_equal(data, IMAGES_PIXELS, PIXELS);
  mem_free(data);
}

static void plain_and_compressed_files_are_told_apart_by_content(void **state) {
  (void)state;
  char path[256];
  uint8_t zipped[200];
  size_t zipped_bytes = compress_gzip(zipped, sizeof zipped, IMAGES, IMAGES_BYTES);
  assert_images(sample_file(path, directory, "plain", IMAGES, IMAGES_BYTES));
  assert_images(sample_file(path, directory, "plain.gz", IMAGES, IMAGES_BYTES));
  assert_images(sample_file(path, directory, "zipped", zipped, zipped_bytes));
  assert_images(sample_file(path, directory, "only-zipped.gz", zipped, zipped_bytes));
}

static void gz_is_appended_when_only_that_exists(void **state) {
  (void)state;
  char path[256];
  uint8_t zipped[200];
  size_t zipped_bytes = compress_gzip(zipped, sizeof zipped, IMAGES, IMAGES_BYTES);
  sample_file(path, directory, "both.gz", "not IDX", 7);
  sample_file(path, directory, "both", IMAGES, IMAGES_BYTES);
  assert_images(path);
  sample_file(path, directory, "one.gz", zipped, zipped_bytes);
  path[strlen(path) - 3] = 0;
  assert_images(path);
}

static void labels_and_empty_arrays_are_read(void **state) {
  (void)state;
  char path[256];
  size_t shape[IDX_MAX_RANK];
  uint8_t *data;
  sample_file(path, directory, "labels", "\0\0\x08\x01\0\0\0\x05\x01\x02\x03\x04\x09", 13);
  assert_ok(read_all(path, 1, shape, &data));
  assert_int_equal(shape[0], 5);
  assert_memory_equal(data, "\x01\x02\x03\x04\x09", 5);
  mem_free(data);
  sample_file(path, directory, "none", "\0\0\x08\x01\0\0\0\0", 8);
  assert_ok(read_all(path, 1, shape, &data));
  assert_int_equal(shape[0], 0);
  mem_free(data);
}

static void malformed_files_are_refused_with_a_reason(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t count, rank;
    const char *message;
  } SAMPLES[] = {
      {"", 0, 3, "expected an IDX header of 4 bytes, found 0 (truncated file?)"},
      {IMAGES, 3, 3, "expected an IDX header of 4 bytes, found 3 (truncated file?)"},
      {IMAGES, 15, 3, "expected an IDX header of 16 bytes, found 15 (truncated file?)"},
      {IMAGES, 16, 3, "expected 24 bytes of pixels, found 0 (truncated file?)"},
      {IMAGES, 39, 3, "expected 24 bytes of pixels, found 23 (truncated file?)"},
      {IMAGES, 41, 3, "expected 24 bytes of pixels, found more (trailing bytes)"}, /* the NUL */
      {IMAGES, 40, 1, "expected 1 dimension, found 3 (images in place of labels?)"},
      {IMAGES, 40, 2, "expected 2 dimensions, found 3"},
      {"\0\0\x08\x01\0\0\0\x01x", 9, 3, "expected 3 dimensions, found 1 (labels in place of images?)"},
      {"\0\0\x08\x01\0\0\0\x02x", 9, 1, "expected 2 bytes of labels, found 1 (truncated file?)"},
      {"PK\x03\x04zip", 7, 3, "expected it to start with 00 00 08 03, found 50 4b 03 04"},
      {"<html>", 6, 1, "expected it to start with 00 00 08 01, found 3c 68 74 6d"},
      {"\0\0\x07\x03", 4, 3, "not an IDX file"},
      {"\0\0\x08\0", 4, 3, "not an IDX file"},
      {"\0\0\x0d\x03\0\0\0\x01", 8, 3, "expected elements of type unsigned byte, found float32"},
      {"\0\0\x09\x01\0\0\0\x01x", 9, 1, "expected elements of type unsigned byte, found signed byte"},
      {"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, 3,
       "asks for 4,294,967,295 x 4,294,967,295 x 4,294,967,295 bytes of pixels, more than 16 GiB"},
      {"\0\0\x08\x03\0\0\x40\x01\0\x10\0\0\0\0\0\x01", 16, 3,
       "asks for 16,385 x 1,048,576 x 1 bytes of pixels, more than 16 GiB"},
      {"\0\0\x08\x03\0\0\x40\0\0\x10\0\0\0\0\0\x01", 16, 3,
       "expected 17,179,869,184 bytes of pixels, found 0"},
      {"\x1f\x8b\x08garbage in place of a deflate stream", 40, 3, "corrupt gzip data (damaged file?)"},
  };
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    char path[256];
    size_t shape[IDX_MAX_RANK];
    uint8_t *data;
    sample_file(path, directory, "bad", SAMPLES[i].bytes, SAMPLES[i].count);
    assert_fails(read_all(path, SAMPLES[i].rank, shape, &data), DESPUR_BAD_INPUT, SAMPLES[i].message);
    assert_memory_equal(error.message, path, strlen(path));
    mem_free(data);
  }
}

/* Whatever is cut off or changed in a compressed file, the pixels are not accepted. */
static void compressed_file_cut_anywhere_is_refused(void **state) {
  (void)state;
  char path[256];
  size_t shape[IDX_MAX_RANK];
  uint8_t zipped[200], *data;
  size_t zipped_bytes = compress_gzip(zipped, sizeof zipped, IMAGES, IMAGES_BYTES);
  for (size_t kept = 0; kept < zipped_bytes; kept++) {
    sample_file(path, directory, "cut.gz", zipped, kept);
    despur_status status = read_all(path, 3, shape, &data);
    if (status != DESPUR_BAD_INPUT) fail_msg("%zu bytes: status %d", kept, (int)status);
    mem_free(data);
  }
  sample_file(path, directory, "cut.gz", zipped, zipped_bytes - 8);
  assert_fails(read_all(path, 3, shape, &data), DESPUR_BAD_INPUT,
               "checksum at the end is missing (truncated file?)");
  mem_free(data);
}

static void damaged_checksum_or_length_is_detected(void **state) {
  (void)state;
  char path[256];
  size_t shape[IDX_MAX_RANK];
  uint8_t zipped[200], *data;
  size_t zipped_bytes = compress_gzip(zipped, sizeof zipped, IMAGES, IMAGES_BYTES);
  for (size_t from_end = 1; from_end <= 8; from_end++) {
    zipped[zipped_bytes - from_end] ^= 0x10;
    sample_file(path, directory, "crc.gz", zipped, zipped_bytes);
    assert_fails(read_all(path, 3, shape, &data), DESPUR_BAD_INPUT, "corrupt gzip data (damaged file?)");
    mem_free(data);
    zipped[zipped_bytes - from_end] ^= 0x10;
  }
}

/* As gzip reads it, but for what is not gzip: that may be what is missing of another file. */
static void behind_a_gzip_member_only_another_may_stand(void **state) {
  (void)state;
  char path[256];
  size_t shape[IDX_MAX_RANK];
  uint8_t zipped[400], *data;
  for (size_t first = 1; first < IMAGES_BYTES; first++) { /* the file in two members */
    size_t bytes = compress_gzip(zipped, sizeof zipped, IMAGES, first);
    bytes += compress_gzip(zipped + bytes, sizeof zipped - bytes, (const char *)IMAGES + first,
                           IMAGES_BYTES - first);
    assert_images(sample_file(path, directory, "members.gz", zipped, bytes));
  }
  static const char *const BEHIND[] = {"x", "\x1f", "\n", "garbage \x1f\x8b"};
  for (size_t i = 0; i < sizeof BEHIND / sizeof *BEHIND; i++) {
    char wanted[100];
    size_t bytes = compress_gzip(zipped, sizeof zipped, IMAGES, IMAGES_BYTES), more = strlen(BEHIND[i]);
    memcpy(zipped + bytes, BEHIND[i], more);
    sample_file(path, directory, "behind.gz", zipped, bytes + more);
    snprintf(wanted, sizeof wanted,
             "expected nothing behind the compressed data, found %zu bytes that are not gzip's", more);
    assert_fails(read_all(path, 3, shape, &data), DESPUR_BAD_INPUT, wanted);
    mem_free(data);
  }
}

static void small_compressed_file_cannot_ask_for_gigabytes(void **state) {
  (void)state;
  char path[256];
  size_t shape[IDX_MAX_RANK];
  uint8_t zipped[200];
  idx_reader *reader;
  static const char HUGE_HEADER[] = "\0\0\x08\x03\0\0\x40\0\0\x10\0\0\0\0\0\x01";
  size_t zipped_bytes = compress_gzip(zipped, sizeof zipped, HUGE_HEADER, 16);
  sample_file(path, directory, "huge.gz", zipped, zipped_bytes);
  assert_fails(idx_open(&reader, path, 3, shape, &error), DESPUR_BAD_INPUT,
               "expected 17,179,869,184 bytes of pixels, found at most");
}

static void well_compressed_files_are_not_mistaken_for_truncated(void **state) {
  (void)state;
  enum { SIDE = 2000, BYTES = HEADER_BYTES + SIDE * SIDE };
  static uint8_t blank[BYTES], zipped[100000]; /* zeros compress as well as anything can */
  char path[256];
  size_t shape[IDX_MAX_RANK];
  uint8_t *data;
  memcpy(blank, "\0\0\x08\x03\0\0\0\x01\0\0\x07\xd0\0\0\x07\xd0", HEADER_BYTES);
  size_t zipped_bytes = compress_gzip(zipped, sizeof zipped, blank, BYTES);
  sample_file(path, directory, "blank.gz", zipped, zipped_bytes);
  assert_ok(read_all(path, 3, shape, &data));
  mem_free(data);
}

static void missing_file_and_directory_are_named(void **state) {
  (void)state;
  char path[256];
  size_t shape[IDX_MAX_RANK];
  idx_reader *reader;
  snprintf(path, sizeof path, "%s/missing", directory);
  assert_fails(idx_open(&reader, path, 3, shape, &error), DESPUR_BAD_INPUT,
               "missing: No such file or directory");
  assert_fails(idx_open(&reader, directory, 3, shape, &error), DESPUR_BAD_INPUT,
               "expected a file, found a directory");
  idx_close(NULL);
}

static void mnist_test_images_have_their_known_sizes(void **state) {
  (void)state;
  static const char IMAGE_FILE[] = "../shared/data/mnist/t10k-images-idx3-ubyte";
  static const char LABEL_FILE[] = "../shared/data/mnist/t10k-labels-idx1-ubyte";
  if (access("../shared/data/mnist/t10k-images-idx3-ubyte.gz", R_OK) != 0) skip();
  size_t shape[IDX_MAX_RANK];
  uint8_t *data;
  assert_ok(read_all(IMAGE_FILE, 3, shape, &data));
  assert_true(shape[0] == 10000 && shape[1] == 28 && shape[2] == 28);
  mem_free(data);
  assert_ok(read_all(LABEL_FILE, 1, shape, &data));
  assert_int_equal(shape[0], 10000);
  static const uint8_t FIRST[] = {7, 2, 1, 0, 4, 1, 4, 9, 5, 9};
  assert_memory_equal(data, FIRST, sizeof FIRST);
  mem_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_and_compressed_files_are_told_apart_by_content),
      cmocka_unit_test(gz_is_appended_when_only_that_exists),
      cmocka_unit_test(labels_and_empty_arrays_are_read),
      cmocka_unit_test(malformed_files_are_refused_with_a_reason),
      cmocka_unit_test(compressed_file_cut_anywhere_is_refused),
      cmocka_unit_test(damaged_checksum_or_length_is_detected),
      cmocka_unit_test(behind_a_gzip_member_only_another_may_stand),
      cmocka_unit_test(small_compressed_file_cannot_ask_for_gigabytes),
      cmocka_unit_test(well_compressed_files_are_not_mistaken_for_truncated),
      cmocka_unit_test(missing_file_and_directory_are_named),
      cmocka_unit_test(mnist_test_images_have_their_known_sizes),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
