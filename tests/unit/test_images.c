/* The bank of images: IDX files that the tests write, and the order of the places of "auto". */
#include "testing.h"

#include "data/images.h"
#include "despur/fetch.h"

#include <sys/stat.h>

enum { PIXELS = 28 * 28 };

static despur_error error;
static image_bank bank;
static char directory[128];

/* What to write: sizes as the headers say; the files hold as many bytes as that. NULL name: the file is not
 * written. */
typedef struct idx_files {
  const char *names[4];
  uint32_t train[3], train_labels, test[3], test_labels;
  int wrong_label; /* the third training label, if not 0 */
} idx_files;

static const idx_files GOOD = {.names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
                               .train = {5, 28, 28},
                               .train_labels = 5,
                               .test = {3, 28, 28},
                               .test_labels = 3};

static FILE *create(const char *where, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", where, name);
  FILE *file = fopen(path, "wb");
  if (!file) fail_msg("cannot create %s", path);
  return file;
}

static void put_number(FILE *file, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) putc((int)(number >> shift & 0xff), file);
}

/* Pixel j of image i is (i * 31 + j + first) mod 256. */
static void write_images(const char *where, const char *name, const uint32_t shape[3], uint32_t first) {
  if (!name) return;
  FILE *file = create(where, name);
  put_number(file, 0x803);
  for (int i = 0; i < 3; i++) put_number(file, shape[i]);
  for (uint32_t i = 0; i < shape[0]; i++)
    for (uint32_t j = 0; j < shape[1] * shape[2]; j++) putc((int)((i * 31 + j + first) & 0xff), file);
  fclose(file);
}

/* Label i is (i + first) mod 10. */
static void write_labels(const char *where, const char *name, uint32_t count, uint32_t first, int wrong) {
  if (!name) return;
  FILE *file = create(where, name);
  put_number(file, 0x801);
  put_number(file, count);
  for (uint32_t i = 0; i < count; i++) putc(wrong && i == 2 ? wrong : (int)((i + first) % 10), file);
  fclose(file);
}

static void write_files(const char *where, const idx_files *files) {
  write_images(where, files->names[0], files->train, 0);
  write_labels(where, files->names[1], files->train_labels, 4, files->wrong_label);
  write_images(where, files->names[2], files->test, 100);
  write_labels(where, files->names[3], files->test_labels, 8, 0);
}

static int start(void **state) {
  (void)state;
  temporary_directory(directory);
  unsetenv("DESPUR_DATA");
  setenv("XDG_CACHE_HOME", directory, 1);
  return 0;
}

static int stop(void **state) {
  (void)state;
  image_bank_release(&bank);
  return 0;
}

static void expect_good_files(void) {
  assert_int_equal(bank.train, 5);
  assert_int_equal(bank.test, 3);
  assert_int_equal(bank.height, 28);
  assert_int_equal(bank.width, 28);
  const uint8_t digits[8] = {4, 5, 6, 7, 8, 8, 9, 0};
  assert_memory_equal(bank.digit, digits, 8);
  for (size_t i = 0; i < 8; i++)
    for (size_t j = 0; j < PIXELS; j++) {
      size_t wanted = i < 5 ? i * 31 + j : (i - 5) * 31 + j + 100;
      assert_int_equal(bank.pixels[i * PIXELS + j], wanted & 0xff);
    }
}

static void test_images_follow_the_training_images(void **state) {
  (void)state;
  char wanted[256];
  write_files(directory, &GOOD);
  assert_ok(image_bank_load(&bank, directory, 0, 0, 0, &error));
  expect_good_files();
  snprintf(wanted, sizeof wanted, "5 + 3 images from %s", directory);
  assert_string_equal(bank.description, wanted);
}

static void both_spellings_and_gzip_are_read(void **state) {
  (void)state;
  idx_files files = GOOD;
  char command[512];
  files.names[0] = "train-images.idx3-ubyte";
  files.names[3] = "t10k-labels.idx1-ubyte";
  write_files(directory, &files);
  snprintf(command, sizeof command, "gzip -q '%s/train-images.idx3-ubyte' '%s/t10k-images-idx3-ubyte'",
           directory, directory);
  if (system(command) != 0) skip();
  assert_ok(image_bank_load(&bank, directory, 0, 0, 0, &error));
  expect_good_files();
}

