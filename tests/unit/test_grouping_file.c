/* Files of groupings that were put together here, number by number: what they assign is known without despur,
 * and each number that contradicts the others is refused. */
#include "testing.h"

#include "despur/infer.h"
#include "io/safetensors.h"

static despur_error error;

/* ---- files ---- */

enum { MOST_TENSORS = 32, MOST_NUMBERS = 512 };

typedef struct sheet {
  tensor tensors[MOST_TENSORS];
  float numbers[MOST_NUMBERS];
  size_t count, used;
} sheet;

#define NUMBERS(...) ((const float[]){__VA_ARGS__})

static tensor *find(sheet *s, const char *name) {
  for (size_t i = 0; i < s->count; i++)
    if (strcmp(s->tensors[i].name, name) == 0) return &s->tensors[i];
  return NULL;
}

/* Adds rows x columns numbers, or puts them in the place of those of that name. */
static void put(sheet *s, const char *name, size_t rows, size_t columns, const float *numbers) {
  tensor *t = find(s, name);
  if (!t) t = &s->tensors[s->count++];
  *t = (tensor){.rank = 2, .shape = {rows, columns}, .count = rows * columns, .data = s->numbers + s->used};
  assert_true(s->count <= MOST_TENSORS && s->used + t->count <= MOST_NUMBERS);
  snprintf(t->name, sizeof t->name, "%s", name);
  memcpy(s->numbers + s->used, numbers, t->count * sizeof *numbers);
  s->used += t->count;
}

static void put_number(sheet *s, const char *name, size_t index, float number) {
  const tensor *t = find(s, name);
  assert_true(t && index < t->count);
  s->numbers[(size_t)(t->data - s->numbers) + index] = number;
}

static char directory[128], path[192];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  snprintf(path, sizeof path, "%s/a.safetensors", directory);
  return 0;
}

static int remove_directory(void **state) {
  (void)state;
  unlink(path);
  return rmdir(directory);
}

static despur_status load(despur_grouping **out, const sheet *s) {
  assert_ok(safetensors_write(path, s->tensors, s->count, &error));
  return despur_grouping_load(out, path, &error);
}

/* ---- groupings ---- */

/* form: version, dimensions, classes, pooled, scale, reduction, reductions, parts. A reduction's form:
 * components, flat. A part's form: clusters, pieces, clusters before splitting, dimensions. */
enum { D = 2 };

/* Class 0 is clustered about (0, 0) and (1, 1), class 1 about (2, 2). */
static void two_classes(sheet *s) {
  put(s, "form", 1, 8, NUMBERS(1, D, 2, 0, DESPUR_SCALE_NONE, DESPUR_REDUCE_NONE, 1, 2));
  put(s, "reduction.0.form", 1, 2, NUMBERS(D, 0));
  put(s, "part.0.form", 1, 4, NUMBERS(2, 1, 2, D));
  put(s, "part.0.base.centres", 2, D, NUMBERS(0, 0, 1, 1));
  put(s, "part.1.form", 1, 4, NUMBERS(1, 1, 1, D));
  put(s, "part.1.base.centres", 1, D, NUMBERS(2, 2));
}

/* All examples, after a reduction to one dimension, about 0 and about 1. */
static void one_dimension(sheet *s, despur_reduction reduction) {
  put(s, "form", 1, 8, NUMBERS(1, D, 2, 1, DESPUR_SCALE_NONE, (float)reduction, 1, 1));
  put(s, "reduction.0.form", 1, 2, NUMBERS(1, 0));
  put(s, "part.0.form", 1, 4, NUMBERS(2, 1, 2, 1));
  put(s, "part.0.base.centres", 2, 1, NUMBERS(0, 1));
}

static void projected(sheet *s) {
  one_dimension(s, DESPUR_REDUCE_PCA);
  put(s, "reduction.0.mean", 1, D, NUMBERS(0, 1));
  put(s, "reduction.0.axes", 1, D, NUMBERS(0.6F, 0.8F));
}

static void hardened(sheet *s) {
  one_dimension(s, DESPUR_REDUCE_HARDNESS);
  put(s, "reduction.0.direction", 1, D, NUMBERS(1, -1));
}

