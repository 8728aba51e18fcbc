/* despur cluster: clusters of points that somebody brings. */
#include "cli.h"
#include "emit.h"
#include "output.h"
#include "report.h"
#include "terminal.h"

#include "despur/array.h"
#include "despur/infer.h"
#include "despur/run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLASSES = 10000, MOST_CLUSTERS = 60000, SILHOUETTE_SAMPLE = 20000, NEIGHBORS = 10 };

static const char *const ALGORITHMS[] = {"kmeans", "gmm", "gmm_diagonal", "kmedoids", NULL};
static const char *const FITS[] = {"inertia", "log_likelihood", "log_likelihood", "distance"};

typedef struct task {
  const char *path, *by; /* points and classes; by may be NULL */
  despur_points points;
  uint32_t *labels;
  despur_grouping_input input;
  despur_grouping_options options;
  size_t *class_sizes; /* [classes] */
  bool quiet;
} task;

static void task_release(task *t) {
  despur_points_release(&t->points);
  free(t->labels);
  free(t->class_sizes);
}

__attribute__((format(printf, 2, 3))) static void note(const task *t, const char *format, ...) {
  va_list args;
  if (t->quiet) return;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
}

static despur_status read_choices(task *t, const cli_arguments *arguments, despur_error *error) {
  static const char *const SCALES[] = {"none", "standard", "unit", NULL};
  static const char *const REDUCTIONS[] = {"none", "pca", "umap", NULL};
  static const char *const SCORES[] = {"silhouette", "macro_silhouette", NULL};
  int scale = 0, reduction = 0, algorithm = 0, score = 0;
  despur_status status = cli_choice(&algorithm, arguments, "algorithm", ALGORITHMS, error);
  if (status == DESPUR_OK) status = cli_choice(&scale, arguments, "scale", SCALES, error);
  if (status == DESPUR_OK) status = cli_choice(&reduction, arguments, "reduce", REDUCTIONS, error);
  if (status == DESPUR_OK) status = cli_choice(&score, arguments, "score", SCORES, error);
  t->options.algorithm = (despur_clustering)algorithm;
  t->options.scale = (despur_scale)scale;
  t->options.reduction = (despur_reduction)reduction;
  t->options.score = (despur_cluster_score)score;
  return status;
}

/* Options that mean nothing without another one. */
static despur_status check_company(const task *t, const cli_arguments *arguments, despur_error *error) {
  bool fixed = cli_value(arguments, "clusters") != NULL,
       searched = cli_value(arguments, "max-clusters") != NULL;
  if (fixed == searched)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "cluster: expected either --clusters or --max-clusters, found %s",
                    fixed ? "both" : "none");
  if (!searched && cli_value(arguments, "score"))
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--score: compares numbers of clusters; it needs --max-clusters");
  if (t->options.reduction == DESPUR_REDUCE_NONE && cli_value(arguments, "components"))
    return cli_fail(error, DESPUR_BAD_USAGE, "--components: it needs --reduce pca or umap");
  return DESPUR_OK;
}

