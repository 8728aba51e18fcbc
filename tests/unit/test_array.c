/* Arrays that people bring: what is read, and what is refused with which words. */
#include "testing.h"

#include "base/large.h"
#include "base/memory.h"
#include "despur/array.h"
#include "io/array.h"
#include "io/half.h"
#include "io/npy.h"
#include "samples.h"

#include <unistd.h>

static despur_error error;
static char path[192], directory[128];

static int make_path(void **state) {
  (void)state;
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/array.npy", directory);
  return 0;
}

static int remove_path(void **state) {
  (void)state;
  unlink(path);
  *strrchr(path, '/') = 0;
  return rmdir(path);
}

static void write_array(npy_type type, size_t rank, size_t rows, size_t columns, const void *data) {
  assert_ok(npy_write(path, type, rank, (const size_t[]){rows, columns, 1}, data, &error));
}

/* 1, 0, 1, ... in every type that a file can have. */
static void numbers_of_every_type_become_floats(void **state) {
  (void)state;
  static const uint8_t u8[6] = {1, 0, 1, 1, 0, 0};
  static const int8_t i8[6] = {1, 0, 1, 1, 0, 0};
  static const int16_t i16[6] = {1, 0, 1, 1, 0, 0};
  static const int32_t i32[6] = {1, 0, 1, 1, 0, 0};
  static const int64_t i64[6] = {1, 0, 1, 1, 0, 0};
  static const uint16_t u16[6] = {1, 0, 1, 1, 0, 0};
  static const uint32_t u32[6] = {1, 0, 1, 1, 0, 0};
  static const uint64_t u64[6] = {1, 0, 1, 1, 0, 0};
  static const uint16_t f16[6] = {0x3c00, 0, 0x3c00, 0x3c00, 0, 0};
  static const float f32[6] = {1, 0, 1, 1, 0, 0};
  static const double f64[6] = {1, 0, 1, 1, 0, 0};
  static const void *const DATA[] = {
      [NPY_U8] = u8,   [NPY_I8] = i8,   [NPY_I16] = i16, [NPY_I32] = i32, [NPY_I64] = i64, [NPY_U16] = u16,
      [NPY_U32] = u32, [NPY_U64] = u64, [NPY_F16] = f16, [NPY_F32] = f32, [NPY_F64] = f64, [NPY_BOOL] = u8};
  for (int type = NPY_U8; type <= NPY_BOOL; type++) {
    float *values;
    size_t rows, columns;
    write_array((npy_type)type, 2, 2, 3, DATA[type]);
    assert_ok(despur_array_read_matrix(&values, &rows, &columns, path, &error));
    assert_int_equal(rows, 2);
    assert_int_equal(columns, 3);
    assert_memory_equal(values, f32, sizeof f32);
    free(values);
  }
}

/* Files that NumPy wrote (tests/golden/make_arrays.py). */
static void arrays_are_read_as_numpy_wrote_them(void **state) {
  (void)state;
  static const char *const FILES[] = {"f2_little_C.npy",
                                      "f2_little_F.npy",
                                      "f2_big_C.npy",
                                      "f2_big_F.npy",
                                      "f4_little_C.npy",
                                      "f4_little_F.npy",
                                      "f4_big_C.npy",
                                      "f4_big_F.npy",
                                      "f8_little_C.npy",
                                      "f8_little_F.npy",
                                      "f8_big_C.npy",
                                      "f8_big_F.npy",
                                      "i2_little_C.npy",
                                      "i2_little_F.npy",
                                      "i2_big_C.npy",
                                      "i2_big_F.npy",
                                      "i4_little_C.npy",
                                      "i4_little_F.npy",
                                      "i4_big_C.npy",
                                      "i4_big_F.npy",
                                      "i8_little_C.npy",
                                      "i8_little_F.npy",
                                      "i8_big_C.npy",
                                      "i8_big_F.npy",
                                      "u2_little_C.npy",
                                      "u2_little_F.npy",
                                      "u2_big_C.npy",
                                      "u2_big_F.npy",
                                      "u1_C.npy",
                                      "u1_F.npy",
                                      "i1_C.npy",
                                      "i1_F.npy",
                                      "b1_C.npy",
                                      "b1_F.npy",
                                      "one.npz",
                                      "stored.npz:real",
                                      "stored.npz:turned",
                                      "stored.npz:whole",
                                      "deflated.npz:real",
                                      "deflated.npz:whole",
                                      "named.safetensors:real",
                                      "named.safetensors:whole",
                                      "named.safetensors:half",
                                      "named.safetensors:bytes",
                                      "named.safetensors:odd",
                                      "one.safetensors"};
  for (size_t f = 0; f < sizeof FILES / sizeof *FILES; f++) {
    char file[256];
    float *values;
    size_t rows, columns;
    bool real = FILES[f][0] == 'f' || strstr(FILES[f], "real") || strstr(FILES[f], "turned") ||
                strstr(FILES[f], ":half") || FILES[f][0] == 'o';
    snprintf(file, sizeof file, "tests/golden/arrays/%s", FILES[f]);
    assert_ok(despur_array_read_matrix(&values, &rows, &columns, file, &error));
    assert_true(rows == 4 && columns == 6);
    for (int i = 0; i < 24; i++) {
      float wanted = real                                             ? (float)(i * i - 20) / 4
                     : FILES[f][0] == 'b' || strstr(FILES[f], ":odd") ? (float)(i % 2)
                                                                      : (float)(i * i / 8);
      if (values[i] != wanted) fail_msg("%s: number %d is %g", file, i, (double)values[i]);
    }
    free(values);
  }
}

