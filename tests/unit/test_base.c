/* Hashes, random streams, elementary functions, memory, text and errors. */
#include "testing.h"

#include "base/error.h"
#include "base/large.h"
#include "base/math.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/text.h"
#include "despur/text.h"

#include <glob.h>

static despur_error error;

/* ---- SHA-256 ---- */

static void sha256_matches_the_vectors_of_nist(void **state) {
  (void)state;
  static const struct {
    const char *message, *digest;
  } VECTORS[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopq"
       "rstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
  };
  for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
    sha256 hash;
    char hex[SHA256_HEX];
    sha256_init(&hash);
    sha256_add(&hash, VECTORS[i].message, strlen(VECTORS[i].message));
    sha256_finish(&hash, hex);
    assert_string_equal(hex, VECTORS[i].digest);
  }
}

static void sha256_of_a_million_letters_does_not_depend_on_the_pieces(void **state) {
  (void)state;
  static char letters[1000];
  memset(letters, 'a', sizeof letters);
  static const size_t PIECES[] = {1, 55, 63, 64, 65, 1000};
  for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
    sha256 hash;
    char hex[SHA256_HEX];
    sha256_init(&hash);
    for (size_t left = 1000000; left > 0;) {
      size_t taken = left < PIECES[i] ? left : PIECES[i];
      sha256_add(&hash, letters, taken);
      left -= taken;
    }
    sha256_finish(&hash, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

/* ---- random numbers ---- */

static void philox_gives_the_published_words(void **state) {
  (void)state;
  /* the known answers that come with Random123 for philox4x32 with 10 rounds */
  static const struct {
    uint32_t counter[4], key[2], words[4];
  } ANSWERS[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < 3; i++) {
    random_stream stream = {.used = 4};
    memcpy(stream.counter, ANSWERS[i].counter, sizeof stream.counter);
    memcpy(stream.key, ANSWERS[i].key, sizeof stream.key);
    for (int j = 0; j < 4; j++) assert_int_equal(random_u32(&stream), ANSWERS[i].words[j]);
  }
}

static void streams_with_different_names_differ(void **state) {
  (void)state;
  random_stream streams[] = {random_open(0, "shuffle", 0),
                             random_open(1, "shuffle", 0),
                             random_open((uint64_t)1 << 32, "shuffle", 0),
                             random_open(0, "colour", 0),
                             random_open(0, "shuffle", 1),
                             random_open(0, "shuffle", (uint64_t)1 << 32)};
  enum { STREAMS = sizeof streams / sizeof *streams };
  uint64_t first[STREAMS];
  for (size_t i = 0; i < STREAMS; i++) {
    first[i] = random_u64(&streams[i]);
    for (size_t j = 0; j < i; j++) assert_int_not_equal(first[i], first[j]);
  }
  random_stream again = random_open(0, "shuffle", 0);
  assert_int_equal(random_u64(&again), first[0]);
}

/* The first text constant of every call of random_open in a source file is added to names. */
static size_t collect_purposes(const char *path, char names[][64], size_t count, size_t most) {
  FILE *file = fopen(path, "r");
  static char source[1 << 18];
  source[fread(source, 1, sizeof source - 1, file)] = 0;
  fclose(file);
  for (const char *at = source; (at = strstr(at, "random_open(")) != NULL; at++) {
    size_t statement = strcspn(at, ";"), quote = strcspn(at, "\"");
    if (quote >= statement) continue;
    size_t length = strcspn(at + quote + 1, "\"");
    assert_true(length < 64 && count < most);
    memcpy(names[count], at + quote + 1, length);
    names[count++][length] = 0;
  }
  return count;
}

static void purposes_used_in_the_sources_hash_to_distinct_ids(void **state) {
  (void)state;
  static char names[500][64];
  size_t count = 0;
  glob_t sources;
  if (glob("src/*/*.c", 0, NULL, &sources) != 0) skip();
  for (size_t i = 0; i < sources.gl_pathc; i++)
    count = collect_purposes(sources.gl_pathv[i], names, count, 500);
  globfree(&sources);
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(names[i], names[j]) != 0 &&
          random_open(0, names[i], 0).counter[1] == random_open(0, names[j], 0).counter[1])
        fail_msg("purposes '%s' and '%s' have the same id", names[i], names[j]);
}

static double chi_square(const size_t *counts, size_t cells, size_t total) {
  double sum = 0, mean = (double)total / (double)cells;
  for (size_t i = 0; i < cells; i++) sum += ((double)counts[i] - mean) * ((double)counts[i] - mean) / mean;
  return sum;
}

/* The bounds of chi-square in these tests are exceeded by chance once in a million. */

static void random_below_is_uniform_on_a_small_range(void **state) {
  (void)state;
  random_stream stream = random_open(1, "test", 0);
  size_t counts[6] = {0}, total = 600000;
  for (size_t i = 0; i < total; i++) counts[random_below(&stream, 6)]++;
  assert_true(chi_square(counts, 6, total) < 35.9);
  for (int i = 0; i < 10; i++) assert_int_equal(random_below(&stream, 1), 0);
}

/* With 3 * 2^30 values, taking the remainder or the high word without rejection makes a third of them twice
 * as likely. */
static void random_below_is_uniform_where_simple_methods_are_biased(void **state) {
  (void)state;
  random_stream stream = random_open(1, "test", 1);
  size_t remainders[3] = {0}, thirds[3] = {0}, total = 300000;
  for (size_t i = 0; i < total; i++) {
    uint32_t value = random_below(&stream, 3u << 30);
    assert_true(value < 3u << 30);
    remainders[value % 3]++;
    thirds[value >> 30]++;
  }
  assert_true(chi_square(remainders, 3, total) < 27.7);
  assert_true(chi_square(thirds, 3, total) < 27.7);
}

static void shuffle_makes_every_order_equally_often(void **state) {
  (void)state;
  size_t counts[256] = {0}, total = 240000, orders = 0;
  random_stream stream = random_open(2, "test", 0);
  for (size_t i = 0; i < total; i++) {
    uint32_t values[4] = {0, 1, 2, 3};
    random_shuffle(&stream, values, 4);
    counts[values[0] << 6 | values[1] << 4 | values[2] << 2 | values[3]]++;
  }
  for (size_t i = 0; i < 256; i++)
    if (counts[i]) counts[orders++] = counts[i];
  assert_int_equal(orders, 24);
  assert_true(chi_square(counts, 24, total) < 71);
}

static void uniform_fills_the_unit_interval_evenly(void **state) {
  (void)state;
  random_stream stream = random_open(3, "test", 0);
  size_t counts[64] = {0}, total = 640000;
  for (size_t i = 0; i < total; i++) {
    double value = random_uniform(&stream);
    assert_true(value >= 0 && value < 1);
    counts[(size_t)(value * 64)]++;
  }
  assert_true(chi_square(counts, 64, total) < 129);
}

/* Cells between quantiles of the normal distribution, from the C library's erf. */
static void normal_has_the_normal_distribution(void **state) {
  (void)state;
  random_stream stream = random_open(4, "test", 0);
  size_t counts[64] = {0}, total = 640000;
  for (size_t i = 0; i < total; i++) {
    double share = 0.5 * (1 + erf(random_normal(&stream) / sqrt(2)));
    assert_true(share >= 0 && share <= 1);
    counts[share < 1 ? (size_t)(share * 64) : 63]++;
  }
  assert_true(chi_square(counts, 64, total) < 129);
}

/* ---- elementary functions: at most 2 ulp from the C library in long double ---- */

static void check_ulps(const char *name, double x, double got, long double exact) {
  double nearest = (double)exact;
  double ulp = nextafter(fabs(nearest), (double)INFINITY) - fabs(nearest);
  if (!(fabsl((long double)got - exact) <= 2 * (long double)ulp))
    fail_msg("%s(%a) = %a, expected %a within 2 ulp", name, x, got, nearest);
}

static void exp_is_within_two_ulp(void **state) {
  (void)state;
  random_stream stream = random_open(5, "test", 0);
  for (int i = 0; i < 300000; i++) {
    double wide = -745 + 1454.7 * random_uniform(&stream);
    double narrow = (random_uniform(&stream) - 0.5) * ldexp(1, -(i % 60));
    check_ulps("exp", wide, math_exp(wide), expl((long double)wide));
    check_ulps("exp", narrow, math_exp(narrow), expl((long double)narrow));
  }
  assert_true(math_exp(0) == 1 && math_exp(-(double)INFINITY) == 0 && math_exp(-746) == 0);
  assert_true(math_exp(710) == (double)INFINITY && math_exp((double)INFINITY) == (double)INFINITY &&
              isnan(math_exp((double)NAN)));
}

static void powers_lose_less_than_n_halves_of_a_digit(void **state) {
  (void)state;
  random_stream stream = random_open(7, "test", 0);
  for (size_t i = 0; i < 20000; i++) {
    const double x = 0.5 + random_uniform(&stream);
    const size_t n = i % 200;
    double high = 1, low = 0; /* x^n with what each product rounds off, some 104 bits */
    for (size_t k = 0; k < n; k++) {
      const double product = high * x;
      low = low * x + fma(high, x, -product);
      high = product;
    }
    if (!(fabs(math_power(x, n) - high - low) <= (double)n * 0x1p-53 * high))
      fail_msg("%a^%zu = %a, expected %a", x, n, math_power(x, n), high + low);
  }
  assert_true(math_power(0, 0) == 1 && math_power(0, 3) == 0 && math_power(2, 62) == 0x1p62);
}

static void log_is_within_two_ulp(void **state) {
  (void)state;
  random_stream stream = random_open(6, "test", 0);
  for (int i = 0; i < 300000; i++) {
    uint64_t bits = random_u64(&stream) % 0x7ff0000000000000; /* every positive finite double */
    double wide, near_one = 1 + (random_uniform(&stream) - 0.5) * ldexp(1, -(i % 53));
    memcpy(&wide, &bits, sizeof wide);
    if (wide > 0) check_ulps("log", wide, math_log(wide), logl((long double)wide));
    check_ulps("log", near_one, math_log(near_one), logl((long double)near_one));
  }
  check_ulps("log", 0x1p-1074, math_log(0x1p-1074), logl(0x1p-1074L));
  assert_true(math_log(1) == 0 && math_log(0) == -(double)INFINITY &&
              math_log((double)INFINITY) == (double)INFINITY);
  assert_true(isnan(math_log(-1)) && isnan(math_log(-(double)INFINITY)) && isnan(math_log((double)NAN)));
}

static void check_sin_cos(double x) {
  check_ulps("sin", x, math_sin(x), sinl((long double)x));
  check_ulps("cos", x, math_cos(x), cosl((long double)x));
}

static void sin_and_cos_are_within_two_ulp(void **state) {
  (void)state;
  random_stream stream = random_open(7, "test", 0);
  for (int i = 0; i < 200000; i++) {
    double unit = 2 * random_uniform(&stream) - 1;
    check_sin_cos(1e5 * unit);
    check_sin_cos(2 * MATH_PI * unit);
    check_sin_cos(unit * ldexp(1, -(i % 100)));
  }
  /* next to the zeros, where the reduction cancels most */
  for (int i = -63661; i <= 63661; i++) {
    double x = i * (MATH_PI / 2);
    check_sin_cos(x);
    check_sin_cos(nextafter(x, 1e9));
    check_sin_cos(nextafter(x, -1e9));
  }
}

/* ---- memory, text, errors ---- */

static void memory_is_zeroed_aligned_and_refuses_impossible_sizes(void **state) {
  (void)state;
  uint8_t *block;
  assert_ok(mem_alloc(&block, 1000, 3, &error));
  assert_int_equal((uintptr_t)block % 64, 0);
  for (size_t i = 0; i < 3000; i++) assert_int_equal(block[i], 0);
  memset(block, 7, 3000);
  assert_ok(mem_grow(&block, 1000, 2000, 3, &error));
  for (size_t i = 0; i < 6000; i++) assert_int_equal(block[i], i < 3000 ? 7 : 0);
  mem_free(block);
  assert_ok(mem_alloc(&block, 0, 8, &error));
  assert_non_null(block);
  mem_free(block);
  assert_fails(mem_alloc(&block, SIZE_MAX / 2, 4, &error), DESPUR_NO_RESOURCES, "out of memory");
  assert_null(block);
  assert_fails(mem_alloc(&block, SIZE_MAX, 1, &error), DESPUR_NO_RESOURCES, "out of memory");
  size_t product;
  assert_fails(mem_multiply(&product, (size_t)1 << 33, (size_t)1 << 31, &error), DESPUR_BAD_INPUT, "sizes");
  assert_ok(mem_multiply(&product, (size_t)1 << 32, (size_t)1 << 31, &error));
  assert_int_equal(product, (size_t)1 << 63);
}

static void what_is_more_than_memory_lies_in_a_file(void **state) {
  (void)state;
  enum { COUNT = 300000 };
  uint32_t *block;
  size_t mapped;
  char folder[1024];
  const char *before = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s", before ? before : "");
  assert_ok(large_map(&block, &mapped, COUNT, sizeof *block, &error));
  assert_int_equal(mapped, COUNT * sizeof *block);
  assert_int_equal((uintptr_t)block % 64, 0);
  for (uint32_t i = 0; i < COUNT; i++) {
    assert_int_equal(block[i], 0);
    block[i] = i * 7;
  }
  for (uint32_t i = 0; i < COUNT; i++) assert_int_equal(block[i], i * 7);
  large_free(block, mapped);
  assert_ok(large_alloc(&block, &mapped, COUNT, sizeof *block, &error)); /* what fits is memory */
  assert_int_equal(mapped, 0);
  large_free(block, mapped);
  large_free(NULL, 0);
  assert_fails(large_map(&block, &mapped, SIZE_MAX / 2, 4, &error), DESPUR_NO_RESOURCES, "out of memory");
  setenv("TMPDIR", "/nowhere", 1);
  assert_fails(large_map(&block, &mapped, COUNT, sizeof *block, &error), DESPUR_NO_RESOURCES,
               "/nowhere: cannot hold 1200000 bytes that are too many for memory: No such file");
  assert_null(block);
  if (before)
    setenv("TMPDIR", folder, 1);
  else
    unsetenv("TMPDIR");
}

static void text_grows_to_hold_everything_added(void **state) {
  (void)state;
  text out = {0};
  for (int i = 0; i < 10000; i++) assert_ok(text_add(&out, &error, "%04d", i));
  assert_int_equal(out.length, 40000);
  assert_int_equal(strlen(out.data), 40000);
  for (int i = 0; i < 10000; i += 37) {
    char digits[5];
    snprintf(digits, sizeof digits, "%04d", i);
    assert_memory_equal(out.data + 4 * i, digits, 4);
  }
  mem_free(out.data);
}

/* RFC 4648, section 10. */
static void base64_agrees_with_the_standard(void **state) {
  (void)state;
  static const char *const PAIRS[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"},
                                         {"\xfb\xff\xbf", "+/+/"}};
  for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
    text out = {0};
    assert_ok(text_add_base64(&out, PAIRS[i][0], strlen(PAIRS[i][0]), &error));
    assert_string_equal(out.data ? out.data : "", PAIRS[i][1]);
    mem_free(out.data);
  }
}

