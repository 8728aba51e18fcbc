/* What the fuzz targets share. Each fuzz_NAME.c gives bytes to one reader and checks what it promises: no
 * crash, no leak, and either a result or an error that says something. libFuzzer calls it with bytes of its
 * own (the preset "fuzz"); replay.c with the files of seeds/NAME, in every build.
 *
 * Readers take paths, so the bytes go through files, in memory where there is /dev/shm. */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/error.h"
#include "base/memory.h"
#include "despur/text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define FUZZ_REQUIRE(condition)                                                                              \
  do {                                                                                                       \
    if (condition) break;                                                                                    \
    fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                           \
    abort();                                                                                                 \
  } while (0)

/* ---- files ---- */

static char fuzz_directory[64]; /* a new one for each process; removed at its end */

static inline void fuzz_remove(void) {
  char command[96];
  snprintf(command, sizeof command, "rm -rf '%s'", fuzz_directory);
  if (system(command) != 0) fprintf(stderr, "%s: cannot be removed\n", fuzz_directory);
}

static inline void fuzz_prepare(void) {
  if (*fuzz_directory) return;
  snprintf(fuzz_directory, sizeof fuzz_directory, "%s/despur-fuzz-XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  FUZZ_REQUIRE(mkdtemp(fuzz_directory));
  atexit(fuzz_remove);
}

/* The path of a file of that name that holds these bytes; it stays until the next call. */
static inline const char *fuzz_file(const char *name, const void *data, size_t bytes) {
  static char path[128];
  fuzz_prepare();
  snprintf(path, sizeof path, "%s/%s", fuzz_directory, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FUZZ_REQUIRE(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
  close(fd);
  return path;
}

/* ---- what holds for every reader ---- */

static despur_error fuzz_error;

/* Whether it was read. If not, the error is one of a bad file and has a sentence. */
static inline bool fuzz_good(despur_status status) {
  if (status == DESPUR_OK) return true;
  /* never DESPUR_NO_RESOURCES: no small file may ask for more than there is */
  FUZZ_REQUIRE(status == DESPUR_BAD_INPUT || status == DESPUR_BAD_USAGE);
  FUZZ_REQUIRE(fuzz_error.status == status);
  FUZZ_REQUIRE(strlen(fuzz_error.message) > 10 && strlen(fuzz_error.message) < sizeof fuzz_error.message);
  for (const char *c = fuzz_error.message; *c; c += despur_text_character(c))
    FUZZ_REQUIRE(despur_text_character(c) > 0 && *c != '\n' && *c != '\t');
  memset(&fuzz_error, 0, sizeof fuzz_error);
  return false;
}

/* Every byte of a result is there: a sanitizer sees it where it is not. */
static inline void fuzz_touch(const void *data, size_t bytes) {
  static volatile uint8_t sum;
  for (size_t i = 0; i < bytes; i++) sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
}

/* ---- safetensors ---- */

/* Calls read with the bytes, and again with the length before the header set right, which mutations seldom
 * leave so: it ends at the last '}'. */
static inline void fuzz_safetensors(void (*read)(const uint8_t *, size_t), const uint8_t *data,
                                    size_t bytes) {
  uint8_t *mended;
  read(data, bytes);
  if (bytes < 8 || mem_alloc(&mended, bytes + 8, 1, NULL) != DESPUR_OK) return;
  size_t end = bytes;
  while (end > 8 && data[end - 1] != '}') end--;
  uint64_t header = (end - 8 + 7) / 8 * 8;
  memset(mended, ' ', 8 + header);
  memcpy(mended, &header, sizeof header);
  memcpy(mended + 8, data + 8, end - 8);
  memcpy(mended + 8 + header, data + end, bytes - end);
  read(mended, 8 + header + (bytes - end));
  mem_free(mended);
}

#endif
