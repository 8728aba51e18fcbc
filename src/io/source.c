#include "io/source.h"

#include "base/memory.h"
#include "io/file.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 16, GZIP_WINDOW = 15 + 16 };

struct byte_source {
  char *path;
  int descriptor;
  bool packed, between; /* between: no member of a gzip file has begun, or the last one has ended */
  z_stream stream;
  size_t have, at; /* bytes in chunk, and how many of them are used */
  uint8_t chunk[CHUNK];
};

static despur_status refill(byte_source *source, despur_error *error) {
  source->at = 0;
  return file_read_some(source->descriptor, source->chunk, CHUNK, &source->have, source->path, error);
}

despur_status source_open(byte_source **out, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  byte_source *made = NULL;
  size_t bytes;
  bool standard = strcmp(path, "-") == 0;
  *out = NULL;
  TRY(mem_alloc(&made, 1, sizeof *made, error));
  made->descriptor = -1;
  TRY(mem_copy_text(&made->path, standard ? "standard input" : path, error));
  if (standard)
    made->descriptor = STDIN_FILENO;
  else
    TRY(file_open(&made->descriptor, &bytes, path, error));
  TRY(refill(made, error));
  if (made->have >= 2 && made->chunk[0] == 0x1f && made->chunk[1] == 0x8b) {
    if (inflateInit2(&made->stream, GZIP_WINDOW) != Z_OK) FAIL(error, DESPUR_NO_RESOURCES, "out of memory");
    made->packed = made->between = true;
  }
  *out = made;
cleanup:
  if (status != DESPUR_OK) source_close(made);
  return status;
}

void source_close(byte_source *source) {
  if (!source) return;
  if (source->packed) inflateEnd(&source->stream);
  if (source->descriptor > STDIN_FILENO) close(source->descriptor);
  mem_free(source->path);
  mem_free(source);
}

const char *source_name(const byte_source *source) {
  return source->path;
}

static despur_status read_plain(byte_source *source, uint8_t *data, size_t bytes, size_t *got,
                                despur_error *error) {
  size_t ready = source->have - source->at, more;
  *got = ready < bytes ? ready : bytes;
  memcpy(data, source->chunk + source->at, *got);
  source->at += *got;
  if (*got == bytes) return DESPUR_OK;
  despur_status status =
      file_read_some(source->descriptor, data + *got, bytes - *got, &more, source->path, error);
  *got += more;
  return status;
}

/* Before a member: whether there is one. It must begin as the first one did: what else stands behind packed
 * data is a damaged file, or two files in one. */
static despur_status next_member(byte_source *source, bool *found, despur_error *error) {
  *found = source->have > source->at;
  if (!*found) return DESPUR_OK;
  if (source->chunk[source->at] != 0x1f)
    return error_set(error, DESPUR_BAD_INPUT, "%s: there are bytes behind the end of the gzip data",
                     source->path);
  inflateReset(&source->stream);
  source->between = false;
  return DESPUR_OK;
}

static despur_status inflate_some(byte_source *source, size_t *left, despur_error *error) {
  z_stream *z = &source->stream;
  unsigned most = *left < (size_t)1 << 30 ? (unsigned)*left : 1U << 30;
  z->next_in = source->chunk + source->at;
  z->avail_in = (unsigned)(source->have - source->at);
  z->avail_out = most;
  int code = inflate(z, Z_NO_FLUSH);
  source->at = source->have - z->avail_in;
  *left -= most - z->avail_out;
  if (code == Z_STREAM_END) source->between = true;
  if (code == Z_MEM_ERROR) return error_set(error, DESPUR_NO_RESOURCES, "out of memory");
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
    return error_set(error, DESPUR_BAD_INPUT, "%s: corrupt gzip data (damaged file?)", source->path);
  return DESPUR_OK;
}

static despur_status read_packed(byte_source *source, uint8_t *data, size_t bytes, size_t *got,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t left = bytes;
  source->stream.next_out = data;
  while (left > 0) {
    bool found = true;
    if (source->at == source->have) TRY(refill(source, error));
    if (source->between) TRY(next_member(source, &found, error));
    if (!found) break;
    if (source->at == source->have)
      FAIL(error, DESPUR_BAD_INPUT, "%s: the gzip data end too early (truncated file?)", source->path);
    TRY(inflate_some(source, &left, error));
  }
cleanup:
  *got = bytes - left;
  return status;
}

despur_status source_read(byte_source *source, void *data, size_t bytes, size_t *got, despur_error *error) {
  return source->packed ? read_packed(source, data, bytes, got, error)
                        : read_plain(source, data, bytes, got, error);
}
