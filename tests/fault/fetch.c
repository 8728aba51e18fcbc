/* Usage: fault_fetch DIRECTORY SHA256
 * Downloads "big", 100,000 bytes of that SHA-256, and "small", "abc", from $DESPUR_MIRROR. The exit code is
 * the status. */
#include "data/fetch.h"
#include "base/error.h"

#include <stdio.h>

static int tell(void *context, const char *line) {
  (void)context;
  fprintf(stderr, "%s\n", line);
  return 0;
}

int main(int count, char **words) {
  despur_error error = {0};
  if (count != 3) return DESPUR_BAD_USAGE;
  const remote_set set = {
      "test",
      {"https://127.0.0.1:1"},
      {{"big", 100000, words[2]},
       {"small", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}}}; /* FIPS 180-4 */
  despur_status status = fetch_set(&set, words[1], tell, NULL, &error);
  if (status != DESPUR_OK) fprintf(stderr, "%s\n", error.message);
  return (int)status;
}
