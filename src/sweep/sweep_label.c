/* Values as they stand in names of directories: people can read them, and no two of an axis are the same. */
#include "sweep/sweep.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_LIMIT = 48 };

bool sweep_is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == '+';
}

/* Whatever is not plain becomes one '-', none at the ends: "[0.9, 1e-3]" is 0.9-1e-3. */
static void make_label(char out[SWEEP_LABEL], const char *value) {
  size_t length = 0;
  bool gap = false;
  for (; *value && length < LABEL_LIMIT; value++) {
    if (!sweep_is_plain(*value) || (length == 0 && *value == '.')) { /* no hidden names, and not ".." */
      gap = length > 0;
      continue;
    }
    if (gap) out[length++] = '-';
    gap = false;
    out[length++] = *value;
  }
  out[length] = 0;
  if (length == 0) snprintf(out, SWEEP_LABEL, "empty");
}

void sweep_path_label(char out[SWEEP_LABEL], const char *path, int depth) {
  char part[1024];
  const char *start = path + strlen(path);
  for (; start > path && depth > 0; start--)
    if (start[-1] == '/' && --depth == 0) break;
  snprintf(part, sizeof part, "%s", start);
  char *dot = strrchr(part, '.');
  if (dot && dot > part && !strchr(dot, '/')) *dot = 0;
  make_label(out, part);
}

static bool is_among(const text_list *labels, const char *label) {
  for (size_t i = 0; i < labels->count; i++)
    if (!strcmp(labels->items[i], label)) return true;
  return false;
}

/* Recipes of one name are told apart by the directories they lie in. */
static int path_depth(const sweep_axis *axis) {
  enum { DEEPEST = 6 };
  for (int depth = 1; depth < DEEPEST; depth++) {
    bool clash = false;
    for (size_t i = 0; i < axis->values.count && !clash; i++)
      for (size_t j = 0; j < i && !clash; j++) {
        char a[SWEEP_LABEL], b[SWEEP_LABEL];
        sweep_path_label(a, axis->values.items[i], depth);
        sweep_path_label(b, axis->values.items[j], depth);
        clash = !strcmp(a, b);
      }
    if (!clash) return depth;
  }
  return DEEPEST;
}

despur_status sweep_label_axis(sweep_axis *axis, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool paths = !strcmp(axis->key, "recipe");
  int depth = paths ? path_depth(axis) : 0;
  for (size_t i = 0; i < axis->values.count; i++) {
    char label[SWEEP_LABEL];
    if (paths)
      sweep_path_label(label, axis->values.items[i], depth);
    else
      make_label(label, axis->values.items[i]);
    /* what differed only in what a name cannot hold gets a number */
    size_t length = strlen(label);
    for (size_t number = 2; is_among(&axis->labels, label); number++)
      snprintf(label + length, sizeof label - length, "-%zu", number);
    TRY(text_list_add(&axis->labels, label, error));
  }
cleanup:
  return status;
}
