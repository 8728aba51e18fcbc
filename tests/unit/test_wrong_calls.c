/* Public functions of data, training and files are called with what cannot be: numbers beyond what there is,
 * options that make no sense, files that are not there. Each says so, and none reads on. */
#include "testing.h"

#include "despur/despur.h"

#include <unistd.h>

static despur_error error;

enum { COUNT = 8, SIDE = 8, VALUES = SIDE * SIDE, BEYOND = 1000 };

static const char MISSING[] = "/nowhere/at/all";
static const char NO_PLACE[] = "/nowhere/at/all/file";

typedef struct fixture {
  uint8_t images[COUNT * VALUES];
  int64_t labels[COUNT], attributes[COUNT];
  uint32_t examples[COUNT];
  despur_dataset *dataset;
  despur_net *net;
  despur_groups groups;
} fixture;

static void set_up(fixture *f) {
  *f = (fixture){0};
  for (size_t i = 0; i < COUNT; i++) {
    f->labels[i] = (int64_t)i % 2;
    f->attributes[i] = (int64_t)i / 2 % 2;
    f->examples[i] = (uint32_t)i;
  }
  const despur_arrays arrays = {.images = f->images,
                                .count = COUNT,
                                .shape = {1, SIDE, SIDE},
                                .labels = f->labels,
                                .attributes = f->attributes};
  const despur_net_options options = {
      .arch = DESPUR_MLP, .input = arrays.shape, .classes = 2, .batch = 4, .threads = 1};
  assert_ok(despur_dataset_create_from_arrays(&f->dataset, &arrays, &error));
  assert_ok(despur_net_create(&f->net, &options, &error));
  assert_ok(despur_groups_true(&f->groups, f->dataset, &error));
}

static void tear_down(fixture *f) {
  despur_groups_release(&f->groups);
  despur_net_free(f->net);
  despur_dataset_free(f->dataset);
}

/* ---- data ---- */

static void examples_and_splits_that_are_not_there_are_no_memory_of_others(void **state) {
  (void)state;
  fixture f;
  float out[VALUES];
  uint8_t pixels[VALUES] = {7};
  size_t count = 5;
  set_up(&f);
  despur_dataset_image(f.dataset, COUNT, out);
  for (size_t i = 0; i < VALUES; i++) assert_true(isnan(out[i]));
  assert_int_equal(despur_dataset_pixels(f.dataset, COUNT, pixels), 0);
  assert_int_equal(pixels[0], 7);
  assert_null(despur_dataset_split(f.dataset, (despur_split)BEYOND, &count));
  assert_int_equal(count, 0);
  assert_null(despur_dataset_input(f.dataset, BEYOND));
  assert_string_equal(despur_split_name((despur_split)BEYOND), "");
  assert_string_equal(despur_split_word((despur_split)BEYOND), "");
  assert_fails(despur_dataset_write_sheet(f.dataset, (despur_split)BEYOND, 4, NO_PLACE, &error),
               DESPUR_BAD_USAGE, "no split has the number 1000");
  assert_fails(despur_dataset_write_sheet(f.dataset, DESPUR_TRAIN, 0, NO_PLACE, &error), DESPUR_BAD_USAGE,
               "from 1 to 200 columns");
  assert_fails(despur_dataset_write_sheet(f.dataset, DESPUR_TRAIN, 4, NO_PLACE, &error), DESPUR_NO_RESOURCES,
               NO_PLACE);
  assert_fails(despur_dataset_write_sheet(f.dataset, DESPUR_VAL, 4, NO_PLACE, &error), DESPUR_BAD_INPUT,
               "no examples");
  static const despur_region REGIONS[] = {
      {0, 0, 0, 4}, {0, 0, 4, 0}, {0, 0, BEYOND, 4}, {BEYOND, 0, 1, 1}, {0, SIZE_MAX, 4, 4}};
  for (size_t i = 0; i < sizeof REGIONS / sizeof *REGIONS; i++)
    assert_fails(despur_dataset_mark_region(f.dataset, REGIONS[i], &error), DESPUR_BAD_USAGE,
                 "region: expected");
  assert_fails(despur_dataset_mark_masks(f.dataset, NO_PLACE, NULL, 0, &error), DESPUR_BAD_USAGE,
               "masks: expected pictures in files of their own");
  assert_int_equal(despur_dataset_pixels(f.dataset, 0, pixels), 0);
  assert_fails(despur_dataset_export(f.dataset, "/proc/nowhere", &error), DESPUR_NO_RESOURCES,
               "/proc/nowhere");
  tear_down(&f);
}

