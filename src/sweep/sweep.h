/* A sweep: the combinations of a grid, each a run with a directory of its own. sweep_file.c reads the file,
 * sweep_grid.c makes combinations of it, sweep_state.c looks at what lies on the disk, sweep_run.c carries it
 * out.
 *
 * Recipes and seeds are axes like any other: a combination is one value of each axis. */
#ifndef SWEEP_SWEEP_H
#define SWEEP_SWEEP_H

#include "base/dictionary.h"
#include "base/text.h"
#include "config/config.h"
#include "despur/sweep.h"

#include <stdbool.h>

enum { SWEEP_MOST_RUNS = 10000, SWEEP_LABEL = 64, SWEEP_NAME = 256 };

typedef struct sweep_axis {
  char *key;        /* dotted; "recipe" for the first axis, "seed" for the last */
  size_t line;      /* in the file */
  text_list values; /* as YAML; paths of recipes */
  text_list labels; /* of the values, in names of directories; no two are equal */
} sweep_axis;

/* One condition of an exclusion: the axis has one of some values. */
typedef struct sweep_term {
  size_t axis;
  bool *values; /* [values of the axis] */
} sweep_term;

/* Combinations that meet all conditions are left out. */
typedef struct sweep_exclusion {
  sweep_term *terms;
  size_t count;
} sweep_exclusion;

struct despur_sweep {
  char *file, *name, *directory;
  text_list overrides; /* KEY=VALUE for every run */
  sweep_axis *axes;    /* recipes first; seeds last, unless every recipe keeps its own */
  size_t axis_count;
  bool has_seeds;
  sweep_exclusion *exclusions;
  size_t exclusion_count;
  despur_config *recipes;  /* as they were when the sweep was read: [axes[0].values.count] */
  size_t count, *combined; /* the combinations that are left, see sweep_pick; [count] */
  char (*names)[SWEEP_NAME];
  dictionary notes; /* what was said of keys that are left out, each once */
  size_t *noted;    /* [notes] in how many runs; there is room for more */
};

/* sweep_file.c: everything that the file says. The sweep is zero but for its file. */
DESPUR_MUST_USE despur_status sweep_read(despur_sweep *sweep, despur_error *error);

/* sweep_label.c */

/* The labels of an axis, from its values. */
DESPUR_MUST_USE despur_status sweep_label_axis(sweep_axis *axis, despur_error *error);
/* The last parts of a path without extension, joined: depth 2 of a/b/erm.yaml is b-erm. */
void sweep_path_label(char out[SWEEP_LABEL], const char *path, int depth);
/* Whether a character stands for itself in names of directories, and in a shell. */
bool sweep_is_plain(char c);

/* sweep_grid.c */

/* *notes, unless notes is NULL, gets the lines of despur_config_drop_idle; free them with free(). */
DESPUR_MUST_USE despur_status sweep_config(despur_config *out, const despur_sweep *sweep, size_t run,
                                           char **notes, despur_error *error);
DESPUR_MUST_USE despur_status sweep_check_run(const despur_sweep *sweep, size_t run, despur_error *error);
DESPUR_MUST_USE despur_status sweep_path(char path[1024], const despur_sweep *sweep, size_t run,
                                         const char *file, despur_error *error);

#endif
