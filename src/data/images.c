/* Where images come from: IDX files in one of a few places, or the built-in generator.
 *
 * MNIST is 47 MB of pixels: files are unpacked straight into the bank. */
#include "data/images.h"

#include "base/format.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/processors.h"
#include "base/sha256.h"
#include "base/text.h"
#include "despur/fetch.h"
#include "io/file.h"
#include "io/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, DIGITS_PER_TASK = 1000 };

/* ---- where to look ---- */

typedef struct image_place {
  const char *what; /* for people; NULL beyond the last place */
  char *path;       /* a directory, or NULL */
  char *below;      /* a second directory to try, or NULL */
  const char *set;  /* the environment variable by which somebody has asked for this place, or NULL */
} image_place;

static void release_place(image_place *place) {
  mem_free(place->path);
  mem_free(place->below);
  *place = (image_place){0};
}

static despur_status join(char **out, despur_error *error, const char *directory, const char *name) {
  text path = {0};
  despur_status status = text_add(&path, error, "%s/%s", directory, name);
  if (status != DESPUR_OK) mem_free(path.data);
  *out = status == DESPUR_OK ? path.data : NULL;
  return status;
}

despur_status image_cache_directory(char **path, const char *name, despur_error *error) {
  const char *base = getenv("XDG_CACHE_HOME"), *below = "despur";
  *path = NULL;
  /* The XDG specification says that a relative path is to be ignored. */
  if (!base || base[0] != '/') {
    base = getenv("HOME");
    below = ".cache/despur";
  }
  if (!base || base[0] != '/') return DESPUR_OK;
  char *parent;
  despur_status status = join(&parent, error, base, below);
  if (status == DESPUR_OK) status = join(path, error, parent, name);
  mem_free(parent);
  return status;
}

/* The one list of the places of "auto", in their order. */
static despur_status find_place(image_place *place, size_t index, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *wanted = getenv("DESPUR_DATA");
  *place = (image_place){0};
  switch (index) {
  case 0:
    place->what = "$DESPUR_DATA (not set)";
    if (!wanted || !*wanted) break;
    place->what = "$DESPUR_DATA";
    place->set = "DESPUR_DATA";
    TRY(mem_copy_text(&place->path, wanted, error));
    TRY(join(&place->below, error, wanted, "mnist"));
    break;
  case 1:
    TRY(image_cache_directory(&place->path, "mnist", error));
    place->what = place->path ? "the user's cache" : "the user's cache (no $HOME)";
    break;
  case 2:
    place->what = "Debian's dataset-fashion-mnist";
    TRY(mem_copy_text(&place->path, "/usr/share/datasets/fashion-mnist", error));
    break;
  case 3:
    place->what = "the built-in digits";
    break;
  default:
    break;
  }
cleanup:
  if (status != DESPUR_OK) release_place(place);
  return status;
}

int despur_image_place(size_t index, char line[DESPUR_PLACE_LINE]) {
  image_place place;
  if (find_place(&place, index, NULL) != DESPUR_OK) return 0;
  int found = place.what != NULL;
  if (found && place.below)
    snprintf(line, DESPUR_PLACE_LINE, "%s: %s, or %s", place.what, place.path, place.below);
  else if (found)
    snprintf(line, DESPUR_PLACE_LINE, "%s%s%s", place.what, place.path ? ": " : "",
             place.path ? place.path : "");
  release_place(&place);
  return found;
}

/* ---- the four files ---- */

typedef enum idx_file { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, IDX_FILES } idx_file;

