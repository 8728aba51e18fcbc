/* A sweep carried out: claims runs, keeps as many going as there is room for, and notes how they end. */
#include "sweep/sweep_run.h"

#include "base/memory.h"
#include "despur/run.h"
#include "run/state/checkpoint.h"
#include "run/state/clock.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 500, MOST_JOBS = 1024 };

typedef enum place { OPEN, HERE, ELSEWHERE, COMPLETE, FAILED } place;

typedef struct session {
  const despur_sweep *sweep;
  const despur_sweep_observer *observer;
  despur_sweep_result *result;
  place *places; /* [runs] */
  size_t next;   /* runs before it are not open */
  sweep_job *jobs;
  struct pollfd *polled;
  size_t job_count, running;
  int threads;
  struct timespec started; /* by the clock of the file system */
  double seconds;          /* of the runs that this session has completed, and their number */
  size_t timed;
  bool stopping;
} session;

static void move(session *s, size_t run, place to) {
  s->places[run] = to;
  s->result->complete += to == COMPLETE;
  s->result->failed += to == FAILED;
}

static void tell(const session *s, size_t run, despur_sweep_state state, double seconds, const char *reason) {
  if (s->observer->finished) s->observer->finished(s->observer->context, run, state, seconds, reason);
}

static size_t count_places(const session *s, place wanted) {
  size_t count = 0;
  for (size_t i = 0; i < s->sweep->count; i++) count += s->places[i] == wanted;
  return count;
}

/* ---- starting ---- */

static despur_status say_foreign(const session *s, size_t run, despur_error *error) {
  return error_set(
      error, DESPUR_BAD_USAGE,
      "%s/%s: another sweep, with other settings, is making this run, too; give each a directory "
      "of its own with --out",
      s->sweep->directory, s->sweep->names[run]);
}

/* With the lock in hand: what another process has finished meanwhile need not be done. When that was another
 * run, two sweeps would go on replacing each other's. */
static despur_status settle(bool *settled, session *s, size_t run, despur_error *error) {
  despur_sweep_state state;
  char reason[512];
  bool foreign, fresh = sweep_ended_after(s->sweep, run, s->started);
  *settled = false;
  despur_status status = sweep_is_foreign(&foreign, s->sweep, run, error);
  if (status == DESPUR_OK && foreign && fresh) return say_foreign(s, run, error);
  if (status == DESPUR_OK) status = sweep_look(&state, reason, s->sweep, run, error);
  if (status != DESPUR_OK) return status;
  bool failed = state == DESPUR_SWEEP_FAILED && fresh;
  *settled = state == DESPUR_SWEEP_COMPLETE || failed;
  if (!*settled) return status;
  move(s, run, failed ? FAILED : COMPLETE);
  tell(s, run, state, (double)NAN, reason);
  return status;
}

static sweep_job *free_job(session *s) {
  for (size_t i = 0; i < s->job_count; i++)
    if (s->jobs[i].pid == 0) return &s->jobs[i];
  return NULL;
}

static despur_status try_run(session *s, size_t run, despur_error *error) {
  despur_status status = DESPUR_OK;
  int lock;
  bool settled;
  TRY(sweep_claim(&lock, s->sweep, run, error));
  if (lock < 0) {
    move(s, run, ELSEWHERE);
    goto cleanup;
  }
  status = settle(&settled, s, run, error);
  if (status != DESPUR_OK || settled) {
    close(lock);
    goto cleanup;
  }
  TRY(sweep_job_start(free_job(s), s->sweep, run, lock, s->threads, s->jobs, s->job_count, error));
  s->running++;
  move(s, run, HERE);
cleanup:
  return status;
}

static despur_status start_runs(session *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (; s->next < s->sweep->count && s->running < s->job_count; s->next++)
    if (s->places[s->next] == OPEN) TRY(try_run(s, s->next, error));
cleanup:
  return status;
}

/* Others may have ended, or been killed, since we asked. */
static void open_claimed(session *s) {
  for (size_t i = 0; i < s->sweep->count; i++)
    if (s->places[i] == ELSEWHERE) s->places[i] = OPEN;
  s->next = 0;
}

/* ---- ending ---- */

static despur_status finish_job(session *s, sweep_job *job, despur_error *error) {
  despur_sweep_state outcome;
  char reason[512];
  size_t run = job->run;
  double seconds = run_seconds() - job->started;
  despur_status status = sweep_job_finish(job, s->sweep, &outcome, reason, error);
  s->running--;
  if (outcome == DESPUR_SWEEP_TO_DO && !s->stopping) outcome = DESPUR_SWEEP_FAILED; /* by somebody else */
  move(s, run, outcome == DESPUR_SWEEP_COMPLETE ? COMPLETE : outcome == DESPUR_SWEEP_FAILED ? FAILED : OPEN);
  if (outcome == DESPUR_SWEEP_COMPLETE) {
    s->seconds += seconds;
    s->timed++;
  }
  tell(s, run, outcome, seconds, reason);
  return status;
}

/* Sleeps until a job has something to say or half a second is over; a signal ends the sleep, too. */
static despur_status wait_for_jobs(session *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < s->job_count; i++)
    s->polled[i] = (struct pollfd){.fd = s->jobs[i].pid ? s->jobs[i].pipe : -1, .events = POLLIN};
  if (poll(s->polled, s->job_count, LOOK_EVERY_MS) <= 0) return DESPUR_OK;
  for (size_t i = 0; i < s->job_count; i++)
    if (s->polled[i].revents) TRY(finish_job(s, &s->jobs[i], error));
