/* Takes the command line apart, finds the verb, and turns its status into an exit code. */
#include "cli.h"
#include "terminal.h"

#include "despur/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_verb *const cli_verbs[] = {&cli_run,      &cli_data,    &cli_eval,    &cli_verify,   &cli_compare,
                                     &cli_check,    &cli_plan,    &cli_cam,     &cli_infer,    &cli_report,
                                     &cli_sweep,    &cli_table,   &cli_cluster, &cli_repair,   &cli_audit,
                                     &cli_features, &cli_recipes, &cli_bench,   &cli_complete, &cli_help,
                                     &cli_version,  NULL};

despur_status cli_fail(despur_error *error, despur_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  despur_error_fill(error, status, format, args);
  va_end(args);
  return status;
}

void cli_did_you_mean(char out[96], const char *word, const char *const *candidates) {
  const char *nearest = despur_nearest_word(word, candidates);
  out[0] = 0;
  if (nearest) snprintf(out, 96, " (did you mean '%s'?)", nearest);
}

const cli_verb *cli_find_verb(const char *name, despur_error *error) {
  const char *names[sizeof cli_verbs / sizeof *cli_verbs] = {0};
  char hint[96];
  for (size_t i = 0; cli_verbs[i]; i++) {
    names[i] = cli_verbs[i]->name;
    if (strcmp(name, names[i]) == 0) return cli_verbs[i];
  }
  cli_did_you_mean(hint, name, names);
  cli_fail(error, DESPUR_BAD_USAGE, "unknown verb '%s'%s; 'despur help' lists them", name, hint);
  return NULL;
}

static size_t option_index(const cli_verb *verb, const char *name, size_t length) {
  size_t i = 0;
  assert(!verb->options[CLI_MOST_OPTIONS].name);
  while (verb->options[i].name &&
         (strlen(verb->options[i].name) != length || strncmp(verb->options[i].name, name, length) != 0))
    i++;
  return i;
}

const char *cli_value(const cli_arguments *arguments, const char *name) {
  return arguments->values[option_index(arguments->verb, name, strlen(name))];
}

/* ", which is an option of eval, compare and check": the verbs that have it; nothing where none has. */
static void list_verbs_with(char *out, size_t room, const char *name) {
  size_t used = 0, count = 0, more = 0;
  for (size_t i = 0; cli_verbs[i]; i++)
    more += cli_verbs[i]->options[option_index(cli_verbs[i], name, strlen(name))].name != NULL;
  out[0] = 0;
  for (size_t i = 0; cli_verbs[i] && used < room; i++) {
    if (!cli_verbs[i]->options[option_index(cli_verbs[i], name, strlen(name))].name) continue;
    const char *before = count == 0 ? ", which is an option of " : count + 1 == more ? " and " : ", ";
    used += (size_t)snprintf(out + used, room - used, "%s%s", before, cli_verbs[i]->name);
    count++;
  }
}

static despur_status unknown_option(const cli_verb *verb, const char *word, size_t length,
                                    despur_error *error) {
  const char *names[CLI_MOST_OPTIONS + 1] = {0};
  char name[64], hint[256];
  snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word);
  if (verb->never[0].name && strcmp(verb->never[0].name, name) == 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "%s: no option '--%s': %s", verb->name, name,
                    verb->never[0].help);
  for (size_t i = 0; verb->options[i].name; i++) names[i] = verb->options[i].name;
  list_verbs_with(hint, sizeof hint, name);
  if (!*hint) cli_did_you_mean(hint, name, names);
  return cli_fail(error, DESPUR_BAD_USAGE, "%s: unknown option '--%s'%s; see 'despur help %s'", verb->name,
                  name, hint, verb->name);
}

/* One "--name", "--name=value" or "--name value"; *at moves past what was used. */
static despur_status take_option(cli_arguments *arguments, char **words, int *at, despur_error *error) {
  const char *word = words[*at] + 2, *equals = strchr(word, '=');
  size_t length = equals ? (size_t)(equals - word) : strlen(word);
  size_t index = option_index(arguments->verb, word, length);
  const cli_option *option = &arguments->verb->options[index];
  if (!option->name) return unknown_option(arguments->verb, word, length, error);
  if (!option->argument) {
    if (equals)
      return cli_fail(error, DESPUR_BAD_USAGE, "--%s takes no value, found '%s'", option->name, equals + 1);
    arguments->values[index] = "";
    return DESPUR_OK;
  }
  const char *value = equals ? equals + 1 : words[*at + 1];
  if (!value || !*value)
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected %s after it", option->name, option->argument);
  if (!equals) ++*at;
  arguments->values[index] = value;
  arguments->given[arguments->given_count++] = (cli_given){index, value};
  return DESPUR_OK;
}

/* words end with NULL. "--" ends the options. */
static despur_status take_apart(cli_arguments *arguments, char **words, despur_error *error) {
  bool options = true;
  for (int at = 0; words[at]; at++) {
    if (options && strcmp(words[at], "--") == 0) {
      options = false;
    } else if (options && strncmp(words[at], "--", 2) == 0) {
      despur_status status = take_option(arguments, words, &at, error);
      if (status != DESPUR_OK) return status;
    } else if (options && words[at][0] == '-' && words[at][1]) {
      return cli_fail(error, DESPUR_BAD_USAGE, "%s: unknown option '%s'; see 'despur help %s'",
                      arguments->verb->name, words[at], arguments->verb->name);
    } else {
      arguments->positional[arguments->count++] = words[at];
    }
  }
  return DESPUR_OK;
}

