/* Examples from arrays and from columns of tables. */
#include "testing.h"

#include "despur/array.h"
#include "despur/examples.h"
#include "io/file.h"
#include "io/npy.h"

static despur_error error;
static char folder[128];

static char *at(const char *name) {
  static char paths[32][256];
  static int next;
  char *path = paths[next++ % 32];
  snprintf(path, 256, "%s/%s", folder, name);
  return path;
}

static int set_up(void **state) {
  (void)state;
  const float features[] = {1, 2, 3, 4, 5, 6, 7, 8}, logits[] = {1, 0, 0, 3, 2, 2, -1, 0};
  const uint32_t labels[] = {0, 1, 1, 0}, splits[] = {0, 0, 1, 2}, three[] = {0, 1, 1};
  const size_t shape[] = {4, 2};
  temporary_directory(folder);
  assert_ok(npy_write(at("x.npy"), NPY_F32, 2, shape, features, &error));
  assert_ok(npy_write(at("logits.npy"), NPY_F32, 2, shape, logits, &error));
  assert_ok(despur_array_write_labels(at("y.npy"), labels, 4, &error));
  assert_ok(despur_array_write_labels(at("splits.npy"), splits, 4, &error));
  assert_ok(despur_array_write_labels(at("three.npy"), three, 3, &error));
  assert_ok(file_write_text(at("t.csv"),
                            "id,animal,pred,part,site,age,patient\n"
                            "a,dog,dog,train,north,9,p1\n"
                            "b,cat,dog,train,south,70,p1\n"
                            "c,cat,cat,valid,,20,p2\n"
                            "d,dog,dog,test,north,30,p3\n",
                            &error));
  assert_ok(file_write_text(at("two.csv"),
                            "animal,pred,kind\n"
                            "dog,dog,cat\n"
                            "cat,dog,dog\n"
                            "cat,cat,cat\n"
                            "dog,dog,dog\n",
                            &error));
  assert_ok(file_write_text(at("numbered.csv"),
                            "example,y,pred,site\n"
                            "2,a,a,north3\n"
                            "3,b,a,north4\n"
                            "1,b,b,north2\n"
                            "0,a,b,north1\n",
                            &error));
  assert_ok(file_write_text(at("twice.csv"), "example,y\n2,a\n3,b\n1,b\n1,a\n", &error));
  assert_ok(file_write_text(at("beyond.csv"), "example,y\n2,a\n3,b\n1,b\n4,a\n", &error));
  assert_ok(file_write_text(at("p.csv"),
                            "label,score,site,kind,same\n"
                            "yes,0.7,north,k1,x\n"
                            "no,0.69,south,k2,x\n"
                            "yes,0.2,north,k1,x\n"
                            "no,0.9,south,k2,x\n",
                            &error));
  return 0;
}

static void arrays_are_read_together(void **state) {
  (void)state;
  despur_examples e;
  assert_ok(despur_examples_read(&e,
                                 &(despur_examples_source){.features = at("x.npy"),
                                                           .labels = at("y.npy"),
                                                           .splits = at("splits.npy"),
                                                           .logits = at("logits.npy"),
                                                           .attributes = at("splits.npy")},
                                 &error));
  assert_int_equal(e.count, 4);
  assert_int_equal(e.columns, 2);
  assert_int_equal(e.classes, 2);
  assert_string_equal(e.class_names[1], "1");
  assert_true(e.x[7] == 8);
  assert_memory_equal(e.predictions, ((uint32_t[]){0, 1, 0, 1}), 16); /* the first of equals */
  assert_memory_equal(e.splits, ((uint32_t[]){0, 0, 1, 2}), 16);
  assert_int_equal(e.attribute.values_count, 3);
  despur_examples_release(&e);
}

