/* safetensors files: the layout of the specification, and every way of departing from it. */
#include "testing.h"

#include "base/memory.h"
#include "io/half.h"
#include "io/safetensors.h"
#include "samples.h"

#include <math.h>

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

enum { FILE_ROOM = 1 << 20 };
static uint8_t contents[FILE_ROOM];

/* A file with this header (padded with spaces to 8 bytes) and floats 0, 1, 2, ... of the given bytes. */
static const char *make_file(char path[256], const char *header, size_t data_bytes) {
  uint64_t length = (strlen(header) + 7) / 8 * 8;
  float values[64];
  for (size_t i = 0; i < 64; i++) values[i] = (float)i;
  memset(contents, ' ', 8 + length);
  memcpy(contents, &length, 8);
  memcpy(contents + 8, header, strlen(header));
  memcpy(contents + 8 + length, values, data_bytes);
  return sample_file(path, directory, "sample.safetensors", contents, 8 + length + data_bytes);
}

static void tensors_are_found_with_shape_and_data(void **state) {
  (void)state;
  char path[256];
  tensor_file file;
  make_file(path,
            "{\"__metadata__\":{\"format\":\"pt\"},"
            "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
            "\"a\":{\"shape\":[2,3],\"data_offsets\":[0,24],\"dtype\":\"F32\"},"
            "\"scalar\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[32,36]},"
            "\"none\":{\"dtype\":\"F32\",\"shape\":[5,0],\"data_offsets\":[24,24]}}",
            36);
  assert_ok(safetensors_open(&file, path, &error));
  assert_int_equal(file.count, 4);
  const tensor *a = safetensors_find(&file, "a"), *b = safetensors_find(&file, "b");
  assert_true(a->rank == 2 && a->shape[0] == 2 && a->shape[1] == 3 && a->count == 6 && a->data[5] == 5);
  assert_true(b->rank == 1 && b->shape[0] == 2 && b->count == 2 && b->data[0] == 6);
  const tensor *scalar = safetensors_find(&file, "scalar"), *none = safetensors_find(&file, "none");
  assert_true(scalar->rank == 0 && scalar->count == 1 && scalar->data[0] == 8);
  assert_true(none->rank == 2 && none->shape[0] == 5 && none->count == 0);
  assert_null(safetensors_find(&file, "c"));
  assert_null(safetensors_find(&file, "__metadata__"));
  assert_true(&file.tensors[0] == a && &file.tensors[3] == scalar); /* in the order of their data */
  safetensors_close(&file);
  safetensors_close(&file);
}

static void tensors_of_other_floats_become_float32(void **state) {
  (void)state;
  static const char HEADER[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                               "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[6,10]},"
                               "\"d\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[10,26]},"
                               "\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[26,30]}}";
  /* as PyTorch writes 1.5, -2, 65504; 3.140625, -0.5; 0.1, 1e300; 0.1 */
  static const uint16_t HALVES[] = {0x3e00, 0xc000, 0x7bff}, BFLOATS[] = {0x4049, 0xbf00};
  static const double DOUBLES[] = {0.1, 1e300};
  static const float FLOATS[] = {0.1F};
  uint64_t length = (strlen(HEADER) + 7) / 8 * 8;
  uint8_t bytes[600];
  char path[256];
  tensor_file file;
  memset(bytes, ' ', sizeof bytes);
  memcpy(bytes, &length, 8);
  memcpy(bytes + 8, HEADER, strlen(HEADER));
  memcpy(bytes + 8 + length, HALVES, 6);
  memcpy(bytes + 8 + length + 6, BFLOATS, 4);
  memcpy(bytes + 8 + length + 10, DOUBLES, 16);
  memcpy(bytes + 8 + length + 26, FLOATS, 4);
  sample_file(path, directory, "mixed.safetensors", bytes, 8 + length + 30);
  assert_ok(safetensors_open(&file, path, &error));
  const float *h = safetensors_find(&file, "h")->data, *b = safetensors_find(&file, "b")->data;
  const float *d = safetensors_find(&file, "d")->data, *f = safetensors_find(&file, "f")->data;
  assert_true(h[0] == 1.5F && h[1] == -2 && h[2] == 65504);
  assert_true(b[0] == 3.140625F && b[1] == -0.5F);
  assert_true(d[0] == 0.1F && isinf(d[1]) && f[0] == 0.1F);
  safetensors_close(&file);
}

/* All of them, by the definition of IEEE 754. */
static void every_half_is_its_float(void **state) {
  (void)state;
  for (uint32_t half = 0; half < 1 << 16; half++) {
    int exponent = (int)(half >> 10 & 31), fraction = (int)(half & 1023);
    double wanted = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31) wanted = fraction ? NAN : INFINITY;
    if (half & 0x8000) wanted = -wanted;
    float value = half_to_float((uint16_t)half);
    assert_true(isnan(wanted) ? isnan(value)
                              : (double)value == wanted && !signbit(value) == !signbit(wanted));
  }
}

