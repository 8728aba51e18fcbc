/* One list of fields (carry_checkpoint) serves writing and reading, so the two cannot disagree. */

#include "run/state/checkpoint.h"
#include "base/memory.h"
#include "run/state/history.h"

#include <string.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

static const char MAGIC[] = "despur checkpoint 6\n";

enum { MAGIC_BYTES = sizeof MAGIC - 1, SUM_BYTES = SHA256_HEX - 1 };

/* Either a writer or what is left to read. The first thing that goes wrong is kept in status, and nothing
 * happens after it. */
typedef struct carrier {
  file_writer *writer; /* NULL: reading */
  const char *at;
  size_t left;
  const char *name;
  despur_status status;
  despur_error *error;
} carrier;

static void too_short(carrier *c) {
  c->status = error_set(c->error, DESPUR_BAD_INPUT, "%s: damaged: it says more than it holds", c->name);
}

static void carry(carrier *c, void *data, size_t bytes) {
  if (c->status != DESPUR_OK || bytes == 0) return;
  if (c->writer) {
    c->status = file_write(c->writer, data, bytes, c->error);
  } else if (bytes > c->left) {
    too_short(c);
  } else {
    memcpy(data, c->at, bytes);
    c->at += bytes;
    c->left -= bytes;
  }
}

static void carry_size(carrier *c, size_t *value) {
  uint64_t wide = *value;
  carry(c, &wide, sizeof wide);
  if (wide > SIZE_MAX && c->status == DESPUR_OK) too_short(c);
  *value = (size_t)wide;
}

static void carry_double(carrier *c, double *value) {
  carry(c, value, sizeof *value);
}

/* count elements behind *array; when reading they are allocated first, and never more than there is to read.
 */
static void carry_array(carrier *c, void *array, size_t count, size_t size) {
  void **pointer = array;
  if (c->status != DESPUR_OK) return;
  if (!c->writer && count > c->left / size) {
    too_short(c);
    return;
  }
  if (!c->writer) c->status = mem_alloc(pointer, count, size, c->error);
  if (c->status == DESPUR_OK) carry(c, *pointer, count * size);
}

/* An array that need not be there: NULL stays NULL. */
static void carry_optional(carrier *c, void *array, size_t count, size_t size) {
  size_t there = *(void **)array != NULL;
  carry_size(c, &there);
  if (there) carry_array(c, array, count, size);
}

static void carry_text(carrier *c, char **text) {
  size_t bytes = *text ? strlen(*text) + 1 : 0;
  carry_size(c, &bytes);
  carry_array(c, text, bytes, 1);
  if (c->status == DESPUR_OK && !c->writer && (bytes == 0 || !*text || (*text)[bytes - 1] != 0)) too_short(c);
}

static void carry_extent(carrier *c, file_extent *extent) {
  carry(c, &extent->bytes, sizeof extent->bytes);
  carry(c, extent->sha256, SHA256_HEX);
  extent->sha256[SHA256_HEX - 1] = 0;
}

static void carry_stage(carrier *c, checkpoint_stage *stage) {
  carry_size(c, &stage->epochs);
  carry_size(c, &stage->selected_epoch);
  carry_double(c, &stage->seconds);
  for (size_t i = 0; i < DESPUR_RULES; i++) {
    despur_rule_result *rule = &stage->rules[i];
    carry_size(c, &rule->epoch);
    carry_double(c, &rule->score);
    carry_double(c, &rule->val_worst_group_accuracy);
    carry_double(c, &rule->optimism);
    carry_double(c, &rule->test_worst_group_accuracy);
    carry_double(c, &rule->best_test_worst_group_accuracy);
  }
}