static void nearest_word_is_within_a_third_of_the_letters(void **state) {
  (void)state;
  static const char *const WORDS[] = {"batch_size", "epochs", "learning_rate", "lr", NULL};
  static const struct {
    const char *word, *nearest;
  } CASES[] = {
      {"epochs", "epochs"},
      {"epoch", "epochs"},
      {"batch-size", "batch_size"},
      {"learnig_rat", "learning_rate"},
      {"batchsise", "batch_size"},
      {"momentum", NULL},
      {"", NULL},
      {"xyz", NULL},
      {"a_word_that_is_much_longer_than_any_key_of_a_configuration_file_could_be", NULL},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    const char *nearest = despur_nearest_word(CASES[i].word, WORDS);
    if ((nearest == NULL) != (CASES[i].nearest == NULL) ||
        (nearest && strcmp(nearest, CASES[i].nearest) != 0))
      fail_msg("nearest to '%s' is '%s'", CASES[i].word, nearest ? nearest : "none");
  }
}

static bool ends_with(const char *message, const char *end) {
  return strlen(message) >= strlen(end) && strcmp(message + strlen(message) - strlen(end), end) == 0;
}

static void messages_carry_no_control_characters_and_are_cut_to_fit(void **state) {
  (void)state;
  assert_int_equal(error_set(&error, DESPUR_BAD_INPUT, "a\nb\033[31m%c", 127), DESPUR_BAD_INPUT);
  assert_string_equal(error.message, "a?b?[31m?");
  error_prefix(&error, "\xc3\xa9\xff%.4s: ", "\xe4\xb8\xad\xe4\xb8\xad"); /* cut within a character */
  assert_string_equal(error.message, "\xc3\xa9?\xe4\xb8\xad?: a?b?[31m?");
  assert_int_equal(error_set(&error, DESPUR_BAD_INPUT, "a\nb\033[31m%c", 127), DESPUR_BAD_INPUT);
  error_prefix(&error, "f%c: ", '\t');
  assert_string_equal(error.message, "f?: a?b?[31m?");
  char longer[2000];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = 0;
  error_prefix(&error, "%s", longer);
  assert_int_equal(strlen(error.message), sizeof error.message - 1);
  assert_true(ends_with(error.message, "xf?: a?b?[31m?"));
  assert_int_equal(error_set(NULL, DESPUR_NO_RESOURCES, "no one listens"), DESPUR_NO_RESOURCES);
  error_prefix(NULL, "no one listens");
}

