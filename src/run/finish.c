#include "run/finish.h"
#include "base/json.h"
#include "despur/report.h"
#include "run/clock.h"
#include "run/hashes.h"
#include "run/networks.h"
#include "run/run_files.h"
#include "run/run_state.h"

#include <stdlib.h>
#include <sys/resource.h>

/* The page shows the manifest with the hashes of all other files; the manifest has that of the page, too. */
static despur_status write_page(run *r, json_t *manifest, json_t *outputs, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[1024], *content = json_print(manifest, JSON_COMPACT);
  const char *directory = r->result->directory;
  const despur_report_options options = {.page = path, .manifest = content};
  if (!content) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing report.html");
  TRY(run_path(path, r, "report.html", error));
  TRY(despur_report(&directory, 1, &options, &r->result->verdict, error));
  TRY(run_hash_output(r, outputs, "report.html", error));
cleanup:
  free(content);
  return status;
}

static despur_status write_manifest(run *r, const char *outcome, const char *message, despur_error *error) {
  despur_status status = DESPUR_OK;
  json_t *manifest = json_object(), *outputs = json_object();
  json_put(&manifest, "despur", json_string(despur_version()));
  json_put(&manifest, "outcome", json_string(outcome));
  if (*message) json_put(&manifest, "message", json_text(message));
  json_put(&manifest, "seed", json_integer((json_int_t)r->config->seed));
  json_put(&manifest, "data", json_text(despur_dataset_description(r->dataset)));
  json_put(&manifest, "inputs", json_incref(r->inputs));
  json_put(&manifest, "outputs", json_incref(outputs));
  if (!manifest) FAIL(error, DESPUR_NO_RESOURCES, "out of memory while writing manifest.json");
  TRY(run_hash_outputs(r, outputs, error));
  status = write_page(r, manifest, outputs, error);
  if (status != DESPUR_OK && !*message) goto cleanup; /* a run that has failed may have nothing to show */
  TRY(run_write_json(r, "manifest.json", manifest, error));
cleanup:
  json_decref(outputs);
  json_decref(manifest);
  return status;
}

static despur_status write_timing(run *r, despur_error *error) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  json_put(&r->timing, "total", json_real(run_seconds() - r->started));
  json_put(&r->timing, "threads", json_integer(r->options->threads));
  json_put(&r->timing, "kernels", json_string(despur_net_kernels(run_last_net(r))));
  json_put(&r->timing, "peak_resident_mb", json_integer(usage.ru_maxrss / 1024));
  return run_write_json(r, "timing.json", r->timing, error);
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
