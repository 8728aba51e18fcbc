#include "repair_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const KEYS[] = {"seed",  "select", "folds", "refits",    "l2",  "c", "mix",
                                   "gamma", "lambda", "scale", "diversity", "fit", NULL};

static despur_status whole(uint64_t *out, const char *key, const char *value, despur_error *error) {
  char *end;
  errno = 0;
  *out = strtoull(value, &end, 10);
  if (end == value || *end || *value == '-' || errno || *out > INT64_MAX)
    return cli_fail(error, DESPUR_BAD_USAGE, "%s: expected a whole number, found '%s'", key, value);
  return DESPUR_OK;
}

/* "0.1" or "[1, 0.1]" or "1,0.1". */
static despur_status list(despur_repair_list *out, const char *key, const char *value, despur_error *error) {
  const char *at = value + (*value == '[');
  out->count = 0;
  for (;;) {
    char *end;
    const double number = strtod(at, &end);
    if (end == at)
      return cli_fail(error, DESPUR_BAD_USAGE, "%s: expected a number, or several with commas, found '%s'",
                      key, value);
    if (out->count == DESPUR_REPAIR_LIST)
      return cli_fail(error, DESPUR_BAD_USAGE, "%s: expected at most %d numbers", key, DESPUR_REPAIR_LIST);
    out->values[out->count++] = number;
    at = end + strspn(end, " ");
    if (*at != ',') break;
    at++;
  }
  if (strcmp(at, *value == '[' ? "]" : "") != 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "%s: expected a number, or several with commas, found '%s'", key,
                    value);
  return DESPUR_OK;
}

static despur_status rule(despur_repair_rule *out, const char *value, despur_error *error) {
  for (int r = 0; r < DESPUR_REPAIR_RULES; r++)
    if (strcmp(value, despur_repair_rule_name((despur_repair_rule)r)) == 0) {
      *out = (despur_repair_rule)r;
      return DESPUR_OK;
    }
  return cli_fail(error, DESPUR_BAD_USAGE, "select: expected worst_group, worst_class or average, found '%s'",
                  value);
}

static despur_status fit(bool *both, const char *value, despur_error *error) {
  *both = strcmp(value, "both") == 0;
  if (*both || strcmp(value, "train") == 0) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_USAGE, "fit: expected train or both, found '%s'", value);
}

static despur_status set(despur_repair_options *o, const char *key, const char *value, despur_error *error) {
  struct {
    const char *name;
    despur_repair_list *list;
  } lists[] = {{"l2", &o->l2},
               {"c", &o->c},
               {"mix", &o->mix},
               {"gamma", &o->gamma},
               {"lambda", &o->lambda},
               {"scale", &o->scale},
               {"diversity", &o->diversity}};
  uint64_t number;
  char nearest[96];
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    if (strcmp(lists[i].name, key) == 0) return list(lists[i].list, key, value, error);
  if (strcmp(key, "select") == 0) return rule(&o->rule, value, error);
  if (strcmp(key, "fit") == 0) return fit(&o->fit_on_both, value, error);
  if (strcmp(key, "seed") != 0 && strcmp(key, "folds") != 0 && strcmp(key, "refits") != 0) {
    cli_did_you_mean(nearest, key, KEYS);
    return cli_fail(error, DESPUR_BAD_USAGE, "repair: no setting '%s'%s", key, nearest);
  }
  despur_status status = whole(&number, key, value, error);
  if (status != DESPUR_OK) return status;
  if (strcmp(key, "seed") == 0) {
    o->seed = number;
    return DESPUR_OK;
  }
  if (number == 0) return cli_fail(error, DESPUR_BAD_USAGE, "%s: expected at least 1, found 0", key);
  *(strcmp(key, "folds") == 0 ? &o->folds : &o->refits) = (size_t)number;
  return DESPUR_OK;
}

static despur_status methods(despur_repair_options *out, const char *name, despur_error *error) {
  char nearest[96];
  bool found = false;
  for (size_t m = 0; m < DESPUR_LAST_COUNT; m++) {
    out->methods[m] = strcmp(name, "all") == 0 || strcmp(name, despur_last_layer_names[m]) == 0;
    found |= out->methods[m];
  }
  if (found) return DESPUR_OK;
  cli_did_you_mean(nearest, name, despur_last_layer_names);
  return cli_fail(error, DESPUR_BAD_USAGE, "--method: no method '%s'%s; 'all' tries each", name, nearest);
}

/* l2 is that of ERM, too, which is the head before where none is given. */
static despur_status check_effect(const despur_repair_options *o, const char *key,
                                  const cli_arguments *arguments, despur_error *error) {
  const bool of_erm = strcmp(key, "l2") == 0, head = cli_value(arguments, "head") != NULL;
  bool takes = (of_erm && !head) || strcmp(key, "seed") == 0 || strcmp(key, "select") == 0 ||
               strcmp(key, "folds") == 0;
  for (size_t m = 0; m < DESPUR_LAST_COUNT; m++)
    takes |= o->methods[m] && despur_last_layer_takes((despur_last_layer)m, key);
  if (takes) return DESPUR_OK;
  return cli_fail(error, DESPUR_BAD_USAGE, "%s: has no effect with --method %s%s", key,
                  cli_value(arguments, "method"), of_erm ? " and --head" : "");
}

despur_status repair_settings(despur_repair_options *out, const cli_arguments *arguments,
                              despur_error *error) {
  const char *method = cli_value(arguments, "method");
  char key[16];
  *out = (despur_repair_options){0};
  despur_status status = methods(out, method ? method : "all", error);
  for (size_t i = 1; i < arguments->count && status == DESPUR_OK; i++) {
    const char *word = arguments->positional[i], *equals = strchr(word, '=');
    if (!equals || (size_t)(equals - word) >= sizeof key)
      return cli_fail(error, DESPUR_BAD_USAGE, "repair: expected KEY=VALUE, found '%s'", word);
    snprintf(key, sizeof key, "%.*s", (int)(equals - word), word);
    status = set(out, key, equals + 1, error);
    if (status == DESPUR_OK) status = check_effect(out, key, arguments, error);
  }
  return status;
}