const char *cli_value_again(const cli_arguments *arguments, const char *name, size_t nth) {
  for (size_t i = 0; i < arguments->given_count; i++) {
    const cli_given *given = &arguments->given[i];
    if (strcmp(arguments->verb->options[given->option].name, name) == 0 && nth-- == 0) return given->value;
  }
  return NULL;
}

despur_status cli_real(double *out, const cli_arguments *arguments, const char *name, double low, double high,
                       double fallback, despur_error *error) {
  const char *value = cli_value(arguments, name);
  char *end;
  *out = fallback;
  if (!value) return DESPUR_OK;
  *out = strtod(value, &end);
  if (end == value || *end || !(*out >= low && *out <= high))
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected a number from %g to %g, found '%s'", name, low,
                    high, value);
  return DESPUR_OK;
}

despur_status cli_fraction(double *out, const cli_arguments *arguments, const char *name,
                           despur_error *error) {
  despur_status status = cli_real(out, arguments, name, 0, 1, 0, error);
  const char *value = cli_value(arguments, name);
  if (status == DESPUR_OK && value && !(*out > 0))
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected a number above 0 and up to 1, found '%s'", name,
                    value);
  return status;
}

despur_status cli_confidence(double *out, const cli_arguments *arguments, despur_error *error) {
  return cli_real(out, arguments, "confidence", 0.5, 0.9999, 0.95, error);
}

despur_status cli_integer(long *out, const cli_arguments *arguments, const char *name, long low, long high,
                          long fallback, despur_error *error) {
  const char *value = cli_value(arguments, name);
  char *end;
  *out = fallback;
  if (!value) return DESPUR_OK;
  errno = 0;
  *out = strtol(value, &end, 10);
  if (errno || end == value || *end || *out < low || *out > high)
    return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected a whole number from %ld to %ld, found '%s'",
                    name, low, high, value);
  return DESPUR_OK;
}

despur_status cli_choice(int *out, const cli_arguments *arguments, const char *name,
                         const char *const *choices, despur_error *error) {
  const char *value = cli_value(arguments, name);
  char list[128] = "", hint[96];
  if (!value) return DESPUR_OK;
  for (int i = 0; choices[i]; i++) {
    if (strcmp(value, choices[i]) == 0) {
      *out = i;
      return DESPUR_OK;
    }
    size_t length = strlen(list);
    snprintf(list + length, sizeof list - length, "%s%s",
             i == 0           ? ""
             : choices[i + 1] ? ", "
                              : " or ",
             choices[i]);
  }
  cli_did_you_mean(hint, value, choices);
  return cli_fail(error, DESPUR_BAD_USAGE, "--%s: expected %s, found '%s'%s", name, list, value, hint);
}

despur_status cli_split(despur_split *out, const cli_arguments *arguments, despur_error *error) {
  const char *const names[] = {despur_split_name(DESPUR_TRAIN), despur_split_name(DESPUR_VAL),
                               despur_split_name(DESPUR_TEST), NULL};
  int chosen = DESPUR_TEST;
  despur_status status = cli_choice(&chosen, arguments, "split", names, error);
  *out = (despur_split)chosen;
  return status;
}

static bool asks_for_help(char **words) {
  for (; *words && strcmp(*words, "--") != 0; words++)
    if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0) return true;
  return false;
}

static despur_status execute(int argc, char **argv, despur_error *error) {
  const char *name = argc > 1 ? argv[1] : "help";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
  if (strcmp(name, "--version") == 0) name = "version";
  const cli_verb *verb = cli_find_verb(name, error);
  if (!verb) return error->status;
  char **words = argc > 1 ? argv + 2 : argv + 1;
  const char *only_name[] = {verb->name};
  cli_arguments arguments = {.verb = verb};
  if (asks_for_help(words)) {
    arguments = (cli_arguments){.verb = &cli_help, .positional = only_name, .count = 1};
    return cli_help.execute(&arguments, error);
  }
  arguments.positional = malloc((size_t)argc * sizeof *arguments.positional);
  arguments.given = malloc((size_t)argc * sizeof *arguments.given);
  despur_status status = arguments.positional && arguments.given
                             ? take_apart(&arguments, words, error)
                             : cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  if (status == DESPUR_OK) status = verb->execute(&arguments, error);
  free(arguments.positional);
  free(arguments.given);
  return status;
}

/* A descriptor that is closed when the program begins would be given to the next file that it opens, and what
 * is meant for standard error would go there. In its place comes one that cannot be read or written: results
 * that nobody gets must not look like success. */
static bool fill_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      return false;
  return true;
}

int main(int argc, char **argv) {
  despur_error error = {0};
  if (!fill_standard_descriptors()) return DESPUR_NO_RESOURCES;
  signal(SIGXFSZ, SIG_IGN); /* a file that grows beyond the limit is a write that fails, and is said */
  despur_status status = execute(argc, argv, &error);
  /* results on a full disk or a closed pipe must not look like success */
  if ((fflush(stdout) != 0 || ferror(stdout)) && status == DESPUR_OK)
    status = cli_fail(&error, DESPUR_NO_RESOURCES, "cannot write to standard output: %s", strerror(errno));
  if (status != DESPUR_OK && *error.message) terminal_print(stderr, "despur: %s\n", error.message);
  return (int)status;
}
