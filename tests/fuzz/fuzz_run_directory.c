/* A run directory as page, table and verification read it. The bytes are its files, each behind a line
 * "@NAME". */
#include "fuzz.h"

#include "despur/report.h"
#include "despur/table.h"
#include "run/files/manifest.h"

static const char *const NAMES[] = {"config.yaml",   "results.jsonl", "manifest.json",   "timing.json",
                                    "embedding.csv", "groups.csv",    "predictions.csv", "cam.json"};

enum { FILES = sizeof NAMES / sizeof *NAMES };

static void clear(void) {
  char path[128];
  fuzz_prepare();
  for (size_t i = 0; i < FILES; i++) {
    snprintf(path, sizeof path, "%s/%s", fuzz_directory, NAMES[i]);
    unlink(path);
  }
}

/* Writes the files; unknown names are passed over. */
static void unpack(const char *at, const char *end) {
  while (at < end && *at == '@') {
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    if (!line_end) return;
    const char *content = line_end + 1, *next = content;
    while (next < end && !(*next == '@' && next[-1] == '\n')) next++;
    for (size_t i = 0; i < FILES; i++)
      if (strlen(NAMES[i]) == (size_t)(line_end - at - 1) && memcmp(NAMES[i], at + 1, strlen(NAMES[i])) == 0)
        fuzz_file(NAMES[i], content, (size_t)(next - content));
    at = next;
  }
}

static void make_page(const char *const *directory) {
  char page[128], *verdict = NULL;
  snprintf(page, sizeof page, "%s/report.html", fuzz_directory);
  const despur_report_options options = {.page = page};
  if (fuzz_good(despur_report(directory, 1, &options, &verdict, &fuzz_error))) FUZZ_REQUIRE(*verdict);
  free(verdict);
}

static void make_table(const char *const *directory) {
  despur_table *table;
  const despur_table_options options = {0};
  if (!fuzz_good(despur_table_create(&table, directory, 1, &options, &fuzz_error))) return;
  for (despur_table_format format = DESPUR_TABLE_TEXT; format <= DESPUR_TABLE_CSV; format++) {
    char *printed = NULL;
    if (fuzz_good(despur_table_print(table, format, &printed, &fuzz_error)))
      fuzz_touch(printed, strlen(printed));
    free(printed);
  }
  for (size_t i = 0; despur_table_note(table, i); i++) FUZZ_REQUIRE(*despur_table_note(table, i));
  despur_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  const char *const directory[] = {fuzz_directory};
  record_manifest said;
  clear();
  unpack((const char *)bytes, (const char *)bytes + count);
  fuzz_good(manifest_load(&said, fuzz_directory, &fuzz_error));
  manifest_release(&said);
  make_page(directory);
  make_table(directory);
  return 0;
}