static void tensors_stay_when_their_file_is_cut(void **state) {
  (void)state;
  char path[256];
  tensor_file file;
  make_file(path, "{\"a\":{\"shape\":[6],\"data_offsets\":[0,24],\"dtype\":\"F32\"}}", 24);
  assert_ok(safetensors_open(&file, path, &error));
  assert_int_equal(truncate(path, 0), 0);
  assert_true(file.tensors[0].data[0] == 0 && file.tensors[0].data[5] == 5);
  safetensors_close(&file);
}

static void files_without_tensors_are_read(void **state) {
  (void)state;
  char path[256];
  tensor_file file;
  assert_ok(safetensors_open(&file, make_file(path, "{}", 0), &error));
  assert_int_equal(file.count, 0);
  safetensors_close(&file);
  assert_ok(safetensors_open(&file, make_file(path, "{\"__metadata__\":{}}", 0), &error));
  safetensors_close(&file);
}

#define ENTRY(name, type, shape, from, to)                                                                   \
  "\"" name "\":{\"dtype\":" type ",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"
#define A(shape, from, to) ENTRY("a", "\"F32\"", shape, from, to)
#define B(shape, from, to) ENTRY("b", "\"F32\"", shape, from, to)

static void malformed_headers_are_refused_with_a_reason(void **state) {
  (void)state;
  static const struct {
    const char *header;
    size_t data_bytes;
    const char *message;
  } SAMPLES[] = {
      {"{" ENTRY("a", "\"I16\"", "[2]", "0", "4") "}", 4,
       "tensor 'a': expected dtype F32, F16, BF16 or F64, found I16"},
      {"{" ENTRY("a", "\"f32\"", "[1]", "0", "4") "}", 4,
       "tensor 'a': expected dtype F32, F16, BF16 or F64, found f32"},
      {"{" ENTRY("a", "32", "[1]", "0", "4") "}", 4,
       "tensor 'a': expected dtype F32, F16, BF16 or F64, found none"},
      {"{" A("[1]", "0", "4") "}", 8, "expected 4 bytes of data, found 8 (trailing bytes)"},
      {"{}", 8, "expected 0 bytes of data, found 8 (trailing bytes)"},
      {"{" A("[2]", "0", "8") "}", 4,
       "tensor 'a': data_offsets 0 to 8 lie outside of the 4 bytes of data (truncated"},
      {"{" A("[1]", "4", "0") "}", 4, "tensor 'a': data_offsets 4 to 0 lie outside"},
      {"{" A("[1]", "-4", "0") "}", 4, "tensor 'a': expected two data_offsets"},
      {"{" A("[1]", "0", "9223372036854775807") "}", 4,
       "tensor 'a': data_offsets 0 to 9,223,372,036,854,775,807"},
      {"{" A("[1]", "0", "9223372036854775808") "}", 4, "expected a whole number of at most 64 bits"},
      {"{" A("[1]", "0", "4.0") "}", 4, "tensor 'a': expected two data_offsets"},
      {"{" A("[1]", "0", "4,4") "}", 4, "tensor 'a': expected two data_offsets"},
      {"{" A("[3]", "0", "8") "}", 8, "tensor 'a': its shape needs 12 bytes, its data_offsets hold 8"},
      {"{" A("[0]", "0", "4") "}", 4, "tensor 'a': its shape needs 0 bytes, its data_offsets hold 4"},
      {"{" A("[4611686018427387904]", "0", "0") "}", 0, "tensor 'a': its shape needs more than 2^64 bytes"},
      {"{" A("[4294967296,4294967296]", "0", "0") "}", 0, "tensor 'a': its shape needs more than 2^64 bytes"},
      {"{" A("[-1]", "0", "4") "}", 4, "tensor 'a': expected a shape of at most 8 sizes"},
      {"{" A("[\"1\"]", "0", "4") "}", 4, "tensor 'a': expected a shape of at most 8 sizes"},
      {"{" A("1", "0", "4") "}", 4, "tensor 'a': expected a shape of at most 8 sizes"},
      {"{" A("[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, "tensor 'a': expected a shape of at most 8 sizes"},
      {"{" A("[2]", "0", "8") "," B("[2]", "4", "12") "}", 12,
       "tensor 'b': its data overlap those of tensor 'a'"},
      {"{" A("[2]", "0", "8") "," B("[2]", "0", "8") "}", 8,
       "tensor 'b': its data overlap those of tensor 'a'"},
      {"{" A("[1]", "0", "4") "," B("[1]", "8", "12") "}", 12,
       "tensor 'b': 4 unused bytes of data before it"},
      {"{" A("[1]", "4", "8") "}", 8, "tensor 'a': 4 unused bytes of data before it"},
      {"{" A("[1]", "0", "4") "," A("[1]", "4", "8") "}", 8,
       "expected members of different names, found 'a' twice"},
      {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0,
       "expected members of different names, found 'dtype' twice"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "tensor 'a': expected two data_offsets"},
      {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "tensor 'a': expected a shape"},
      {"{\"a\":{}}", 0, "tensor 'a': expected dtype F32, F16, BF16 or F64, found none"},
      {"{\"a\":[]}", 0, "tensor 'a': expected an object"},
      {"{\"a\":{\"strides\":[1]}}", 0, "tensor 'a': unknown key 'strides'"},
      {"{\"__metadata__\":{\"epoch\":1}}", 0, "__metadata__: expected an object of strings"},
      {"{\"__metadata__\":[]}", 0, "__metadata__: expected an object of strings"},
      {"[]", 0, "header at byte 0: expected a JSON object, found '['"},
      {"", 0, "header at byte 0: "},
      {"{} {}", 0, "header at byte 3: expected nothing behind the object, found '{'"},
      {"{\"a\":", 0, "header at byte "},
      {"{\"a\\u0000b\":{}}", 0, "header at byte "},
      {"{\"a\xff\":{}}", 0, "header at byte "},
  };
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    char path[256];
    tensor_file file;
    make_file(path, SAMPLES[i].header, SAMPLES[i].data_bytes);
    assert_fails(safetensors_open(&file, path, &error), DESPUR_BAD_INPUT, SAMPLES[i].message);
    assert_memory_equal(error.message, path, strlen(path));
    assert_true(!file.values && !file.tensors && file.count == 0);
  }
}

static void header_lengths_that_cannot_be_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t count;
    const char *message;
  } SAMPLES[] = {
      {"", 0, "expected at least 8 bytes, found 0"},
      {"\2\0\0\0\0\0\0", 7, "expected at least 8 bytes, found 7"},
      {"\3\0\0\0\0\0\0\0{}", 10, "expected a header of 3 bytes, found 2 (truncated file?)"},
      {"\xff\xff\xff\xff\xff\xff\xff\xff{}", 10,
       "expected a header of at most 1,048,576 bytes, found 18,446,744,073,709,551,615"},
      {"\0\0\0\0\0\0\0\x80{}", 10, "found 9,223,372,036,854,775,808"},
      {"\1\0\x10\0\0\0\0\0{}", 10, "expected a header of at most 1,048,576 bytes, found 1,048,577"},
      {"\0\0\x10\0\0\0\0\0{}", 10, "expected a header of 1,048,576 bytes, found 2 (truncated file?)"},
      {"\0\0\0\0\0\0\0\0{}", 10, "header at byte 0: "},
      {"\2\0\0\0\0\0\0\0{}", 10, "expected data to start at a multiple of 4 bytes, found 10"},
  };
  char path[256];
  tensor_file file;
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    sample_file(path, directory, "length.safetensors", SAMPLES[i].bytes, SAMPLES[i].count);
    assert_fails(safetensors_open(&file, path, &error), DESPUR_BAD_INPUT, SAMPLES[i].message);
  }
  snprintf(path, sizeof path, "%s/missing.safetensors", directory);
  assert_fails(safetensors_open(&file, path, &error), DESPUR_BAD_INPUT,
               "missing.safetensors: No such file or directory");
  assert_fails(safetensors_open(&file, directory, &error), DESPUR_BAD_INPUT,
               "expected a file, found a directory");
}

