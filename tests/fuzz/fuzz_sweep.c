/* Files of sweeps, whose recipes lie beside them. */
#include "fuzz.h"

#include "despur/sweep.h"

enum { MOST_CONFIGS = 20 };

static void check(const despur_sweep *sweep) {
  for (size_t run = 0; run < despur_sweep_count(sweep); run++) {
    const char *name = despur_sweep_run_name(sweep, run);
    FUZZ_REQUIRE(*name && *name != '.' && !strchr(name, '/')); /* stays below the sweep's directory */
    despur_config *config;
    if (run >= MOST_CONFIGS) continue;
    FUZZ_REQUIRE(despur_sweep_run_config(&config, sweep, run, &fuzz_error) == DESPUR_OK);
    despur_config_free(config);
  }
}

/* Sweeps of thousands of runs take a while, as they may, and patterns over the whole disk as long as that has
 * files. More than five digits are refused. */
static bool is_slow(const uint8_t *bytes, size_t count) {
  size_t digits = 0;
  for (size_t i = 0; i <= count; i++) {
    bool digit = i < count && bytes[i] >= '0' && bytes[i] <= '9';
    if (!digit && digits >= 3 && digits <= 5) return true;
    digits = digit ? digits + 1 : 0;
  }
  return memchr(bytes, '/', count) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const char RECIPE[] = "name: r\ndata: {images: digits}\ntrain: {epochs: 1}\n";
  static int before; /* the working directory, which recipes are looked for in */
  despur_sweep *sweep;
  if (count == 0 || is_slow(bytes, count)) return 0;
  if (!before) {
    before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fuzz_file("r.yaml", RECIPE, strlen(RECIPE));
  }
  const char *path = fuzz_file("sweep.yaml", bytes, count);
  FUZZ_REQUIRE(chdir(fuzz_directory) == 0);
  if (fuzz_good(despur_sweep_create(&sweep, path, "out", &fuzz_error))) {
    check(sweep);
    despur_sweep_free(sweep);
  }
  FUZZ_REQUIRE(fchdir(before) == 0);
  return 0;
}