static void carry_stages(carrier *c, checkpoint *p) {
  enum { FIELDS = 3 + 6 * DESPUR_RULES }; /* of carry_stage, 8 bytes each */
  carry_size(c, &p->stage_count);
  if (c->status != DESPUR_OK) return;
  if (!c->writer && p->stage_count > c->left / FIELDS / 8) {
    too_short(c);
    return;
  }
  if (!c->writer) c->status = mem_alloc(&p->stages, p->stage_count, sizeof *p->stages, c->error);
  for (size_t i = 0; c->status == DESPUR_OK && i < p->stage_count; i++) carry_stage(c, &p->stages[i]);
}

static void carry_groups(carrier *c, checkpoint *p) {
  carry_size(c, &p->examples);
  carry_size(c, &p->groups);
  carry_optional(c, &p->group_of_example, p->examples, sizeof *p->group_of_example);
  carry_optional(c, &p->group_names, p->groups, sizeof *p->group_names);
  for (size_t g = 0; !c->writer && p->group_names && g < p->groups; g++)
    p->group_names[g][DESPUR_GROUP_NAME - 1] = 0;
  carry_optional(c, &p->group_labels, p->groups, sizeof *p->group_labels);
  carry_size(c, &p->val_examples);
  carry_optional(c, &p->val_groups, p->val_examples, sizeof *p->val_groups);
  carry_size(c, &p->classes);
  carry_optional(c, &p->powers, p->classes, sizeof *p->powers);
}

static void carry_state(carrier *c, despur_train_state *state) {
  carry_size(c, &state->epoch);
  carry_size(c, &state->step);
  carry_size(c, &state->selected_epoch);
  carry_double(c, &state->selected_score);
  carry_size(c, &state->parameters);
  carry_size(c, &state->buffers);
  size_t weights = state->parameters + state->buffers;
  if (weights < state->parameters) too_short(c);
  carry_optional(c, &state->weights, weights, sizeof(float));
  carry_optional(c, &state->average, weights, sizeof(float));
  carry_optional(c, &state->selected, weights, sizeof(float));
  for (size_t i = 0; i < 2; i++) {
    carry_optional(c, &state->moments[i], state->parameters, sizeof(float));
    carry_double(c, &state->moment_powers[i]);
  }
  carry_size(c, &state->groups);
  carry_optional(c, &state->group_weights, state->groups, sizeof(double));
}

static void carry_history(carrier *c, run_history *history) {
  size_t entries = 0;
  carry_size(c, &history->epochs);
  carry_size(c, &history->cells);
  carry_size(c, &history->examples);
  if (__builtin_mul_overflow(history->epochs, history->cells, &entries)) too_short(c);
  if (history->epochs == 0) return;
  carry_array(c, &history->correct, entries, sizeof *history->correct);
  carry_array(c, &history->kept, entries, sizeof *history->kept);
  carry_array(c, &history->right, history->examples, sizeof *history->right);
}

static void carry_checkpoint(carrier *c, checkpoint *p) {
  carry_text(c, &p->version);
  carry_text(c, &p->config);
  carry_text(c, &p->inputs);
  carry_text(c, &p->finished);
  carry_text(c, &p->timing);
  carry_double(c, &p->seconds);
  carry_size(c, &p->only_infer);
  carry_text(c, &p->stage);
  carry_stages(c, p);
  for (size_t i = 0; i < CHECKPOINT_STREAMS; i++) carry_extent(c, &p->streams[i]);
  carry_groups(c, p);
  carry_state(c, &p->state);
  carry_history(c, &p->history);
}

despur_status checkpoint_write(const checkpoint *p, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  checkpoint copy = *p; /* carriers take what they may change */
  carrier c = {.error = error, .name = path};
  file_extent all;
  TRY(file_writer_open(&c.writer, path, error));
  TRY(file_write(c.writer, MAGIC, MAGIC_BYTES, error));
  carry_checkpoint(&c, &copy);
  TRY(c.status);
  TRY(file_writer_flush(c.writer, false, &all, error));
  TRY(file_write(c.writer, all.sha256, SUM_BYTES, error));
  status = file_writer_commit(c.writer, error);
  c.writer = NULL;
cleanup:
  file_writer_discard(c.writer);
  return status;
}