static void data_sets_that_cannot_be_are_refused(void **state) {
  (void)state;
  despur_dataset *dataset;
  const double strength = 0.9, too_strong = 1.5;
  const despur_spuco_options good = {.images = "digits",
                                     .class_of_digit = {0, 1, 255, 255, 255, 255, 255, 255, 255, 255},
                                     .classes = 2,
                                     .strength = &strength,
                                     .strengths = 1,
                                     .digits_train = 100,
                                     .digits_test = 50};
  despur_spuco_options options = good;
  assert_ok(despur_dataset_create_spuco_mnist(&dataset, &options, &error));
  despur_dataset_free(dataset);
  options.images = MISSING;
  assert_fails(despur_dataset_create_spuco_mnist(&dataset, &options, &error), DESPUR_BAD_INPUT, MISSING);
  assert_null(dataset);
#define REFUSED(member, value, text)                                                                         \
  options = good;                                                                                            \
  options.member = (value);                                                                                  \
  assert_fails(despur_dataset_create_spuco_mnist(&dataset, &options, &error), DESPUR_BAD_INPUT, text)
  REFUSED(difficulty, (despur_difficulty)BEYOND, "difficulty");
  REFUSED(classes, 1, "classes");
  REFUSED(classes, 0, "classes");
  REFUSED(class_of_digit[0], 7, "class");
  REFUSED(strength, &too_strong, "strength");
  REFUSED(strength, NULL, "strength");
  REFUSED(strengths, 0, "strength");
  REFUSED(strengths, 3, "strength");
  REFUSED(val_strength, 2, "strength");
  REFUSED(label_noise, 1, "noise");
  REFUSED(label_noise, (double)NAN, "noise");
  REFUSED(core_feature_noise, -1, "noise");
#undef REFUSED
  assert_fails(despur_dataset_create_digits(&dataset, 0, 10, 0, 0, &error), DESPUR_BAD_INPUT, "digits");
  assert_fails(despur_dataset_create_digits(&dataset, SIZE_MAX, 10, 0, 0, &error), DESPUR_BAD_INPUT,
               "digits");
  assert_fails(despur_dataset_create_npy(&dataset, NULL, MISSING, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "expected the path of images");
  assert_fails(despur_dataset_create_npy(&dataset, MISSING, NULL, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "expected the path of labels");
  assert_fails(despur_dataset_create_npy(&dataset, MISSING, MISSING, NULL, NULL, &error), DESPUR_BAD_INPUT,
               MISSING);
  assert_fails(despur_dataset_create_features(&dataset, NULL, MISSING, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "expected the path of features");
  assert_fails(despur_dataset_create_features(&dataset, MISSING, NULL, NULL, NULL, &error), DESPUR_BAD_INPUT,
               "expected the path of labels");
}

static void groups_beyond_all_memory_are_refused(void **state) {
  (void)state;
  despur_groups groups;
  despur_dataset *dataset;
  const float images[2] = {0};
  const int64_t labels[2] = {0, 1 << 15}, attributes[2] = {0, 1 << 15};
  const despur_arrays arrays = {.images = images,
                                .images_are_float = 1,
                                .count = 2,
                                .shape = {1, 1, 1},
                                .labels = labels,
                                .attributes = attributes};
  assert_fails(despur_groups_create(&groups, SIZE_MAX, 2, &error), DESPUR_NO_RESOURCES, "out of memory");
  assert_fails(despur_groups_create(&groups, 2, SIZE_MAX / 2, &error), DESPUR_NO_RESOURCES, "out of memory");
  assert_null(groups.of_example);
  assert_int_equal(groups.count, 0);
  if (despur_dataset_create_from_arrays(&dataset, &arrays, &error) == DESPUR_OK) {
    assert_fails(despur_groups_true(&groups, dataset, &error), DESPUR_BAD_INPUT, "groups, expected at most");
    assert_null(groups.of_example);
    assert_ok(despur_groups_of_labels(&groups, dataset, &error));
    despur_groups_release(&groups);
    despur_dataset_free(dataset);
  }
}

static void sets_that_nobody_publishes_are_not_fetched(void **state) {
  (void)state;
  char line[DESPUR_PLACE_LINE] = "untouched";
  assert_fails(despur_fetch("nothing", MISSING, NULL, NULL, &error), DESPUR_BAD_USAGE, "nothing");
  assert_fails(despur_fetch(NULL, MISSING, NULL, NULL, &error), DESPUR_BAD_USAGE,
               "expected the name of a data set");
  assert_fails(despur_fetch("", MISSING, NULL, NULL, &error), DESPUR_BAD_USAGE, "");
  assert_int_equal(despur_image_place(BEYOND, line), 0);
  assert_int_equal(despur_image_place(SIZE_MAX, line), 0);
}

/* ---- networks ---- */

static void outputs_and_maps_of_nothing_are_refused(void **state) {
  (void)state;
  fixture f;
  float maps[COUNT * VALUES] = {0}, out[COUNT * 256];
  despur_cam_scores scores;
  despur_occlusion occlusion;
  uint8_t rgb[3], white[3];
  const uint32_t far[] = {0, COUNT};
  const despur_cam_options unknown = {.layer = "conv9"}, plain = {0},
                           ninth = {.target = DESPUR_CAM_CLASS, .chosen_class = 9};
  despur_net *lenet;
  const despur_net_options options = {
      .arch = DESPUR_LENET, .input = {1, SIDE, SIDE}, .classes = 2, .batch = 2, .threads = 1};
  set_up(&f);
  assert_fails(despur_outputs(f.net, f.dataset, f.examples, COUNT, (despur_output)BEYOND, out, &error),
               DESPUR_BAD_USAGE, "no output has the number 1000");
  assert_fails(despur_cam(f.net, f.dataset, f.examples, 2, &plain, maps, NULL, &error), DESPUR_BAD_USAGE,
               "convolution");
  assert_fails(despur_cam(f.net, f.dataset, far, 2, &plain, maps, NULL, &error), DESPUR_BAD_USAGE, "");
  assert_null(despur_net_convolution(f.net, BEYOND));
  if (despur_net_create(&lenet, &options, &error) == DESPUR_OK) {
    assert_fails(despur_cam(lenet, f.dataset, f.examples, 2, &unknown, maps, NULL, &error), DESPUR_BAD_USAGE,
                 "conv9");
    assert_fails(despur_cam(lenet, f.dataset, f.examples, 2, &ninth, maps, NULL, &error), DESPUR_BAD_USAGE,
                 "class");
    assert_fails(despur_cam(lenet, f.dataset, far, 2, &plain, maps, NULL, &error), DESPUR_BAD_INPUT,
                 "example 8");
    despur_net_free(lenet);
  }
  assert_fails(despur_cam_score(&scores, f.dataset, &f.groups, f.examples, maps, COUNT, &error),
               DESPUR_BAD_INPUT, "");
  assert_fails(despur_occlude(&occlusion, f.net, f.dataset, &f.groups, f.examples, COUNT, 0, &error),
               DESPUR_BAD_USAGE, "regions");
  assert_fails(despur_occlude(&occlusion, f.net, f.dataset, &f.groups, f.examples, COUNT, BEYOND, &error),
               DESPUR_BAD_USAGE, "regions");
  assert_fails(despur_occlude(&occlusion, f.net, f.dataset, &f.groups, far, 2, 2, &error), DESPUR_BAD_INPUT,
               "example 8");
  despur_cam_colour(1, white);
  despur_cam_colour((double)INFINITY, rgb);
  assert_memory_equal(rgb, white, 3);
  despur_cam_colour((double)NAN, rgb);
  assert_fails(despur_net_save(f.net, NO_PLACE, &error), DESPUR_NO_RESOURCES, NO_PLACE);
  assert_fails(despur_net_load(f.net, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
  tear_down(&f);
}

static void trainings_that_do_not_fit_are_refused(void **state) {
  (void)state;
  fixture f;
  const despur_train_hooks none = {0};
  const uint32_t far[] = {0, COUNT};
  const despur_train_options good = {.epochs = 1, .batch_size = 2, .optimizer = {.lr = 0.1}};
  despur_train_options options = good;
  despur_train_result result;
  set_up(&f);
  assert_ok(despur_train(f.net, f.dataset, &options, &none, &result, &error));
#define REFUSED(member, value, text)                                                                         \
  options = good;                                                                                            \
  options.member = (value);                                                                                  \
  assert_fails(despur_train(f.net, f.dataset, &options, &none, &result, &error), DESPUR_BAD_USAGE, text)
  REFUSED(batch_size, 0, "batch");
  REFUSED(batch_size, BEYOND, "batch");
  REFUSED(method, (despur_method)BEYOND, "method");
  REFUSED(method, DESPUR_GROUPDRO, "groups");
  REFUSED(optimizer.name, (despur_optimizer)BEYOND, "optimiser");
  REFUSED(optimizer.lr, (double)NAN, "learning rate");
  REFUSED(optimizer.momentum, 1, "momentum");
  REFUSED(schedule.name, (despur_schedule)BEYOND, "schedule");
  REFUSED(clip, -1, "clip");
  REFUSED(ema, 1, "ema");
  REFUSED(selection, (despur_selection)BEYOND, "selection");
#undef REFUSED
  options = good;
  options.order = far;
  options.order_length = 2;
  assert_fails(despur_train(f.net, f.dataset, &options, &none, &result, &error), DESPUR_BAD_USAGE,
               "example 8");
  despur_groups others;
  assert_ok(despur_groups_create(&others, 3, 2, &error));
  options = good;
  options.method = DESPUR_GROUP_BALANCE;
  options.groups = &others;
  assert_fails(despur_train(f.net, f.dataset, &options, &none, &result, &error), DESPUR_BAD_USAGE, "groups");
  despur_groups_release(&others);
  assert_string_equal(despur_method_label((despur_method)BEYOND), "");
  assert_int_equal(despur_method_needs_groups((despur_method)BEYOND), 0);
  tear_down(&f);
}

static void scores_of_groups_of_another_data_set_are_refused(void **state) {
  (void)state;
  fixture f;
  despur_scores scores;
  despur_agreement agreement;
  despur_groups others;
  const uint32_t far[] = {0, COUNT}, predictions[COUNT] = {0}, ninth[] = {0, 9};
  char sentence[256];
  set_up(&f);
  assert_ok(despur_groups_create(&others, 3, 2, &error));
  assert_fails(despur_scores_compute(&scores, f.dataset, &others, f.examples, predictions, COUNT, &error),
               DESPUR_BAD_INPUT, "groups of 3 examples");
  assert_fails(despur_scores_compute(&scores, f.dataset, &f.groups, far, predictions, 2, &error),
               DESPUR_BAD_INPUT, "example 8");
  assert_fails(despur_scores_compute(&scores, f.dataset, &f.groups, f.examples, ninth, 2, &error),
               DESPUR_BAD_INPUT, "class 9");
  assert_fails(despur_agreement_compute(&agreement, f.dataset, &others, &f.groups, &error), DESPUR_BAD_INPUT,
               "groups of 3 examples");
  assert_fails(despur_agreement_compute(&agreement, f.dataset, &f.groups, &others, &error), DESPUR_BAD_INPUT,
               "groups of 3 examples");
  despur_groups_release(&others);
  assert_null(despur_degenerate_name((despur_degenerate_kind)BEYOND));
  assert_null(despur_score_describe((despur_score_kind)BEYOND));
  assert_true(isnan(despur_score_value(&scores, (despur_score_kind)BEYOND)));
  assert_int_equal(
      despur_degenerate_sentence(sentence, &(despur_degenerate){.kind = (despur_degenerate_kind)BEYOND}), 0);
  tear_down(&f);
}

/* ---- inference ---- */

static void environments_that_make_no_sense_are_refused(void **state) {
  (void)state;
  fixture f;
  despur_groups groups;
  float logits[COUNT * 2] = {0};
  despur_eiil_options options = {.steps = 0, .lr = 0.01, .threads = 1};
  const uint32_t predictions[COUNT] = {0, 1, 9};
  set_up(&f);
  assert_fails(despur_infer_eiil(&groups, f.dataset, logits, &options, &error), DESPUR_BAD_USAGE, "step");
  options.steps = 10;
  options.lr = (double)NAN;
  assert_fails(despur_infer_eiil(&groups, f.dataset, logits, &options, &error), DESPUR_BAD_USAGE,
               "learning rate");
  options.lr = 0.01;
  logits[3] = NAN;
  assert_fails(despur_infer_eiil(&groups, f.dataset, logits, &options, &error), DESPUR_BAD_INPUT, "");
  uint32_t out[3];
  const despur_eiil_input input = {(const float[6]){0}, predictions, 3, 2};
  assert_fails(despur_eiil(out, &input, &options, &error), DESPUR_BAD_INPUT, "example 2 has label 9 of 2");
  assert_ok(despur_infer_errors(&groups, f.dataset, predictions, &error)); /* a class that is none is wrong */
  despur_groups_release(&groups);
  tear_down(&f);
}

/* ---- files ---- */

static void files_that_are_not_there_are_named(void **state) {
  (void)state;
  float *values;
  uint32_t *labels;
  size_t rows, columns;
  despur_points points;
  despur_predicted predicted;
  const uint32_t written[] = {0};
  const despur_check check = {.condition = DESPUR_AVERAGE_AT_LEAST};
  assert_fails(despur_array_read_matrix(&values, &rows, &columns, MISSING, &error), DESPUR_BAD_INPUT,
               MISSING);
  assert_fails(despur_array_read_points(&points, MISSING, 0, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_array_read_labels(&labels, &rows, 9, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_array_write_labels(NO_PLACE, written, 1, &error), DESPUR_NO_RESOURCES, NO_PLACE);
  assert_fails(despur_predicted_read(&predicted, MISSING, NULL, &error), DESPUR_BAD_INPUT, MISSING);
  despur_model model;
  char *json;
  const despur_model none = {0};
  const despur_models_options page = {.page = NO_PLACE};
  assert_fails(despur_model_read(&model, "x", MISSING, NULL, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_report_models(&none, 0, &page, NULL, &error), DESPUR_BAD_USAGE, "expected a model");
  assert_fails(despur_measured_json(&json, &(despur_measured){0}, &error), DESPUR_BAD_INPUT, "scores");
  assert_fails(despur_plot_groups(&json, &(despur_model){0}, &error), DESPUR_BAD_INPUT, "scores");
  assert_fails(despur_repair_json(&json, &(despur_repair_outcome){0}, &(despur_repair_view){0}, &error),
               DESPUR_BAD_INPUT, "nothing has been measured");
  assert_fails(despur_run_cam_json(&json, &(despur_run_cam_result){0}, &error), DESPUR_BAD_INPUT, "networks");
  assert_null(json);
  const despur_scores scores = {0};
  const despur_check_subject subject = {.name = "x", .scores = &scores};
  assert_fails(despur_check_write_junit(&check, 1, &subject, NO_PLACE, &error), DESPUR_NO_RESOURCES,
               NO_PLACE);
  assert_fails(despur_check_write_markdown(&check, 1, &subject, 0.95, NO_PLACE, &error), DESPUR_NO_RESOURCES,
               NO_PLACE);
  assert_ok(despur_check_markdown(&json, &check, 0, &subject, 0.95, &error));
  assert_non_null(strstr(json, "### x"));
  free(json);
}

static void runs_that_are_not_there_are_named(void **state) {
  (void)state;
  const char *const directories[] = {MISSING};
  despur_rule_result choice;
  despur_predicted predicted;
  despur_run_end end;
  despur_run_cam_result cam;
  despur_verify_result verified;
  despur_table *table;
  const despur_run_cam_options look = {.threads = 1};
  const despur_verify_options quick = {.quick = 1, .threads = 1};
  const despur_assign_options assign = {.threads = 1};
  assert_fails(despur_run_choice(&choice, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_run_predict(&predicted, MISSING, DESPUR_TEST, 1, NULL, &error), DESPUR_BAD_INPUT,
               MISSING);
  assert_fails(despur_run_assign(MISSING, NO_PLACE, &assign, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_run_cam(&cam, MISSING, &look, &error), DESPUR_BAD_INPUT, MISSING);
  despur_repair_outcome_release(&(despur_repair_outcome){0});
  despur_repair_release(&(despur_repair_result){0});
  despur_run_cam_release(&cam);
  assert_fails(despur_run_cam_write(&cam, "/proc/nowhere", &error), DESPUR_NO_RESOURCES, "/proc/nowhere");
  assert_fails(despur_verify(&verified, MISSING, &quick, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_report(directories, 1, &(despur_report_options){0}, NULL, &error), DESPUR_BAD_INPUT,
               MISSING);
  assert_fails(despur_report(directories, 0, &(despur_report_options){0}, NULL, &error), DESPUR_BAD_USAGE,
               "none");
  assert_fails(despur_table_create(&table, directories, 1, &(despur_table_options){0}, &error),
               DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_table_create(&table, directories, 1, &(despur_table_options){.measure = "x"}, &error),
               DESPUR_BAD_USAGE, "x");
  assert_fails(despur_run_outcome(&end, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
}

static void configurations_that_cannot_be_are_refused(void **state) {
  (void)state;
  despur_config *config;
  despur_dataset *dataset;
  despur_run_result result;
  despur_sweep *sweep;
  char *text;
  assert_ok(despur_config_create(&config, &error));
  assert_fails(despur_config_load(config, MISSING, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_config_set(config, "train.epochs", &error), DESPUR_BAD_USAGE, "");
  assert_fails(despur_config_set(config, "=", &error), DESPUR_BAD_USAGE, "");
  assert_fails(despur_config_set(config, "", &error), DESPUR_BAD_USAGE, "");
  assert_fails(despur_config_describe(&text, "nothing", &error), DESPUR_BAD_USAGE, "nothing");
  assert_null(despur_config_key(SIZE_MAX));
  assert_null(despur_config_choices("nothing"));
  assert_ok(despur_config_set(config, "train.optimizer.name=adam", &error));
  assert_ok(despur_config_set(config, "train.optimizer.momentum=0.5", &error));
  assert_fails(despur_config_check(config, &error), DESPUR_BAD_USAGE, "momentum");
  assert_fails(
      despur_run(&result, config, &(despur_run_options){.directory = NO_PLACE, .threads = 1}, &error),
      DESPUR_BAD_USAGE, "momentum");
  despur_run_result_release(&result);
  assert_ok(despur_config_set(config, "train.optimizer={}", &error));
  char images[64];
  snprintf(images, sizeof images, "data.images=%s", MISSING);
  assert_ok(despur_config_set(config, images, &error));
  assert_fails(despur_dataset_create(&dataset, config, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_run_describe_network(&text, config, &error), DESPUR_BAD_INPUT, MISSING);
  assert_fails(despur_sweep_create(&sweep, MISSING, NULL, &error), DESPUR_BAD_INPUT, MISSING);
  assert_null(sweep);
  despur_config_free(config);
}

/* One run that has just begun, and a sweep over its recipe. */
static void runs_and_formats_beyond_the_last_are_refused(void **state) {
  (void)state;
  char directory[128], recipe[160], path[160], *text;
  despur_sweep *sweep;
  despur_sweep_state at;
  despur_config *config;
  despur_table *table;
  temporary_directory(directory);
  const char *const directories[] = {directory};
  snprintf(recipe, sizeof recipe, "%s/config.yaml", directory);
  snprintf(path, sizeof path, "%s/s.yaml", directory);
  FILE *file = fopen(recipe, "w");
  assert_non_null(file);
  fputs("name: x\n", file);
  fclose(file);
  file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "recipes: %s\n", recipe);
  fclose(file);
  assert_ok(despur_sweep_create(&sweep, path, NO_PLACE, &error));
  assert_null(despur_sweep_run_name(sweep, 1));
  assert_fails(despur_sweep_run_state(&at, sweep, 1, NULL, &error), DESPUR_BAD_USAGE, "one of 1 runs");
  assert_fails(despur_sweep_run_command(&text, sweep, 1, &error), DESPUR_BAD_USAGE, "one of 1 runs");
  assert_null(text);
  assert_fails(despur_sweep_run_config(&config, sweep, 1, &error), DESPUR_BAD_USAGE, "one of 1 runs");
  assert_null(config);
  despur_sweep_free(sweep);
  assert_ok(despur_table_create(&table, directories, 1, &(despur_table_options){0}, &error));
  assert_fails(despur_table_print(table, (despur_table_format)BEYOND, &text, &error), DESPUR_BAD_USAGE,
               "no format has the number 1000");
  assert_null(despur_table_note(table, BEYOND));
  despur_table_free(table);
  unlink(recipe);
  unlink(path);
  rmdir(directory);
}

static void words_and_numbers_that_mean_nothing_have_no_name(void **state) {
  (void)state;
  const char *const none[] = {NULL};
  char name[DESPUR_CHECK_NAME];
  const despur_rates_part part = {.name = "x", .count = 2, .correct = 1};
  assert_null(despur_nearest_word("x", none));
  assert_int_equal(despur_text_character("\xff"), 0);
  assert_int_equal(despur_text_character(""), 0);
  assert_int_equal((int)despur_rate_of_word("nothing"), DESPUR_SPREAD_KINDS);
  assert_string_equal(despur_rate_word((despur_rate_kind)BEYOND), "");
  assert_true(isnan(despur_rates_rate(&part, (despur_rate_kind)BEYOND, 0.95).value));
  assert_true(isnan(despur_rates_rate(&part, DESPUR_ACCURACY, 1).low));
  despur_check_name(&(despur_check){.condition = (despur_condition)BEYOND}, name);
  assert_string_equal(name, "");
  despur_bench_result bench;
  assert_fails(
      despur_bench(&bench, &(despur_bench_options){.quick = 1, .only = "nothing", .threads = 1}, &error),
      DESPUR_BAD_USAGE, "nothing");
  despur_bench_release(&bench);
  assert_near(despur_mcnemar(0, 0), 1, 0);
}

static void examples_without_what_is_written_are_refused(void **state) {
  (void)state;
  float x = 1;
  uint32_t label = 0;
  const char *name = "cat";
  despur_examples e = {
      .count = 1, .columns = 1, .classes = 1, .x = &x, .labels = &label, .class_names = &name};
  assert_fails(despur_examples_write(&e, "features.csv", &error), DESPUR_BAD_USAGE, ".npy");
  assert_fails(despur_examples_write(&e, "/nowhere/f.npy", &error), DESPUR_NO_RESOURCES, "/nowhere/f.npy");
  e.labels = NULL;
  assert_fails(despur_examples_write(&e, "/nowhere/f.npy", &error), DESPUR_BAD_USAGE, "found none");
}

static void nothing_is_released_and_freed_as_well(void **state) {
  (void)state;
  despur_agreement_release(&(despur_agreement){0});
  despur_cam_scores_release(&(despur_cam_scores){0});
  despur_comparison_release(&(despur_comparison){0});
  despur_groups_release(&(despur_groups){0});
  despur_kmeans_release(&(despur_kmeans_result){0});
  despur_kmedoids_release(&(despur_kmedoids_result){0});
  despur_logistic_release(&(despur_logistic_fit){0});
  despur_measures_release(&(despur_measures){0});
  despur_model_release(&(despur_model){0});
  despur_mixture_release(&(despur_mixture){0});
  despur_mixture_result_release(&(despur_mixture_result){0});
  despur_nearest_release(&(despur_nearest_result){0});
  despur_occlusion_release(&(despur_occlusion){0});
  despur_pca_release(&(despur_pca){0});
  despur_points_release(&(despur_points){0});
  despur_predicted_release(&(despur_predicted){0});
  despur_rates_release(&(despur_rates){0});
  despur_run_cam_release(&(despur_run_cam_result){0});
  despur_run_result_release(&(despur_run_result){0});
  despur_scores_release(&(despur_scores){0});
  despur_head_release(&(despur_head){0});
  despur_silhouette_release(&(despur_silhouette_result){0});
  despur_umap_release(&(despur_umap){0});
  despur_pictures_free(NULL);
  despur_config_free(NULL);
  despur_dataset_free(NULL);
  despur_grouping_free(NULL);
  despur_net_free(NULL);
  despur_sweep_free(NULL);
  despur_table_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(examples_and_splits_that_are_not_there_are_no_memory_of_others),
      cmocka_unit_test(data_sets_that_cannot_be_are_refused),
      cmocka_unit_test(groups_beyond_all_memory_are_refused),
      cmocka_unit_test(sets_that_nobody_publishes_are_not_fetched),
      cmocka_unit_test(outputs_and_maps_of_nothing_are_refused),
      cmocka_unit_test(trainings_that_do_not_fit_are_refused),
      cmocka_unit_test(scores_of_groups_of_another_data_set_are_refused),
      cmocka_unit_test(environments_that_make_no_sense_are_refused),
      cmocka_unit_test(files_that_are_not_there_are_named),
      cmocka_unit_test(runs_that_are_not_there_are_named),
      cmocka_unit_test(configurations_that_cannot_be_are_refused),
      cmocka_unit_test(runs_and_formats_beyond_the_last_are_refused),
      cmocka_unit_test(words_and_numbers_that_mean_nothing_have_no_name),
      cmocka_unit_test(examples_without_what_is_written_are_refused),
      cmocka_unit_test(nothing_is_released_and_freed_as_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