/* Five points near (0, 0) that were put near 0, and five near (9, 9) that were put near 10. */
static void embedded(sheet *s) {
  one_dimension(s, DESPUR_REDUCE_UMAP);
  put(s, "reduction.0.umap", 1, 8, NUMBERS(3, 20, 1.5F, 0.9F, 1, 2, 3, 4));
  put(s, "reduction.0.data", 10, D,
      NUMBERS(0, 0, 0, 1, 1, 0, 1, 1, 0.5F, 0.5F, 9, 9, 9, 8, 8, 9, 8, 8, 8.5F, 8.5F));
  put(s, "reduction.0.embedding", 10, 1, NUMBERS(0, 0.1F, 0.2F, 0.3F, 0.4F, 10, 10.1F, 10.2F, 10.3F, 10.4F));
  put(s, "part.0.base.centres", 2, 1, NUMBERS(0, 10));
}

static void put_mixture(sheet *s, const char *name, float clusters, const float weights[2],
                        const float means[2 * D], size_t whitening, const float *values) {
  char of[64];
  snprintf(of, sizeof of, "%s.clusters", name);
  put(s, of, 1, 1, &clusters);
  snprintf(of, sizeof of, "%s.weights", name);
  put(s, of, 1, 2, weights);
  snprintf(of, sizeof of, "%s.means", name);
  put(s, of, 2, D, means);
  snprintf(of, sizeof of, "%s.whitening", name);
  put(s, of, 2, whitening, values);
}

/* Components of unit covariance and weights 0.9 and 0.1 at (0, 0) and (1, 0). */
static void mixed(sheet *s) {
  put(s, "form", 1, 8, NUMBERS(1, D, 2, 1, DESPUR_SCALE_NONE, DESPUR_REDUCE_NONE, 1, 1));
  put(s, "reduction.0.form", 1, 2, NUMBERS(D, 0));
  put(s, "part.0.form", 1, 4, NUMBERS(2, 1, 2, D));
  put_mixture(s, "part.0.base", 2, NUMBERS(0.9F, 0.1F), NUMBERS(0, 0, 1, 0), D, NUMBERS(1, 1, 1, 1));
}

/* Clusters about (0, 0) and (10, 0), each split at its middle from left to right; the outer pieces are one
 * cluster, and the inner ones have a cluster each. */
static void split(sheet *s) {
  put(s, "form", 1, 8, NUMBERS(1, D, 2, 1, DESPUR_SCALE_NONE, DESPUR_REDUCE_NONE, 1, 1));
  put(s, "reduction.0.form", 1, 2, NUMBERS(D, 0));
  put(s, "part.0.form", 1, 4, NUMBERS(3, 2, 2, D));
  put(s, "part.0.base.centres", 2, D, NUMBERS(0, 0, 10, 0));
  put(s, "part.0.split.0.centres", 2, D, NUMBERS(-1, 0, 1, 0));
  put(s, "part.0.split.1.centres", 2, D, NUMBERS(9, 0, 11, 0));
  put(s, "part.0.final", 2, 2, NUMBERS(0, 1, 2, 0));
}

/* ---- what they assign ---- */

static uint32_t group_of(const sheet *s, uint32_t label, float x, float y) {
  despur_grouping *grouping;
  const float point[D] = {x, y};
  uint32_t group;
  assert_ok(load(&grouping, s));
  assert_ok(despur_grouping_assign(grouping, point, &label, 1, 1, &group, &error));
  despur_grouping_free(grouping);
  return group;
}

static void the_nearest_centre_of_the_class_is_the_group(void **state) {
  (void)state;
  sheet s = {0};
  two_classes(&s);
  assert_int_equal(group_of(&s, 0, 0.4F, 0.4F), 0);
  assert_int_equal(group_of(&s, 0, 0.6F, 0.6F), 1);
  assert_int_equal(group_of(&s, 0, 0.5F, 0.5F), 0); /* the first of equally near ones */
  assert_int_equal(group_of(&s, 1, 0.4F, 0.4F), 2);
}

/* (x - (1, 2)) * (3, 4). */
static void columns_are_scaled_by_mean_and_factor(void **state) {
  (void)state;
  sheet s = {0};
  two_classes(&s);
  put_number(&s, "form", 4, DESPUR_SCALE_STANDARD);
  put(&s, "scale.mean", 1, D, NUMBERS(1, 2));
  put(&s, "scale.factor", 1, D, NUMBERS(3, 4));
  assert_int_equal(group_of(&s, 0, 1.1F, 2.1F), 0); /* (0.3, 0.4) */
  assert_int_equal(group_of(&s, 0, 1.3F, 2.2F), 1); /* (0.9, 0.8) */
}