static despur_status read_options(task *t, const cli_arguments *arguments, despur_error *error) {
  long clusters = 0, most = 0, starts = 10, components = 2, seed = 0, threads = 1;
  despur_status status = read_choices(t, arguments, error);
  if (status == DESPUR_OK) status = check_company(t, arguments, error);
  if (status == DESPUR_OK) status = cli_integer(&clusters, arguments, "clusters", 1, MOST_CLUSTERS, 0, error);
  if (status == DESPUR_OK) status = cli_integer(&most, arguments, "max-clusters", 2, MOST_CLUSTERS, 0, error);
  if (status == DESPUR_OK) status = cli_integer(&starts, arguments, "starts", 1, 1000000, 10, error);
  if (status == DESPUR_OK) status = cli_integer(&components, arguments, "components", 1, 1000, 2, error);
  if (status == DESPUR_OK) status = cli_integer(&seed, arguments, "seed", 0, INT32_MAX, 0, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  t->options.clusters = (size_t)clusters;
  t->options.max_clusters = (size_t)most;
  t->options.starts = (size_t)starts;
  t->options.components = (size_t)components;
  t->options.neighbors = NEIGHBORS;
  t->options.overcluster = 1;
  t->options.silhouette_sample = SILHOUETTE_SAMPLE;
  t->options.seed = (uint64_t)seed;
  t->options.threads = (int)threads;
  return status;
}

static despur_status read_classes(task *t, despur_error *error) {
  size_t count;
  despur_status status = despur_array_read_labels(&t->labels, &count, MOST_CLASSES - 1, t->by, error);
  if (status != DESPUR_OK) return status;
  if (count != t->input.n)
    return cli_fail(error, DESPUR_BAD_INPUT, "%s: expected %zu labels, one for each row of %s, found %zu",
                    t->by, t->input.n, t->path, count);
  for (size_t i = 0; i < count; i++)
    if (t->labels[i] >= t->input.classes) t->input.classes = t->labels[i] + 1;
  return DESPUR_OK;
}

static despur_status read_input(task *t, despur_error *error) {
  int keep_origin = t->options.scale == DESPUR_SCALE_UNIT;
  despur_status status = despur_array_read_points(&t->points, t->path, keep_origin, error);
  if (status != DESPUR_OK) return status;
  t->input.n = t->points.rows;
  t->input.d = t->points.columns;
  t->input.classes = 1;
  t->options.pooled = t->options.reduce_pooled = t->by == NULL;
  if (t->by) {
    status = read_classes(t, error);
  } else {
    t->labels = calloc(t->input.n, sizeof *t->labels);
    if (!t->labels) status = cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  }
  t->input.outputs = t->points.values;
  t->input.labels = t->labels;
  return status;
}

static despur_status count_classes(task *t, despur_error *error) {
  t->class_sizes = calloc(t->input.classes, sizeof *t->class_sizes);
  if (!t->class_sizes) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (size_t i = 0; i < t->input.n; i++) t->class_sizes[t->input.labels[i]]++;
  return DESPUR_OK;
}

/* Every class that has points must have `wanted`, which `count` things need. */
static despur_status check_sizes(const task *t, size_t wanted, size_t count, const char *things,
                                 despur_error *error) {
  for (size_t y = 0; y < t->input.classes; y++) {
    if (t->class_sizes[y] == 0 || t->class_sizes[y] >= wanted) continue;
    if (t->by)
      return cli_fail(error, DESPUR_BAD_INPUT,
                      "%s: expected at least %zu points for %zu %s, found %zu with label %zu of %s", t->path,
                      wanted, count, things, t->class_sizes[y], y, t->by);
    return cli_fail(error, DESPUR_BAD_INPUT, "%s: expected at least %zu points for %zu %s, found %zu",
                    t->path, wanted, count, things, t->class_sizes[y]);
  }
  return DESPUR_OK;
}

static despur_status check_input(task *t, despur_error *error) {
  const despur_grouping_options *o = &t->options;
  size_t clusters = o->max_clusters ? o->max_clusters : o->clusters;
  despur_status status = count_classes(t, error);
  if (status == DESPUR_OK) status = check_sizes(t, clusters, clusters, "clusters", error);
  if (status != DESPUR_OK || o->reduction == DESPUR_REDUCE_NONE) return status;
  if (o->components > t->input.d)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--components: expected at most %zu, the columns of %s, found %zu", t->input.d, t->path,
                    o->components);
  if (o->reduction == DESPUR_REDUCE_UMAP)
    status = check_sizes(t, o->neighbors, o->neighbors, "neighbours (umap)", error);
  if (status == DESPUR_OK) status = check_sizes(t, o->components + 1, o->components, "components", error);
  return status;
}

static void note_input(const task *t) {
  size_t constant = 0, largest = 0;
  for (size_t j = 0; j < t->input.d; j++) {
    size_t i = 1;
    while (i < t->input.n && t->input.outputs[i * t->input.d + j] == t->input.outputs[j]) i++;
    constant += i == t->input.n;
  }
  for (size_t y = 0; y < t->input.classes; y++)
    if (t->class_sizes[y] > largest) largest = t->class_sizes[y];
  note(t, "points: %zu of %zu values from %s", t->input.n, t->input.d, t->path);
  if (constant > 0)
    note(t, "points: %zu of %zu columns %s constant", constant, t->input.d, constant == 1 ? "is" : "are");
  if (t->points.merged > 0)
    note(t, "points: %zu that differ in the file are equal to others in float32, which is computed with",
         t->points.merged);
  if (largest > SILHOUETTE_SAMPLE)
    note(t, "silhouettes: estimated from samples of %d points", SILHOUETTE_SAMPLE);
}

