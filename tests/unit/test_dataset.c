/* Data sets from arrays and from .npy files, and data sets as files: what is refused, and what comes back. */
#include "arrays_testing.h"

#include "data/dataset.h"

static const size_t IMAGES_SHAPE[4] = {COUNT, 2, 3, 2};

/* ---- from arrays ---- */

static void arrays_are_taken_as_they_are(void **state) {
  (void)state;
  static const uint32_t MEMBERS[3][3] = {{0, 2, 4}, {1, 5}, {3}};
  static const size_t SIZES[3] = {3, 2, 1};
  despur_dataset *dataset;
  despur_arrays arrays = ordinary_arrays();
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_int_equal(despur_dataset_count(dataset), COUNT);
  assert_int_equal(despur_dataset_classes(dataset), 3);
  assert_int_equal(despur_dataset_attributes(dataset), 2);
  assert_string_equal(despur_dataset_description(dataset), "6 images of 2 x 3 x 2 in memory");
  for (size_t i = 0; i < COUNT; i++) {
    assert_int_equal(despur_dataset_labels(dataset)[i], LABELS[i]);
    assert_int_equal(despur_dataset_attribute_values(dataset)[i], ATTRIBUTES[i]);
  }
  for (despur_split split = DESPUR_TRAIN; split < DESPUR_SPLITS; split++) {
    size_t size;
    const uint32_t *members = despur_dataset_split(dataset, split, &size);
    assert_int_equal(size, SIZES[split]);
    assert_memory_equal(members, MEMBERS[split], size * sizeof *members);
  }
  despur_dataset_free(dataset);
  despur_dataset_free(NULL);
}

static void without_attributes_and_splits_there_is_one_of_each(void **state) {
  (void)state;
  despur_dataset *dataset;
  size_t size;
  despur_arrays arrays = ordinary_arrays();
  arrays.attributes = arrays.splits = NULL;
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_int_equal(despur_dataset_attributes(dataset), 1);
  for (size_t i = 0; i < COUNT; i++) assert_int_equal(despur_dataset_attribute_values(dataset)[i], 0);
  despur_dataset_split(dataset, DESPUR_TRAIN, &size);
  assert_int_equal(size, COUNT);
  despur_dataset_split(dataset, DESPUR_TEST, &size);
  assert_int_equal(size, 0);
  despur_dataset_free(dataset);
}

static void bytes_are_divided_by_255_and_floats_are_left_alone(void **state) {
  (void)state;
  float image[VALUES];
  despur_dataset *dataset;
  despur_arrays arrays = ordinary_arrays();
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  for (size_t e = 0; e < COUNT; e++) {
    despur_dataset_image(dataset, e, image);
    for (size_t i = 0; i < VALUES; i++) assert_true(image[i] == (float)bytes[e * VALUES + i] / 255);
  }
  despur_dataset_free(dataset);
  arrays.images = floats;
  arrays.images_are_float = 1;
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  for (size_t e = 0; e < COUNT; e++) {
    despur_dataset_image(dataset, e, image);
    assert_memory_equal(image, floats + e * VALUES, sizeof image);
  }
  despur_dataset_free(dataset);
}

/* The ordinary values with one of them replaced. */
static const int64_t *with_value(int64_t out[COUNT], const int64_t *values, size_t index, int64_t value) {
  memcpy(out, values, COUNT * sizeof *out);
  out[index] = value;
  return out;
}

static void assert_arrays_refused(const despur_arrays *arrays, const char *text) {
  despur_dataset *dataset;
  assert_fails(despur_dataset_create_from_arrays(&dataset, arrays, &error), DESPUR_BAD_INPUT, text);
  assert_null(dataset);
}

static void impossible_arrays_are_refused(void **state) {
  (void)state;
  float values[COUNT * VALUES];
  despur_arrays arrays = ordinary_arrays();
  arrays.images = NULL;
  assert_arrays_refused(&arrays, "images: expected an array, found NULL");
  arrays = ordinary_arrays();
  arrays.labels = NULL;
  assert_arrays_refused(&arrays, "labels: expected an array, found NULL");
  for (int i = 0; i < 3; i++) {
    arrays = ordinary_arrays();
    size_t *sizes[] = {&arrays.shape.channels, &arrays.shape.height, &arrays.shape.width};
    *sizes[i] = 0;
    assert_arrays_refused(&arrays, "images: expected sizes of at least 1, found ");
    *sizes[i] = SIZE_MAX / 2;
    assert_arrays_refused(&arrays, " beyond what a computer can hold");
  }
  arrays = ordinary_arrays();
  arrays.images = values;
  arrays.images_are_float = 1;
  memcpy(values, floats, sizeof values);
  values[17] = NAN;
  assert_arrays_refused(&arrays, "images: value 17 is not a finite number that float32 holds");
}