/* 0.6 x + 0.8 (y - 1), and x - y. */
static void reductions_are_applied_as_stored(void **state) {
  (void)state;
  sheet pca = {0}, hardness = {0};
  projected(&pca);
  assert_int_equal(group_of(&pca, 0, 0.5F, 1), 0);
  assert_int_equal(group_of(&pca, 1, 1, 1), 1);
  assert_int_equal(group_of(&pca, 1, 0, 1.5F), 0);
  assert_int_equal(group_of(&pca, 1, 0, 1.7F), 1);
  hardened(&hardness);
  assert_int_equal(group_of(&hardness, 0, 5, 4.8F), 0);
  assert_int_equal(group_of(&hardness, 1, 5, 4.1F), 1);
}

static void new_points_are_embedded_beside_those_they_lie_among(void **state) {
  (void)state;
  sheet s = {0};
  embedded(&s);
  assert_int_equal(group_of(&s, 0, 0.2F, 0.7F), 0);
  assert_int_equal(group_of(&s, 0, 8.2F, 8.7F), 1);
  put_number(&s, "reduction.0.form", 1, 1); /* flat: nothing to embed with, so all are at 0 */
  assert_int_equal(group_of(&s, 0, 8.2F, 8.7F), 0);
}

/* 0.9 exp(-x^2 / 2) = 0.1 exp(-(x - 1)^2 / 2) where x = 1/2 + log 9 = 2.697. With the standard deviation 1/2
 * in x, 4 x - 2 = log 9. */
static void the_likeliest_component_is_the_group(void **state) {
  (void)state;
  sheet s = {0};
  mixed(&s);
  assert_int_equal(group_of(&s, 0, 2.69F, 7), 0);
  assert_int_equal(group_of(&s, 0, 2.71F, 7), 1);
  put(&s, "part.0.base.whitening", 2, D, NUMBERS(2, 1, 2, 1));
  assert_int_equal(group_of(&s, 0, 1.04F, 7), 0);
  assert_int_equal(group_of(&s, 0, 1.06F, 7), 1);
  put(&s, "part.0.base.whitening", 2, D * D, NUMBERS(2, 0, 0, 1, 2, 0, 0, 1));
  assert_int_equal(group_of(&s, 0, 1.04F, 7), 0);
  assert_int_equal(group_of(&s, 0, 1.06F, 7), 1);
  /* a component that no training point fell into has no group */
  put_number(&s, "part.0.base.clusters", 0, 1);
  put(&s, "part.0.form", 1, 4, NUMBERS(1, 1, 1, D));
  assert_int_equal(group_of(&s, 0, 5, 7), 0);
}

static void pieces_of_clusters_are_put_together(void **state) {
  (void)state;
  sheet s = {0};
  split(&s);
  assert_int_equal(group_of(&s, 0, -2, 0), 0);
  assert_int_equal(group_of(&s, 0, 2, 0), 1);
  assert_int_equal(group_of(&s, 0, 8, 0), 2);
  assert_int_equal(group_of(&s, 0, 12, 0), 0);
}

/* The second cluster's pieces are told apart by themselves, whatever a point would be among the first's. */
static void pieces_of_each_cluster_are_told_apart_by_its_own_mixture(void **state) {
  (void)state;
  static const float ONES[2 * D] = {1, 1, 1, 1}, HALVES[2] = {0.5F, 0.5F};
  sheet s = {0};
  put(&s, "form", 1, 8, NUMBERS(1, D, 2, 1, DESPUR_SCALE_NONE, DESPUR_REDUCE_NONE, 1, 1));
  put(&s, "reduction.0.form", 1, 2, NUMBERS(D, 0));
  put(&s, "part.0.form", 1, 4, NUMBERS(4, 2, 2, D));
  put(&s, "part.0.base.centres", 2, D, NUMBERS(0, 0, 10, 0));
  put_mixture(&s, "part.0.split.0", 2, HALVES, NUMBERS(-1, 0, 1, 0), D, ONES);
  put_mixture(&s, "part.0.split.1", 2, HALVES, NUMBERS(9, 0, 11, 0), D, ONES);
  put(&s, "part.0.final", 2, 2, NUMBERS(0, 1, 2, 3));
  static const float X[] = {-2, 2, 8, 12};
  for (uint32_t k = 0; k < 4; k++) assert_int_equal(group_of(&s, 0, X[k], 0), k);
}

