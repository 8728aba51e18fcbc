/* The despur side of bench/compare.py: one piece of work on data that both sides share, timed as a caller of
 * the library would see it. It is a program like any other that links to despur: it sees public headers only.
 *
 * Verbs and their words:
 *
 *   images COUNT OUT.f32 LABELS.u32: the training images of SpuCoMNIST from COUNT built-in digits
 *   train COUNT ARCH INIT.safetensors ORDER.u32 BATCH THREADS LOSSES.f64
 *   steps IMAGES.f32 SIDE LABELS.u32 ARCH INIT.safetensors BATCH THREADS LOSSES.f64: batches of images of
 *     3 x SIDE x SIDE in ten classes, in their order; the shortest step, and the shortest pass over a batch
 *     outside of training
 *   inference IMAGES.f32 SIDE CLASSES ARCH INIT.safetensors BATCH THREADS LOGITS.f32: such passes alone
 *   silhouette POINTS.f32 N D LABELS.u32 CLUSTERS THREADS
 *   kmeans POINTS.f32 N D CLUSTERS STARTS THREADS LABELS.u32
 *   mixture POINTS.f32 N D COMPONENTS THREADS
 *   umap POINTS.f32 N D THREADS EMBEDDING.f32
 *   logistic X.f32 N D LABELS.u32 CLASSES L1.f64 COUNT ROWS.u32 M L2 TOLERANCE PASSES THREADS HEADS.f64:
 * COUNT fits, each from where the one before ended; the i-th on the i-th M rows of ROWS ("all": all rows)
 *   bandwidth BYTES: bytes of memory that are read a second
 *
 * Files are bare arrays. Prints one line of JSON; "seconds" is the time of the library's function alone. */
#include <despur/despur.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static despur_error error;

static void fail(const char *message) {
  fprintf(stderr, "peer: %s\n", message);
  exit(1);
}

static void check(despur_status status) {
  if (status != DESPUR_OK) fail(error.message);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of all threads; what it says does not depend on who else is at work. */
static double processor_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Zeros, aligned as despur's own. */
static void *allocate(size_t count, size_t size) {
  const size_t bytes = (count * size / 64 + 1) * 64;
  void *memory = aligned_alloc(64, bytes);
  if (!memory) fail("out of memory");
  return memset(memory, 0, bytes);
}

/* *count values, or as many as the file has when *count is 0. */
static void *read_array(const char *path, size_t size, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail(path);
  size_t found = (size_t)ftell(file) / size;
  if (*count == 0) *count = found;
  void *values = allocate(*count, size);
  rewind(file);
  if (found != *count || fread(values, size, *count, file) != *count) fail(path);
  fclose(file);
  return values;
}

static void write_array(const char *path, const void *values, size_t size, size_t count) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(values, size, count, file) != count || fclose(file) != 0) fail(path);
}

static size_t number(const char *word) {
  return strtoul(word, NULL, 10);
}

static despur_dataset *spuco_mnist(const char *count) {
  static const double STRENGTH = 0.995;
  const despur_spuco_options options = {.images = "digits",
                                        .class_of_digit = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
                                        .classes = 5,
                                        .difficulty = DESPUR_MAGNITUDE_LARGE,
                                        .strength = &STRENGTH,
                                        .strengths = 1,
                                        .digits_train = number(count),
                                        .digits_test = 100};
  despur_dataset *dataset;
  check(despur_dataset_create_spuco_mnist(&dataset, &options, &error));
  return dataset;
}

static void images(char **words) {
  despur_dataset *dataset = spuco_mnist(words[0]);
  size_t count, features = 3 * 28 * 28;
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  float *image = allocate(features, sizeof *image);
  uint32_t *labels = allocate(count, sizeof *labels);
  FILE *file = fopen(words[1], "wb");
  if (!file) fail(words[1]);
  for (size_t i = 0; i < count; i++) {
    despur_dataset_image(dataset, examples[i], image);
    labels[i] = despur_dataset_labels(dataset)[examples[i]];
    if (fwrite(image, sizeof *image, features, file) != features) fail(words[1]);
  }
  if (fclose(file) != 0) fail(words[1]);
  write_array(words[2], labels, sizeof *labels, count);
  printf("{\"count\":%zu}\n", count);
  free(labels);
  free(image);
  despur_dataset_free(dataset);
}

typedef struct losses {
  double *values;
  size_t count;
} losses;

static void keep_loss(void *context, size_t step, double loss, size_t examples) {
  (void)step;
  (void)examples;
  losses *kept = context;
  kept->values[kept->count++] = loss;
}