/* data: what follows the name of the format. */
static bool sum_holds(const char *data, size_t bytes) {
  char sum[SHA256_HEX];
  sha256 hash;
  sha256_init(&hash);
  sha256_add(&hash, MAGIC, MAGIC_BYTES);
  sha256_add(&hash, data, bytes - SUM_BYTES);
  sha256_finish(&hash, sum);
  return memcmp(sum, data + bytes - SUM_BYTES, SUM_BYTES) == 0;
}

bool checkpoint_is_one(const char *path) {
  enum { NAME_BYTES = sizeof "despur checkpoint " - 1 };
  char name[NAME_BYTES] = "";
  size_t bytes;
  int fd;
  if (file_open(&fd, &bytes, path, NULL) != DESPUR_OK) return false;
  bool read = bytes >= NAME_BYTES && file_read_all(fd, name, NAME_BYTES, path, NULL) == DESPUR_OK;
  close(fd);
  return read && memcmp(name, MAGIC, NAME_BYTES) == 0;
}

despur_status checkpoint_read(checkpoint *p, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  char magic[MAGIC_BYTES] = "", *data = NULL;
  int fd = -1;
  size_t bytes;
  *p = (checkpoint){0};
  TRY(file_open(&fd, &bytes, path, error));
  if (bytes >= MAGIC_BYTES + SUM_BYTES) TRY(file_read_all(fd, magic, MAGIC_BYTES, path, error));
  if (memcmp(magic, MAGIC, MAGIC_BYTES - 2) != 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: not a checkpoint, or only the beginning of one", path);
  if (memcmp(magic, MAGIC, MAGIC_BYTES) != 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: written by another version of despur", path);
  bytes -= MAGIC_BYTES;
  TRY(mem_alloc(&data, bytes, 1, error));
  TRY(file_read_all(fd, data, bytes, path, error));
  if (!sum_holds(data, bytes))
    FAIL(error, DESPUR_BAD_INPUT, "%s: damaged: its content is not what its checksum was made of", path);
  TRY(checkpoint_decode(p, data, bytes - SUM_BYTES, path, error));
cleanup:
  if (fd >= 0) close(fd);
  mem_free(data);
  return status;
}

static bool is_consistent(const checkpoint *p) {
  const despur_train_state *state = &p->state;
  for (size_t i = 0; p->group_of_example && i < p->examples; i++)
    if (p->group_of_example[i] >= p->groups && p->group_of_example[i] != DESPUR_NO_GROUP) return false;
  for (size_t i = 0; p->val_groups && i < p->val_examples; i++)
    if (p->val_groups[i] >= p->groups && p->val_groups[i] != DESPUR_NO_GROUP) return false;
  return !p->group_of_example == !p->group_names && !p->group_names == !p->group_labels &&
         (state->epoch == 0 || (state->weights && state->moments[0])) &&
         (state->groups == 0 || state->group_weights);
}

despur_status checkpoint_decode(checkpoint *p, const char *data, size_t bytes, const char *name,
                                despur_error *error) {
  carrier c = {.at = data, .left = bytes, .error = error, .name = name};
  *p = (checkpoint){0};
  carry_checkpoint(&c, p);
  if (c.status != DESPUR_OK) return c.status;
  if (c.left > 0 || !is_consistent(p))
    return error_set(error, DESPUR_BAD_INPUT, "%s: damaged: its fields contradict each other", name);
  return DESPUR_OK;
}

void checkpoint_release(checkpoint *p) {
  void *owned[] = {p->version,          p->config,           p->inputs,
                   p->finished,         p->timing,           p->stage,
                   p->stages,           p->state.weights,    p->state.average,
                   p->state.selected,   p->state.moments[0], p->state.moments[1],
                   p->group_of_example, p->group_names,      p->group_labels,
                   p->val_groups,       p->powers,           p->state.group_weights};
  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mem_free(owned[i]);
  history_release(&p->history);
  *p = (checkpoint){0};
}