static void a_class_without_examples_has_no_groups(void **state) {
  (void)state;
  sheet s = {0};
  two_classes(&s);
  put(&s, "part.0.form", 1, 4, NUMBERS(0, 1, 0, 0));
  despur_grouping *grouping;
  assert_ok(load(&grouping, &s));
  assert_int_equal(despur_grouping_count(grouping), 1);
  assert_string_equal(despur_grouping_name(grouping, 0), "y=1,k=0");
  despur_grouping_free(grouping);
  assert_int_equal(group_of(&s, 0, 0, 0), DESPUR_NO_GROUP);
  assert_int_equal(group_of(&s, 1, 0, 0), 0);
}

/* Each class may have a reduction of its own; one without training examples has no components. */
static void classes_have_their_own_reductions(void **state) {
  (void)state;
  sheet s = {0};
  projected(&s);
  put(&s, "form", 1, 8, NUMBERS(1, D, 2, 0, DESPUR_SCALE_NONE, DESPUR_REDUCE_PCA, 2, 2));
  put(&s, "reduction.0.form", 1, 2, NUMBERS(0, 0));
  put(&s, "part.0.form", 1, 4, NUMBERS(0, 1, 0, 0));
  put(&s, "reduction.1.form", 1, 2, NUMBERS(1, 0));
  put(&s, "reduction.1.mean", 1, D, NUMBERS(0, 1));
  put(&s, "reduction.1.axes", 1, D, NUMBERS(0.6F, 0.8F));
  put(&s, "part.1.form", 1, 4, NUMBERS(2, 1, 2, 1));
  put(&s, "part.1.base.centres", 2, 1, NUMBERS(0, 1));
  assert_int_equal(group_of(&s, 0, 0, 0), DESPUR_NO_GROUP);
  assert_int_equal(group_of(&s, 1, 0.5F, 1), 0);
  assert_int_equal(group_of(&s, 1, 1, 1), 1);
}

/* ---- what is written ---- */

/* The same tensors, whose shapes and order are part of the form: files of earlier runs must stay readable. */
static void what_is_read_is_written_again(void **state) {
  (void)state;
  static void (*const MAKE[])(sheet *) = {two_classes, projected, hardened, embedded, mixed, split};
  for (size_t k = 0; k < sizeof MAKE / sizeof *MAKE; k++) {
    sheet s = {0};
    despur_grouping *grouping;
    tensor_file written;
    MAKE[k](&s);
    assert_ok(load(&grouping, &s));
    assert_ok(despur_grouping_save(grouping, path, &error));
    assert_ok(safetensors_open(&written, path, &error));
    assert_int_equal(written.count, s.count);
    for (size_t i = 0; i < s.count; i++) {
      const tensor *wanted = &s.tensors[i], *got = safetensors_find(&written, wanted->name);
      assert_non_null(got);
      assert_int_equal(got->rank, 2);
      assert_memory_equal(got->shape, wanted->shape, 2 * sizeof *got->shape);
      assert_memory_equal(got->data, wanted->data, wanted->count * sizeof *wanted->data);
    }
    safetensors_close(&written);
    despur_grouping_free(grouping);
  }
}

/* ---- what is refused ---- */

typedef struct damage {
  void (*make)(sheet *);
  const char *tensor;
  size_t index;
  float number;
  const char *message; /* NULL: it is still good */
} damage;

