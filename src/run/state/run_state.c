#include "run/state/run_state.h"
#include "base/format.h"
#include "base/memory.h"
#include "run/state/checkpoint.h"
#include "run/state/history.h"
#include "run/state/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

despur_watch run_watch(const run *r) {
  return (despur_watch){.context = r->options->observer.context, .stop = r->options->observer.stop};
}

despur_observer run_stopped_by(const despur_watch *watch) {
  return watch ? (despur_observer){.context = watch->context, .stop = watch->stop} : (despur_observer){0};
}

void run_note(const run *r, const char *format, ...) {
  const despur_observer *observer = &r->options->observer;
  if (!observer->note) return;
  char line[1024];
  va_list args;
  va_start(args, format);
  format_args(line, sizeof line, format, args);
  va_end(args);
  observer->note(observer->context, line);
}

despur_status run_choose_directory(const run *r, despur_error *error) {
  size_t room = sizeof r->result->directory;
  int length = r->options->directory ? snprintf(r->result->directory, room, "%s", r->options->directory)
                                     : snprintf(r->result->directory, room, "runs/%s-%lld", r->config->name,
                                                (long long)r->config->seed);
  if (length < 1 || (size_t)length >= room)
    return error_set(error, DESPUR_BAD_USAGE, "--out: expected a path of 1 to %zu bytes", room - 1);
  return DESPUR_OK;
}

void run_release(run *r) {
  mem_free(r->own);
  despur_dataset_free(r->dataset);
  despur_groups_release(&r->truth);
  despur_groups_release(&r->cells);
  for (size_t n = 0; n < DESPUR_NETWORK_COUNT; n++) despur_net_free(r->nets[n]);
  mem_free(r->order);
  despur_grouping_free(r->grouping);
  mem_free(r->val_groups);
  mem_free(r->powers);
  file_writer_leave(r->results);
  file_writer_leave(r->steps);
  file_writer_leave(r->events);
  text_pairs_release(&r->inputs);
  text_pairs_release(&r->finished);
  checkpoint_release(&r->resumed);
  history_release(&r->history);
  if (r->claimed) close(r->lock);
}

size_t run_place_of(const run *r, const char *name) {
  size_t place = 0;
  while (place < r->plan.count && strcmp(r->plan.stages[place]->name, name) != 0) place++;
  return place;
}

despur_status run_path(char path[1024], const run *r, const char *name, despur_error *error) {
  return file_join(path, r->result->directory, name, error);
}

despur_status run_split(const uint32_t **examples, size_t *count, const run *r, despur_split split,
                        despur_error *error) {
  *examples = despur_dataset_split(r->dataset, split, count);
  if (*count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: the data set has no %s examples", r->result->directory,
                     despur_split_name(split));
  return DESPUR_OK;
}