/* Both spellings are in circulation. */
static const char *const FILE_NAMES[IDX_FILES][2] = {
    {"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
    {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
    {"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"},
    {"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"},
};

/* *path = the file as it is called in the directory, plain or .gz; NULL when it is not there. */
static despur_status find_idx_file(char **path, const char *directory, idx_file which, despur_error *error) {
  *path = NULL;
  for (int i = 0; i < 4; i++) {
    text candidate = {0};
    despur_status status =
        text_add(&candidate, error, "%s/%s%s", directory, FILE_NAMES[which][i / 2], i % 2 ? ".gz" : "");
    if (status == DESPUR_OK && file_exists(candidate.data)) {
      *path = candidate.data;
      return DESPUR_OK;
    }
    mem_free(candidate.data);
    if (status != DESPUR_OK) return status;
  }
  return DESPUR_OK;
}

/* *missing = the first file that the directory lacks, IDX_FILES when it has all four. */
static despur_status first_missing(idx_file *missing, const char *directory, despur_error *error) {
  for (*missing = TRAIN_IMAGES; *missing < IDX_FILES; ++*missing) {
    char *path;
    despur_status status = find_idx_file(&path, directory, *missing, error);
    if (status != DESPUR_OK) return status;
    mem_free(path);
    if (!path) break;
  }
  return DESPUR_OK;
}

/* ---- reading them ---- */

/* The training or the test images while they are read. */
typedef struct part {
  char *images_path, *labels_path;
  idx_reader *images, *labels;
  size_t count;
} part;

static void close_part(part *open) {
  idx_close(open->images);
  idx_close(open->labels);
  mem_free(open->images_path);
  mem_free(open->labels_path);
}

static despur_status open_part(part *out, const char *directory, idx_file images, idx_file labels,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t shape[IDX_MAX_RANK], label_shape[IDX_MAX_RANK];
  TRY(find_idx_file(&out->images_path, directory, images, error));
  TRY(find_idx_file(&out->labels_path, directory, labels, error));
  if (!out->images_path || !out->labels_path)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %s or %s.gz, found neither", directory,
         FILE_NAMES[out->images_path ? labels : images][0],
         FILE_NAMES[out->images_path ? labels : images][0]);
  TRY(idx_open(&out->images, out->images_path, 3, shape, error));
  TRY(idx_open(&out->labels, out->labels_path, 1, label_shape, error));
  if (shape[1] != SIDE || shape[2] != SIDE)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected images of 28 x 28 pixels, found %zu x %zu", out->images_path,
         shape[1], shape[2]);
  if (shape[0] != label_shape[0])
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected a label for each of the %s images of %s, found %s labels",
         out->labels_path, file_grouped(shape[0]).text, out->images_path, file_grouped(label_shape[0]).text);
  if (shape[0] == 0) FAIL(error, DESPUR_BAD_INPUT, "%s: expected images, found none", out->images_path);
  out->count = shape[0];
cleanup:
  return status;
}

static despur_status read_part(const part *from, uint8_t *pixels, uint8_t *digit, despur_error *error) {
  despur_status status = DESPUR_OK;
  TRY(idx_read(from->labels, digit, error));
  for (size_t i = 0; i < from->count; i++)
    if (digit[i] > 9)
      FAIL(error, DESPUR_BAD_INPUT, "%s: label %s: expected a digit from 0 to 9, found %d", from->labels_path,
           file_grouped(i).text, digit[i]);
  TRY(idx_read(from->images, pixels, error));
cleanup:
  return status;
}

static despur_status allocate(image_bank *bank, size_t train, size_t test, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count;
  if (__builtin_add_overflow(train, test, &count))
    FAIL(error, DESPUR_BAD_INPUT, "%zu + %zu images are beyond what a computer can hold", train, test);
  bank->train = train;
  bank->test = test;
  bank->height = bank->width = SIDE;
  TRY(mem_alloc(&bank->pixels, count, PIXELS, error));
  TRY(mem_alloc(&bank->digit, count, 1, error));
cleanup:
  return status;
}

/* The name of a published set, known by its labels and its first hundred images. Derived sets share the
 * labels but not the images. */
static const char *published_name(const image_bank *bank) {
  static const struct {
    const char *name, *sum;
  } KNOWN[] = {
      {"MNIST: ", "5a9c63318274cbdf183f1e2f40878c02ecc378cdf7a092ff345dd608d8991089"},
      {"Fashion-MNIST: ", "7ec9c0b7e66d81a4d6f29b45c58297f60fae9d0336ac35179394da5d50ea8f9d"},
  };
  if (bank->train != 60000 || bank->test != 10000) return "";
  char sum[SHA256_HEX];
  sha256 hash;
  sha256_init(&hash);
  sha256_add(&hash, bank->digit, bank->train + bank->test);
  sha256_add(&hash, bank->pixels, (size_t)100 * PIXELS);
  sha256_finish(&hash, sum);
  for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
    if (!strcmp(sum, KNOWN[i].sum)) return KNOWN[i].name;
  return "";
}

static void take_paths(image_bank *bank, part *from, size_t first) {
  bank->inputs[first] = from->images_path;
  bank->inputs[first + 1] = from->labels_path;
  from->images_path = from->labels_path = NULL;
}

static despur_status load_directory(image_bank *bank, const char *directory, despur_error *error) {
  despur_status status = DESPUR_OK;
  part train = {0}, test = {0};
  if (!file_is_directory(directory))
    FAIL(error, DESPUR_BAD_INPUT, "images '%s': expected auto, digits or a directory, found %s", directory,
         file_exists(directory) ? "a file" : "nothing of that name");
  TRY(open_part(&train, directory, TRAIN_IMAGES, TRAIN_LABELS, error));
  TRY(open_part(&test, directory, TEST_IMAGES, TEST_LABELS, error));
  TRY(allocate(bank, train.count, test.count, error));
  TRY(read_part(&train, bank->pixels, bank->digit, error));
  TRY(read_part(&test, bank->pixels + train.count * PIXELS, bank->digit + train.count, error));
  take_paths(bank, &train, 0);
  take_paths(bank, &test, 2);
  bank->what =
      (size_t)snprintf(bank->description, sizeof bank->description, "%s%s + %s images", published_name(bank),
                       file_grouped(bank->train).text, file_grouped(bank->test).text);
  format_text(bank->description + bank->what, sizeof bank->description - bank->what, " from %s", directory);
cleanup:
  close_part(&train);
  close_part(&test);
  return status;
}

