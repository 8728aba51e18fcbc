/* despur help and despur version. */
#include "cli.h"

#include "despur/config.h"
#include "despur/onnx.h"
#include "despur/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_overview(void) {
  puts("despur finds, measures and removes the shortcuts that a classifier has learned.\n"
       "\n"
       "usage: despur VERB [ARGUMENTS]\n");
  for (size_t i = 0; cli_verbs[i]; i++) printf("  %-10s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
  puts("\n"
       "'despur help VERB' says more of a verb, 'despur help config' lists all keys of recipes,\n"
       "'despur recipes' the recipes that are there.\n"
       "Exit codes: 0 all went well, 1 a condition does not hold or some runs of a sweep failed,\n"
       "2 wrong command line, 3 bad input, 4 a write failed or memory ran out, 5 too little data to say,\n"
       "130 interrupted.");
}

static void print_verb(const cli_verb *verb) {
  printf("despur %s: %s\n\nusage: despur %s %s\n\n%s", verb->name, verb->summary, verb->name, verb->usage,
         verb->help);
  if (verb->options[0].name) puts("\nOptions:");
  for (const cli_option *option = verb->options; option->name; option++) {
    char left[40];
    snprintf(left, sizeof left, "--%s %s", option->name, option->argument ? option->argument : "");
    printf("  %-18s %s\n", left, option->help);
  }
}

/* key: a key, a section, or NULL for all. */
static despur_status print_keys(const char *key, despur_error *error) {
  char *text = NULL;
  despur_status status = despur_config_describe(&text, key, error);
  if (status == DESPUR_OK) fputs(text, stdout);
  free(text);
  return status;
}

static despur_status execute_help(const cli_arguments *arguments, despur_error *error) {
  if (arguments->count == 0) {
    print_overview();
    return DESPUR_OK;
  }
  if (strcmp(arguments->positional[0], "config") == 0 && arguments->count <= 2)
    return print_keys(arguments->count == 2 ? arguments->positional[1] : NULL, error);
  if (arguments->count > 1)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "help: expected one verb, or config and a key; '%s' is one word too many",
                    arguments->positional[arguments->count - 1]);
  const cli_verb *verb = cli_find_verb(arguments->positional[0], error);
  if (!verb) return error->status;
  print_verb(verb);
  return DESPUR_OK;
}

static despur_status execute_version(const cli_arguments *arguments, despur_error *error) {
  if (arguments->count > 0) return cli_fail(error, DESPUR_BAD_USAGE, "version takes no arguments");
  despur_onnx_engine engine;
  despur_error missing;
  printf("despur %s, %s, ", despur_version(), despur_version_features());
  if (despur_onnx_find(&engine, &missing) == DESPUR_OK)
    printf("ONNX Runtime %s (%s)\n", engine.version, engine.path);
  else
    puts("no ONNX Runtime (make models)");
  return DESPUR_OK;
}

const cli_verb cli_help = {
    .name = "help",
    .usage = "[VERB | config [KEY]]",
    .summary = "say more of a verb, or list the keys of recipes",
    .help = "KEY is a key or a section, such as train.optimizer.\n"
            "\n"
            "Examples:\n  despur help run\n  despur help config\n  despur help config infer.method\n",
    .words = CLI_VERBS,
    .execute = execute_help};

const cli_verb cli_version = {.name = "version",
                              .usage = "",
                              .summary = "the release, what was compiled in, and what was found",
                              .help = "",
                              .execute = execute_version};
