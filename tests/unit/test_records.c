/* Lines of results.jsonl and manifests: what is written is read back, and strangers' lines do no harm. */
#include "testing.h"

#include "base/json_read.h"
#include "base/memory.h"
#include "record/cam.h"
#include "record/manifest.h"
#include "record/results.h"
#include "record/timing.h"

static despur_error error;

static char *written(const result_line *line) {
  json_writer j = {.digits = 12};
  char *line_text;
  result_line_write(&j, line);
  assert_ok(json_finish(&line_text, &j, &error));
  return line_text;
}

static json_value *object_of(const char *line_text) {
  json_value *object;
  assert_ok(json_read_object(&object, line_text, strlen(line_text), "results.jsonl", 1, &error));
  return object;
}

/* Written, read and written again. */
static void comes_back(const result_line *line, const char *wanted) {
  char *first = written(line);
  assert_string_equal(first, wanted);
  json_value *object = object_of(first);
  result_line read;
  assert_ok(result_line_read(&read, object, &error));
  assert_int_equal(read.kind, line->kind);
  char *second = written(&read);
  assert_string_equal(second, wanted);
  result_line_release(&read);
  mem_free(object);
  mem_free(first);
  mem_free(second);
}

static void an_epoch_comes_back(void **state) {
  (void)state;
  result_weight weights[] = {{"y=0,a=0", 0.25}, {"y=0,a=1", 0.75}};
  result_line line = {
      .kind = RESULT_EPOCH, .stage = "train", .epoch = 3, .split = "train", .loss = 0.5, .steps = 7};
  line.weights = weights;
  line.weights_count = 2;
  comes_back(&line, "{\"stage\":\"train\",\"epoch\":3,\"split\":\"train\",\"loss\":0.5,\"steps\":7,"
                    "\"group_weights\":[{\"name\":\"y=0,a=0\",\"weight\":0.25},"
                    "{\"name\":\"y=0,a=1\",\"weight\":0.75}]}");
}

static const char SCORES[] =
    "\"loss\":null,\"worst_group\":\"b\",\"worst_group_accuracy\":0.5,\"worst_group_low\":0.1,"
    "\"worst_group_high\":0.9,\"average_accuracy\":0.75,\"train_weighted_average\":0.7,"
    "\"balanced_group_accuracy\":0.6,\"worst_class_accuracy\":0.55,"
    "\"attribute_accuracy\":0.8,\"attribute_chance\":null,\"degenerate\":{"
    "\"kind\":\"one_class\",\"predicted_class\":1,\"share\":1.0,\"accuracy\":null,"
    "\"expected\":null},\"groups\":[{\"name\":\"a\",\"y\":0,\"a\":3,\"count\":2,\"correct\":2,"
    "\"accuracy\":1.0,\"low\":0.2,\"high\":1.0,\"train_count\":9},"
    "{\"name\":\"b\",\"y\":7,\"count\":4,\"correct\":2,\"accuracy\":0.5,\"low\":0.1,\"high\":0.9,"
    "\"train_count\":1}]}";

static const despur_scores MEASURED = {.worst_group = 1,
                                       .loss = (double)NAN,
                                       .worst_group_accuracy = 0.5,
                                       .worst_group_low = 0.1,
                                       .worst_group_high = 0.9,
                                       .average_accuracy = 0.75,
                                       .train_weighted_average = 0.7,
                                       .balanced_group_accuracy = 0.6,
                                       .worst_class_accuracy = 0.55,
                                       .attribute_accuracy = 0.8,
                                       .attribute_chance = (double)NAN,
                                       .degenerate = {.kind = DESPUR_ONE_CLASS,
                                                      .predicted_class = 1,
                                                      .share = 1,
                                                      .accuracy = (double)NAN,
                                                      .expected = (double)NAN},
                                       .groups_count = 2};

static void fill_groups(result_line *line, despur_group_score groups[2]) {
  groups[0] = (despur_group_score){
      .name = "a", .count = 2, .correct = 2, .train_count = 9, .accuracy = 1, .low = 0.2, .high = 1};
  groups[0].attribute = 3;
  groups[1] = (despur_group_score){
      .name = "b", .count = 4, .correct = 2, .train_count = 1, .accuracy = 0.5, .low = 0.1, .high = 0.9};
  groups[1].label = 7;
  groups[1].attribute = DESPUR_NO_CODE;
  line->scores = MEASURED;
  line->scores.groups = groups;
}