static void arrays_of_archives_are_named(void **state) {
  (void)state;
  static const struct {
    const char *path, *message;
  } SAMPLES[] = {
      {"stored.npz",
       "expected an archive of one array, or the name of one (FILE.npz:NAME), found 'real.npy', "
       "'whole.npy', 'turned.npy'"},
      {"stored.npz:none",
       "stored.npz:none: expected a member 'none.npy', found 'real.npy', 'whole.npy', 'turned.npy'"},
      {"stored.npz:", "stored.npz:: expected a member '.npy'"},
      {"missing.npz:real", "missing.npz: No such file"},
      {"missing.safetensors:real", "missing.safetensors: No such file"},
      {"named.safetensors:none",
       "named.safetensors:none: expected a tensor 'none', found 'whole', 'real', 'half', 'bytes', 'odd'"},
      {"named.safetensors", "named.safetensors: expected a file of one tensor, or the name of one "
                            "(FILE.safetensors:NAME), found "},
  };
  for (size_t i = 0; i < sizeof SAMPLES / sizeof *SAMPLES; i++) {
    char file[256];
    float *values;
    size_t rows, columns;
    snprintf(file, sizeof file, "tests/golden/arrays/%s", SAMPLES[i].path);
    assert_fails(despur_array_read_matrix(&values, &rows, &columns, file, &error), DESPUR_BAD_INPUT,
                 SAMPLES[i].message);
    assert_null(values);
  }
}

/* Each shorter beginning of a file of tensors. */
static void tensors_that_are_cut_are_refused(void **state) {
  (void)state;
  static char bytes[4096];
  size_t count = sample_bytes("tests/golden/arrays/one.safetensors", bytes, sizeof bytes), rows, columns;
  char room[128], cut[160], *end;
  float *values;
  temporary_directory(room);
  snprintf(cut, sizeof cut, "%s/cut.safetensors", room);
  for (size_t kept = 0; kept < count; kept++) {
    FILE *file = fopen(cut, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, kept, file), kept);
    fclose(file);
    assert_fails(despur_array_read_matrix(&values, &rows, &columns, cut, &error), DESPUR_BAD_INPUT,
                 "cut.safetensors");
  }
  for (int lie = 0; lie < 3; lie++) { /* shape, type and place that are not those of the data */
    static const char *const WRONG[][2] = {{"[4,6]", "[4,9]"}, {"\"F32\"", "\"F31\""}, {"[0,96]", "[8,96]"}};
    static char changed[4096];
    memcpy(changed, bytes, count);
    end = memmem(changed, count, WRONG[lie][0], strlen(WRONG[lie][0]));
    assert_non_null(end);
    memcpy(end, WRONG[lie][1], strlen(WRONG[lie][1]));
    FILE *file = fopen(cut, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(changed, 1, count, file), count);
    fclose(file);
    assert_fails(despur_array_read_matrix(&values, &rows, &columns, cut, &error), DESPUR_BAD_INPUT,
                 "cut.safetensors");
  }
  unlink(cut);
  rmdir(room);
}