static void note_clusters(const task *t, const despur_grouping *grouping) {
  for (size_t p = 0; p < despur_grouping_parts(grouping); p++) {
    despur_grouping_part part = despur_grouping_part_at(grouping, p);
    if (part.examples > 0 && *part.why_fewer)
      note(t, "%s: %zu cluster%s in place of %zu, because %s", part.name, part.clusters,
           part.clusters == 1 ? "" : "s", t->options.clusters, part.why_fewer);
  }
}

/* One number of clusters a line, one part a column; the number that was kept is marked. */
static void print_search(const despur_grouping *grouping, size_t most) {
  size_t parts = despur_grouping_parts(grouping);
  terminal_print(stdout, "silhouettes, and the number of clusters that was kept\n%8s", "clusters");
  for (size_t p = 0; p < parts; p++) {
    despur_grouping_part part = despur_grouping_part_at(grouping, p);
    if (part.examples > 0) terminal_print(stdout, "  %10s", part.name);
  }
  putchar('\n');
  for (size_t k = 2; k <= most; k++) {
    printf("%8zu", k);
    for (size_t p = 0; p < parts; p++) {
      despur_grouping_part part = despur_grouping_part_at(grouping, p);
      if (part.examples == 0) continue;
      char mark = part.clusters == k ? '*' : ' ';
      if (isnan(part.scores[k - 2]))
        terminal_print(stdout, "  %c %8s", mark, "-");
      else
        printf("  %c %8.4f", mark, part.scores[k - 2]);
    }
    putchar('\n');
  }
  putchar('\n');
}

static void print_text(const task *t, const despur_grouping *grouping, const size_t *sizes) {
  if (t->options.max_clusters) print_search(grouping, t->options.max_clusters);
  terminal_print(stdout, "%-12s %9s %9s %11s  %s\n", "part", "points", "clusters", "silhouette",
                 FITS[t->options.algorithm]);
  for (size_t p = 0; p < despur_grouping_parts(grouping); p++) {
    despur_grouping_part part = despur_grouping_part_at(grouping, p);
    if (part.examples == 0) continue;
    terminal_print(stdout, "%-12s %9zu %9zu ", part.name, part.examples, part.clusters);
    if (isnan(part.silhouette))
      terminal_print(stdout, "%11s", "-");
    else
      printf("%11.4f", part.silhouette);
    printf("  %.6g\n", part.fit);
  }
  terminal_print(stdout, "\n%-12s %9s\n", "group", "points");
  for (size_t g = 0; g < despur_grouping_count(grouping); g++)
    terminal_print(stdout, "%-12s %9zu\n", despur_grouping_name(grouping, g), sizes[g]);
}

static void print_part_json(emit *j, const task *t, const despur_grouping_part *part) {
  emit_open(j, NULL, '{');
  emit_text(j, "part", part->name);
  emit_count(j, "points", part->examples);
  emit_count(j, "clusters", part->clusters);
  emit_real(j, "silhouette", part->silhouette);
  emit_real(j, FITS[t->options.algorithm], part->fit);
  emit_open(j, "search", '[');
  for (size_t i = 0; i < part->tried; i++) {
    emit_open(j, NULL, '{');
    emit_count(j, "clusters", i + 2);
    emit_real(j, "silhouette", part->scores[i]);
    emit_close(j, '}');
  }
  emit_close(j, ']');
  emit_close(j, '}');
}