/* The name of the worst group follows from the groups, which the reader does not compare. */
static void scores_come_back(void **state) {
  (void)state;
  despur_group_score groups[2];
  result_line line = {.kind = RESULT_SCORES,
                      .stage = "train",
                      .epoch = 2,
                      .split = "test",
                      .selected = true,
                      .label = "GEORGE"},
              read;
  fill_groups(&line, groups);
  char *line_text = written(&line), *wanted, *again;
  assert_true(asprintf(&wanted,
                       "{\"stage\":\"train\",\"epoch\":2,\"split\":\"test\",\"selected\":true,"
                       "\"label\":\"GEORGE\",%s",
                       SCORES) > 0);
  assert_string_equal(line_text, wanted);
  json_value *object = object_of(line_text);
  assert_ok(result_line_read(&read, object, &error));
  read.scores.worst_group = 1;
  again = written(&read);
  assert_string_equal(again, wanted);
  assert_true(isnan(read.scores.loss));
  assert_int_equal(read.scores.degenerate.kind, DESPUR_ONE_CLASS);
  result_line_release(&read);
  mem_free(object);
  mem_free(line_text);
  mem_free(again);
  free(wanted);
}

static void only_validation_says_what_was_kept(void **state) {
  (void)state;
  const size_t kept[] = {1, 0};
  despur_group_score groups[2];
  result_line line = {.kind = RESULT_SCORES, .stage = "train", .epoch = 2, .split = "val", .kept = kept};
  fill_groups(&line, groups);
  char *line_text = written(&line);
  assert_non_null(strstr(line_text, "\"correct\":2,\"kept\":1,\"accuracy\""));
  assert_non_null(strstr(line_text, "\"correct\":2,\"kept\":0,\"accuracy\""));
  assert_null(strstr(line_text, "selected"));
  mem_free(line_text);
}

static void rules_and_groups_come_back(void **state) {
  (void)state;
  result_rule rules[] = {{"last", 4, 0.5, 0.25, 0.625, (double)NAN}};
  const result_line selection = {.kind = RESULT_RULES, .stage = "train", .rules = rules, .rules_count = 1};
  comes_back(&selection,
             "{\"stage\":\"train\",\"selection\":[{\"rule\":\"last\",\"epoch\":4,"
             "\"test_worst_group_accuracy\":0.5,\"regret\":0.25,\"val_worst_group_accuracy\":0.625,"
             "\"optimism\":null}]}");
  result_candidate tried[] = {{2, 0.5}, {3, (double)NAN}};
  result_part parts[] = {{"y=0", 10, 2, 0.5, 2, tried}, {"y=1", 5, 1, (double)NAN, 0, NULL}};
  const char *const inferred[] = {"y=0,k=0", "y=0,k=1"}, *const truth[] = {"y=0,a=0"};
  const double powers[] = {0.5, 1};
  const size_t table[] = {4, 6};
  const result_line groups = {.kind = RESULT_GROUPS,
                              .stage = RESULT_STAGE_GROUPS,
                              .parts = parts,
                              .parts_count = 2,
                              .powers = powers,
                              .powers_count = 2,
                              .adjusted_rand = 0.125,
                              .minority_precision = 1,
                              .minority_recall = 0,
                              .inferred_names = inferred,
                              .inferred_count = 2,
                              .true_names = truth,
                              .true_count = 1,
                              .contingency = table};
  const uint32_t classes[] = {0, 0}, several[] = {0, DESPUR_NO_CODE}, attribute[] = {3};
  result_line coded = groups;
  coded.inferred_labels = classes, coded.true_labels = classes, coded.true_attributes = attribute;
  comes_back(&coded,
             "{\"stage\":\"infer\",\"parts\":[{\"part\":\"y=0\",\"examples\":10,\"clusters\":2,"
             "\"silhouette\":0.5,\"search\":[{\"clusters\":2,\"silhouette\":0.5},"
             "{\"clusters\":3,\"silhouette\":null}]},{\"part\":\"y=1\",\"examples\":5,\"clusters\":1,"
             "\"silhouette\":null}],\"powers\":[0.5,1.0],\"adjusted_rand\":0.125,"
             "\"minority_precision\":1.0,\"minority_recall\":0.0,\"inferred\":[\"y=0,k=0\",\"y=0,k=1\"],"
             "\"inferred_y\":[0,0],\"true\":[\"y=0,a=0\"],\"true_y\":[0],\"true_a\":[3],"
             "\"contingency\":[[4],[6]]}");
  coded = groups;
  coded.inferred_labels = several; /* which is no list of classes */
  comes_back(
      &coded,
      "{\"stage\":\"infer\",\"parts\":[{\"part\":\"y=0\",\"examples\":10,\"clusters\":2,\"silhouette\":0.5,"
      "\"search\":[{\"clusters\":2,\"silhouette\":0.5},{\"clusters\":3,\"silhouette\":null}]},"
      "{\"part\":\"y=1\",\"examples\":5,\"clusters\":1,\"silhouette\":null}],\"powers\":[0.5,1.0],"
      "\"adjusted_rand\":0.125,\"minority_precision\":1.0,\"minority_recall\":0.0,"
      "\"inferred\":[\"y=0,k=0\",\"y=0,k=1\"],\"true\":[\"y=0,a=0\"],\"contingency\":[[4],[6]]}");
}