static void impossible_values_are_refused_with_their_place(void **state) {
  (void)state;
  static const struct {
    int64_t label, attribute, split;
    const char *message;
  } CASES[] = {
      {-1, 0, 0, "labels: value 4: expected a whole number from 0 to 9999, found -1"},
      {10000, 0, 0, "labels: value 4: expected a whole number from 0 to 9999, found 10000"},
      {INT64_MIN, 0, 0,
       "labels: value 4: expected a whole number from 0 to 9999, found -9223372036854775808"},
      {INT64_C(1) << 32, 0, 0, "labels: value 4: expected a whole number from 0 to 9999, found 4294967296"},
      {0, -7, 0, "attributes: value 4: expected a whole number from 0 to 9999, found -7"},
      {0, 10000, 0, "attributes: value 4: expected a whole number from 0 to 9999, found 10000"},
      {0, 0, 3, "splits: value 4: expected 0 (train), 1 (val) or 2 (test), found 3"},
      {0, 0, -1, "splits: value 4: expected 0 (train), 1 (val) or 2 (test), found -1"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    int64_t labels[COUNT], attributes[COUNT], splits[COUNT];
    despur_arrays arrays = ordinary_arrays();
    arrays.labels = with_value(labels, LABELS, 4, CASES[i].label);
    arrays.attributes = with_value(attributes, ATTRIBUTES, 4, CASES[i].attribute);
    arrays.splits = with_value(splits, SPLITS, 4, CASES[i].split);
    assert_arrays_refused(&arrays, CASES[i].message);
  }
}

static void data_that_nothing_can_be_learned_from_is_refused(void **state) {
  (void)state;
  static const int64_t ZEROS[COUNT] = {0}, HELD_OUT[COUNT] = {1, 2, 1, 2, 1, 2};
  despur_arrays arrays = ordinary_arrays();
  arrays.count = 0;
  assert_arrays_refused(&arrays, "images: expected from 1 to 4294967294 examples, found 0");
  arrays = ordinary_arrays();
  arrays.labels = ZEROS;
  assert_arrays_refused(&arrays, "labels: expected at least two classes, found one");
  arrays = ordinary_arrays();
  arrays.splits = HELD_OUT;
  assert_arrays_refused(&arrays, "splits: expected at least one 0, a training example, found none");
}

/* ---- from .npy files ---- */

static const char *put(const char *name, npy_type type, size_t rank, const size_t *shape, const void *data) {
  const char *path = at(name);
  assert_ok(npy_write(path, type, rank, shape, data, &error));
  return path;
}

static const char *put_column(const char *name, const int64_t *values, size_t count) {
  return put(name, NPY_I64, 1, &count, values);
}

static void npy_files_give_the_same_as_arrays(void **state) {
  (void)state;
  const char *labels = put_column("labels.npy", LABELS, COUNT);
  const char *attributes = put_column("attributes.npy", ATTRIBUTES, COUNT);
  const char *splits = put_column("splits.npy", SPLITS, COUNT);
  for (int is_float = 0; is_float < 2; is_float++) {
    const char *images = put("images.npy", is_float ? NPY_F32 : NPY_U8, 4, IMAGES_SHAPE,
                             is_float ? (const void *)floats : bytes);
    despur_dataset *arrays_set, *npy_set;
    despur_arrays arrays = ordinary_arrays();
    arrays.images = is_float ? (const void *)floats : bytes;
    arrays.images_are_float = is_float;
    assert_ok(despur_dataset_create_from_arrays(&arrays_set, &arrays, &error));
    assert_ok(despur_dataset_create_npy(&npy_set, images, labels, attributes, splits, &error));
    assert_int_equal(npy_set->classes, 3);
    assert_int_equal(npy_set->attributes, 2);
    assert_memory_equal(npy_set->label, arrays_set->label, COUNT * sizeof(uint32_t));
    assert_memory_equal(npy_set->attribute, arrays_set->attribute, COUNT * sizeof(uint32_t));
    assert_memory_equal(npy_set->sizes, arrays_set->sizes, sizeof npy_set->sizes);
    for (size_t e = 0; e < COUNT; e++) {
      float a[VALUES], b[VALUES];
      despur_dataset_image(arrays_set, e, a);
      despur_dataset_image(npy_set, e, b);
      assert_memory_equal(a, b, sizeof a);
    }
    despur_dataset_free(arrays_set);
    despur_dataset_free(npy_set);
  }
}

/* Labels 0, 2, 1, 0, 2, 2 in every type of integer. */
static void labels_may_have_any_type_of_integer(void **state) {
  (void)state;
  static const struct {
    npy_type type;
    size_t bytes;
  } TYPES[] = {{NPY_U8, 1},  {NPY_I8, 1},  {NPY_I16, 2}, {NPY_U16, 2},
               {NPY_I32, 4}, {NPY_U32, 4}, {NPY_U64, 8}};
  const char *images = put("images.npy", NPY_U8, 4, IMAGES_SHAPE, bytes);
  size_t count = COUNT;
  for (size_t t = 0; t < sizeof TYPES / sizeof *TYPES; t++) {
    uint8_t raw[COUNT * 8] = {0};
    for (size_t i = 0; i < COUNT; i++) raw[i * TYPES[t].bytes] = (uint8_t)LABELS[i]; /* little-endian */
    const char *labels = put("labels.npy", TYPES[t].type, 1, &count, raw);
    despur_dataset *dataset;
    assert_ok(despur_dataset_create_npy(&dataset, images, labels, NULL, NULL, &error));
    for (size_t i = 0; i < COUNT; i++) assert_int_equal(dataset->label[i], LABELS[i]);
    despur_dataset_free(dataset);
  }
}

/* What is wrong: NULL stands for a good file. The message must name the file. */
static void assert_npy_refused(const char *images, const char *labels, const char *attributes,
                               const char *splits, const char *blamed, const char *text) {
  char wanted[512];
  despur_dataset *dataset;
  if (!images) images = put("images.npy", NPY_U8, 4, IMAGES_SHAPE, bytes);
  if (!labels) labels = put_column("labels.npy", LABELS, COUNT);
  snprintf(wanted, sizeof wanted, "%s/%s: %s", directory, blamed, text);
  assert_fails(despur_dataset_create_npy(&dataset, images, labels, attributes, splits, &error),
               DESPUR_BAD_INPUT, wanted);
  assert_null(dataset);
}

static void images_of_another_kind_are_refused(void **state) {
  (void)state;
  static const double LARGE[COUNT * VALUES] = {[5] = 1e300};
  static const int32_t INTEGERS[COUNT * VALUES] = {0};
  static const size_t FLAT[2] = {COUNT, VALUES}, NO_HEIGHT[4] = {COUNT, 2, 0, 2}, NONE[4] = {0, 2, 3, 2},
                      WIDE[4] = {1, 1, 1, 4097};
  static const uint8_t WIDE_BYTES[4097] = {0};
  assert_npy_refused(
      put("bad.npy", NPY_U8, 2, FLAT, bytes), NULL, NULL, NULL, "bad.npy",
      "expected images [n, channels, height, width], found 2 dimensions (features? data.source: "
      "features takes them)");
  assert_npy_refused(put("bad.npy", NPY_F64, 4, IMAGES_SHAPE, LARGE), NULL, NULL, NULL, "bad.npy",
                     "value 5 is not a finite number that float32 holds");
  assert_npy_refused(
      put("bad.npy", NPY_I32, 4, IMAGES_SHAPE, INTEGERS), NULL, NULL, NULL, "bad.npy",
      "expected uint8 or floating-point values, found int32 (numpy: x.astype('uint8') for bytes)");
  assert_npy_refused(put("bad.npy", NPY_U8, 4, NO_HEIGHT, bytes), NULL, NULL, NULL, "bad.npy",
                     "expected sizes from 1 to 4096 in dimension 3, found 0");
  assert_npy_refused(put("bad.npy", NPY_U8, 4, WIDE, WIDE_BYTES), NULL, NULL, NULL, "bad.npy",
                     "expected sizes from 1 to 4096 in dimension 4, found 4097");
  assert_npy_refused(put("bad.npy", NPY_U8, 4, NONE, bytes), put_column("none.npy", LABELS, 0), NULL, NULL,
                     "bad.npy", "expected from 1 to 4294967294 examples, found 0");
}

static void images_that_are_not_finite_are_refused(void **state) {
  (void)state;
  static const float BAD[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < 3; i++) {
    float values[COUNT * VALUES];
    memcpy(values, floats, sizeof values);
    values[41] = BAD[i];
    assert_npy_refused(put("bad.npy", NPY_F32, 4, IMAGES_SHAPE, values), NULL, NULL, NULL, "bad.npy",
                       "value 41 is not a finite number that float32 holds");
  }
}

static void columns_of_another_length_are_refused(void **state) {
  (void)state;
  char wanted[512];
  snprintf(wanted, sizeof wanted, "expected 6 values, one for each example of %s/images.npy, found 5",
           directory);
  assert_npy_refused(NULL, put_column("short.npy", LABELS, COUNT - 1), NULL, NULL, "short.npy", wanted);
  assert_npy_refused(NULL, NULL, put_column("short.npy", ATTRIBUTES, COUNT - 1), NULL, "short.npy", wanted);
  assert_npy_refused(NULL, NULL, NULL, put_column("short.npy", SPLITS, COUNT - 1), "short.npy", wanted);
}

static void impossible_values_are_refused_with_their_file(void **state) {
  (void)state;
  static const float REALS[COUNT] = {0, 1};
  static const size_t TWO_DIMENSIONS[2] = {3, 2}, ONE[1] = {COUNT};
  int64_t bad[COUNT];
  assert_npy_refused(NULL, put_column("bad.npy", with_value(bad, LABELS, 3, -2), COUNT), NULL, NULL,
                     "bad.npy", "value 3: expected a whole number from 0 to 9999, found -2");
  assert_npy_refused(NULL, NULL, put_column("bad.npy", with_value(bad, ATTRIBUTES, 0, 12345), COUNT), NULL,
                     "bad.npy", "value 0: expected a whole number from 0 to 9999, found 12345");
  assert_npy_refused(NULL, NULL, NULL, put_column("bad.npy", with_value(bad, SPLITS, 5, 9), COUNT), "bad.npy",
                     "value 5: expected 0 (train), 1 (val) or 2 (test), found 9");
  static const int64_t ONES[COUNT] = {1, 1, 1, 1, 1, 1};
  assert_npy_refused(NULL, NULL, NULL, put_column("bad.npy", ONES, COUNT), "bad.npy",
                     "expected at least one 0, a training example, found none");
  static const int64_t ZEROS[COUNT] = {0};
  assert_npy_refused(NULL, put_column("bad.npy", ZEROS, COUNT), NULL, NULL, "bad.npy",
                     "expected at least two classes, found one");
  assert_npy_refused(NULL, put("bad.npy", NPY_F32, 1, ONE, REALS), NULL, NULL, "bad.npy",
                     "expected integers, found '<f4'");
  assert_npy_refused(NULL, put("bad.npy", NPY_I64, 2, TWO_DIMENSIONS, LABELS), NULL, NULL, "bad.npy",
                     "expected one dimension, found 2");
}

static void missing_files_are_named(void **state) {
  (void)state;
  static const char TEXT[] = "not an array";
  char path[256];
  assert_npy_refused(at("nowhere.npy"), NULL, NULL, NULL, "nowhere.npy", "No such file or directory");
  assert_npy_refused(NULL, at("nowhere.npy"), NULL, NULL, "nowhere.npy", "No such file or directory");
  assert_npy_refused(NULL, NULL, at("nowhere.npy"), NULL, "nowhere.npy", "No such file or directory");
  assert_npy_refused(NULL, NULL, NULL, at("nowhere.npy"), "nowhere.npy", "No such file or directory");
  assert_npy_refused(sample_file(path, directory, "text.npy", TEXT, sizeof TEXT), NULL, NULL, NULL,
                     "text.npy", "not a .npy file");
}

/* ---- as files ---- */

static despur_dataset *read_export(const char *where) {
  char images[256], labels[256], attributes[256], splits[256];
  despur_dataset *dataset;
  snprintf(images, sizeof images, "%s/images.npy", where);
  snprintf(labels, sizeof labels, "%s/labels.npy", where);
  snprintf(attributes, sizeof attributes, "%s/attributes.npy", where);
  snprintf(splits, sizeof splits, "%s/splits.npy", where);
  assert_ok(despur_dataset_create_npy(&dataset, images, labels, attributes, splits, &error));
  return dataset;
}

/* Images come back to the nearest of 256 steps. */
static void an_exported_data_set_comes_back(void **state) {
  (void)state;
  const char *where = at("deep/er/export");
  despur_dataset *dataset = coloured_digits();
  assert_ok(despur_dataset_export(dataset, where, &error));
  despur_dataset *back = read_export(where);
  assert_int_equal(back->count, dataset->count);
  assert_int_equal(back->classes, 5);
  assert_int_equal(back->attributes, 5);
  assert_memory_equal(back->label, dataset->label, dataset->count * sizeof(uint32_t));
  assert_memory_equal(back->attribute, dataset->attribute, dataset->count * sizeof(uint32_t));
  for (size_t split = 0; split < DESPUR_SPLITS; split++) {
    assert_int_equal(back->sizes[split], dataset->sizes[split]);
    assert_memory_equal(back->members[split], dataset->members[split],
                        dataset->sizes[split] * sizeof(uint32_t));
  }
  for (size_t e = 0; e < dataset->count; e++) {
    float wanted[3 * 28 * 28], found[3 * 28 * 28];
    despur_dataset_image(dataset, e, wanted);
    despur_dataset_image(back, e, found);
    assert_floats_near(found, wanted, 3 * 28 * 28, 0, 0.5 / 255 + 1e-7);
  }
  despur_dataset_free(back);
  despur_dataset_free(dataset);
}

static void every_byte_comes_back_from_an_export(void **state) {
  (void)state;
  static const int64_t TWO[2] = {0, 1};
  const char *where = at("bytes");
  uint8_t all[512];
  despur_dataset *dataset;
  for (size_t i = 0; i < 512; i++) all[i] = (uint8_t)i;
  despur_arrays arrays = {.images = all, .count = 2, .shape = {1, 16, 16}, .labels = TWO};
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_dataset_export(dataset, where, &error));
  despur_dataset *back = read_export(where);
  assert_memory_equal(back->pixels, all, sizeof all);
  despur_dataset_free(back);
  despur_dataset_free(dataset);
}

