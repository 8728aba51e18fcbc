#include "io/source.h"

#include "base/memory.h"
#include "io/inflate.h"

#include <string.h>
#include <unistd.h>

enum { START = 4096 };

struct byte_source {
  char *path;
  int descriptor;
  inflater *bytes;
  size_t size;       /* 0: not known */
  size_t have, used; /* bytes of start, and how many of them have been read */
  char start[START];
};

/* Reads on, and finds out whether packed data are whole. */
static despur_status read_on(byte_source *source, void *data, size_t bytes, size_t *got,
                             despur_error *error) {
  despur_status status = inflater_read(source->bytes, data, bytes, got, error);
  if (status == DESPUR_OK && *got < bytes && inflater_is_cut(source->bytes))
    status =
        error_set(error, DESPUR_BAD_INPUT, "%s: the gzip data end too early (truncated file?)", source->path);
  return status;
}

despur_status source_open(byte_source **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  byte_source *made = NULL;
  size_t bytes = 0;
  uint64_t most = UINT64_MAX; /* of standard input it is not known */
  bool standard = strcmp(path, "-") == 0;
  *out = NULL;
  TRY(mem_alloc(&made, 1, sizeof *made, error));
  made->descriptor = -1;
  TRY(mem_copy_text(&made->path, standard ? "standard input" : path, error));
  if (standard) {
    made->descriptor = STDIN_FILENO;
  } else {
    TRY(file_open(&made->descriptor, &bytes, path, error));
    most = bytes;
  }
  TRY(inflater_open(&made->bytes, made->descriptor, most, INFLATE_BY_START, made->path, error));
  made->size = standard || inflater_is_packed(made->bytes) ? 0 : bytes;
  TRY(read_on(made, made->start, START, &made->have, error));
  *out = made;
cleanup:
  if (status != DESPUR_OK) source_close(made);
  return status;
}

void source_close(byte_source *source) {
  if (!source) return;
  inflater_close(source->bytes);
  if (source->descriptor > STDIN_FILENO) close(source->descriptor);
  mem_free(source->path);
  mem_free(source);
}

const char *source_name(const byte_source *source) {
  return source->path;
}

size_t source_bytes(const byte_source *source) {
  return source->size;
}

const char *source_start(const byte_source *source, size_t *bytes) {
  *bytes = source->have;
  return source->start;
}

despur_status source_read(byte_source *source, void *data, size_t bytes, size_t *got, despur_error *error) {
  size_t ready = source->have - source->used, more = 0;
  *got = ready < bytes ? ready : bytes;
  memcpy(data, source->start + source->used, *got);
  source->used += *got;
  if (*got == bytes) return DESPUR_OK;
  despur_status status = read_on(source, (char *)data + *got, bytes - *got, &more, error);
  *got += more;
  return status;
}