static void lines_of_others_do_no_harm(void **state) {
  (void)state;
  static const struct {
    const char *content;
    result_kind kind;
  } OTHERS[] = {{"{}", RESULT_OTHER},
                {"{\"stage\":5}", RESULT_OTHER},
                {"{\"stage\":\"train\",\"split\":\"val\"}", RESULT_OTHER},
                {"{\"stage\":\"train\",\"split\":\"train\",\"loss\":\"low\",\"steps\":-1}", RESULT_EPOCH},
                {"{\"stage\":\"train\",\"groups\":{}}", RESULT_SCORES},
                {"{\"stage\":\"train\",\"groups\":[1,{\"name\":2}]}", RESULT_SCORES},
                {"{\"stage\":\"train\",\"selection\":7}", RESULT_RULES},
                {"{\"stage\":\"infer\"}", RESULT_GROUPS}};
  for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
    json_value *object = object_of(OTHERS[i].content);
    result_line line;
    assert_ok(result_line_read(&line, object, &error));
    assert_int_equal(line.kind, OTHERS[i].kind);
    assert_int_equal(line.steps, 0);
    mem_free(written(&line));
    result_line_release(&line);
    mem_free(object);
  }
  json_value *object =
      object_of("{\"stage\":\"infer\",\"inferred\":[1,2],\"true\":[3],\"contingency\":[[1]]}");
  result_line line;
  assert_fails(result_line_read(&line, object, &error), DESPUR_BAD_INPUT,
               "expected a contingency table of 2 rows, found 1");
  result_line_release(&line);
  mem_free(object);
}

static void add_number(void *context, const char *name, const char *element, double value) {
  char *line_text = context;
  sprintf(line_text + strlen(line_text), "%s%s%s=%g ", name, element ? "/" : "", element ? element : "",
          value);
}

static void numbers_are_listed_by_name(void **state) {
  (void)state;
  char line_text[1000] = "";
  despur_group_score groups[2];
  result_line line = {.kind = RESULT_SCORES, .stage = "train", .epoch = 2, .split = "val"};
  fill_groups(&line, groups);
  result_line_numbers(&line, add_number, line_text);
  assert_string_equal(line_text,
                      "epoch=2 worst_group_accuracy=0.5 worst_group_low=0.1 worst_group_high=0.9 "
                      "average_accuracy=0.75 train_weighted_average=0.7 balanced_group_accuracy=0.6 "
                      "worst_class_accuracy=0.55 attribute_accuracy=0.8 count/a=2 correct/a=2 accuracy/a=1 "
                      "low/a=0.2 high/a=1 train_count/a=9 count/b=4 correct/b=2 accuracy/b=0.5 low/b=0.1 "
                      "high/b=0.9 train_count/b=1 ");
}

