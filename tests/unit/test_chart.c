/* Axes have round numbers, and labels stay apart. */
#include "testing.h"

#include "base/memory.h"
#include "report/drawing/chart.h"

static despur_error error;

static void ticks_are_round_and_inside(void **state) {
  (void)state;
  ticks t = ticks_linear(0, 100, 5);
  assert_int_equal(t.count, 6);
  for (size_t i = 0; i < t.count; i++) assert_near(t.values[i], 20.0 * (double)i, 1e-12);
  assert_int_equal(t.decimals, 0);
  t = ticks_linear(0.12, 0.31, 4);
  assert_int_equal(t.count, 4); /* 0.15, 0.20, 0.25, 0.30 */
  assert_near(t.values[0], 0.15, 1e-12);
  assert_near(t.values[3], 0.30, 1e-12);
  assert_int_equal(t.decimals, 2);
  t = ticks_logarithmic(5, 20000);
  assert_int_equal(t.count, 4);
  assert_near(t.values[0], 10, 1e-12);
  assert_near(t.values[3], 10000, 1e-9);
  t = ticks_logarithmic(0.5, 5);
  assert_int_equal(t.count, 4); /* 0.5, 1, 2, 5 */
}

static void any_range_has_a_few_ticks(void **state) {
  (void)state;
  for (double low = -1e6; low < 1e6; low += 123456.7)
    for (double span = 1e-9; span < 1e9; span *= 3.7) {
      ticks t = ticks_linear(low, low + span, 5);
      assert_true(t.count >= 1 && t.count <= 12);
      for (size_t i = 0; i < t.count; i++)
        assert_true(t.values[i] >= low - 1e-6 * span - 1e-9 &&
                    t.values[i] <= low + span + 1e-6 * span + 1e-9);
    }
}

static void rounded_scales_contain_their_range(void **state) {
  (void)state;
  for (double high = 1e-6; high < 1e7; high *= 1.7) {
    scale s = {.low = 0.1 * high, .high = high};
    scale_round(&s, 5);
    assert_true(s.low <= 0.1 * high && s.high >= high);
    assert_true(s.high - s.low < 2 * high);
  }
}

static void scales_map_ends_to_ends(void **state) {
  (void)state;
  scale s = {.low = 10, .high = 1000, .from = 50, .to = 150, .logarithmic = true};
  assert_near(scale_at(&s, 10), 50, 1e-9);
  assert_near(scale_at(&s, 100), 100, 1e-9);
  assert_near(scale_at(&s, 1000), 150, 1e-9);
}

static void short_texts_are_whole_and_long_ones_fit(void **state) {
  (void)state;
  assert_string_equal(text_fit("ERM", 100).text, "ERM");
  const char *names[] = {
      "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", ""};
  for (size_t i = 0; i < 3; i++)
    for (double room = 13; room < 700; room += 7) {
      short_text fitted = text_fit(names[i], room);
      assert_true(text_width(fitted.text) <= room);
      size_t cut = strlen(fitted.text);
      /* no half character before the ellipsis */
      if (cut >= 3 && strcmp(fitted.text, names[i]) != 0)
        assert_true(cut == 3 || (fitted.text[cut - 4] & 0xff) != 0xc3);
    }
}

/* The y of every <text> that the labels wrote. */
static size_t heights(double out[MOST_LABELS], const char *svg) {
  size_t count = 0;
  for (const char *at = svg; (at = strstr(at, " y=\"")); at += 4) out[count++] = strtod(at + 4, NULL);
  return count;
}

static void labels_keep_a_line_between_them(void **state) {
  (void)state;
  double y[MOST_LABELS];
  markup m = {.error = &error};
  chart c = {.m = &m};
  chart_label labels[MOST_LABELS];
  chart_open(&c, 300, "", "");
  c.y.low = 0, c.y.high = 1;
  m.text.length = 0;
  for (size_t i = 0; i < MOST_LABELS; i++)
    labels[i] = (chart_label){.y = i % 2 ? 0.01 : 0.5, .text = "label", .tone = "mute"};
  chart_labels(&c, labels, MOST_LABELS);
  assert_int_equal(heights(y, m.text.data), MOST_LABELS);
  for (size_t i = 0; i < MOST_LABELS; i++) {
    if (i > 0) assert_true(y[i] - y[i - 1] >= CHART_LINE - 0.11);
    assert_true(y[i] >= c.top && y[i] <= c.bottom + 5);
  }
  mem_free(m.text.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ticks_are_round_and_inside),
      cmocka_unit_test(any_range_has_a_few_ticks),
      cmocka_unit_test(rounded_scales_contain_their_range),
      cmocka_unit_test(scales_map_ends_to_ends),
      cmocka_unit_test(short_texts_are_whole_and_long_ones_fit),
      cmocka_unit_test(labels_keep_a_line_between_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
