/* The table of groups on a page: a few in their order, many with the worst on top. */
#include "testing.h"

#include "base/memory.h"
#include "report/figures/group_table.h"

static despur_error error;

enum { MOST = 210, NOBODY = -2 };

/* Groups "g0", "g1", ... with these accuracies in per cent after, and others before; negative: no examples,
 * NOBODY: nor any in training. */
static void make(despur_group_score *groups, char (*names)[8], const int *per_cent, size_t count) {
  for (size_t g = 0; g < count; g++) {
    bool empty = per_cent[g] < 0;
    snprintf(names[g], sizeof names[g], "g%zu", g);
    groups[g] = (despur_group_score){.name = names[g],
                                     .count = empty ? 0 : 100,
                                     .train_count = per_cent[g] == NOBODY ? 0 : 100,
                                     .correct = empty ? 0 : (size_t)per_cent[g],
                                     .accuracy = empty ? (double)NAN : per_cent[g] / 100.0};
  }
}

/* The table of a network with these accuracies, after one with the opposite ones. Free it with mem_free. */
static char *table_of(const int *per_cent, size_t count) {
  static char names[MOST][8];
  despur_group_score before[MOST], after[MOST];
  int opposite[MOST];
  report_cell cells[MOST] = {0};
  markup m = {.error = &error};
  for (size_t g = 0; g < count; g++) opposite[g] = per_cent[g] < 0 ? per_cent[g] : 100 - per_cent[g];
  make(before, names, opposite, count);
  make(after, names, per_cent, count);
  despur_scores first = {.groups_count = count, .groups = before};
  despur_scores last = {.groups_count = count, .groups = after};
  const group_table t = {.caption = "Accuracy",
                         .what = "Group",
                         .count = 2,
                         .labels = {"ERM", "GEORGE"},
                         .scores = {&first, &last},
                         .sized = "Test",
                         .rest = "results.jsonl",
                         .trained = true,
                         .cells = cells};
  page_group_table(&m, &t);
  assert_int_equal(m.status, DESPUR_OK);
  return m.text.data;
}

/* Names of the rows from top to bottom, with a space after each; at most as many as there is room for. */
static void order_of(char *out, size_t room, const char *table) {
  size_t used = 0;
  *out = 0;
  for (const char *at = table; (at = strstr(at, "class=\"name\">")) != NULL;) {
    at += strlen("class=\"name\">");
    size_t length = strcspn(at, "<");
    if (used + length + 2 > room) return;
    memcpy(out + used, at, length);
    used += length;
    out[used++] = ' ';
    out[used] = 0;
  }
}

static void assert_order(const int *per_cent, size_t count, const char *wanted, bool sorted) {
  char found[256], *table = table_of(per_cent, count);
  order_of(found, sizeof found, table);
  assert_string_equal(found, wanted);
  assert_int_equal(strstr(table, "The lowest come first.") != NULL, sorted);
  mem_free(table);
}

static void ten_groups_stand_in_their_order(void **state) {
  (void)state;
  assert_order((const int[]){50, 40, 90, 10, 20, 99, 98, 97, 96, 0}, 10, "g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 ",
               false);
}

/* By the last network; equal ones in their order, those without examples at the end. */
static void eleven_groups_have_the_worst_on_top(void **state) {
  (void)state;
  assert_order((const int[]){50, 40, -1, 10, 40, 99, -1, 97, 40, 0, 100}, 11,
               "g9 g3 g1 g4 g8 g0 g7 g5 g10 g2 g6 ", true);
}

/* Labels or attributes that are codes leave numbers between them. */
static void groups_that_nobody_is_in_have_no_row(void **state) {
  (void)state;
  assert_order((const int[]){50, NOBODY, 90, -1, NOBODY}, 5, "g0 g2 g3 ", false);
  int per_cent[MOST];
  for (int g = 0; g < MOST; g++) per_cent[g] = g % 100 == 7 ? 60 : NOBODY;
  char *table = table_of(per_cent, MOST), found[16];
  order_of(found, sizeof found, table);
  assert_string_equal(found, "g7 g107 g207 ");
  assert_null(strstr(table, "more groups"));
  mem_free(table);
}

static void of_too_many_groups_the_best_are_left_out(void **state) {
  (void)state;
  int per_cent[MOST];
  for (int g = 0; g < MOST; g++) per_cent[g] = g < 9 ? 100 : 90;
  per_cent[MOST - 1] = 3;
  char found[16], *table = table_of(per_cent, MOST);
  order_of(found, sizeof found, table);
  assert_string_equal(found, "g209 g9 g10 ");
  assert_non_null(strstr(table, ">g207<")); /* the last of 200 */
  assert_null(strstr(table, ">g208<"));
  assert_null(strstr(table, ">g0<"));
  assert_non_null(strstr(table, "10 more groups are in results.jsonl."));
  mem_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ten_groups_stand_in_their_order),
      cmocka_unit_test(eleven_groups_have_the_worst_on_top),
      cmocka_unit_test(groups_that_nobody_is_in_have_no_row),
      cmocka_unit_test(of_too_many_groups_the_best_are_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