/* One epoch over an order that the other side has chosen: places in the training split. */
static void train(char **words) {
  despur_dataset *dataset = spuco_mnist(words[0]);
  size_t count, length = 0;
  const uint32_t *examples = despur_dataset_split(dataset, DESPUR_TRAIN, &count);
  uint32_t *order = read_array(words[3], sizeof *order, &length);
  for (size_t i = 0; i < length; i++) {
    if (order[i] >= count) fail("an example beyond the training split");
    order[i] = examples[order[i]];
  }
  despur_net *net;
  const despur_net_options shape = {.arch = strcmp(words[1], "mlp") == 0 ? DESPUR_MLP : DESPUR_LENET,
                                    .input = despur_dataset_shape(dataset),
                                    .classes = 5,
                                    .batch = number(words[4]),
                                    .threads = (int)number(words[5])};
  check(despur_net_create(&net, &shape, &error));
  check(despur_net_load(net, words[2], &error));
  losses kept = {.values = allocate(length, sizeof *kept.values)};
  const despur_train_options options = {
      .epochs = 1,
      .batch_size = shape.batch,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.01, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .order = order,
      .order_length = length};
  const despur_train_hooks hooks = {.context = &kept, .step = keep_loss};
  double start = now();
  check(despur_train(net, dataset, &options, &hooks, NULL, &error));
  printf("{\"seconds\":%.6f,\"steps\":%zu}\n", now() - start, kept.count);
  write_array(words[6], kept.values, sizeof *kept.values, kept.count);
  free(kept.values);
  free(order);
  despur_net_free(net);
  despur_dataset_free(dataset);
}

/* The clocks after every step of a training. */
typedef struct stopwatch {
  double wall, processor, least_wall, least_processor;
  losses losses;
} stopwatch;

static void after_step(void *context, size_t step, double loss, size_t examples) {
  stopwatch *watch = context;
  const double wall = now(), processor = processor_seconds();
  if (step > 0) { /* the first warms up */
    if (wall - watch->wall < watch->least_wall) watch->least_wall = wall - watch->wall;
    if (processor - watch->processor < watch->least_processor)
      watch->least_processor = processor - watch->processor;
  }
  watch->wall = wall, watch->processor = processor;
  keep_loss(&watch->losses, step, loss, examples);
}

static despur_arch architecture(const char *name) {
  size_t i = 0;
  while (despur_arch_names[i] && strcmp(despur_arch_names[i], name) != 0) i++;
  if (!despur_arch_names[i]) fail(name);
  return (despur_arch)i;
}

/* Seconds and processor seconds of the shortest of three passes over a batch. */
typedef struct shortest {
  double wall, processor;
} shortest;

static shortest pass_over(despur_net *net, const despur_dataset *dataset, const uint32_t *examples,
                          size_t batch, float *logits) {
  shortest least = {1e9, 1e9};
  for (int repeat = 0; repeat < 3; repeat++) {
    const double start = now(), begun = processor_seconds();
    check(despur_outputs(net, dataset, examples, batch, DESPUR_LOGITS, logits, &error));
    const double wall = now() - start, processor = processor_seconds() - begun;
    if (wall < least.wall) least.wall = wall;
    if (processor < least.processor) least.processor = processor;
  }
  return least;
}

/* Images with labels, in their order, and a network for them. */
typedef struct images_work {
  float *images;
  int64_t *classes;
  uint32_t *order;
  size_t count;
  despur_dataset *dataset;
  despur_net *net;
} images_work;

static void open_work(images_work *w, const char *images, size_t side, const uint32_t *labels,
                      const despur_net_options *shape, const char *weights) {
  size_t values = 0;
  w->images = read_array(images, sizeof *w->images, &values);
  if (labels && values != w->count * 3 * side * side) fail("images and labels of different numbers");
  w->count = values / (3 * side * side);
  w->order = allocate(w->count, sizeof *w->order);
  w->classes = allocate(w->count, sizeof *w->classes);
  for (size_t i = 0; i < w->count; i++)
    w->classes[i] = labels ? labels[i] : (uint32_t)(i % 2), w->order[i] = (uint32_t)i;
  check(despur_dataset_create_from_arrays(&w->dataset,
                                          &(despur_arrays){.images = w->images,
                                                           .images_are_float = 1,
                                                           .count = w->count,
                                                           .shape = {3, side, side},
                                                           .labels = w->classes},
                                          &error));
  check(despur_net_create(&w->net, shape, &error));
  check(despur_net_load(w->net, weights, &error));
}

static void close_work(images_work *w) {
  free(w->images), free(w->classes), free(w->order);
  despur_net_free(w->net);
  despur_dataset_free(w->dataset);
}

