/* despur complete: what may stand next on a command line, from the table of verbs, the schema and the
 * recipes. The scripts in completions/ ask it, so they know nothing themselves. */
#include "cli.h"

#include "despur/config.h"

#include <stdio.h>
#include <string.h>

static bool begins(const char *word, const char *start) {
  return strncmp(word, start, strlen(start)) == 0;
}

static void offer(const char *word, const char *meaning, const char *start) {
  if (begins(word, start)) printf("%s\t%s\n", word, meaning);
}

static void offer_verbs(const char *start) {
  for (size_t i = 0; cli_verbs[i]; i++) offer(cli_verbs[i]->name, cli_verbs[i]->summary, start);
}

static void offer_options(const cli_verb *verb, const char *start) {
  char word[64];
  for (const cli_option *option = verb->options; option->name; option++) {
    snprintf(word, sizeof word, "--%s", option->name);
    offer(word, option->help, start);
  }
  offer("--help", "say more of this verb", start);
}

/* Keys as long as no equals sign has been typed, then the values of one. */
static void offer_keys(const char *start) {
  const char *equals = strchr(start, '='), *key;
  char word[256];
  if (!equals) {
    for (size_t i = 0; (key = despur_config_key(i)); i++) {
      snprintf(word, sizeof word, "%s=", key);
      offer(word, "", start);
    }
    return;
  }
  snprintf(word, sizeof word, "%.*s", (int)(equals - start), start);
  const char *const *choices = despur_config_choices(word);
  for (size_t i = 0; choices && choices[i]; i++) {
    snprintf(word, sizeof word, "%.*s=%s", (int)(equals - start), start, choices[i]);
    offer(word, "", start);
  }
}

/* Whether the word before takes the one at hand as its value. */
static bool waits_for_value(const cli_verb *verb, const char *before) {
  for (const cli_option *option = verb->options; option->name; option++)
    if (begins(before, "--") && strcmp(before + 2, option->name) == 0) return option->argument;
  return false;
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  const char **words = arguments->positional;
  size_t count = arguments->count;
  if (count == 0)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "complete: expected -- and the words of a command line, the last one unfinished");
  const char *start = words[count - 1];
  const cli_verb *verb = NULL;
  for (size_t i = 0; count > 1 && cli_verbs[i]; i++)
    if (strcmp(cli_verbs[i]->name, words[0]) == 0) verb = cli_verbs[i];
  if (count == 1) offer_verbs(start);
  if (!verb || waits_for_value(verb, words[count - 2])) return DESPUR_OK;
  if (begins(start, "-")) {
    offer_options(verb, start);
    return DESPUR_OK;
  }
  if (verb->words & CLI_RECIPE) cli_each_recipe(offer, start);
  if (verb->words & CLI_KEYS) offer_keys(start);
  if (verb->words & CLI_VERBS && count == 2) {
    offer_verbs(start);
    offer("config", "the keys of recipes", start);
  }
  return DESPUR_OK;
}

const cli_verb cli_complete = {
    .name = "complete",
    .usage = "-- [WORD ...]",
    .summary = "what may come next on a command line, for completion by a shell",
    .help =
        "The words are those after 'despur', the last one as far as it has been typed. Each line is a word, "
        "a\n"
        "tab and what it means; nothing is printed where only a file can follow.\n"
        "'make install' puts scripts for bash, zsh and fish where they look for them; to use one without:\n"
        "\n"
        "  source completions/despur.bash\n"
        "\n"
        "Examples:\n"
        "  despur complete -- run demo train.me\n"
        "  despur complete -- eval --\n",
    .execute = execute};
