/* The page of a model says the numbers that pandas, NumPy, scikit-learn and fairlearn find in its table
 * (tests/golden/make_model_page.py). */
#include "testing.h"

#include "despur/report.h"

#include "golden/model_page.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static despur_error error;
static char *words; /* of the page, with a bar in place of tags */

static char *read_whole(const char *path) {
  enum { ROOM = 1 << 20 };
  char *text = calloc(ROOM, 1);
  FILE *file = fopen(path, "rb");
  assert_non_null(text);
  assert_non_null(file);
  assert_true(fread(text, 1, ROOM - 1, file) < ROOM - 1);
  fclose(file);
  return text;
}

/* Takes away markup in place: a run of tags becomes one bar, entities and no-break spaces what they stand
 * for. */
static void plain(char *text) {
  static const struct {
    const char *from, *to;
  } ENTITIES[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"\xc2\xa0", " "}};
  char *out = text;
  for (char *at = text; *at;) {
    size_t e = 0;
    while (e < COUNT(ENTITIES) && strncmp(at, ENTITIES[e].from, strlen(ENTITIES[e].from)) != 0) e++;
    if (*at == '<') {
      at = strchr(at, '>') + 1;
      if (out == text || out[-1] != '|') *out++ = '|';
    } else if (e < COUNT(ENTITIES)) {
      *out++ = *ENTITIES[e].to;
      at += strlen(ENTITIES[e].from);
    } else if (*at == '\n') {
      at++;
    } else {
      *out++ = *at++;
    }
  }
  *out = 0;
}

static int make_page(void **state) {
  char directory[128], path[160];
  const despur_columns columns = {.score = "score", .positive = ">50K", .prediction = "pred"};
  const despur_models_options options = {.page = path};
  despur_model model;
  (void)state;
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/page.html", directory);
  assert_ok(despur_model_read(&model, "adult", "tests/data/tables/adult.csv", &columns, &error));
  assert_ok(despur_report_models(&model, 1, &options, NULL, &error));
  despur_model_release(&model);
  words = read_whole(path);
  plain(words);
  return 0;
}

static int forget_page(void **state) {
  (void)state;
  free(words);
  return 0;
}

static void assert_said(const char *wanted) {
  if (!strstr(words, wanted)) fail_msg("the page does not say '%s'", wanted);
}

/* One of two ways to say it. */
static void assert_either(const char *first, const char *second) {
  if (!strstr(words, first) && !strstr(words, second))
    fail_msg("the page says neither '%s' nor '%s'", first, second);
}

static void groups_are_those_of_pandas(void **state) {
  (void)state;
  for (size_t g = 0; g < COUNT(PAGE_GROUPS); g++) {
    const struct page_group *group = &PAGE_GROUPS[g];
    char plainly[200], marked[200];
    snprintf(plainly, sizeof plainly, "|%s|%s|%s |", group->name, group->count, group->accuracy);
    snprintf(marked, sizeof marked, "|%s \xe2\x97\x86|%s|%s |", group->name, group->count, group->accuracy);
    assert_either(plainly, marked);
  }
}

/* What nobody gets is a dot, but where it would be right. */
static const char *cell(const char *share, int right) {
  return strcmp(share, "0.0") == 0 && !right ? "\xc2\xb7" : share;
}

static void confusion_is_that_of_scikit_learn(void **state) {
  char wanted[200];
  (void)state;
  for (size_t g = 0; g < COUNT(PAGE_GROUPS); g++) {
    const struct page_group *group = &PAGE_GROUPS[g];
    int high = group->name[0] == '>';
    snprintf(wanted, sizeof wanted, "|%s|%s|%s|%s|", group->name, group->count,
             cell(group->confusion[0], !high), cell(group->confusion[1], high));
    assert_said(wanted);
  }
  snprintf(wanted, sizeof wanted, "|%s|%s|>50K|", PAGE_CONFUSION[0][0], PAGE_CONFUSION[0][1]);
  assert_said(wanted);
  snprintf(wanted, sizeof wanted, "|%s|%s|", PAGE_CONFUSION[1][0], PAGE_CONFUSION[1][1]);
  assert_said(wanted);
}

static void calibration_is_that_of_numpy(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(PAGE_PARTS); k++) {
    const struct page_part *part = &PAGE_PARTS[k];
    char wanted[200];
    snprintf(wanted, sizeof wanted, "|%s|%s|%s|%s|%s|%s|", part->name, part->count, part->calibration,
             part->brier, part->log_loss, part->auroc);
    assert_said(wanted);
  }
}

/* A value is followed by its interval, "|8.1 |7-9|", and what does not exist by nothing. */
static const char *past_value(const char *at, const char *value) {
  size_t length = strlen(value);
  if (!at || strncmp(at, value, length) != 0) return NULL;
  at += length;
  if (strncmp(at, " |", 2) == 0) at = strchr(at + 2, '|');
  return at && *at == '|' ? at + 1 : NULL;
}

static void rates_are_those_of_fairlearn(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(PAGE_RATES); k++) {
    const struct page_rates *rates = &PAGE_RATES[k];
    char start[120];
    bool found = false;
    snprintf(start, sizeof start, "|%s|%s|", rates->name, rates->count);
    for (const char *row = words; !found && (row = strstr(row, start)); row++) {
      const char *at = row + strlen(start);
      for (size_t i = 0; i < COUNT(rates->values); i++) at = past_value(at, rates->values[i]);
      found = at != NULL;
    }
    if (!found) fail_msg("the page does not have the rates of %s", rates->name);
  }
}

static void verdict_counts_as_pandas_does(void **state) {
  (void)state;
  assert_said(PAGE_WRONG);
  assert_said(PAGE_MOST);
  assert_said(PAGE_LEAST);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(groups_are_those_of_pandas), cmocka_unit_test(confusion_is_that_of_scikit_learn),
      cmocka_unit_test(calibration_is_that_of_numpy), cmocka_unit_test(rates_are_those_of_fairlearn),
      cmocka_unit_test(verdict_counts_as_pandas_does)};
  return cmocka_run_group_tests(tests, make_page, forget_page);
}