static void steps(char **words) {
  const size_t side = number(words[1]);
  images_work w = {0};
  uint32_t *labels = read_array(words[2], sizeof *labels, &w.count);
  const despur_net_options shape = {.arch = architecture(words[3]),
                                    .input = {3, side, side},
                                    .classes = 10,
                                    .batch = number(words[5]),
                                    .threads = (int)number(words[6])};
  open_work(&w, words[0], side, labels, &shape, words[4]);
  stopwatch watch = {
      .least_wall = 1e9, .least_processor = 1e9, .losses = {.values = allocate(w.count, sizeof(double))}};
  float *logits = allocate(shape.batch * shape.classes, sizeof *logits);
  const double pass = pass_over(w.net, w.dataset, w.order, shape.batch, logits).processor;
  const despur_train_options options = {
      .epochs = 1,
      .batch_size = shape.batch,
      .optimizer = {.name = DESPUR_SGD, .lr = 0.01, .momentum = 0.9, .nesterov = 1, .weight_decay = 0.0005},
      .order = w.order,
      .order_length = w.count};
  const despur_train_hooks hooks = {.context = &watch, .step = after_step};
  check(despur_train(w.net, w.dataset, &options, &hooks, NULL, &error));
  printf("{\"seconds\":%.6f,\"processor\":%.6f,\"inference\":%.6f}\n", watch.least_wall,
         watch.least_processor, pass);
  write_array(words[7], watch.losses.values, sizeof(double), watch.losses.count);
  free(watch.losses.values), free(labels), free(logits);
  close_work(&w);
}

static void inference(char **words) {
  const size_t side = number(words[1]);
  const despur_net_options shape = {.arch = architecture(words[3]),
                                    .input = {3, side, side},
                                    .classes = number(words[2]),
                                    .batch = number(words[5]),
                                    .training_batch = 1,
                                    .threads = (int)number(words[6])};
  images_work w = {0};
  open_work(&w, words[0], side, NULL, &shape, words[4]);
  float *logits = allocate(w.count * shape.classes, sizeof *logits);
  const shortest pass = pass_over(w.net, w.dataset, w.order, w.count, logits);
  printf("{\"seconds\":%.6f,\"processor\":%.6f}\n", pass.wall, pass.processor);
  write_array(words[7], logits, sizeof *logits, w.count * shape.classes);
  free(logits);
  close_work(&w);
}

static float *read_points(char **words, size_t *n, size_t *d) {
  *n = number(words[1]), *d = number(words[2]);
  size_t count = *n * *d;
  return read_array(words[0], sizeof(float), &count);
}

static void silhouette(char **words) {
  size_t n, d;
  float *points = read_points(words, &n, &d);
  uint32_t *labels = read_array(words[3], sizeof *labels, &n);
  const despur_silhouette_options options = {.threads = (int)number(words[5])};
  despur_silhouette_result result;
  double start = now();
  check(despur_silhouette(&result, points, n, d, labels, number(words[4]), &options, &error));
  printf("{\"seconds\":%.6f,\"mean\":%.9f}\n", now() - start, result.mean);
  despur_silhouette_release(&result);
  free(labels);
  free(points);
}

static void kmeans(char **words) {
  size_t n, d;
  float *points = read_points(words, &n, &d);
  const despur_kmeans_options options = {.clusters = number(words[3]),
                                         .starts = number(words[4]),
                                         .max_iterations = 300,
                                         .tolerance = 1e-4,
                                         .threads = (int)number(words[5])};
  despur_kmeans_result result;
  double start = now();
  check(despur_kmeans(&result, points, n, d, &options, &error));
  printf("{\"seconds\":%.6f,\"inertia\":%.12g}\n", now() - start, result.inertia);
  write_array(words[6], result.labels, sizeof *result.labels, n);
  despur_kmeans_release(&result);
  free(points);
}

static void mixture(char **words) {
  size_t n, d;
  float *points = read_points(words, &n, &d);
  const despur_mixture_options options = {.components = number(words[3]),
                                          .starts = 1,
                                          .max_iterations = 100,
                                          .tolerance = 1e-3,
                                          .regularisation = 1e-6,
                                          .threads = (int)number(words[4])};
  despur_mixture_result result;
  double start = now();
  check(despur_mixture_fit(&result, points, n, d, &options, &error));
  printf("{\"seconds\":%.6f,\"log_likelihood\":%.9f,\"iterations\":%zu}\n", now() - start,
         result.log_likelihood, result.iterations);
  despur_mixture_result_release(&result);
  free(points);
}

static void umap(char **words) {
  size_t n, d;
  float *points = read_points(words, &n, &d);
  const despur_umap_options options = {
      .neighbors = 15, .components = 2, .min_dist = 0.1, .spread = 1, .threads = (int)number(words[3])};
  despur_umap result;
  double start = now();
  check(despur_umap_fit(&result, points, n, d, &options, &error));
  printf("{\"seconds\":%.6f}\n", now() - start);
  write_array(words[4], result.embedding, sizeof *result.embedding, n * 2);
  despur_umap_release(&result);
  free(points);
}