static void numbers_that_contradict_each_other_are_refused(void **state) {
  (void)state;
  static const char form[] = "the form of the grouping makes no sense",
                    part[] = "part 0: its numbers of clusters and dimensions contradict each other",
                    umap[] = "reduction 0: its numbers make no sense";
  static const damage DAMAGES[] = {
      {two_classes, "form", 0, 0, form},
      {two_classes, "form", 0, 2, "expected a whole number from 0 to 1 as a number of the form, found 2"},
      {two_classes, "form", 1, 0, form},
      {two_classes, "form", 1, 2.5F, "expected a whole number from 0 to 16777216 as a number of the form"},
      {two_classes, "form", 1, -1, "expected a whole number from 0 to 16777216"},
      {two_classes, "form", 1, NAN, "tensor 'form': expected finite numbers"},
      {two_classes, "form", 2, 0, form},
      {two_classes, "form", 2, 3, form}, /* more classes than parts */
      {two_classes, "form", 3, 1, form}, /* pooled in two parts */
      {projected, "form", 2, 0, form},   /* pooled, but of no class */
      {projected, "form", 2, 1, NULL},   /* of one */
      {two_classes, "form", 3, 2, "expected a whole number from 0 to 1"},
      {two_classes, "form", 4, 3, "expected a whole number from 0 to 2"},
      {two_classes, "form", 5, 4, "expected a whole number from 0 to 3"},
      {two_classes, "form", 6, 3, form}, /* three reductions of two classes */
      {two_classes, "form", 6, 0, form},
      {two_classes, "form", 7, 1, form},
      {two_classes, "reduction.0.form", 0, D + 1, "from 0 to 2 as the number of components"},
      {two_classes, "reduction.0.form", 1, 2, "from 0 to 1 as whether a reduction is flat"},
      {two_classes, "part.0.form", 0, 3, part},
      {two_classes, "part.0.form", 0, 1, part},
      {two_classes, "part.0.form", 1, 0, part},
      {two_classes, "part.0.form", 1, 1001, "from 0 to 1000 as the number of pieces"},
      {two_classes, "part.0.form", 2, 1, part},
      {two_classes, "part.0.form", 3, 1, part},
      {two_classes, "part.0.base.centres", 1, INFINITY, "'part.0.base.centres': expected finite numbers"},
      {mixed, "part.0.base.clusters", 0, 0, "part.0.base: expected 1 to 2 clusters, found 0"},
      {mixed, "part.0.base.clusters", 0, 3, "part.0.base: expected 1 to 2 clusters, found 3"},
      {mixed, "part.0.base.clusters", 0, 1, part},
      {split, "part.0.form", 0, 4, NULL}, /* as many clusters as pieces */
      {split, "part.0.form", 0, 5, part},
      {split, "part.0.final", 1, -1, "from 0 to 16777216 as a cluster"},
      {embedded, "reduction.0.umap", 0, 1, umap},
      {embedded, "reduction.0.umap", 0, 2, NULL},
      {embedded, "reduction.0.umap", 0, 10, NULL}, /* as many neighbours as points */
      {embedded, "reduction.0.umap", 0, 11, umap},
      {embedded, "reduction.0.umap", 1, 65534, NULL},
      {embedded, "reduction.0.umap", 1, 65535, "from 0 to 65534 as the number of epochs"},
      {embedded, "reduction.0.umap", 2, 0, umap},
      {embedded, "reduction.0.umap", 3, 0, umap},
      {embedded, "reduction.0.umap", 4, 65536, "from 0 to 65535 as a piece of the seed"},
  };
  for (size_t k = 0; k < sizeof DAMAGES / sizeof *DAMAGES; k++) {
    const damage *d = &DAMAGES[k];
    sheet s = {0};
    despur_grouping *grouping;
    d->make(&s);
    put_number(&s, d->tensor, d->index, d->number);
    if (d->message) {
      assert_fails(load(&grouping, &s), DESPUR_BAD_INPUT, d->message);
      assert_null(grouping);
    } else {
      assert_ok(load(&grouping, &s));
      despur_grouping_free(grouping);
    }
  }
}

typedef struct shape {
  void (*make)(sheet *);
  const char *tensor;
  size_t rank, shape[3];
  const char *message;
} shape;