/* ---- drawing digits ---- */

typedef struct drawing {
  image_bank *bank;
  uint64_t seed;
} drawing;

static void draw_some(void *context, size_t task, int thread) {
  const drawing *work = context;
  size_t count = work->bank->train + work->bank->test, first = task * DIGITS_PER_TASK;
  (void)thread;
  for (size_t i = first; i < count && i < first + DIGITS_PER_TASK; i++)
    work->bank->digit[i] = digits_draw(work->seed, i, work->bank->pixels + i * PIXELS);
}

static despur_status draw_digits(image_bank *bank, size_t train, size_t test, uint64_t seed,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  enum { MOST = 10000000 }; /* as data.digits_train, of either kind */
  drawing work = {bank, seed};
  if (train < 1 || train > MOST || test > MOST)
    FAIL(error, DESPUR_BAD_INPUT,
         "expected 1 to %s digits to train with and as many at most to test, found %s and %s",
         file_grouped(MOST).text, file_grouped(train).text, file_grouped(test).text);
  TRY(allocate(bank, train, test, error));
  TRY(parallel_create(&pool, processors_allowed(), error));
  parallel_for(pool, (train + test + DIGITS_PER_TASK - 1) / DIGITS_PER_TASK, draw_some, &work);
  bank->what =
      (size_t)snprintf(bank->description, sizeof bank->description, "built-in digits: %s + %s images",
                       file_grouped(train).text, file_grouped(test).text);
  snprintf(bank->description + bank->what, sizeof bank->description - bank->what, " drawn with seed %llu",
           (unsigned long long)seed);
cleanup:
  parallel_free(pool);
  return status;
}

/* ---- choosing ---- */

/* *directory = the one of the place's directories that has the files, NULL when none has. */
static despur_status directory_of(const char **directory, const image_place *place, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *const candidates[] = {place->path, place->below};
  *directory = NULL;
  for (int i = 0; i < 2 && !*directory; i++) {
    idx_file missing;
    if (!candidates[i]) continue;
    TRY(first_missing(&missing, candidates[i], error));
    if (missing == IDX_FILES) *directory = candidates[i];
  }
  if (!*directory && place->set) {
    idx_file missing;
    TRY(first_missing(&missing, place->path, error));
    FAIL(error, DESPUR_BAD_INPUT,
         "%s=%s: expected the four IDX files of MNIST there or in its subdirectory mnist, found no %s",
         place->set, place->path, FILE_NAMES[missing][0]);
  }
cleanup:
  return status;
}

/* Loads the first place that has the files; *found tells whether there was one. */
static despur_status find_first_place(char **out, despur_error *error) {
  despur_status status = DESPUR_OK;
  image_place place = {0};
  *out = NULL;
  for (size_t i = 0; !*out; i++) {
    const char *directory;
    release_place(&place);
    TRY(find_place(&place, i, error));
    if (!place.what) break;
    TRY(directory_of(&directory, &place, error));
    if (directory) TRY(mem_copy_text(out, directory, error));
  }
cleanup:
  release_place(&place);
  return status;
}

despur_status image_auto(char **images, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *directory;
  *images = NULL;
  TRY(find_first_place(&directory, error));
  if (!directory)
    TRY(mem_copy_text(images, "digits", error));
  else if (!strcmp(directory, "auto") || !strcmp(directory, "digits")) /* folders of these names */
    TRY(join(images, error, ".", directory));
  else
    *images = directory, directory = NULL;
cleanup:
  mem_free(directory);
  return status;
}

despur_status image_bank_load(image_bank *bank, const char *images, size_t digits_train, size_t digits_test,
                              uint64_t seed, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *first = NULL;
  *bank = (image_bank){0};
  if (!strcmp(images, "auto")) {
    TRY(image_auto(&first, error));
    images = first;
  }
  if (strcmp(images, "digits") != 0)
    TRY(load_directory(bank, images, error));
  else
    TRY(draw_digits(bank, digits_train, digits_test, seed, error));
cleanup:
  mem_free(first);
  if (status != DESPUR_OK) image_bank_release(bank);
  return status;
}

void image_bank_release(image_bank *bank) {
  for (size_t i = 0; i < 4; i++) mem_free(bank->inputs[i]);
  mem_free(bank->pixels);
  mem_free(bank->digit);
  *bank = (image_bank){0};
}
