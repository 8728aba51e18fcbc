#include "examples.h"

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
                                  .id = cli_value(arguments, "id"),
                                  .by = cli_value(arguments, "by")};
}
