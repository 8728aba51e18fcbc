/* .npy files: what NumPy writes is read and written byte by byte; everything else is refused with a reason.
 */
#include "testing.h"

#include "base/memory.h"
#include "io/npy.h"
#include "samples.h"

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

enum { FILE_ROOM = 70000 };

/* A file of the given version whose header is this text, followed by data. */
static const char *make_file(char path[256], int version, const char *header, const void *data,
                             size_t bytes) {
  static uint8_t file[FILE_ROOM];
  size_t length = strlen(header), start = version == 1 ? 10 : 12;
  memcpy(file, "\x93NUMPY", 6);
  file[6] = (uint8_t)version;
  file[7] = 0;
  for (size_t i = 8; i < start; i++) file[i] = (uint8_t)(length >> 8 * (i - 8));
  memcpy(file + start, header, length);
  memcpy(file + start + length, data, bytes);
  return sample_file(path, directory, "sample.npy", file, start + length + bytes);
}

/* ---- writing ---- */

/* Headers as numpy.save of NumPy 2.4 writes them: all of these fill 128 bytes. */
static void header_is_the_one_that_numpy_writes(void **state) {
  (void)state;
  static const struct {
    npy_type type;
    size_t rank, shape[NPY_MAX_RANK];
    const char *text;
  } SAMPLES[] = {
      {NPY_F32, 2, {2, 3}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"},
      {NPY_I64, 1, {5}, "{'descr': '<i8', 'fortran_order': False, 'shape': (5,), }"},
      {NPY_F64, 0, {0}, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"},
      {NPY_U8, 4, {0, 28, 28, 3}, "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 28, 28, 3), }"},
      {NPY_BOOL, 1, {3}, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }"},
      {NPY_U16,
       8,
       {1, 1, 1, 1, 1, 1, 1, 2},
       "{'descr': '<u2', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 2), }"},
  };
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    char path[256];
    enum { START = 128 };
    uint8_t wanted[START], got[300];
    static const uint8_t DATA[64] = {1, 2, 3};
    snprintf(path, sizeof path, "%s/header.npy", directory);
    assert_ok(npy_write(path, SAMPLES[i].type, SAMPLES[i].rank, SAMPLES[i].shape, DATA, &error));
    memset(wanted, ' ', sizeof wanted);
    memcpy(wanted, "\x93NUMPY\1\0", 8);
    wanted[8] = START - 10;
    wanted[9] = 0;
    memcpy(wanted + 10, SAMPLES[i].text, strlen(SAMPLES[i].text));
    wanted[START - 1] = '\n';
    assert_true(sample_bytes(path, got, sizeof got) >= START);
    assert_memory_equal(got, wanted, START);
  }
}

static void largest_shape_fits_its_header(void **state) {
  (void)state;
  enum { MOST = 0x7fffffff };
  size_t shape[NPY_MAX_RANK] = {0, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
  char path[256];
  npy_array array;
  snprintf(path, sizeof path, "%s/large.npy", directory);
  assert_ok(npy_write(path, NPY_F64, NPY_MAX_RANK, shape, "", &error));
  assert_ok(npy_open(&array, path, &error));
  assert_int_equal(array.count, 0);
  assert_memory_equal(array.shape, shape, sizeof shape);
  npy_close(&array);
  shape[0] = MOST;
  assert_fails(npy_write(path, NPY_F64, NPY_MAX_RANK, shape, "", &error), DESPUR_BAD_INPUT, "sizes");
  assert_fails(npy_write(path, NPY_F64, 9, shape, "", &error), DESPUR_BAD_INPUT,
               "at most 8 dimensions, found 9");
}

static void what_is_written_is_read_back_for_every_type(void **state) {
  (void)state;
  static const size_t BYTES[] = {
      [NPY_U8] = 1,  [NPY_I8] = 1,  [NPY_I16] = 2, [NPY_I32] = 4, [NPY_I64] = 8, [NPY_U16] = 2,
      [NPY_U32] = 4, [NPY_U64] = 8, [NPY_F16] = 2, [NPY_F32] = 4, [NPY_F64] = 8, [NPY_BOOL] = 1};
  uint8_t data[3 * 2 * 8];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(37 * i);
  for (npy_type type = NPY_U8; type <= NPY_BOOL; type++) {
    char path[256];
    npy_array array;
    snprintf(path, sizeof path, "%s/type%d.npy", directory, (int)type);
    assert_ok(npy_write(path, type, 2, (size_t[]){3, 2}, data, &error));
    assert_ok(npy_open(&array, path, &error));
    assert_int_equal(array.type, type);
    assert_true(array.rank == 2 && array.shape[0] == 3 && array.shape[1] == 2 && array.count == 6);
    assert_memory_equal(array.data, data, 6 * BYTES[type]);
    npy_close(&array);
  }
}

/* ---- reading ---- */

static void an_array_stays_when_its_file_is_cut(void **state) {
  (void)state;
  enum { COUNT = 100000 };
  char path[256];
  npy_array array;
  static float values[COUNT];
  for (size_t i = 0; i < COUNT; i++) values[i] = (float)i;
  snprintf(path, sizeof path, "%s/cut.npy", directory);
  assert_ok(npy_write(path, NPY_F32, 1, (size_t[]){COUNT}, values, &error));
  assert_ok(npy_open(&array, path, &error));
  assert_int_equal(truncate(path, 0), 0);
  assert_memory_equal(array.data, values, sizeof values);
  npy_close(&array);
}

static void every_spelling_of_a_good_header_is_read(void **state) {
  (void)state;
  static const struct {
    int version;
    const char *header;
    size_t rank, first, count;
  } SAMPLES[] = {
      {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }    \n", 2, 3, 6},
      {2, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), } \n", 2, 3, 6},
      {3, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}\n  ", 2, 3, 6},
      {1, "{\"shape\":(6,),\"fortran_order\":False,\"descr\":\"<f4\"}\n", 1, 6, 6},
      {1, " { 'shape' : ( 2 , 3 , ) , 'fortran_order' : False , 'descr' : '<f4' } ", 2, 2, 6},
      {1, "{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }  \n", 1, 6,
       6}, /* one dimension has one order */
      {1, "{'descr': '<f4', 'fortran_order': True, 'shape': (), } \n", 0, 0, 1},
      {1, "{'descr': '<f4', 'fortran_order': True, 'shape': (6, 1), } \n", 2, 6, 6},
      {1, "{'descr': '|f4', 'fortran_order': False, 'shape': (6,), } \n", 1, 6, 6},
      {1, "{'descr': '=f4', 'fortran_order': False, 'shape': (6L,), } \n", 1, 6, 6},
      {1, "{'descr': 'f4', 'fortran_order': False, 'shape': (3L, 2L), } \n", 2, 3, 6},
      {1, "{'descr': 'float32', 'fortran_order': False, 'shape': (6,), } \n", 1, 6, 6},
  };
  static const float DATA[6] = {0, 1, 2, 3, 4, 5};
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    char path[256], header[300];
    npy_array array;
    snprintf(header, sizeof header, "%s", SAMPLES[i].header);
    if (i % 2) strcat(header, " "); /* the data begin anywhere */
    make_file(path, SAMPLES[i].version, header, DATA, SAMPLES[i].count * sizeof *DATA);
    assert_ok(npy_open(&array, path, &error));
    assert_int_equal(array.type, NPY_F32);
    assert_int_equal(array.rank, SAMPLES[i].rank);
    assert_int_equal(array.shape[0], SAMPLES[i].first);
    assert_int_equal(array.count, SAMPLES[i].count);
    assert_memory_equal(array.data, DATA, SAMPLES[i].count * sizeof *DATA);
    npy_close(&array);
  }
}