static void values_outside_of_a_byte_are_clipped(void **state) {
  (void)state;
  static const float VALUE[8] = {-1, -1e-9f, 0, 0.4f / 255, 0.6f / 255, 1, 1.5f, 1e30f};
  static const uint8_t BYTE[8] = {0, 0, 0, 0, 1, 255, 255, 255};
  static const int64_t TWO[2] = {0, 1};
  const char *where = at("clipped");
  despur_dataset *dataset;
  despur_arrays arrays = {
      .images = VALUE, .images_are_float = 1, .count = 2, .shape = {1, 2, 2}, .labels = TWO};
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_dataset_export(dataset, where, &error));
  despur_dataset *back = read_export(where);
  assert_memory_equal(back->pixels, BYTE, sizeof BYTE);
  despur_dataset_free(back);
  despur_dataset_free(dataset);
}

static void metadata_has_one_line_for_each_example(void **state) {
  (void)state;
  static const char WANTED[] = "example,split,y,a,group\n"
                               "0,train,0,1,1\n"
                               "1,val,2,0,4\n"
                               "2,train,1,1,3\n"
                               "3,test,0,0,0\n"
                               "4,train,2,1,5\n"
                               "5,val,2,0,4\n";
  char found[sizeof WANTED + 1];
  const char *where = at("metadata");
  despur_dataset *dataset;
  despur_arrays arrays = ordinary_arrays();
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  assert_ok(despur_dataset_export(dataset, where, &error));
  assert_int_equal(sample_bytes(at("metadata/metadata.csv"), found, sizeof found), sizeof WANTED - 1);
  assert_memory_equal(found, WANTED, sizeof WANTED - 1);
  despur_dataset_free(dataset);
}

