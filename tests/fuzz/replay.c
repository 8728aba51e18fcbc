/* Usage: fuzz_NAME DIRECTORY SECONDS: the files of a directory through a fuzz target, for builds without
 * libFuzzer. Each file whole, in no more processor time than that, and cut at up to 64 places. */
#include "fuzz.h"

#include <dirent.h>
#include <time.h>

enum { CUTS = 64 };

static void replay(const char *path, double seconds) {
  FILE *file = fopen(path, "rb");
  FUZZ_REQUIRE(file && fseek(file, 0, SEEK_END) == 0);
  size_t bytes = (size_t)ftell(file);
  uint8_t *data;
  FUZZ_REQUIRE(mem_alloc(&data, bytes, 1, NULL) == DESPUR_OK);
  rewind(file);
  FUZZ_REQUIRE(fread(data, 1, bytes, file) == bytes);
  fclose(file);
  clock_t start = clock();
  LLVMFuzzerTestOneInput(data, bytes);
  FUZZ_REQUIRE((double)(clock() - start) / CLOCKS_PER_SEC <= seconds);
  for (size_t cut = 0, step = bytes / CUTS + 1; cut < bytes; cut += step) {
    uint8_t *part; /* of its own, so that a sanitizer sees where it ends */
    FUZZ_REQUIRE(mem_alloc(&part, cut, 1, NULL) == DESPUR_OK);
    memcpy(part, data, cut);
    LLVMFuzzerTestOneInput(part, cut);
    mem_free(part);
  }
  mem_free(data);
}

int main(int argc, char **argv) {
  struct dirent **names;
  char path[1024];
  int files = 0;
  int count = argc == 3 ? scandir(argv[1], &names, NULL, alphasort) : -1;
  if (count < 0) {
    fprintf(stderr, "expected a directory with files, and seconds\n");
    return 2;
  }
  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] != '.') {
      snprintf(path, sizeof path, "%s/%s", argv[1], names[i]->d_name);
      fprintf(stderr, "%s\n", path); /* the last line tells which file a crash belongs to */
      replay(path, atof(argv[2]));
      files++;
    }
    free(names[i]);
  }
  free(names);
  printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