/* Paths of every length, of characters of one to four bytes. */
static void long_paths_are_shortened_in_their_middle(void **state) {
  (void)state;
  static const char *const LETTERS[] = {"d", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x90\x9f"};
  static char path[70000];
  for (size_t letter = 0; letter < 4; letter++)
    for (size_t length = 900; length < sizeof path - 8; length = length < 1100 ? length + 1 : 2 * length) {
      strcpy(path, "/");
      for (size_t at = 1; at < length; at += strlen(LETTERS[letter])) strcpy(path + at, LETTERS[letter]);
      assert_int_equal(error_set(&error, DESPUR_BAD_INPUT, "%s: No such file", path), DESPUR_BAD_INPUT);
      assert_true(ends_with(error.message, ": No such file"));
      error_prefix(&error, "%s: inside ", path);
      error_add(&error, "; it is used by %s, which is too long", path);
      assert_true(ends_with(error.message, ", which is too long"));
      assert_true(error.message[0] == '/' && strstr(error.message, ": inside /"));
      assert_non_null(strstr(error.message, ": No such file; it is used by /"));
      assert_non_null(strstr(error.message, "..."));
      assert_null(strchr(error.message, '?')); /* no character is cut */
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sha256_matches_the_vectors_of_nist),
      cmocka_unit_test(sha256_of_a_million_letters_does_not_depend_on_the_pieces),
      cmocka_unit_test(philox_gives_the_published_words),
      cmocka_unit_test(streams_with_different_names_differ),
      cmocka_unit_test(purposes_used_in_the_sources_hash_to_distinct_ids),
      cmocka_unit_test(random_below_is_uniform_on_a_small_range),
      cmocka_unit_test(random_below_is_uniform_where_simple_methods_are_biased),
      cmocka_unit_test(shuffle_makes_every_order_equally_often),
      cmocka_unit_test(uniform_fills_the_unit_interval_evenly),
      cmocka_unit_test(normal_has_the_normal_distribution),
      cmocka_unit_test(exp_is_within_two_ulp),
      cmocka_unit_test(powers_lose_less_than_n_halves_of_a_digit),
      cmocka_unit_test(log_is_within_two_ulp),
      cmocka_unit_test(sin_and_cos_are_within_two_ulp),
      cmocka_unit_test(what_is_more_than_memory_lies_in_a_file),
      cmocka_unit_test(memory_is_zeroed_aligned_and_refuses_impossible_sizes),
      cmocka_unit_test(text_grows_to_hold_everything_added),
      cmocka_unit_test(base64_agrees_with_the_standard),
      cmocka_unit_test(nearest_word_is_within_a_third_of_the_letters),
      cmocka_unit_test(long_paths_are_shortened_in_their_middle),
      cmocka_unit_test(messages_carry_no_control_characters_and_are_cut_to_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
