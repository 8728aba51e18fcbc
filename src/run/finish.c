#include "run/finish.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "despur/report.h"
#include "record/manifest.h"
#include "run/files/hashes.h"
#include "run/files/run_files.h"
#include "run/networks/networks.h"
#include "run/state/clock.h"
#include "run/state/run_state.h"

#include <stdlib.h>
#include <sys/resource.h>

/* The page shows the manifest with the hashes of all other files; the manifest has that of the page, too. */
static despur_status write_page(run *r, record_manifest *manifest, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = NULL;
  const char *directory = r->result->directory;
  TRY(manifest_print(&content, manifest, error));
  const despur_report_options options = {.page = path, .manifest = content};
  TRY(run_path(path, r, "report.html", error));
  TRY(despur_report(&directory, 1, &options, &r->result->verdict, error));
  TRY(run_hash_output(r, &manifest->outputs, "report.html", error));
cleanup:
  mem_free(content);
  return status;
}

static despur_status write_manifest(run *r, const char *outcome, const char *message, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *content = NULL;
  record_manifest manifest = {.seeded = true, .seed = r->config->seed, .hashed = true, .inputs = r->inputs};
  TRY(mem_copy_text(&manifest.version, despur_version(), error));
  TRY(mem_copy_text(&manifest.outcome, outcome, error));
  TRY(mem_copy_text(&manifest.message, message, error));
  TRY(mem_copy_text(&manifest.data, r->dataset->description, error));
  TRY(mem_copy_text(&manifest.what, r->dataset->description, error));
  manifest.what[r->dataset->what] = 0;
  TRY(run_hash_outputs(r, &manifest.outputs, error));
  status = write_page(r, &manifest, error);
  if (status != DESPUR_OK && !*message) goto cleanup; /* a run that has failed may have nothing to show */
  TRY(manifest_print(&content, &manifest, error));
  TRY(run_write_text(r, "manifest.json", content, error));
cleanup:
  mem_free(content);
  manifest.inputs = (text_pairs){0}; /* the run's */
  manifest_release(&manifest);
  return status;
}

static despur_status write_timing(run *r, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *content = NULL;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  timing_set(&r->timing, "total", run_seconds() - r->started);
  r->timing.ended = true;
  r->timing.threads = (size_t)r->options->threads;
  r->timing.kernels = despur_net_kernels(run_last_net(r));
  r->timing.peak_resident_mb = (size_t)usage.ru_maxrss / 1024;
  TRY(timing_print(&content, &r->timing, JSON_PRETTY, error));
  TRY(run_write_text(r, "timing.json", content, error));
cleanup:
  mem_free(content);
  return status;
}

/* A stream that cannot be finished keeps its temporary name, so that the run can go on. */
static despur_status finish_streams(run *r, despur_error *error) {
  file_writer **streams[] = {&r->results, &r->steps, &r->events};
  despur_status status = DESPUR_OK;
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
    if (!*streams[i]) continue;
    despur_status finished = file_writer_finish(*streams[i], status == DESPUR_OK ? error : NULL);
    if (status == DESPUR_OK) status = finished;
    *streams[i] = NULL;
  }
  return status;
}

despur_status run_close_directory(run *r, const char *outcome, const char *message, despur_error *error) {
  despur_status status = finish_streams(r, error);
  /* of a run that has failed already no more is asked than what can be done */
  if (status != DESPUR_OK && !*message) return status;
  TRY(write_timing(r, error));
  TRY(write_manifest(r, outcome, message, error));
cleanup:
  return status;
}