static void columns_are_read_by_their_values(void **state) {
  (void)state;
  despur_examples e;
  assert_ok(despur_examples_read(&e,
                                 &(despur_examples_source){.features = at("x.npy"),
                                                           .table = at("t.csv"),
                                                           .label = "animal",
                                                           .prediction = "pred",
                                                           .split = "part",
                                                           .unit = "patient",
                                                           .by = "site,age:18,65"},
                                 &error));
  assert_memory_equal(e.labels, ((uint32_t[]){1, 0, 0, 1}), 16); /* cat, dog */
  assert_memory_equal(e.predictions, ((uint32_t[]){1, 1, 0, 1}), 16);
  assert_memory_equal(e.splits, ((uint32_t[]){0, 0, 1, 2}), 16);
  assert_string_equal(e.class_names[0], "cat");
  assert_string_equal(e.ids[2], "c");
  assert_memory_equal(e.unit.codes, ((uint32_t[]){0, 0, 1, 2}), 16);
  assert_int_equal(e.by_count, 2);
  assert_memory_equal(e.by[0].codes, ((uint32_t[]){0, 1, DESPUR_NO_VALUE, 0}), 16);
  assert_string_equal(e.by[1].values[e.by[1].codes[0]], "under 18");
  assert_string_equal(e.by[1].values[e.by[1].codes[1]], "65 and over");
  despur_examples_release(&e);
}

static void a_table_may_say_what_a_model_predicted(void **state) {
  (void)state;
  despur_examples e;
  assert_ok(despur_examples_read(
      &e,
      &(despur_examples_source){
          .table = at("p.csv"), .positive = "yes", .threshold = 0.7, .attribute = "kind", .predicted = true},
      &error));
  assert_int_equal(e.count, 4);
  assert_string_equal(e.class_names[1], "yes");
  assert_memory_equal(e.labels, ((uint32_t[]){1, 0, 1, 0}), 16);
  assert_memory_equal(e.predictions, ((uint32_t[]){1, 0, 0, 1}), 16); /* 0.7 and more is yes */
  assert_int_equal(e.by_count, 1); /* the label, the score and the attribute have other parts */
  assert_string_equal(e.by[0].name, "site");
  assert_string_equal(e.attribute.name, "kind");
  assert_string_equal(e.read_as, "label: label, score: score, attribute: kind, metadata: site");
  assert_int_equal(e.notes_count, 1);
  assert_string_equal(e.notes[0], "column 'same' has 1 value and was not looked at");
  despur_examples_release(&e);
}

/* Wherever a table is read: beside features, with the predictions only looked at, and alone. */
static void a_label_is_found_by_the_values_of_the_prediction(void **state) {
  (void)state;
  despur_examples e;
  despur_examples_source source = {.features = at("x.npy"), .table = at("t.csv")};
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_memory_equal(e.labels, ((uint32_t[]){1, 0, 0, 1}), 16);
  assert_null(e.predictions); /* nobody has asked for them */
  assert_string_equal(e.read_as, "label: animal (has the values of pred), id: id");
  despur_examples_release(&e);
  source.prediction = "pred";
  source.split = "part";
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_memory_equal(e.predictions, ((uint32_t[]){1, 1, 0, 1}), 16);
  assert_string_equal(e.read_as,
                      "label: animal (has the values of pred), prediction: pred, split: part, id: id");
  despur_examples_release(&e);
  source = (despur_examples_source){.table = at("t.csv"), .predicted = true};
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_memory_equal(e.labels, ((uint32_t[]){1, 0, 0, 1}), 16);
  assert_string_equal(e.read_as,
                      "label: animal (has the values of pred), prediction: pred, metadata: part, site, age, "
                      "patient, id: id");
  despur_examples_release(&e);
  /* a column that has another part is not it */
  source = (despur_examples_source){.table = at("two.csv"), .predicted = true, .by = "kind"};
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_string_equal(e.read_as, "label: animal (has the values of pred), prediction: pred, metadata: kind");
  despur_examples_release(&e);
  source = (despur_examples_source){.features = at("x.npy"), .table = at("two.csv"), .attribute = "kind"};
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_string_equal(e.read_as, "label: animal (has the values of pred), attribute: kind");
  despur_examples_release(&e);
}