/* Whatever single byte of an archive changes, the numbers are the same or it is refused. */
static void a_damaged_archive_is_refused_or_gives_the_same_numbers(void **state) {
  (void)state;
  static const char *const FILES[][2] = {{"tests/golden/arrays/stored.npz", "real"},
                                         {"tests/golden/arrays/deflated.npz", "whole"}};
  for (size_t f = 0; f < 2; f++) {
    static char bytes[4096];
    char file[256], member[300];
    float *whole, *values;
    size_t rows, columns, count = sample_bytes(FILES[f][0], bytes, sizeof bytes), refused = 0;
    snprintf(member, sizeof member, "%s:%s", FILES[f][0], FILES[f][1]);
    assert_ok(despur_array_read_matrix(&whole, &rows, &columns, member, &error));
    for (size_t at = 0; at < count; at++) {
      bytes[at] ^= 0x55;
      sample_file(file, directory, "sample.npz", bytes, count);
      bytes[at] ^= 0x55;
      snprintf(member, sizeof member, "%s:%s", file, FILES[f][1]);
      despur_status status = despur_array_read_matrix(&values, &rows, &columns, member, &error);
      refused += status != DESPUR_OK;
      if (status == DESPUR_OK) assert_memory_equal(values, whole, 24 * sizeof *whole);
      if (status != DESPUR_OK) assert_int_equal(status, DESPUR_BAD_INPUT);
      free(values);
    }
    assert_true(refused > 100);
    for (size_t kept = 0; kept < count; kept++) {
      sample_file(file, directory, "sample.npz", bytes, kept);
      snprintf(member, sizeof member, "%s:%s", file, FILES[f][1]);
      assert_int_equal(despur_array_read_matrix(&values, &rows, &columns, member, &error), DESPUR_BAD_INPUT);
    }
    free(whole);
    assert_int_equal(unlink(file), 0);
  }
}

static void numbers_keep_their_sign_and_size(void **state) {
  (void)state;
  static const double NUMBERS[] = {-1.5, 1e30, 1.0 / 3, -3e38};
  float *values;
  size_t rows, columns;
  write_array(NPY_F64, 2, 4, 1, NUMBERS);
  assert_ok(despur_array_read_matrix(&values, &rows, &columns, path, &error));
  for (size_t i = 0; i < 4; i++) assert_true(values[i] == (float)NUMBERS[i]);
  free(values);
}

/* 2^60 + 0, 3, 10 (int64), the same in uint64, 1e15 + 0, 0.25, 1 (float64): differences are exact to
 * float32's last digits, which those of numbers narrowed one by one are not. */
static void points_keep_their_differences_whatever_their_offset(void **state) {
  (void)state;
  static const int64_t SIGNED[] = {(INT64_C(1) << 60) + 10, INT64_C(1) << 60, (INT64_C(1) << 60) + 3};
  static const uint64_t UNSIGNED[] = {(UINT64_C(1) << 63) + 10, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 3};
  static const int32_t NARROW[] = {INT32_MIN + 10, INT32_MIN, INT32_MIN + 3};
  static const double REALS[] = {1e15 + 10, 1e15, 1e15 + 3};
  static const void *const DATA[] = {SIGNED, UNSIGNED, NARROW, REALS};
  static const npy_type TYPES[] = {NPY_I64, NPY_U64, NPY_I32, NPY_F64};
  for (size_t t = 0; t < 4; t++) {
    despur_points points;
    write_array(TYPES[t], 2, 3, 1, DATA[t]);
    assert_ok(despur_array_read_points(&points, path, 0, &error));
    assert_int_equal(points.rows, 3);
    assert_int_equal(points.columns, 1);
    assert_int_equal(points.centred, 1);
    assert_int_equal(points.merged, 0);
    assert_near((double)points.values[0] - (double)points.values[1], 10, 1e-6);
    assert_near((double)points.values[2] - (double)points.values[1], 3, 1e-6);
    despur_points_release(&points);
    assert_ok(despur_array_read_points(&points, path, 1, &error));
    assert_int_equal(points.centred, 0);
    assert_int_equal(points.merged, 2);
    assert_true(points.values[0] == points.values[1]);
    despur_points_release(&points);
  }
}

/* What float32 holds is read as it is, so that sums of small whole numbers stay exact. 1e-60 it does not. */
static void points_that_fit_are_left_and_those_that_merge_are_counted(void **state) {
  (void)state;
  static const double FIT[] = {1, 2, 4, 0.5, 1, 7}, MERGE[] = {0, 1e-60, 1, -0.0, 1e9, 5e-60};
  despur_points points;
  write_array(NPY_F64, 2, 3, 2, FIT);
  assert_ok(despur_array_read_points(&points, path, 0, &error));
  for (size_t i = 0; i < 6; i++) assert_true((double)points.values[i] == FIT[i]);
  assert_int_equal(points.centred, 0);
  assert_int_equal(points.merged, 0);
  despur_points_release(&points);
  write_array(NPY_F64, 2, 6, 1, MERGE);
  assert_ok(despur_array_read_points(&points, path, 0, &error));
  assert_int_equal(points.merged, 3); /* 0, 1e-60, 5e-60, 1 and 1e9 differ; 0 and -0 do not */
  despur_points_release(&points);
  assert_fails(despur_array_read_points(&points, "no-such.npy", 0, &error), DESPUR_BAD_INPUT, "no-such.npy");
  assert_null(points.values);
}