static void a_manifest_comes_back(void **state) {
  (void)state;
  static const char TEXT[] =
      "{\n  \"despur\": \"1.2\",\n  \"outcome\": \"failed\",\n  \"message\": \"why\",\n"
      "  \"seed\": 3,\n  \"data\": \"digits\",\n  \"inputs\": {},\n  \"outputs\": {\n"
      "    \"config.yaml\": \"00ff\"\n  }\n}\n";
  record_manifest read;
  char *line_text;
  assert_ok(manifest_parse(&read, TEXT, strlen(TEXT), "manifest.json", &error));
  assert_string_equal(text_pairs_find(&read.outputs, "config.yaml"), "00ff");
  assert_null(text_pairs_find(&read.outputs, "steps.csv"));
  assert_ok(manifest_print(&line_text, &read, &error));
  assert_string_equal(line_text, TEXT);
  mem_free(line_text);
  manifest_release(&read);
  assert_fails(manifest_parse(&read, "[]", 2, "manifest.json", &error), DESPUR_BAD_INPUT,
               "manifest.json:1:1: expected a JSON object");
  manifest_release(&read);
  assert_ok(manifest_from(&read, NULL, &error));
  assert_string_equal(read.outcome, "");
  assert_false(read.hashed || read.seeded);
  manifest_release(&read);
}

static void times_come_back(void **state) {
  (void)state;
  record_timing timing = {.made_in = "/home/a \"b\""}, read;
  char *first, *second;
  timing_set(&timing, "prepare", 0.1);
  timing_set(&timing, "train", 1);
  timing_set(&timing, "prepare", 1.0 / 3);
  assert_ok(timing_print(&first, &timing, JSON_LINE, &error));
  assert_string_equal(first,
                      "{\"made_in\":\"/home/a \\\"b\\\"\",\"prepare\":0.33333333333333331,\"train\":1.0}");
  assert_ok(timing_parse(&read, first, strlen(first), "timing.json", &error));
  assert_true(timing_of(&read, "prepare") == 1.0 / 3);
  assert_true(isnan(timing_of(&read, "infer")));
  assert_ok(timing_print(&second, &read, JSON_LINE, &error));
  assert_string_equal(second, first);
  mem_free(first);
  mem_free(second);
  read.ended = true, read.threads = 2, read.kernels = "v4", read.peak_resident_mb = 21;
  assert_ok(timing_print(&first, &read, JSON_PRETTY, &error));
  assert_non_null(
      strstr(first, "  \"threads\": 2,\n  \"kernels\": \"v4\",\n  \"peak_resident_mb\": 21\n}\n"));
  mem_free(first);
  assert_fails(timing_parse(&read, "1", 1, "timing.json", &error), DESPUR_BAD_INPUT,
               "timing.json:1:1: expected a JSON object");
}

static void hashes_come_back(void **state) {
  (void)state;
  static const char WRITTEN[] = "{\"a\":\"00\",\"b (2)\":\"ff\"}";
  text_pairs hashes;
  char *again;
  assert_ok(hashes_parse(&hashes, WRITTEN, "last.ckpt", &error));
  assert_string_equal(text_pairs_find(&hashes, "b (2)"), "ff");
  assert_ok(hashes_print(&again, &hashes, &error));
  assert_string_equal(again, WRITTEN);
  mem_free(again);
  assert_ok(text_pairs_set(&hashes, "a", "11", &error)); /* a file that has been written again */
  assert_ok(text_pairs_set(&hashes, "c", "22", &error));
  assert_ok(hashes_print(&again, &hashes, &error));
  assert_string_equal(again, "{\"a\":\"11\",\"b (2)\":\"ff\",\"c\":\"22\"}");
  mem_free(again);
  text_pairs_release(&hashes);
  assert_fails(hashes_parse(&hashes, "{", "last.ckpt", &error), DESPUR_BAD_INPUT,
               "last.ckpt:1:2: expected a name in quotes");
  assert_int_equal(hashes.count, 0);
}

