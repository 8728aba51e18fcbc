/* One run of a sweep in a process of its own: a crash, or the kernel's killing for memory, ends one run and
 * no more.
 *
 * The child shares the lock, so the run stays claimed until both have ended. It blocks the signals that mean
 * "stop" and looks whether one is pending: SIGTERM comes from the parent, or from the kernel when the parent
 * has ended. SIGINT, which a terminal sends to all processes, is the parent's business.
 *
 * A run that was stopped or killed goes on where it was, if its checkpoint is of this configuration. */
#include "base/format.h"
#include "despur/run.h"
#include "run/files/manifest.h"
#include "run/state/clock.h"
#include "sweep/sweep_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* ---- in the child ---- */

static int child_is_to_stop(void *context) {
  const pid_t *parent = context;
  sigset_t pending;
  return (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM)) || getppid() != *parent;
}

static despur_status carry_out(const despur_config *config, const char *directory, int threads, pid_t parent,
                               despur_error *error) {
  despur_run_options options = {.directory = directory,
                                .force = 1,
                                .resume = 1,
                                .threads = threads,
                                .observer = {.context = &parent, .stop = child_is_to_stop}};
  despur_run_result result;
  despur_status status = despur_run(&result, config, &options, error);
  despur_run_result_release(&result);
  return status;
}

/* Shorter than a pipe's buffer, so it does not wait for a reader. */
static bool say(int pipe, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(pipe, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    count -= (size_t)written;
  }
  return true;
}

_Noreturn static void be_child(const despur_config *config, const char *directory, int threads, pid_t parent,
                               int report) {
  despur_error error = {0};
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
  despur_status status = carry_out(config, directory, threads, parent, &error);
  char said[1 + sizeof error.message] = {(char)status};
  size_t length = status == DESPUR_OK ? 0 : strlen(error.message);
  memcpy(said + 1, error.message, length);
  if (!say(report, said, 1 + length) && status == DESPUR_OK) status = DESPUR_NO_RESOURCES;
  _exit((int)status);
}

/* ---- in the parent ---- */

static void close_others(const sweep_job *others, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (others[i].pid == 0) continue;
    close(others[i].lock);
    close(others[i].pipe);
  }
}

static pid_t fork_quietly(void) {
  sigset_t stopping, before;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGINT);
  sigaddset(&stopping, SIGTERM);
  sigprocmask(SIG_BLOCK, &stopping, &before);
  pid_t pid = fork();
  int number = errno;
  if (pid != 0) sigprocmask(SIG_SETMASK, &before, NULL); /* the child keeps them blocked */
  errno = number;
  return pid;
}

despur_status sweep_job_start(sweep_job *job, const despur_sweep *sweep, size_t run, int lock, int threads,
                              const sweep_job *others, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_config *config = NULL;
  char directory[1024];
  int ends[2] = {-1, -1};
  pid_t parent = getpid();
  TRY(sweep_path(directory, sweep, run, "", error));
  TRY(sweep_resolved_config(&config, sweep, run, error));
  if (pipe2(ends, O_CLOEXEC) != 0)
    FAIL(error, DESPUR_NO_RESOURCES, "cannot create a pipe: %s", format_errno(errno));
  TRY(run_forget_end(directory, error)); /* what is there from now on is this run's */
  pid_t pid = fork_quietly();
  if (pid == 0) {
    close_others(others, count);
    close(ends[0]);
    be_child(config, directory, threads, parent, ends[1]);
  }
  if (pid < 0) FAIL(error, DESPUR_NO_RESOURCES, "cannot start a process: %s", format_errno(errno));
  *job = (sweep_job){.run = run, .pid = pid, .lock = lock, .pipe = ends[0], .started = run_seconds()};
  ends[0] = -1;
cleanup:
  if (ends[0] >= 0) close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
  if (status != DESPUR_OK) close(lock);
  despur_config_free(config);
  return status;
}

/* What the child has said, until it closes its end: how it ended, and why. False when it has said nothing. */
static bool read_report(int pipe, despur_status *said, char reason[512]) {
  size_t used = 0;
  char heard[512], scratch[512];
  for (;;) {
    bool room = used < sizeof heard;
    ssize_t got = read(pipe, room ? heard + used : scratch, room ? sizeof heard - used : sizeof scratch);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (room) used += (size_t)got;
  }
  reason[0] = 0;
  if (used == 0) return false;
  *said = (despur_status)(unsigned char)heard[0];
  snprintf(reason, 512, "%.*s", (int)used - 1, heard + 1);
  return true;
}

/* False when nobody knows how the process ended: with SIGCHLD ignored, by us or by whoever has called us, the
 * system forgets it. */
static bool wait_for(pid_t pid, int *ended) {
  pid_t found;
  do found = waitpid(pid, ended, 0);
  while (found < 0 && errno == EINTR);
  return found == pid;
}

/* How the run ended; reason is completed where the child could not say it. */
static despur_status end_of(const sweep_job *job, char reason[512]) {
  despur_status said = DESPUR_NO_RESOURCES;
  int ended = 0;
  bool has_said = read_report(job->pipe, &said, reason), known = wait_for(job->pid, &ended);
  if (known && WIFSIGNALED(ended)) {
    snprintf(reason, 512, "ended by signal %d (%s)%s", WTERMSIG(ended), format_signal(WTERMSIG(ended)),
             WTERMSIG(ended) == SIGKILL ? "; out of memory?" : "");
    return DESPUR_NO_RESOURCES;
  }
  if (has_said && (!known || (WIFEXITED(ended) && WEXITSTATUS(ended) == (int)said))) return said;
  snprintf(reason, 512, "ended without saying how");
  return DESPUR_NO_RESOURCES;
}

/* A run that ended before it could say why, in its own manifest, gets one. */
static despur_status ensure_manifest(const despur_sweep *sweep, size_t run, const char *reason,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  char directory[1024];
  manifest ended;
  despur_config *config = NULL;
  TRY(sweep_path(directory, sweep, run, "", error));
  TRY(manifest_read(&ended, directory, error));
  if (*ended.outcome) goto cleanup;
  TRY(sweep_resolved_config(&config, sweep, run, error));
  TRY(manifest_write_failure(directory, config, reason, error));
cleanup:
  despur_config_free(config);
  return status;
}

despur_status sweep_job_finish(sweep_job *job, const despur_sweep *sweep, despur_sweep_state *outcome,
                               char reason[512], despur_error *error) {
  despur_status status = DESPUR_OK;
  despur_status ended = end_of(job, reason);
  *outcome = ended == DESPUR_OK            ? DESPUR_SWEEP_COMPLETE
             : ended == DESPUR_INTERRUPTED ? DESPUR_SWEEP_TO_DO
                                           : DESPUR_SWEEP_FAILED;
  /* bad usage: the directory was not the run's to write in */
  if (*outcome == DESPUR_SWEEP_FAILED && ended != DESPUR_BAD_USAGE)
    status = ensure_manifest(sweep, job->run, reason, error);
  close(job->pipe);
  close(job->lock);
  job->pid = 0;
  return status;
}