static void an_export_that_cannot_be_written_says_so(void **state) {
  (void)state;
  char path[256];
  despur_dataset *dataset;
  despur_arrays arrays = ordinary_arrays();
  assert_ok(despur_dataset_create_from_arrays(&dataset, &arrays, &error));
  sample_file(path, directory, "occupied", "", 0);
  assert_fails(despur_dataset_export(dataset, path, &error), DESPUR_NO_RESOURCES,
               "occupied: cannot create directory");
  despur_dataset_free(dataset);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays_are_taken_as_they_are),
      cmocka_unit_test(without_attributes_and_splits_there_is_one_of_each),
      cmocka_unit_test(bytes_are_divided_by_255_and_floats_are_left_alone),
      cmocka_unit_test(impossible_arrays_are_refused),
      cmocka_unit_test(impossible_values_are_refused_with_their_place),
      cmocka_unit_test(data_that_nothing_can_be_learned_from_is_refused),
      cmocka_unit_test(npy_files_give_the_same_as_arrays),
      cmocka_unit_test(labels_may_have_any_type_of_integer),
      cmocka_unit_test(images_of_another_kind_are_refused),
      cmocka_unit_test(images_that_are_not_finite_are_refused),
      cmocka_unit_test(columns_of_another_length_are_refused),
      cmocka_unit_test(impossible_values_are_refused_with_their_file),
      cmocka_unit_test(missing_files_are_named),
      cmocka_unit_test(an_exported_data_set_comes_back),
      cmocka_unit_test(every_byte_comes_back_from_an_export),
      cmocka_unit_test(values_outside_of_a_byte_are_clipped),
      cmocka_unit_test(metadata_has_one_line_for_each_example),
      cmocka_unit_test(an_export_that_cannot_be_written_says_so),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
