/* despur sweep: a grid of runs. Under mpirun or srun every rank works on the same grid; the first one speaks
 * for all. */
#include "emit.h"
#include "report.h"
#include "terminal.h"

#include "despur/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const STATES[] = {"to do", "running", "complete", "failed"};

/* ---- ranks ---- */

typedef struct ranks {
  long rank, size; /* 0 of 1 without a launcher */
} ranks;

/* Launchers say so in the environment; nothing of MPI is needed. Slurm's SLURM_NTASKS is also there where
 * nothing has been launched, in a batch script. */
static ranks find_ranks(void) {
  static const char *const NAMES[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                         {"PMI_RANK", "PMI_SIZE"},
                                         {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    const char *rank = getenv(NAMES[i][0]), *size = getenv(NAMES[i][1]);
    if (!rank || !size) continue;
    ranks found = {strtol(rank, NULL, 10), strtol(size, NULL, 10)};
    if (found.size > 1 && found.rank >= 0 && found.rank < found.size) return found;
  }
  return (ranks){0, 1};
}

/* ---- while it goes on ---- */

typedef struct watcher {
  report *report;
  const despur_sweep *sweep;
  size_t done, total;
} watcher;

static void finished(void *context, size_t run, despur_sweep_state state, double seconds,
                     const char *reason) {
  watcher *w = context;
  char time[32] = "elsewhere";
  if (state == DESPUR_SWEEP_TO_DO) return; /* interrupted */
  w->done++;
  if (w->report->quiet) return;
  report_clear(w->report);
  if (!isnan(seconds)) snprintf(time, sizeof time, "%.1f s", seconds);
  terminal_print(stderr, "%zu of %zu: %s: %s (%s)%s%s\n", w->done, w->total,
                 despur_sweep_run_name(w->sweep, run), STATES[state], time, *reason ? ": " : "", reason);
}

static void show_progress(void *context, const despur_sweep_progress *progress) {
  watcher *w = context;
  w->done = progress->complete + progress->failed;
  if (w->report->quiet || !w->report->terminal) return;
  char line[256], failed[48] = "", elsewhere[48] = "", time_left[64] = "";
  if (progress->failed) snprintf(failed, sizeof failed, ", %zu failed", progress->failed);
  if (progress->elsewhere) snprintf(elsewhere, sizeof elsewhere, ", %zu elsewhere", progress->elsewhere);
  if (!isnan(progress->seconds_left)) {
    unsigned left = (unsigned)progress->seconds_left;
    snprintf(time_left, sizeof time_left, ", about %u:%02u:%02u left", left / 3600, left / 60 % 60,
             left % 60);
  }
  snprintf(line, sizeof line, "%zu of %zu done%s%s, %zu running%s", w->done, progress->total, failed,
           time_left, progress->running, elsewhere);
  terminal_redraw(line);
  w->report->drawn = true;
}

/* ---- results ---- */

/* Every failed run with its reason: as text when j is NULL. */
static despur_status print_failed(emit *j, const despur_sweep *sweep, despur_error *error) {
  for (size_t i = 0; i < despur_sweep_count(sweep); i++) {
    despur_sweep_state state;
    char reason[512];
    despur_status status = despur_sweep_run_state(&state, sweep, i, reason, error);
    if (status != DESPUR_OK) return status;
    if (state != DESPUR_SWEEP_FAILED) continue;
    if (!j) {
      terminal_print(stdout, "  %s: %s\n", despur_sweep_run_name(sweep, i), reason);
      continue;
    }
    emit_open(j, NULL, '{');
    emit_text(j, "run", despur_sweep_run_name(sweep, i));
    emit_text(j, "reason", reason);
    emit_close(j, '}');
  }
  return DESPUR_OK;
}

static despur_status print_result_json(const despur_sweep *sweep, const despur_sweep_result *result,
                                       despur_error *error) {
  emit j = {0};
  emit_open(&j, NULL, '{');
  emit_text(&j, "directory", despur_sweep_directory(sweep));
  emit_count(&j, "runs", despur_sweep_count(sweep));
  emit_count(&j, "complete", result->complete);
  emit_count(&j, "kept", result->kept);
  emit_open(&j, "failed", '[');
  despur_status status = print_failed(&j, sweep, error);
  emit_close(&j, ']');
  emit_close(&j, '}');
  return status;
}

static despur_status print_result(const despur_sweep *sweep, const despur_sweep_result *result,
                                  despur_error *error) {
  terminal_print(stdout, "%zu of %zu runs complete in %s", result->complete, despur_sweep_count(sweep),
                 despur_sweep_directory(sweep));
  if (result->kept) printf(", %zu of them from before", result->kept);
  terminal_print(stdout, "%s\n", result->failed ? "; failed:" : "");
  return result->failed ? print_failed(NULL, sweep, error) : DESPUR_OK;
}

/* ---- the verb ---- */

static void print_planned(emit *j, const char *name, const char *state, const char *command) {
  if (!j) {
    terminal_print(stdout, "  %-9s %s: %s\n", state, name, command);
    return;
  }
  emit_open(j, NULL, '{');
  emit_text(j, "run", name);
  emit_text(j, "state", state);
  emit_text(j, "command", command);
  emit_close(j, '}');
}

static despur_status print_plan(const despur_sweep *sweep, bool as_json, despur_error *error) {
  emit j = {0};
  if (as_json)
    emit_open(&j, NULL, '[');
  else
    terminal_print(stdout, "%zu runs in %s\n", despur_sweep_count(sweep), despur_sweep_directory(sweep));
  for (size_t i = 0; i < despur_sweep_count(sweep); i++) {
    despur_sweep_state state;
    char *command = NULL;
    despur_status status = despur_sweep_run_state(&state, sweep, i, NULL, error);
    if (status == DESPUR_OK) status = despur_sweep_run_command(&command, sweep, i, error);
    if (status != DESPUR_OK) return status;
    print_planned(as_json ? &j : NULL, despur_sweep_run_name(sweep, i), STATES[state], command);
    free(command);
  }
  if (as_json) emit_close(&j, ']');
  return DESPUR_OK;
}

static despur_status carry_out(const despur_sweep *sweep, const cli_arguments *arguments, ranks launched,
                               despur_error *error) {
  report r;
  long jobs, threads;
  bool many = launched.size > 1, as_json = cli_value(arguments, "json") != NULL;
  despur_status status = cli_integer(&jobs, arguments, "jobs", 1, 1024, many ? 1 : 0, error);
  if (status == DESPUR_OK) status = cli_integer(&threads, arguments, "threads", 1, 256, many ? 1 : 0, error);
  if (status != DESPUR_OK) return status;
  despur_observer observer = report_observer(&r, cli_value(arguments, "quiet") || launched.rank > 0);
  watcher w = {.report = &r, .sweep = sweep, .total = despur_sweep_count(sweep)};
  despur_sweep_options options = {
      .jobs = (int)jobs,
      .threads = (int)threads,
      .alone = launched.rank > 0,
      .observer = {.context = &w, .finished = finished, .progress = show_progress, .stop = observer.stop}};
  despur_sweep_result result;
  status = despur_sweep_run(&result, sweep, &options, error);
  report_clear(&r);
  if (status != DESPUR_OK || launched.rank > 0) return status;
  status = as_json ? print_result_json(sweep, &result, error) : print_result(sweep, &result, error);
  if (status == DESPUR_OK && result.failed > 0)
    status = cli_fail(error, DESPUR_GATE_FAILED, "%zu of %zu runs failed", result.failed, w.total);
  return status;
}

static despur_status print_notes(const despur_sweep *sweep, despur_error *error) {
  char *notes = NULL;
  despur_status status = despur_sweep_notes(&notes, sweep, error);
  if (notes) terminal_print(stderr, "%s", notes);
  free(notes);
  return status;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  despur_sweep *sweep;
  ranks launched = find_ranks();
  if (arguments->count != 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "sweep: expected one file, such as recipes/sweeps/rates.yaml, found %zu",
                    arguments->count);
  despur_status status =
      despur_sweep_create(&sweep, arguments->positional[0], cli_value(arguments, "out"), error);
  if (status != DESPUR_OK) {
    if (launched.rank > 0) error->message[0] = 0; /* the first one says it */
    return status;
  }
  if (launched.rank == 0 && !cli_value(arguments, "quiet")) status = print_notes(sweep, error);
  if (status == DESPUR_OK && cli_value(arguments, "dry-run"))
    status = launched.rank > 0 ? DESPUR_OK : print_plan(sweep, cli_value(arguments, "json") != NULL, error);
  else if (status == DESPUR_OK)
    status = carry_out(sweep, arguments, launched, error);
  despur_sweep_free(sweep);
  return status;
}

const cli_verb cli_sweep = {
    .name = "sweep",
    .usage = "FILE [OPTIONS]",
    .summary = "carry out a grid of runs, several at a time, and go on where it was stopped",
    .help =
        "FILE is YAML and says which runs there are: every combination of a recipe, a value for each key of\n"
        "grid, and a seed. Only recipes must be there.\n"
        "\n"
        "  name: rates                          # the runs go to runs/rates; default: the file's name\n"
        "  recipes: [recipes/erm.yaml, recipes/spuco_mnist/george-*.yaml]\n"
        "  seeds: 0-4                           # or [0, 1, 7-9]; default: the seed of each recipe\n"
        "  grid:                                # keys as on the command line of 'run'\n"
        "    train.optimizer.lr: [0.1, 0.01]\n"
        "    train.batch_size: [32, 64]\n"
        "  set: {data.difficulty: variance_low} # one value for all runs\n"
        "  exclude:                             # combinations to leave out; a list means any of them\n"
        "    - {recipe: erm, train.optimizer.lr: 0.1, train.batch_size: [32, 64]}\n"
        "\n"
        "The configuration of every run is checked before the first one starts. Each run has a directory "
        "with a\n"
        "name such as erm,lr-0.01,batch_size-32,seed-0, and the same files, byte for byte, as 'despur run' "
        "makes\n"
        "of it. By default one run goes on at a time on each processor.\n"
        "\n"
        "A sweep that was stopped, by whatever, goes on when it is started again: complete runs whose\n"
        "configuration is the same are kept, all others are done again. Runs that fail stop no others; they "
        "are\n"
        "listed, and the exit code is 1. Several processes may work on one directory, also on several "
        "machines:\n"
        "'mpirun -n 8 despur sweep FILE' shares the runs among eight, one at a time each. Sweeps that would\n"
        "make the same directories with other settings at the same time stop.\n"
        "\n"
        "Examples:\n"
        "  despur sweep rates.yaml --dry-run\n"
        "  despur sweep rates.yaml --out runs/rates --jobs 4\n"
        "  despur table runs/rates\n",
    .options = {{"out", "DIR", "where the directories of the runs go (default runs/NAME)"},
                {"jobs", "N", "runs at a time (default: one for each processor)"},
                {"threads", "N", "processors for each run (default 1, more when runs are few)"},
                {"dry-run", NULL, "list the runs, what is there of each, and its command; run nothing"},
                {"json", NULL, "results as JSON on stdout"},
                {"quiet", NULL, "no news on stderr"}},
    .execute = execute};