static void deep_nesting_is_refused(void **state) {
  (void)state;
  enum { DEPTH = 400000 };
  static char header[DEPTH + 1];
  char path[256];
  tensor_file file;
  memcpy(header, "{\"a\":", 5);
  memset(header + 5, '[', DEPTH - 5);
  make_file(path, header, 0);
  assert_fails(safetensors_open(&file, path, &error), DESPUR_BAD_INPUT,
               "header at byte 132: expected at most 128 levels, found '['");
}

static void names_may_have_127_bytes_and_no_more(void **state) {
  (void)state;
  for (int length = TENSOR_NAME - 1; length <= TENSOR_NAME; length++) {
    char path[256], name[TENSOR_NAME + 1], header[300];
    tensor_file file;
    memset(name, 'n', sizeof name);
    name[length] = 0;
    snprintf(header, sizeof header, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
             name);
    make_file(path, header, 4);
    if (length < TENSOR_NAME) {
      assert_ok(safetensors_open(&file, path, &error));
      assert_non_null(safetensors_find(&file, name));
      safetensors_close(&file);
    } else {
      assert_fails(safetensors_open(&file, path, &error), DESPUR_BAD_INPUT,
                   "expected a name of at most 127 bytes, found 128");
    }
  }
}

/* ---- writing ---- */