#define HEADER(descr, order, shape) "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}"

static void malformed_headers_are_refused_with_a_reason(void **state) {
  (void)state;
  static const struct {
    const char *header, *message;
  } SAMPLES[] = {
      {HEADER("'|O'", "False", "(2,)"), "found '|O' (Python objects)"},
      {HEADER("'<U5'", "False", "(2,)"), "found '<U5' (text)"},
      {HEADER("'<f16'", "False", "(2,)"), "found '<f16'"},
      {HEADER("'<c8'", "False", "(2,)"), "found '<c8'"},
      {HEADER("''", "False", "(2,)"), "found ''"},
      {HEADER("[('a', '<f4'), ('b', '<i4')]", "False", "(2,)"), "found a structured array"},
      {HEADER("4", "False", "(2,)"), "expected a quoted type, found '4, "},
      {HEADER("'<f4'", "0", "(2,)"), "expected True or False, found '0, "},
      {HEADER("'<f4'", "False", "(2)"), "expected ',', found ')"},
      {HEADER("'<f4'", "False", "2"), "expected a tuple of sizes, found '2}'"},
      {HEADER("'<f4'", "False", "[2]"), "expected a tuple of sizes"},
      {HEADER("'<f4'", "False", "(-2,)"), "expected a size, found '-2,"},
      {HEADER("'<f4'", "False", "(2.0,)"), "expected ',', found '.0"},
      {HEADER("'<f4'", "False", "(1, 2 3)"), "expected ',' or ')', found '3)"},
      {HEADER("'<f4'", "False", "(,)"), "expected a size, found ',)}'"},
      {HEADER("'<f4'", "False", "(2,"), "expected a size, found '}'"},
      {HEADER("'<f4'", "False", "(18446744073709551616,)"), "expected a size below 2^64"},
      {HEADER("'<f4'", "False", "(1,1,1,1,1,1,1,1,1)"), "expected at most 8 dimensions, found more"},
      {HEADER("'<f4'", "False", "(4294967296, 4294967296)"), "more elements than a computer can hold"},
      {HEADER("'<f4'", "False", "(4611686018427387904,)"), "more elements than a computer can hold"},
      {HEADER("'<f4'", "False", "(3,)"), "expected 12 bytes of elements, found 8 (truncated file?)"},
      {HEADER("'<f4'", "False", "(1,)"), "expected 4 bytes of elements, found 8 (trailing bytes)"},
      {HEADER("'<f4'", "False", "(0,)"), "expected 0 bytes of elements, found 8 (trailing bytes)"},
      {HEADER("'<f4'", "False", "(2,)") " x", "expected nothing more, found 'x'"},
      {HEADER("'<f4'", "False", "(2,)") " {}", "expected nothing more"},
      {HEADER("'<f4'", "False", "(2,)") "}", "expected nothing more"},
      {"{'descr': '<f4', 'shape': (2,)}", "header lacks the key 'fortran_order'"},
      {"{}", "header lacks the key 'descr'"},
      {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "repeated key 'descr'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", "unknown key 'more'"},
      {"{'descr': '<f4' 'fortran_order': False}", "expected ',' or '}', found ''fortran"},
      {"{'descr' '<f4'}", "expected ':'"},
      {"{'descr", "expected the end of a short quoted word"},
      {"{'a\\'b': 1}", "expected the end of a short quoted word"},
      {"{'a name that is longer than any that NumPy writes': 1}", "expected the end of a short quoted word"},
      {"{", "expected a quoted key or '}', found ''"},
      {"", "expected '{', found ''"},
      {"print(1)", "header at character 0: expected '{', found 'print(1)'"},
  };
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    char path[256];
    npy_array array;
    make_file(path, 1, SAMPLES[i].header, "01234567", 8);
    assert_fails(npy_open(&array, path, &error), DESPUR_BAD_INPUT, SAMPLES[i].message);
    assert_memory_equal(error.message, path, strlen(path));
    assert_null(array.data);
  }
}

