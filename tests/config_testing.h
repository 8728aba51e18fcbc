/* What the tests of the configuration share. */
#ifndef CONFIG_TESTING_H
#define CONFIG_TESTING_H

#include "testing.h"

#include "config/schema.h"

static despur_error error;

static inline despur_config *new_config(void) {
  despur_config *config;
  assert_ok(despur_config_create(&config, &error));
  return config;
}

static inline char *formatted(const despur_config *config) {
  char *yaml;
  assert_ok(despur_config_format(config, &yaml, &error));
  return yaml;
}

static inline despur_status parse_file(despur_config *config, const char *yaml, size_t bytes) {
  const config_text source = {.yaml = yaml, .bytes = bytes, .key = "", .place = "r.yaml", .is_file = true};
  despur_status status = config_parse(config, &source, &error);
  if (status == DESPUR_OK) config_remember_file(config);
  return status;
}

/* Reading what was printed gives the same text, and the same verdict of the check. */
static inline void assert_round_trip(const despur_config *config) {
  despur_config *back = new_config();
  char *yaml = formatted(config);
  assert_ok(parse_file(back, yaml, strlen(yaml)));
  char *again = formatted(back);
  assert_string_equal(yaml, again);
  assert_int_equal(despur_config_check(config, NULL) == DESPUR_OK,
                   despur_config_check(back, NULL) == DESPUR_OK);
  free(again);
  free(yaml);
  despur_config_free(back);
}

static inline void set(despur_config *config, const char *override) {
  despur_status status = despur_config_set(config, override, &error);
  if (status != DESPUR_OK) fail_msg("%s", error.message);
}

#endif