static const float VALUES[6] = {0.5f, -1, 2, 3, 4, 1e-30f};

static void written_bytes_follow_the_specification(void **state) {
  (void)state;
  static const char HEADER[] = "{\"b\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
                               "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[16,20]}}";
  const tensor tensors[] = {{.name = "b", .rank = 2, .shape = {2, 2}, .count = 4, .data = VALUES},
                            {.name = "a", .rank = 0, .count = 1, .data = VALUES + 5}};
  char path[256];
  snprintf(path, sizeof path, "%s/written.safetensors", directory);
  assert_ok(safetensors_write(path, tensors, 2, &error));
  size_t bytes = sample_bytes(path, contents, FILE_ROOM), length = (strlen(HEADER) + 7) / 8 * 8;
  assert_int_equal(bytes, 8 + length + 20);
  assert_int_equal(contents[0], length);
  assert_memory_equal(contents + 1, "\0\0\0\0\0\0", 7);
  assert_memory_equal(contents + 8, HEADER, strlen(HEADER));
  for (size_t i = strlen(HEADER); i < length; i++) assert_int_equal(contents[8 + i], ' ');
  assert_memory_equal(contents + 8 + length, VALUES, 16);
  assert_memory_equal(contents + 8 + length + 16, VALUES + 5, 4);
}

static void what_is_written_is_read_back(void **state) {
  (void)state;
  const tensor tensors[] = {
      {.name = "quote\" back\\ slash/ tab\t \xc3\xa9", .rank = 1, .shape = {3}, .count = 3, .data = VALUES},
      {.name = "", .rank = 3, .shape = {1, 2, 1}, .count = 2, .data = VALUES + 3},
      {.name = "empty", .rank = 2, .shape = {0, 7}, .count = 0, .data = NULL},
      {.name = "last", .rank = 0, .count = 1, .data = VALUES + 5}};
  char path[256];
  tensor_file file;
  snprintf(path, sizeof path, "%s/again.safetensors", directory);
  assert_ok(safetensors_write(path, tensors, 4, &error));
  assert_ok(safetensors_open(&file, path, &error));
  assert_int_equal(file.count, 4);
  for (size_t i = 0; i < 4; i++) {
    const tensor *got = safetensors_find(&file, tensors[i].name);
    assert_non_null(got);
    assert_true(got->rank == tensors[i].rank && got->count == tensors[i].count);
    assert_memory_equal(got->shape, tensors[i].shape, sizeof got->shape);
    for (size_t j = 0; j < got->count; j++)
      assert_memory_equal(&got->data[j], &tensors[i].data[j], sizeof(float));
  }
  safetensors_close(&file);
  assert_ok(safetensors_write(path, NULL, 0, &error));
  assert_ok(safetensors_open(&file, path, &error));
  assert_int_equal(file.count, 0);
  safetensors_close(&file);
}