static void print_json(const task *t, const despur_grouping *grouping, const size_t *sizes) {
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_text(&j, "file", t->path);
  emit_count(&j, "points", t->input.n);
  emit_count(&j, "dimensions", t->input.d);
  emit_text(&j, "algorithm", ALGORITHMS[t->options.algorithm]);
  emit_open(&j, "parts", '[');
  for (size_t p = 0; p < despur_grouping_parts(grouping); p++) {
    despur_grouping_part part = despur_grouping_part_at(grouping, p);
    if (part.examples > 0) print_part_json(&j, t, &part);
  }
  emit_close(&j, ']');
  emit_open(&j, "groups", '[');
  for (size_t g = 0; g < despur_grouping_count(grouping); g++) {
    emit_open(&j, NULL, '{');
    emit_text(&j, "name", despur_grouping_name(grouping, g));
    emit_count(&j, "points", sizes[g]);
    emit_close(&j, '}');
  }
  emit_close(&j, ']');
  emit_close(&j, '}');
}

static despur_status show(const task *t, const despur_grouping *grouping, const cli_arguments *arguments,
                          despur_error *error) {
  const char *out = cli_value(arguments, "labels-out");
  uint32_t *groups = calloc(t->input.n, sizeof *groups);
  size_t *sizes = calloc(despur_grouping_count(grouping), sizeof *sizes);
  despur_status status = DESPUR_OK;
  if (!groups || !sizes) {
    status = cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  } else {
    despur_grouping_training(grouping, groups);
    for (size_t i = 0; i < t->input.n; i++) sizes[groups[i]]++;
    if (out) status = despur_array_write_labels(out, groups, t->input.n, error);
    if (status == DESPUR_OK) (cli_value(arguments, "json") ? print_json : print_text)(t, grouping, sizes);
  }
  free(groups);
  free(sizes);
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  task t = {.by = cli_value(arguments, "by"), .quiet = cli_value(arguments, "quiet") != NULL};
  despur_grouping *grouping = NULL;
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "cluster: expected one .npy file with a point in each row, found %zu", arguments->count);
  t.path = arguments->positional[0];
  despur_status status = cli_may_write(arguments, cli_value(arguments, "labels-out"), error);
  if (status == DESPUR_OK) status = read_options(&t, arguments, error);
  if (status == DESPUR_OK) status = read_input(&t, error);
  if (status == DESPUR_OK) status = check_input(&t, error);
  if (status == DESPUR_OK) {
    note_input(&t);
    status = despur_grouping_fit(&grouping, &t.input, &t.options, error);
  }
  if (status == DESPUR_OK) {
    note_clusters(&t, grouping);
    status = show(&t, grouping, arguments, error);
  }
  despur_grouping_free(grouping);
  task_release(&t);
  return status;
}

const cli_verb cli_cluster = {
    .name = "cluster",
    .usage = "FILE.npy --clusters K | --max-clusters K [OPTIONS]",
    .summary = "cluster points of your own: k-means, k-medoids, Gaussian mixtures",
    .help =
        "FILE.npy holds one point in each row. --max-clusters tries 2, 3, ... K clusters and keeps the "
        "number "
        "with\n"
        "the best silhouette. With --by each class is clustered by itself, as group inference does it.\n"
        "Groups are numbered class by class, within a class by falling size; --labels-out writes the number "
        "of\n"
        "each point. The same input gives the same output on any number of processors.\n"
        "\n"
        "Examples:\n"
        "  despur cluster features.npy --clusters 4 --labels-out groups.npy\n"
        "  despur cluster features.npy --max-clusters 10 --algorithm gmm --scale standard\n"
        "  despur cluster logits.npy --by labels.npy --clusters 2 --algorithm kmedoids --json\n",
    .options = {{"clusters", "K", "how many"},
                {"max-clusters", "K", "search from 2 to this many by silhouette"},
                {"algorithm", "NAME", "kmeans (default), gmm, gmm_diagonal or kmedoids"},
                {"scale", "NAME", "none (default), standard: columns, or unit: rows of length 1"},
                {"reduce", "NAME", "none (default), pca or umap, before clustering"},
                {"components", "N", "dimensions after --reduce (default 2)"},
                {"score", "NAME",
                 "of --max-clusters: silhouette (default), or macro_silhouette: mean over clusters"},
                {"starts", "N", "attempts of which the best is kept (default 10)"},
                {"by", "FILE", "a whole number for each point; points of one number are clustered together"},
                {"labels-out", "FILE", "write the group of each point, int64"},
                {"force", NULL, "replace the file if there is one"},
                {"seed", "N", "of everything random (default 0)"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"quiet", NULL, "no news on stderr"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