static void what_is_no_matrix_of_numbers_is_refused(void **state) {
  (void)state;
  static const double NUMBERS[] = {1, 2, 3, 1e39, 5, NAN};
  float *values;
  size_t rows, columns;
  write_array(NPY_F64, 1, 6, 0, NUMBERS);
  assert_fails(despur_array_read_matrix(&values, &rows, &columns, path, &error), DESPUR_BAD_INPUT,
               "two dimensions, rows and columns, found 1");
  write_array(NPY_F64, 3, 2, 3, NUMBERS);
  assert_fails(despur_array_read_matrix(&values, &rows, &columns, path, &error), DESPUR_BAD_INPUT, "found 3");
  write_array(NPY_F64, 2, 3, 0, NUMBERS);
  assert_fails(despur_array_read_matrix(&values, &rows, &columns, path, &error), DESPUR_BAD_INPUT,
               "1 column, found 3 of 0");
  write_array(NPY_F64, 2, 2, 3, NUMBERS);
  assert_fails(despur_array_read_matrix(&values, &rows, &columns, path, &error), DESPUR_BAD_INPUT,
               "found 1e+39 in row 1, column 0");
  write_array(NPY_F64, 2, 1, 2, NUMBERS + 4);
  assert_fails(despur_array_read_matrix(&values, &rows, &columns, path, &error), DESPUR_BAD_INPUT,
               "found nan in row 0, column 1");
  assert_null(values);
}

/* Longer than a block of the reader, so that blocks meet within a row. */
static void long_arrays_are_read_in_blocks(void **state) {
  (void)state;
  enum { ROWS = 90001, COLUMNS = 7, COUNT = ROWS * COLUMNS };
  uint16_t *halves;
  float *values;
  size_t rows, columns, mapped;
  assert_ok(mem_alloc(&halves, COUNT, sizeof *halves, &error));
  for (size_t i = 0; i < COUNT; i++)
    halves[i] = (uint16_t)(i % 0x7c00); /* all finite ones, again and again */
  write_array(NPY_F16, 2, ROWS, COLUMNS, halves);
  assert_ok(array_read_large(&values, &mapped, &rows, &columns, path, &error));
  assert_int_equal(rows, ROWS);
  assert_int_equal(columns, COLUMNS);
  for (size_t i = 0; i < COUNT; i++)
    if (values[i] != half_to_float(halves[i])) fail_msg("another number at %zu", i);
  large_free(values, mapped);
  halves[COUNT - 1] = halves[COUNT - 2] = halves[1000 * COLUMNS + 3] = 0x7e00;
  write_array(NPY_F16, 2, ROWS, COLUMNS, halves);
  assert_fails(array_read_large(&values, &mapped, &rows, &columns, path, &error), DESPUR_BAD_INPUT,
               "found nan in row 1000, column 3; there are 3 such numbers, in 2 rows");
  assert_null(values);
  mem_free(halves);
}

static void labels_survive_a_file(void **state) {
  (void)state;
  static const uint32_t LABELS[] = {3, 0, 4000000000U, 7};
  uint32_t *labels;
  size_t count;
  npy_array array;
  assert_ok(despur_array_write_labels(path, LABELS, 4, &error));
  assert_ok(npy_open(&array, path, &error));
  assert_int_equal(array.type, NPY_I64);
  npy_close(&array);
  assert_ok(despur_array_read_labels(&labels, &count, UINT32_MAX, path, &error));
  assert_int_equal(count, 4);
  assert_memory_equal(labels, LABELS, sizeof LABELS);
  free(labels);
  assert_fails(despur_array_read_labels(&labels, &count, 6, path, &error), DESPUR_BAD_INPUT,
               "value 2: expected a whole number from 0 to 6, found 4000000000");
  assert_null(labels);
  assert_ok(despur_array_write_labels(path, LABELS, 0, &error));
  assert_ok(despur_array_read_labels(&labels, &count, 6, path, &error));
  assert_int_equal(count, 0);
  free(labels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_of_every_type_become_floats),
      cmocka_unit_test(arrays_are_read_as_numpy_wrote_them),
      cmocka_unit_test(arrays_of_archives_are_named),
      cmocka_unit_test(tensors_that_are_cut_are_refused),
      cmocka_unit_test(a_damaged_archive_is_refused_or_gives_the_same_numbers),
      cmocka_unit_test(numbers_keep_their_sign_and_size),
      cmocka_unit_test(points_keep_their_differences_whatever_their_offset),
      cmocka_unit_test(points_that_fit_are_left_and_those_that_merge_are_counted),
      cmocka_unit_test(what_is_no_matrix_of_numbers_is_refused),
      cmocka_unit_test(long_arrays_are_read_in_blocks),
      cmocka_unit_test(labels_survive_a_file),
  };
  return cmocka_run_group_tests(tests, make_path, remove_path);
}