static idx_files changed(int which) {
  idx_files files = GOOD;
  switch (which) {
  case 0:
    files.names[0] = NULL;
    break;
  case 1:
    files.names[3] = NULL;
    break;
  case 2:
    files.train_labels = 4;
    break;
  case 3:
    files.test[0] = 2;
    break;
  case 4:
    files.train[1] = 32;
    break;
  case 5:
    files.test[2] = 27;
    break;
  case 6:
    files.wrong_label = 10;
    break;
  case 7:
    files.wrong_label = 255;
    break;
  case 8:
    files.train[0] = files.train_labels = 0;
    break;
  default:
    break;
  }
  return files;
}

static void files_that_do_not_fit_are_errors_that_name_them(void **state) {
  (void)state;
  static const char *const MESSAGES[][2] = {
      {"expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found neither", ""},
      {"expected t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz, found neither", ""},
      {"train-labels-idx1-ubyte: expected a label for each of the 5 images of",
       "train-images-idx3-ubyte, found 4 labels"},
      {"t10k-labels-idx1-ubyte: expected a label for each of the 2 images of",
       "t10k-images-idx3-ubyte, found 3 labels"},
      {"train-images-idx3-ubyte: expected images of 28 x 28 pixels, found 32 x 28", ""},
      {"t10k-images-idx3-ubyte: expected images of 28 x 28 pixels, found 28 x 27", ""},
      {"train-labels-idx1-ubyte: label 2: expected a digit from 0 to 9, found 10", ""},
      {"train-labels-idx1-ubyte: label 2: expected a digit from 0 to 9, found 255", ""},
      {"train-images-idx3-ubyte: expected images, found none", ""},
  };
  for (int i = 0; i < (int)(sizeof MESSAGES / sizeof *MESSAGES); i++) {
    idx_files files = changed(i);
    temporary_directory(directory);
    write_files(directory, &files);
    assert_fails(image_bank_load(&bank, directory, 0, 0, 0, &error), DESPUR_BAD_INPUT, MESSAGES[i][0]);
    if (!strstr(error.message, MESSAGES[i][1]) || !strstr(error.message, directory))
      fail_msg("'%s' lacks '%s' or '%s'", error.message, MESSAGES[i][1], directory);
    assert_null(bank.pixels);
    assert_null(bank.digit);
  }
}

static void a_name_that_is_no_directory_is_an_error(void **state) {
  (void)state;
  char path[512];
  assert_fails(image_bank_load(&bank, "no-such-place", 0, 0, 0, &error), DESPUR_BAD_INPUT,
               "images 'no-such-place': expected auto, digits or a directory, found nothing of that name");
  fclose(create(directory, "plain"));
  snprintf(path, sizeof path, "%s/plain", directory);
  assert_fails(image_bank_load(&bank, path, 0, 0, 0, &error), DESPUR_BAD_INPUT, "found a file");
}

static void drawn_digits_are_those_of_the_generator(void **state) {
  (void)state;
  uint8_t pixels[PIXELS];
  assert_ok(image_bank_load(&bank, "digits", 2345, 678, 9, &error));
  assert_int_equal(bank.train, 2345);
  assert_int_equal(bank.test, 678);
  for (size_t i = 0; i < 3023; i++) {
    assert_int_equal(digits_draw(9, i, pixels), bank.digit[i]);
    assert_memory_equal(pixels, bank.pixels + i * PIXELS, PIXELS);
  }
  assert_string_equal(bank.description, "built-in digits: 2,345 + 678 images drawn with seed 9");
}

static void auto_takes_despur_data_before_the_cache(void **state) {
  (void)state;
  char path[300];
  idx_files cached = GOOD;
  cached.train[0] = cached.train_labels = 2;
  snprintf(path, sizeof path, "%s/despur", directory);
  mkdir(path, 0777);
  snprintf(path, sizeof path, "%s/despur/mnist", directory);
  mkdir(path, 0777);
  write_files(path, &cached);
  assert_ok(image_bank_load(&bank, "auto", 10, 10, 0, &error));
  assert_int_equal(bank.train, 2);
  assert_non_null(strstr(bank.description, "/despur/mnist"));
  image_bank_release(&bank);

  /* an empty variable counts as none */
  setenv("DESPUR_DATA", "", 1);
  assert_ok(image_bank_load(&bank, "auto", 10, 10, 0, &error));
  assert_int_equal(bank.train, 2);
  image_bank_release(&bank);

  /* the files may also lie in a subdirectory mnist */
  char data[128];
  temporary_directory(data);
  snprintf(path, sizeof path, "%s/mnist", data);
  mkdir(path, 0777);
  write_files(path, &GOOD);
  setenv("DESPUR_DATA", data, 1);
  assert_ok(image_bank_load(&bank, "auto", 10, 10, 0, &error));
  expect_good_files();
  image_bank_release(&bank);
  setenv("DESPUR_DATA", path, 1);
  assert_ok(image_bank_load(&bank, "auto", 10, 10, 0, &error));
  expect_good_files();
}

