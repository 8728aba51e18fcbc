/* embedding.csv: the clustered points in two dimensions, for looking at. */
#include "run/files/embedding_file.h"
#include "base/memory.h"
#include "despur/cluster.h"
#include "run/state/run_state.h"

#include <string.h>

enum { MOST = 2000 };

/* Which training examples are shown: of every group equally many, evenly spaced, or all when there are fewer.
 * So the small groups, which matter, are there. */
static despur_status choose(size_t **out, size_t *chosen, const run *r, const uint32_t *examples,
                            size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_groups *groups = &r->result->groups;
  size_t quota = groups->count < MOST ? MOST / groups->count : 1, *seen = NULL;
  *chosen = 0;
  TRY(mem_alloc(out, count, sizeof **out, error));
  TRY(mem_alloc(&seen, groups->count, sizeof *seen, error));
  for (size_t i = 0; i < count; i++) {
    uint32_t g = groups->of_example[examples[i]];
    if (g == DESPUR_NO_GROUP) continue;
    size_t size = groups->train_sizes[g], wanted = quota < size ? quota : size, before = seen[g]++;
    if ((before + 1) * wanted / size > before * wanted / size) (*out)[(*chosen)++] = i;
  }
cleanup:
  mem_free(seen);
  return status;
}

/* Points of more than two dimensions along their first two principal components. */
static despur_status flatten(float *out, const float *points, size_t n, size_t dimensions, int threads,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_pca pca = {0};
  if (dimensions <= 2 || n < 3) {
    for (size_t i = 0; i < n; i++) {
      out[2 * i] = points[i * dimensions];
      out[2 * i + 1] = dimensions > 1 ? points[i * dimensions + 1] : 0;
    }
    return DESPUR_OK;
  }
  TRY(despur_pca_fit(&pca, points, n, dimensions, &(despur_pca_options){.components = 2, .threads = threads},
                     error));
  TRY(despur_pca_transform(&pca, out, points, n, threads, error));
cleanup:
  despur_pca_release(&pca);
  return status;
}

static despur_status write_rows(file_writer *writer, const run *r, const uint32_t *examples,
                                const size_t *chosen, size_t n, const float *flat, despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_groups *groups = &r->result->groups;
  TRY(file_print(writer, error, "example,x,y,group\n"));
  for (size_t k = 0; k < n; k++) {
    uint32_t example = examples[chosen[k]];
    TRY(file_print(writer, error, "%u,%.7g,%.7g,\"%s\"\n", example, (double)flat[2 * k],
                   (double)flat[2 * k + 1], groups->names[groups->of_example[example]]));
  }
cleanup:
  return status;
}

despur_status run_write_embedding(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024];
  file_writer *writer = NULL;
  size_t count, dimensions, n, *chosen = NULL;
  float *points = NULL, *flat = NULL;
  const uint32_t *examples = despur_dataset_split(r->dataset, DESPUR_TRAIN, &count);
  const float *all = despur_grouping_points(r->grouping, &dimensions);
  TRY(choose(&chosen, &n, r, examples, count, error));
  TRY(mem_alloc(&points, n * dimensions, sizeof *points, error));
  TRY(mem_alloc(&flat, n * 2, sizeof *flat, error));
  for (size_t k = 0; k < n; k++)
    memcpy(points + k * dimensions, all + chosen[k] * dimensions, dimensions * sizeof *points);
  TRY(flatten(flat, points, n, dimensions, r->options->threads, error));
  TRY(run_path(path, r, "embedding.csv", error));
  TRY(file_writer_open(&writer, path, error));
  TRY(write_rows(writer, r, examples, chosen, n, flat, error));
  status = file_writer_commit(writer, error);
  writer = NULL;
cleanup:
  file_writer_discard(writer);
  mem_free(chosen);
  mem_free(points);
  mem_free(flat);
  return status;
}
