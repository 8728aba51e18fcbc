/* Recipes. One that is read prints as a text that gives the same configuration. */
#include "fuzz.h"

#include "despur/config.h"

static void check_print(const despur_config *config) {
  despur_config *back;
  char *yaml, *again;
  FUZZ_REQUIRE(despur_config_format(config, &yaml, &fuzz_error) == DESPUR_OK);
  FUZZ_REQUIRE(despur_config_create(&back, &fuzz_error) == DESPUR_OK);
  despur_status status = despur_config_load(back, fuzz_file("printed.yaml", yaml, strlen(yaml)), &fuzz_error);
  if (status != DESPUR_OK) fprintf(stderr, "%s\n%s", fuzz_error.message, yaml);
  FUZZ_REQUIRE(status == DESPUR_OK);
  FUZZ_REQUIRE(despur_config_format(back, &again, &fuzz_error) == DESPUR_OK);
  FUZZ_REQUIRE(strcmp(yaml, again) == 0);
  despur_config_free(back);
  free(yaml);
  free(again);
}

/* The same bytes as an override, KEY=VALUE. */
static void set(despur_config *config, const uint8_t *bytes, size_t count) {
  char *override;
  if (mem_alloc(&override, count + 1, 1, NULL) != DESPUR_OK) return;
  memcpy(override, bytes, count);
  if (fuzz_good(despur_config_set(config, override, &fuzz_error))) check_print(config);
  mem_free(override);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  despur_config *config;
  if (!fuzz_good(despur_config_create(&config, &fuzz_error))) return 0;
  if (fuzz_good(despur_config_load(config, fuzz_file("recipe.yaml", bytes, count), &fuzz_error))) {
    fuzz_good(despur_config_check(config, &fuzz_error));
    check_print(config);
  }
  set(config, bytes, count);
  despur_config_free(config);
  return 0;
}