static void tensors_that_cannot_be_described_are_refused(void **state) {
  (void)state;
  static const struct {
    tensor tensors[2];
    despur_status status;
    const char *message;
  } SAMPLES[] = {
      {{{.name = "a", .count = 1, .data = VALUES}, {.name = "a", .count = 1, .data = VALUES}},
       DESPUR_BAD_INPUT,
       "tensor 'a': the name is taken"},
      {{{.name = "__metadata__", .count = 1, .data = VALUES}}, DESPUR_BAD_INPUT, "the name is taken"},
      {{{.name = "a", .rank = 1, .shape = {2}, .count = 1, .data = VALUES}},
       DESPUR_BAD_INPUT,
       "tensor 'a': its shape holds 2 numbers, its count is 1"},
      {{{.name = "a", .rank = 9}}, DESPUR_BAD_INPUT, "tensor 'a': expected at most 8 dimensions, found 9"},
      {{{.name = "a\xff", .count = 1, .data = VALUES}}, DESPUR_BAD_INPUT, "a name that is text"},
  };
  char path[256];
  snprintf(path, sizeof path, "%s/refused.safetensors", directory);
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    assert_fails(safetensors_write(path, SAMPLES[i].tensors, 2, &error), SAMPLES[i].status,
                 SAMPLES[i].message);
    assert_false(file_exists(path));
  }
}

static void a_file_cut_anywhere_is_refused(void **state) {
  (void)state;
  const tensor one = {.name = "one", .rank = 1, .shape = {6}, .count = 6, .data = VALUES};
  char path[256];
  tensor_file file;
  snprintf(path, sizeof path, "%s/whole.safetensors", directory);
  assert_ok(safetensors_write(path, &one, 1, &error));
  size_t bytes = sample_bytes(path, contents, FILE_ROOM);
  for (size_t kept = 0; kept < bytes; kept++) {
    sample_file(path, directory, "cut.safetensors", contents, kept);
    assert_fails(safetensors_open(&file, path, &error), DESPUR_BAD_INPUT, "cut.safetensors: ");
  }
}

static void a_header_that_could_not_be_read_is_not_written(void **state) {
  (void)state;
  enum { MANY = 20000 };
  char path[256];
  tensor *tensors = calloc(MANY, sizeof *tensors);
  assert_non_null(tensors);
  for (size_t i = 0; i < MANY; i++) {
    tensors[i] = (tensor){.rank = 1, .shape = {1}, .count = 1, .data = VALUES};
    snprintf(tensors[i].name, sizeof tensors[i].name, "tensor %zu", i);
  }
  snprintf(path, sizeof path, "%s/many.safetensors", directory);
  assert_fails(safetensors_write(path, tensors, MANY, &error), DESPUR_BAD_INPUT,
               "20000 tensors need a header of 1,");
  assert_false(file_exists(path));
  free(tensors);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tensors_are_found_with_shape_and_data),
      cmocka_unit_test(tensors_of_other_floats_become_float32),
      cmocka_unit_test(every_half_is_its_float),
      cmocka_unit_test(tensors_stay_when_their_file_is_cut),
      cmocka_unit_test(files_without_tensors_are_read),
      cmocka_unit_test(malformed_headers_are_refused_with_a_reason),
      cmocka_unit_test(header_lengths_that_cannot_be_are_refused),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(names_may_have_127_bytes_and_no_more),
      cmocka_unit_test(written_bytes_follow_the_specification),
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(tensors_that_cannot_be_described_are_refused),
      cmocka_unit_test(a_file_cut_anywhere_is_refused),
      cmocka_unit_test(a_header_that_could_not_be_read_is_not_written),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