static void despur_data_without_the_files_is_an_error(void **state) {
  (void)state;
  idx_files files = GOOD;
  files.names[2] = NULL;
  write_files(directory, &files);
  setenv("DESPUR_DATA", directory, 1);
  assert_fails(image_bank_load(&bank, "auto", 10, 10, 0, &error), DESPUR_BAD_INPUT, directory);
  assert_non_null(strstr(error.message, "DESPUR_DATA="));
  assert_non_null(strstr(error.message, "found no t10k-images-idx3-ubyte"));
  setenv("DESPUR_DATA", "no-such-place", 1);
  assert_fails(image_bank_load(&bank, "auto", 10, 10, 0, &error), DESPUR_BAD_INPUT,
               "DESPUR_DATA=no-such-place");
}

static void auto_without_files_in_the_cache_goes_on(void **state) {
  (void)state;
  assert_ok(image_bank_load(&bank, "auto", 30, 10, 5, &error));
  if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) == 0)
    assert_string_equal(bank.description,
                        "Fashion-MNIST: 60,000 + 10,000 images from /usr/share/datasets/fashion-mnist");
  else
    assert_string_equal(bank.description, "built-in digits: 30 + 10 images drawn with seed 5");
}

static void the_cache_is_where_the_xdg_specification_says(void **state) {
  (void)state;
  char *path, *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
  setenv("HOME", "/home/somebody", 1);
  setenv("XDG_CACHE_HOME", "/somewhere", 1);
  assert_ok(image_cache_directory(&path, "mnist", &error));
  assert_string_equal(path, "/somewhere/despur/mnist");
  free(path);
  setenv("XDG_CACHE_HOME", "relative/paths/are/ignored", 1);
  assert_ok(image_cache_directory(&path, "mnist", &error));
  assert_string_equal(path, "/home/somebody/.cache/despur/mnist");
  free(path);
  unsetenv("HOME");
  assert_ok(image_cache_directory(&path, "mnist", &error));
  assert_null(path);
  if (home) setenv("HOME", home, 1);
  free(home);
}

static void the_places_are_listed_for_people_in_their_order(void **state) {
  (void)state;
  char line[DESPUR_PLACE_LINE];
  static const char *const STARTS[] = {"$DESPUR_DATA: /data, or /data/mnist", "the user's cache: /",
                                       "Debian's dataset-fashion-mnist: /usr/share/datasets/fashion-mnist",
                                       "the built-in digits"};
  setenv("DESPUR_DATA", "/data", 1);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(despur_image_place(i, line), 1);
    if (strncmp(line, STARTS[i], strlen(STARTS[i])) != 0) fail_msg("'%s' instead of '%s'", line, STARTS[i]);
  }
  assert_int_equal(despur_image_place(4, line), 0);
  unsetenv("DESPUR_DATA");
  assert_int_equal(despur_image_place(0, line), 1);
  assert_string_equal(line, "$DESPUR_DATA (not set)");
}

/* MNIST itself is not shipped. */
static void mnist_is_recognised(void **state) {
  (void)state;
  static const char mnist[] = "../shared/data/mnist";
  if (access(mnist, R_OK) != 0) skip();
  assert_ok(image_bank_load(&bank, mnist, 0, 0, 0, &error));
  assert_int_equal(strncmp(bank.description, "MNIST: 60,000 + 10,000 images from ", 35), 0);
  const uint8_t first[5] = {5, 0, 4, 1, 9},
                last[3] = {4, 5, 6}; /* as the training and test labels of MNIST are */
  assert_memory_equal(bank.digit, first, 5);
  assert_memory_equal(bank.digit + 69997, last, 3);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(test_images_follow_the_training_images),
      CASE(both_spellings_and_gzip_are_read),
      CASE(files_that_do_not_fit_are_errors_that_name_them),
      CASE(a_name_that_is_no_directory_is_an_error),
      CASE(drawn_digits_are_those_of_the_generator),
      CASE(auto_takes_despur_data_before_the_cache),
      CASE(despur_data_without_the_files_is_an_error),
      CASE(auto_without_files_in_the_cache_goes_on),
      CASE(the_cache_is_where_the_xdg_specification_says),
      CASE(the_places_are_listed_for_people_in_their_order),
      CASE(mnist_is_recognised),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
