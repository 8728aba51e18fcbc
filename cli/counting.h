/* A line on stderr that says how many of some things are done and how long the rest will take. */
#ifndef CLI_COUNTING_H
#define CLI_COUNTING_H

#include "despur/watch.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct counting {
  const char *what; /* "pictures" */
  bool terminal, drawn;
  size_t first, last; /* counts at the start and at the last call */
  double started, drawn_at;
} counting;

/* Shows nothing where stderr is no terminal, or when quiet. */
counting counting_start(const char *what, bool quiet);

/* A count that begins anew is a new piece of work. */
void counting_show(counting *shown, size_t done, size_t count);

/* Shows counts of any stage; it stops nothing. */
despur_watch counting_watch(counting *shown);

/* Removes the line, which the last count has done already. */
void counting_end(counting *c);

#endif