static const char CAM[] =
    "{\n  \"layer\": \"conv2\",\n  \"split\": \"test\",\n  \"scored\": true,\n  \"partly\": false,\n"
    "  \"region\": {\n    \"left\": 1,\n    \"top\": 2,\n    \"width\": 3,\n    \"height\": 4\n  },\n"
    "  \"stages\": [\n    \"ERM\"\n  ],\n  \"groups\": [\n    {\n      \"name\": \"y=0,a=1\",\n"
    "      \"minority\": true,\n      \"examples\": [\n        {\n          \"example\": 17,\n"
    "          \"y\": 0,\n          \"a\": 1,\n"
    "          \"predictions\": [\n            1\n          ],\n"
    "          \"empty\": [\n            true\n          ]\n        }\n      ],\n      \"scores\": [\n"
    "        {\n          \"count\": 5,\n          \"empty\": 1,\n          \"core_area\": 0.25,\n"
    "          \"painted_area\": null,\n"
    "          \"core\": {\n            \"mean\": 0.5,\n            \"low\": 0.25,\n"
    "            \"high\": 0.75\n          },\n"
    "          \"background\": {\n            \"mean\": 0.5,\n            \"low\": 0.25,\n"
    "            \"high\": 0.75\n          },\n"
    "          \"painted\": {\n            \"mean\": 0.0,\n            \"low\": null,\n"
    "            \"high\": null\n          },\n"
    "          \"pointing\": {\n            \"mean\": 1.0,\n            \"low\": 1.0,\n"
    "            \"high\": 1.0\n          },\n"
    "          \"overlap\": {\n            \"mean\": 0.125,\n            \"low\": 0.0,\n"
    "            \"high\": 0.5\n          }\n        }\n      ],\n"
    "      \"occlusion\": [\n        [\n          [\n            0.5,\n            null\n          ],\n"
    "          [\n            -0.25,\n            0.0\n          ]\n        ]\n      ],\n"
    "      \"picture\": {\n        \"width\": 56,\n        \"height\": 28,\n        \"png\": \"iVBO\"\n"
    "      }\n    }\n  ]\n}\n";

static void where_networks_look_comes_back(void **state) {
  (void)state;
  record_cam read;
  char *again;
  json_value *object = object_of(CAM);
  assert_ok(cam_read(&read, object, &error));
  assert_int_equal(read.region.height, 4);
  assert_int_equal(read.groups[0].examples[0].predictions[0], 1);
  assert_true(read.groups[0].occlusions[2] == -0.25 && isnan(read.groups[0].occlusions[1]));
  assert_ok(cam_print(&again, &read, JSON_PRETTY, &error));
  assert_string_equal(again, CAM);
  mem_free(again);
  read.groups[0].jpeg = "/9j/"; /* in its place */
  read.groups[0].png = NULL;
  assert_ok(cam_print(&again, &read, JSON_PRETTY, &error));
  assert_non_null(strstr(again, "\"height\": 28,\n        \"jpeg\": \"/9j/\"\n"));
  assert_null(strstr(again, "\"png\""));
  json_value *of_jpeg = object_of(again);
  cam_release(&read);
  assert_ok(cam_read(&read, of_jpeg, &error));
  assert_string_equal(read.groups[0].jpeg, "/9j/");
  mem_free(again);
  mem_free(of_jpeg);
  cam_release(&read);
  mem_free(object);
}

static void tables_that_are_no_squares_are_absent(void **state) {
  (void)state;
  static const char *const TABLES[] = {"[[[1,2],[3]]]", "[[[1]],[[1,2],[3,4]]]", "[[1,2]]", "[5]", "{}",
                                       "[[[1,2]]]"};
  for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
    record_cam read;
    char *content;
    assert_true(asprintf(&content, "{\"groups\":[{\"occlusion\":%s,\"examples\":3,\"scores\":[{}]}]}",
                         TABLES[i]) > 0);
    json_value *object = object_of(content);
    assert_ok(cam_read(&read, object, &error));
    assert_int_equal(read.groups[0].occlusions_count, 0);
    assert_int_equal(read.groups[0].examples_count, 0);
    assert_true(isnan(read.groups[0].scores[0].background.mean));
    assert_true(read.region.width == 0 && !read.layer && !read.groups[0].png);
    cam_release(&read);
    mem_free(object);
    free(content);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_epoch_comes_back),
      cmocka_unit_test(scores_come_back),
      cmocka_unit_test(only_validation_says_what_was_kept),
      cmocka_unit_test(rules_and_groups_come_back),
      cmocka_unit_test(lines_of_others_do_no_harm),
      cmocka_unit_test(numbers_are_listed_by_name),
      cmocka_unit_test(a_manifest_comes_back),
      cmocka_unit_test(times_come_back),
      cmocka_unit_test(hashes_come_back),
      cmocka_unit_test(where_networks_look_comes_back),
      cmocka_unit_test(tables_that_are_no_squares_are_absent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