/* Rows of x that a fit is for, copied, as a caller has to. */
static void take_rows(float *to, uint32_t *labels_to, const float *x, const uint32_t *labels,
                      const uint32_t *rows, size_t m, size_t d) {
  for (size_t i = 0; i < m; i++) {
    memcpy(to + i * d, x + rows[i] * d, d * sizeof *to);
    labels_to[i] = labels[rows[i]];
  }
}

static void logistic(char **words) {
  size_t n, d, count = number(words[6]), m = number(words[8]), drawn = count * m, passes = 0, values = 0;
  float *x = read_points(words, &n, &d), *taken = NULL;
  uint32_t *labels = read_array(words[3], sizeof *labels, &n), *rows = NULL, *taken_labels = NULL;
  double *l1 = read_array(words[5], sizeof *l1, &count), *heads = NULL, gap = 0;
  despur_logistic_fit fit = {0};
  despur_logistic_problem problem = {.x = x,
                                     .rows = n,
                                     .columns = d,
                                     .labels = labels,
                                     .classes = number(words[4]),
                                     .l2 = strtod(words[9], NULL)};
  const despur_logistic_options options = {.tolerance = strtod(words[10], NULL),
                                           .max_passes = number(words[11]),
                                           .threads = (int)number(words[12])};
  if (strcmp(words[7], "all") != 0) {
    rows = read_array(words[7], sizeof *rows, &drawn);
    problem.x = taken = allocate(m * d, sizeof *taken);
    problem.labels = taken_labels = allocate(m, sizeof *taken_labels);
    problem.rows = m;
  }
  const double start = now(), begun = processor_seconds();
  for (size_t i = 0; i < count; i++) {
    problem.l1 = l1[i];
    if (rows) take_rows(taken, taken_labels, x, labels, rows + i * m, m, d);
    check(despur_logistic_solve(&fit, &problem, &options, &error));
    const size_t weights = fit.outputs * fit.columns;
    if (!heads) {
      values = weights + fit.outputs;
      heads = allocate(count * values, sizeof *heads);
    }
    memcpy(heads + i * values, fit.weight, weights * sizeof *heads);
    memcpy(heads + i * values + weights, fit.bias, fit.outputs * sizeof *heads);
    passes += fit.passes;
    if (fit.gap / fit.objective > gap) gap = fit.gap / fit.objective;
  }
  printf("{\"seconds\":%.6f,\"processor\":%.6f,\"passes\":%zu,\"gap\":%.3g}\n", now() - start,
         processor_seconds() - begun, passes, gap);
  write_array(words[13], heads, sizeof *heads, count * values);
  despur_logistic_release(&fit);
  free(x), free(taken), free(labels), free(taken_labels), free(rows), free(l1), free(heads);
}

/* Reading alone, the best of five. */
static void bandwidth(char **words) {
  enum { LANES = 16, ROUNDS = 5 };
  const size_t groups = number(words[0]) / sizeof(float) / LANES;
  float *x = allocate(groups * LANES, sizeof *x), sums[LANES] = {0};
  double best = 0;
  for (size_t i = 0; i < groups * LANES; i++) x[i] = (float)(i % 7);
  for (int round = 0; round < ROUNDS; round++) {
    const double start = processor_seconds();
    for (size_t g = 0; g < groups; g++)
      for (size_t l = 0; l < LANES; l++) sums[l] += x[g * LANES + l];
    const double rate = (double)(groups * LANES * sizeof *x) / (processor_seconds() - start);
    if (rate > best) best = rate;
  }
  printf("{\"rate\":%.6g,\"sum\":%g}\n", best, (double)sums[0]);
  free(x);
}

typedef struct verb {
  const char *name;
  int words;
  void (*execute)(char **words);
} verb;

int main(int argc, char **argv) {
  static const verb VERBS[] = {{"images", 3, images},         {"train", 7, train},
                               {"steps", 8, steps},           {"inference", 8, inference},
                               {"silhouette", 6, silhouette}, {"kmeans", 7, kmeans},
                               {"mixture", 5, mixture},       {"umap", 5, umap},
                               {"logistic", 14, logistic},    {"bandwidth", 1, bandwidth}};
  for (size_t v = 0; argc > 1 && v < sizeof VERBS / sizeof *VERBS; v++)
    if (strcmp(argv[1], VERBS[v].name) == 0 && argc == VERBS[v].words + 2) {
      VERBS[v].execute(argv + 2);
      return 0;
    }
  fail("see the comment at the top of bench/peer.c");
}
