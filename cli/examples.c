#include "examples.h"

#include "terminal.h"

#include <stdio.h>

despur_examples_source examples_source(const cli_arguments *arguments, const char *features) {
  return (despur_examples_source){.features = features,
                                  .labels = cli_value(arguments, "labels"),
                                  .splits = cli_value(arguments, "splits"),
                                  .predictions = cli_value(arguments, "predictions"),
                                  .logits = cli_value(arguments, "logits"),
                                  .attributes = cli_value(arguments, "attributes"),
                                  .table = cli_value(arguments, "table"),
                                  .label = cli_value(arguments, "label"),
                                  .split = cli_value(arguments, "split"),
                                  .prediction = cli_value(arguments, "prediction"),
                                  .attribute = cli_value(arguments, "attribute"),
                                  .unit = cli_value(arguments, "unit"),
                                  .weight = cli_value(arguments, "weight"),
                                  .id = cli_value(arguments, "id"),
                                  .by = cli_value(arguments, "by")};
}

void examples_print(const despur_examples *e) {
  if (!e->read_as) return;
  terminal_print(stdout, "%s\n", e->read_as);
  for (size_t i = 0; i < e->notes_count; i++) terminal_print(stdout, "note: %s\n", e->notes[i]);
  putchar('\n');
}

void examples_emit(emit *j, const despur_examples *e) {
  if (!e->read_as) return;
  emit_open(j, "read_as", '{');
  emit_text(j, "columns", e->read_as);
  emit_open(j, "notes", '[');
  for (size_t i = 0; i < e->notes_count; i++) emit_text(j, NULL, e->notes[i]);
  emit_close(j, ']');
  emit_close(j, '}');
}