/* No row stands at its example's place or one before: either would hide a wrong look at what has moved. */
static void rows_belong_to_the_examples_that_they_number(void **state) {
  (void)state;
  despur_examples e;
  despur_examples_source source = {
      .features = at("x.npy"), .table = at("numbered.csv"), .label = "y", .prediction = "pred", .by = "site"};
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_memory_equal(e.labels, ((uint32_t[]){0, 1, 0, 1}), 16);
  assert_memory_equal(e.predictions, ((uint32_t[]){1, 1, 0, 0}), 16);
  assert_memory_equal(e.by[0].codes, ((uint32_t[]){0, 1, 2, 3}), 16); /* north1, north2, north3, north4 */
  assert_string_equal(e.ids[0], "0");
  assert_string_equal(e.ids[3], "3");
  despur_examples_release(&e);
  source.features = NULL; /* a table alone stands as it stands */
  source.predicted = true;
  assert_ok(despur_examples_read(&e, &source, &error));
  assert_memory_equal(e.labels, ((uint32_t[]){0, 1, 1, 0}), 16);
  assert_string_equal(e.ids[0], "2");
  despur_examples_release(&e);
}

static void rows_that_number_other_examples_stay_where_they_are(void **state) {
  (void)state;
  const char *tables[] = {at("twice.csv"), at("beyond.csv")};
  for (size_t i = 0; i < 2; i++) {
    despur_examples e;
    assert_ok(despur_examples_read(
        &e, &(despur_examples_source){.features = at("x.npy"), .table = tables[i], .label = "y"}, &error));
    assert_memory_equal(e.labels, ((uint32_t[]){0, 1, 1, 0}), 16);
    assert_string_equal(e.ids[0], "2");
    despur_examples_release(&e);
  }
}

static void what_does_not_fit_together_is_refused(void **state) {
  (void)state;
  despur_examples e;
  const struct {
    despur_examples_source source;
    despur_status status;
    const char *text;
  } cases[] = {
      {{.features = at("x.npy")}, DESPUR_BAD_USAGE, "expected labels"},
      {{.features = at("x.npy"), .labels = at("three.npy")}, DESPUR_BAD_INPUT, "expected 4 rows"},
      {{.labels = at("y.npy"), .label = "y"}, DESPUR_BAD_USAGE, "labels from one place"},
      {{.labels = at("y.npy"), .by = "site"}, DESPUR_BAD_USAGE, "a table that has the column 'site'"},
      {{.table = at("t.csv"), .prediction = "part"}, DESPUR_BAD_INPUT, "a column with the labels"},
      {{.table = at("two.csv")}, DESPUR_BAD_INPUT, "which column has the labels, 'animal' or 'kind'?"},
      {{.table = at("two.csv"), .predicted = true}, DESPUR_BAD_INPUT, "which column has the labels"},
      {{.table = at("t.csv"), .label = "animal", .unit = "nobody"}, DESPUR_BAD_INPUT, "no column 'nobody'"},
      {{.table = at("t.csv"), .label = "pred", .prediction = "part"},
       DESPUR_BAD_INPUT,
       "column 'part': expected a class that occurs as a label, found 'train'"},
      {{.table = at("t.csv"), .label = "site"}, DESPUR_BAD_INPUT, "t.csv:4: column 'site': expected a value"},
      {{.table = at("t.csv"), .label = "animal", .split = "site"}, DESPUR_BAD_INPUT, "expected a value"},
      {{.labels = at("y.npy"), .predictions = at("splits.npy")},
       DESPUR_BAD_INPUT,
       "value 3: expected a class"},
      {{.labels = at("splits.npy"), .logits = at("logits.npy")}, DESPUR_BAD_INPUT, "each of 3 classes"},
      {{.labels = at("y.npy"), .splits = at("x.npy")}, DESPUR_BAD_INPUT, "x.npy"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_fails(despur_examples_read(&e, &cases[i].source, &error), cases[i].status, cases[i].text);
  despur_examples_release(&e);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays_are_read_together),
      cmocka_unit_test(columns_are_read_by_their_values),
      cmocka_unit_test(a_table_may_say_what_a_model_predicted),
      cmocka_unit_test(a_label_is_found_by_the_values_of_the_prediction),
      cmocka_unit_test(rows_belong_to_the_examples_that_they_number),
      cmocka_unit_test(rows_that_number_other_examples_stay_where_they_are),
      cmocka_unit_test(what_does_not_fit_together_is_refused),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
