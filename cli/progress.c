/* News and the progress line on stderr. */
#include "report.h"
#include "terminal.h"

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
  if (r->drawn) terminal_wipe();
  r->drawn = false;
}

static void note(void *context, const char *line) {
  report *r = context;
  if (r->quiet) return;
  report_clear(r);
  terminal_print(stderr, "%s\n", line);
}

/* Seconds until the stage's last epoch ends, as the epoch at hand has gone so far. */
static unsigned seconds_left(const despur_progress *progress, double rate) {
  double total = (double)(progress->total ? progress->total : 1);
  double left = total * (double)(progress->epochs - progress->epoch + 1) - (double)progress->done;
  return rate > 0 && left > 0 ? (unsigned)(left / rate) : 0;
}

enum { LONGEST_BAR = 24, SHORTEST_BAR = 8, LINE = 512 };

/* " [###...]" of that many columns in all; nothing when that is too few for a bar. */
static void compose_bar(char bar[LONGEST_BAR + 4], const despur_progress *progress, int columns) {
  int length = columns - 3 < LONGEST_BAR ? columns - 3 : LONGEST_BAR;
  bar[0] = 0;
  if (length < SHORTEST_BAR) return;
  size_t total = progress->total ? progress->total : 1, filled = progress->done * (size_t)length / total;
  snprintf(bar, LONGEST_BAR + 4, " [%*s]", length, "");
  memset(bar + 2, '.', (size_t)length);
  memset(bar + 2, '#', filled < (size_t)length ? filled : (size_t)length);
}

/* Takes the columns of a part of the line from the room; a part that does not fit is left out. */
static void fit(char *part, int *room) {
  const int columns = (int)strlen(part);
  if (columns <= *room)
    *room -= columns;
  else
    part[0] = 0;
}

/* The line for a terminal of that many columns. The last column stays free, since writing there makes some
 * terminals scroll. Where it is narrow, first the speed goes, then the loss, the bar, the time left. */
static void compose(char line[LINE], const despur_progress *progress, double rate, int columns) {
  char head[128], time_left[32], loss[48], speed[48], bar[LONGEST_BAR + 4];
  const unsigned left = seconds_left(progress, rate);
  const int most = (columns < LINE ? columns : LINE) - 1;
  snprintf(head, sizeof head, "%s: epoch %zu of %zu", progress->stage, progress->epoch, progress->epochs);
  snprintf(time_left, sizeof time_left, ", %u:%02u left", left / 60, left % 60);
  snprintf(loss, sizeof loss, ", loss %.4f", progress->loss);
  snprintf(speed, sizeof speed, ", %.0f examples/s", rate);
  int room = most - (int)strlen(head);
  fit(time_left, &room);
  const int for_bar = room >= SHORTEST_BAR + 3 ? SHORTEST_BAR + 3 : 0;
  room -= for_bar;
  fit(loss, &room);
  fit(speed, &room);
  compose_bar(bar, progress, for_bar + room);
  snprintf(line, (size_t)most + 1, "%s%s%s%s%s", head, bar, time_left, loss, speed);
}

static void draw(const report *r, const despur_progress *progress, double now) {
  char line[LINE];
  compose(line, progress, (double)progress->done / (now - r->epoch_started + 1e-9),
          terminal_width(STDERR_FILENO));
  terminal_redraw(line);
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