static void files_cut_or_foreign_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t count;
    const char *message;
  } SAMPLES[] = {
      {"", 0, "not a .npy file"},
      {"\x93NUMPY\1", 7, "not a .npy file"},
      {"PK\3\4 a zip archive", 18, "not a zip archive, or a damaged one: it is too short"},
      {"\x93NUMPY\4\0\2\0{}", 12, "expected format 1.0, 2.0 or 3.0, found 4.0"},
      {"\x93NUMPY\1\1\2\0{}", 12, "expected format 1.0, 2.0 or 3.0, found 1.1"},
      {"\x93NUMPY\1\0\2", 9, "expected a header of 10 bytes, found 9 (truncated file?)"},
      {"\x93NUMPY\1\0\3\0{}", 12, "expected a header of 13 bytes, found 12 (truncated file?)"},
      {"\x93NUMPY\2\0\2\0\0", 11, "expected a header of 12 bytes, found 11 (truncated file?)"},
      {"\x93NUMPY\2\0\xff\xff\xff\xff{}", 14, "expected a header of 4,294,967,307 bytes, found 14"},
  };
  char path[256];
  npy_array array;
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    sample_file(path, directory, "foreign.npy", SAMPLES[i].bytes, SAMPLES[i].count);
    assert_fails(npy_open(&array, path, &error), DESPUR_BAD_INPUT, SAMPLES[i].message);
  }
  snprintf(path, sizeof path, "%s/missing.npy", directory);
  assert_fails(npy_open(&array, path, &error), DESPUR_BAD_INPUT, "missing.npy: No such file or directory");
  assert_fails(npy_open(&array, directory, &error), DESPUR_BAD_INPUT, "expected a file, found a directory");
}

