/* Public functions of other people's models and of pictures are called with what cannot be; all that have a
 * status refuse it, and none touches what it was not given. */
#include "testing.h"

#include "despur/despur.h"

static despur_error error;

enum { BEYOND = 1000 };

static const char MISSING[] = "/nowhere/at/all";
static const char NO_PLACE[] = "/nowhere/at/all/file";

static void models_and_heads_that_cannot_be_are_refused(void **state) {
  (void)state;
  float numbers[] = {1, 2};
  const despur_head good = {.outputs = 1,
                            .columns = 2,
                            .weight = numbers,
                            .bias = numbers,
                            .weight_name = "w",
                            .bias_name = "b",
                            .type = "F32"};
  despur_head head;
  assert_fails(despur_head_read(&head, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
  assert_null(head.weight);
  assert_fails(despur_model_patch(MISSING, NO_PLACE, &good, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_head_write(&good, NO_PLACE, &error), DESPUR_NO_RESOURCES, NO_PLACE);
  head = good;
  head.columns = SIZE_MAX / 2;
  head.outputs = BEYOND;
  assert_fails(despur_head_write(&head, NO_PLACE, &error), DESPUR_BAD_INPUT, "beyond");
#define REFUSED(member, value, text)                                                                         \
  head = good;                                                                                               \
  memcpy(head.member, value, sizeof value);                                                                  \
  assert_fails(despur_head_write(&head, NO_PLACE, &error), DESPUR_BAD_INPUT, text)
  REFUSED(type, "I64", "type F16, BF16, F32 or F64, found 'I64'");
  REFUSED(weight_name, "", "two names");
  REFUSED(weight_name, "b", "two names");
  REFUSED(bias_name, "\377", "two names");
  REFUSED(bias_name, "", "no name for it");
#undef REFUSED
}

static void pictures_and_networks_that_cannot_be_are_refused(void **state) {
  (void)state;
  const despur_onnx_job good = {.model = MISSING,
                                .images = MISSING,
                                .features = "/nowhere/features.npy",
                                .preprocess = DESPUR_PREPROCESS_IMAGENET,
                                .threads = -BEYOND};
  despur_onnx_result result;
  despur_examples examples;
  despur_onnx_job job = good;
  char *lines;
  assert_fails(despur_onnx_list(&lines, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
  assert_null(lines);
  assert_fails(despur_onnx_list(&lines, "tests/golden/models/zip.pth", &error), DESPUR_BAD_INPUT,
               "weights without a network");
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_INPUT, MISSING);
  job.preprocess = (despur_preprocess)BEYOND;
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE, "number 1000");
  job.preprocess = (despur_preprocess)-1;
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE, "number -1");
  job = good;
  job.filter = (despur_filter)BEYOND;
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE,
               "no filter has the number 1000");
  job = good;
  job.maps = "maps.npy", job.layer = "fc";
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE, "no other layer");
  job = good;
  job.maps = "maps.png";
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE, "maps.png");
  job = good;
  job.features = NULL;
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE, "file for the features");
  assert_fails(despur_onnx_examples(&examples, &job, 1, &error), DESPUR_BAD_INPUT, MISSING);
  assert_null(examples.x);
  job.filter = (despur_filter)BEYOND;
  assert_fails(despur_onnx_examples(&examples, &job, 0, &error), DESPUR_BAD_USAGE, "filter");
  job = good;
  job.features = "features.csv";
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_USAGE, ".npy");
  job = good;
  job.model = "tests/golden/models/pictures.onnx";
  job.layer = "relu";
  assert_fails(despur_onnx_features(&result, &job, &error), DESPUR_BAD_INPUT, "no node makes a value 'relu'");
}

static void folders_of_pictures_that_cannot_be_are_refused(void **state) {
  (void)state;
  despur_pictures *pictures;
  despur_pictures_options o = {.side = 32, .cache = "."};
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_USAGE);
  o.folder = "no-such-folder";
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_INPUT);
  assert_null(pictures);
  o.side = 0;
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_USAGE);
  o.side = 64, o.shorter = 63;
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_USAGE);
  o.shorter = 0, o.filter = (despur_filter)2;
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_USAGE);
  o.filter = DESPUR_BICUBIC, o.scaled_decoding = (despur_scaled_decoding)3;
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_USAGE);
  o.scaled_decoding = DESPUR_SCALED_FAR, o.folder = ".", o.layout = "mosaic";
  assert_int_equal(despur_pictures_open(&pictures, &o, &error), DESPUR_BAD_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(models_and_heads_that_cannot_be_are_refused),
      cmocka_unit_test(pictures_and_networks_that_cannot_be_are_refused),
      cmocka_unit_test(folders_of_pictures_that_cannot_be_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