cleanup:
  return status;
}

static void stop_jobs(session *s) {
  if (s->stopping) return;
  s->stopping = true;
  for (size_t i = 0; i < s->job_count; i++)
    if (s->jobs[i].pid) kill(s->jobs[i].pid, SIGTERM);
}

/* ---- the whole ---- */

/* Each run that is left takes as long as one has taken on average. */
static double seconds_left(const session *s, size_t open) {
  if (s->timed == 0) return (double)NAN;
  double mean = s->seconds / (double)s->timed, work = mean * (double)open;
  double now = run_seconds();
  for (size_t i = 0; i < s->job_count; i++) {
    if (!s->jobs[i].pid) continue;
    double left = mean - (now - s->jobs[i].started);
    work += left > 0 ? left : 0;
  }
  return work / (double)s->job_count;
}

static void show_progress(const session *s) {
  if (!s->observer->progress) return;
  size_t open = count_places(s, OPEN);
  despur_sweep_progress progress = {.total = s->sweep->count,
                                    .complete = s->result->complete,
                                    .failed = s->result->failed,
                                    .running = s->running,
                                    .elsewhere = count_places(s, ELSEWHERE),
                                    .seconds_left = seconds_left(s, open)};
  s->observer->progress(s->observer->context, &progress);
}

/* Runs that were counted may have been replaced since by another sweep. */
static despur_status check_own(const session *s, despur_error *error) {
  for (size_t i = 0; i < s->sweep->count; i++) {
    bool foreign;
    if (s->places[i] != COMPLETE && s->places[i] != FAILED) continue;
    despur_status status = sweep_is_foreign(&foreign, s->sweep, i, error);
    if (status == DESPUR_OK && foreign) status = say_foreign(s, i, error);
    if (status != DESPUR_OK) return status;
  }
  return DESPUR_OK;
}

static despur_status carry_out(session *s, bool alone, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (;;) {
    if (s->observer->stop && s->observer->stop(s->observer->context)) stop_jobs(s);
    if (!s->stopping) TRY(start_runs(s, error));
    show_progress(s);
    bool all_started = s->next == s->sweep->count;
    bool may_leave = s->stopping || (all_started && (alone || count_places(s, ELSEWHERE) == 0));
    if (s->running == 0 && may_leave) break;
    TRY(wait_for_jobs(s, error));
    if (all_started && !alone) open_claimed(s);
  }
  TRY(check_own(s, error));
  s->result->elsewhere = count_places(s, ELSEWHERE);
  if (s->stopping)
    status = error_set(error, DESPUR_INTERRUPTED, "interrupted with %zu of %zu runs complete",
                       s->result->complete, s->sweep->count);
cleanup:
  return status;
}

static despur_status look_around(session *s, despur_error *error) {
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < s->sweep->count; i++) {
    despur_sweep_state state;
    char reason[512], leftover[1024];
    TRY(sweep_look(&state, reason, s->sweep, i, error));
    if (state != DESPUR_SWEEP_COMPLETE) continue;
    move(s, i, COMPLETE);
    TRY(sweep_path(leftover, s->sweep, i, CHECKPOINT_FILE, error));
    unlink(leftover); /* left by a run that was killed between its last two actions */
  }
  s->result->kept = s->result->complete;
cleanup:
  return status;
}

/* One run on each processor; when runs are fewer, more threads for each. */
static void share_processors(session *s, const despur_sweep_options *options) {
  int processors = despur_processors(), left = (int)(s->sweep->count - s->result->kept);
  int jobs = options->jobs > 0 ? options->jobs : processors / (options->threads > 0 ? options->threads : 1);
  if (jobs > left) jobs = left;
  if (jobs > MOST_JOBS) jobs = MOST_JOBS;
  if (jobs < 1) jobs = 1;
  s->threads = options->threads > 0 ? options->threads : processors / jobs;
  if (s->threads < 1) s->threads = 1;
  s->job_count = (size_t)jobs;
}

/* After an error of our own: no run is left behind. */
static void abandon(session *s) {
  stop_jobs(s);
  for (size_t i = 0; s->jobs && i < s->job_count; i++)
    if (s->jobs[i].pid && finish_job(s, &s->jobs[i], NULL) != DESPUR_OK) continue;
}

despur_status despur_sweep_run(despur_sweep_result *result, const despur_sweep *sweep,
                               const despur_sweep_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  session s = {.sweep = sweep, .observer = &options->observer, .result = result};
  *result = (despur_sweep_result){0};
  TRY(mem_alloc(&s.places, sweep->count, sizeof *s.places, error));
  TRY(sweep_prepare_directory(sweep, &s.started, error));
  TRY(look_around(&s, error));
  share_processors(&s, options);
  TRY(mem_alloc(&s.jobs, s.job_count, sizeof *s.jobs, error));
  TRY(mem_alloc(&s.polled, s.job_count, sizeof *s.polled, error));
  TRY(carry_out(&s, options->alone, error));
cleanup:
  if (status != DESPUR_OK && s.jobs) abandon(&s);
  mem_free(s.jobs);
  mem_free(s.polled);
  mem_free(s.places);
  return status;
}