static void a_file_cut_anywhere_is_refused(void **state) {
  (void)state;
  char path[256];
  uint8_t file[300];
  npy_array array;
  snprintf(path, sizeof path, "%s/whole.npy", directory);
  assert_ok(npy_write(path, NPY_F64, 1, (size_t[]){4}, (double[]){1, 2, 3, 4}, &error));
  size_t bytes = sample_bytes(path, file, sizeof file);
  assert_int_equal(bytes, 128 + 32);
  for (size_t kept = 0; kept < bytes; kept++) {
    sample_file(path, directory, "cut.npy", file, kept);
    assert_fails(npy_open(&array, path, &error), DESPUR_BAD_INPUT, "cut.npy: ");
  }
}

/* ---- integers ---- */

static void assert_integers(npy_type type, const void *data, size_t count, const int64_t *wanted) {
  char path[256];
  int64_t *values;
  size_t got;
  snprintf(path, sizeof path, "%s/integers.npy", directory);
  assert_ok(npy_write(path, type, 1, &count, data, &error));
  assert_ok(npy_read_integers(&values, &got, path, &error));
  assert_int_equal(got, count);
  assert_memory_equal(values, wanted, count * sizeof *values);
  mem_free(values);
}

static void integers_of_every_type_keep_their_values(void **state) {
  (void)state;
  assert_integers(NPY_U8, (uint8_t[]){0, 255}, 2, (int64_t[]){0, 255});
  assert_integers(NPY_I8, (int8_t[]){-128, 127}, 2, (int64_t[]){-128, 127});
  assert_integers(NPY_I16, (int16_t[]){INT16_MIN, INT16_MAX}, 2, (int64_t[]){INT16_MIN, INT16_MAX});
  assert_integers(NPY_I32, (int32_t[]){INT32_MIN, INT32_MAX}, 2, (int64_t[]){INT32_MIN, INT32_MAX});
  assert_integers(NPY_I64, (int64_t[]){INT64_MIN, INT64_MAX}, 2, (int64_t[]){INT64_MIN, INT64_MAX});
  assert_integers(NPY_U16, (uint16_t[]){0, UINT16_MAX}, 2, (int64_t[]){0, UINT16_MAX});
  assert_integers(NPY_U32, (uint32_t[]){0, UINT32_MAX}, 2, (int64_t[]){0, UINT32_MAX});
  assert_integers(NPY_U64, (uint64_t[]){0, INT64_MAX}, 2, (int64_t[]){0, INT64_MAX});
  assert_integers(NPY_BOOL, (uint8_t[]){0, 1}, 2, (int64_t[]){0, 1});
  assert_integers(NPY_I32, "", 0, (int64_t[]){0});
}

static void what_are_no_integers_in_one_dimension_is_refused(void **state) {
  (void)state;
  char path[256];
  int64_t *values;
  size_t count;
  snprintf(path, sizeof path, "%s/others.npy", directory);
  assert_ok(npy_write(path, NPY_F64, 1, (size_t[]){1}, (double[]){1}, &error));
  assert_fails(npy_read_integers(&values, &count, path, &error), DESPUR_BAD_INPUT,
               "expected integers, found '<f8'");
  assert_null(values);
  assert_ok(npy_write(path, NPY_I32, 2, (size_t[]){1, 1}, (int32_t[]){1}, &error));
  assert_fails(npy_read_integers(&values, &count, path, &error), DESPUR_BAD_INPUT,
               "expected one dimension, found 2");
  assert_ok(npy_write(path, NPY_U64, 1, (size_t[]){2}, (uint64_t[]){1, (uint64_t)1 << 63}, &error));
  assert_fails(npy_read_integers(&values, &count, path, &error), DESPUR_BAD_INPUT,
               "element 1: expected a value below 2^63, found 9,223,372,036,854,775,808");
  snprintf(path, sizeof path, "%s/missing.npy", directory);
  assert_fails(npy_read_integers(&values, &count, path, &error), DESPUR_BAD_INPUT,
               "No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_is_the_one_that_numpy_writes),
      cmocka_unit_test(largest_shape_fits_its_header),
      cmocka_unit_test(what_is_written_is_read_back_for_every_type),
      cmocka_unit_test(an_array_stays_when_its_file_is_cut),
      cmocka_unit_test(every_spelling_of_a_good_header_is_read),
      cmocka_unit_test(malformed_headers_are_refused_with_a_reason),
      cmocka_unit_test(files_cut_or_foreign_are_refused),
      cmocka_unit_test(a_file_cut_anywhere_is_refused),
      cmocka_unit_test(integers_of_every_type_keep_their_values),
      cmocka_unit_test(what_are_no_integers_in_one_dimension_is_refused),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
