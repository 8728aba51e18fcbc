/* News and the progress line on stderr. */
#include "report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requested; /* a signal handler can reach nothing else */

static void request_stop(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
}

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void report_clear(report *r) {
  if (r->drawn) fputs("\r\033[K", stderr);
  r->drawn = false;
}

static void note(void *context, const char *line) {
  report *r = context;
  if (r->quiet) return;
  report_clear(r);
  fprintf(stderr, "%s\n", line);
}

enum { BAR = 24 };

static void draw(const report *r, const despur_progress *progress, double now) {
  char bar[BAR + 1];
  size_t total = progress->total ? progress->total : 1, filled = progress->done * BAR / total;
  if (filled > BAR) filled = BAR;
  memset(bar, '.', BAR);
  memset(bar, '#', filled);
  bar[BAR] = 0;
  double rate = (double)progress->done / (now - r->epoch_started + 1e-9);
  double left_examples =
      (double)total * (double)(progress->epochs - progress->epoch + 1) - (double)progress->done;
  unsigned left = rate > 0 && left_examples > 0 ? (unsigned)(left_examples / rate) : 0;
  fprintf(stderr, "\r\033[K%s: epoch %zu of %zu [%s] loss %.4f, %.0f images/s, %u:%02u left", progress->stage,
          progress->epoch, progress->epochs, bar, progress->loss, rate, left / 60, left % 60);
}

static void show_progress(void *context, const despur_progress *progress) {
  report *r = context;
  if (r->quiet || !r->terminal) return;
  double now = now_seconds();
  if (r->stage != progress->stage || r->epoch != progress->epoch) {
    r->stage = progress->stage;
    r->epoch = progress->epoch;
    r->epoch_started = r->last_drawn = now;
    return; /* the rate is known from the second step on */
  }
  if (now - r->last_drawn < 0.1) return;
  r->last_drawn = now;
  draw(r, progress, now);
  r->drawn = true;
}

static int stop(void *context) {
  (void)context;
  return stop_requested;
}

despur_observer report_observer(report *r, bool quiet) {
  *r = (report){.quiet = quiet, .terminal = isatty(STDERR_FILENO)};
  /* after a first signal the default comes back: a second one ends the process at once */
  struct sigaction action = {.sa_handler = request_stop, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return (despur_observer){.context = r, .note = note, .progress = show_progress, .stop = stop};
}