static void tensors_of_other_shapes_are_refused(void **state) {
  (void)state;
  static const shape SHAPES[] = {
      {two_classes, "form", 1, {8}, "tensor 'form': expected the shape [1, 8]"},
      {two_classes, "form", 3, {1, 8, 1}, "tensor 'form': expected the shape [1, 8]"},
      {two_classes, "form", 2, {2, 8}, "tensor 'form': expected the shape [1, 8]"},
      {two_classes, "form", 2, {1, 9}, "tensor 'form': expected the shape [1, 8]"},
      {two_classes, "part.0.base.centres", 0, {0}, "expected the shape [0, 2]"},
      {two_classes, "part.0.base.centres", 2, {0, 2}, "expected the shape [0, 2]"},
      {two_classes, "part.0.base.centres", 2, {2, 3}, "expected the shape [2, 2]"},
      {two_classes, "part.0.base.centres", 2, {3, 2}, "contradict each other"},
      {mixed, "part.0.base.weights", 2, {1, 0}, "expected the shape [1, 0]"},
      {mixed, "part.0.base.means", 2, {3, 2}, "expected the shape [2, 2]"},
      {mixed, "part.0.base.whitening", 2, {2, 3}, "expected a whitening of 4 or 2 numbers, found 3"},
      {split, "part.0.split.0.centres", 2, {3, 2}, "part.0.split.0: expected at most 2 clusters, found 3"},
      {split, "part.0.final", 2, {2, 3}, "expected the shape [2, 2]"},
      {embedded, "reduction.0.data", 2, {9, 2}, "'reduction.0.embedding': expected the shape [9, 1]"},
      {embedded, "reduction.0.data", 0, {0}, "'reduction.0.data': expected the shape [0, 2]"},
  };
  for (size_t k = 0; k < sizeof SHAPES / sizeof *SHAPES; k++) {
    const shape *d = &SHAPES[k];
    sheet s = {0};
    despur_grouping *grouping;
    d->make(&s);
    tensor *t = find(&s, d->tensor);
    t->rank = d->rank;
    t->count = 1;
    memcpy(t->shape, d->shape, sizeof d->shape);
    for (size_t i = 0; i < d->rank; i++) t->count *= d->shape[i];
    t->data = s.numbers + MOST_NUMBERS - t->count;
    assert_fails(load(&grouping, &s), DESPUR_BAD_INPUT, d->message);
    assert_null(grouping);
  }
}

/* Every tensor is needed. */
static void files_without_a_tensor_are_refused(void **state) {
  (void)state;
  static void (*const MAKE[])(sheet *) = {two_classes, projected, hardened, embedded, mixed, split};
  for (size_t k = 0; k < sizeof MAKE / sizeof *MAKE; k++) {
    sheet whole = {0};
    MAKE[k](&whole);
    for (size_t i = 0; i < whole.count; i++) {
      sheet s = {0};
      despur_grouping *grouping;
      MAKE[k](&s);
      s.tensors[i] = s.tensors[--s.count];
      assert_fails(load(&grouping, &s), DESPUR_BAD_INPUT, "expected ");
      assert_null(grouping);
    }
  }
}

static void reductions_must_end_in_the_same_dimensions(void **state) {
  (void)state;
  sheet s = {0};
  despur_grouping *grouping;
  projected(&s);
  put(&s, "form", 1, 8, NUMBERS(1, D, 2, 0, DESPUR_SCALE_NONE, DESPUR_REDUCE_PCA, 2, 2));
  put(&s, "reduction.1.form", 1, 2, NUMBERS(2, 0));
  put(&s, "reduction.1.mean", 1, D, NUMBERS(0, 1));
  put(&s, "reduction.1.axes", 2, D, NUMBERS(0.6F, 0.8F, -0.8F, 0.6F));
  assert_fails(load(&grouping, &s), DESPUR_BAD_INPUT, "the reductions have different numbers of components");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_nearest_centre_of_the_class_is_the_group),
      cmocka_unit_test(columns_are_scaled_by_mean_and_factor),
      cmocka_unit_test(reductions_are_applied_as_stored),
      cmocka_unit_test(new_points_are_embedded_beside_those_they_lie_among),
      cmocka_unit_test(the_likeliest_component_is_the_group),
      cmocka_unit_test(pieces_of_clusters_are_put_together),
      cmocka_unit_test(pieces_of_each_cluster_are_told_apart_by_its_own_mixture),
      cmocka_unit_test(a_class_without_examples_has_no_groups),
      cmocka_unit_test(classes_have_their_own_reductions),
      cmocka_unit_test(what_is_read_is_written_again),
      cmocka_unit_test(numbers_that_contradict_each_other_are_refused),
      cmocka_unit_test(tensors_of_other_shapes_are_refused),
      cmocka_unit_test(files_without_a_tensor_are_refused),
      cmocka_unit_test(reductions_must_end_in_the_same_dimensions),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
