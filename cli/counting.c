#include "counting.h"

#include "cli.h"
#include "terminal.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

counting counting_start(const char *what, bool quiet) {
  return (counting){.what = what, .terminal = !quiet && isatty(STDERR_FILENO), .started = now_seconds()};
}

static void draw(const counting *c, size_t done, size_t count, double now) {
  char line[128];
  int used = snprintf(line, sizeof line, "%zu of %zu %s", done, count, c->what);
  if (done > c->first && used > 0 && (size_t)used < sizeof line) {
    const double left = (now - c->started) / (double)(done - c->first) * (double)(count - done);
    snprintf(line + used, sizeof line - (size_t)used, ", %u:%02u left", (unsigned)(left / 60),
             (unsigned)left % 60);
  }
  terminal_redraw(line);
}

void counting_show(counting *c, size_t done, size_t count) {
  const double now = now_seconds();
  if (done < c->last) {
    c->first = done;
    c->started = now;
  }
  c->last = done;
  if (done == count) {
    counting_end(c);
    return;
  }
  if (!c->terminal || (c->drawn && now - c->drawn_at < 0.1)) return;
  c->drawn = true;
  c->drawn_at = now;
  draw(c, done, count, now);
}

static void show_stage(void *context, const char *stage, size_t done, size_t total) {
  (void)stage;
  counting_show(context, done, total);
}

despur_watch counting_watch(counting *shown) {
  return (despur_watch){.context = shown, .progress = show_stage};
}

void counting_end(counting *c) {
  if (c->drawn) terminal_wipe();
  c->drawn = false;
}
