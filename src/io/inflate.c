#include "io/inflate.h"

#include "base/memory.h"

#include <string.h>
#include <zlib.h>

enum { CHUNK = 1 << 15, ONE_CALL = 1 << 30 };

struct inflater {
  int fd;
  const char *path;
  inflate_form form;
  bool packed, between, cut; /* between: a stream has ended, and none has begun */
  uint64_t left;             /* bytes not yet read from the file */
  z_stream stream;           /* next_in and avail_in are what has been read, also of a plain file */
  uint8_t chunk[CHUNK];
};

/* Keeps what is there and reads what fits behind it. */
static despur_status refill(inflater *in, despur_error *error) {
  size_t kept = in->stream.avail_in, got;
  if (kept > 0) memmove(in->chunk, in->stream.next_in, kept);
  size_t wanted = CHUNK - kept < in->left ? CHUNK - kept : (size_t)in->left;
  despur_status status = file_read_some(in->fd, in->chunk + kept, wanted, &got, in->path, error);
  in->left = got < wanted ? 0 : in->left - got;
  in->stream.next_in = in->chunk;
  in->stream.avail_in = (uInt)(kept + got);
  return status;
}

/* Whether gzip's two bytes come next. */
static despur_status sees_gzip(inflater *in, bool *seen, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (in->stream.avail_in < 2 && in->left > 0) status = refill(in, error);
  *seen = in->stream.avail_in >= 2 && in->stream.next_in[0] == 0x1f && in->stream.next_in[1] == 0x8b;
  return status;
}

static despur_status out_of_memory(const inflater *in, despur_error *error) {
  return error_set(error, DESPUR_NO_RESOURCES, "%s: out of memory", in->path);
}

despur_status inflater_open(inflater **out, int fd, uint64_t bytes, inflate_form form, const char *path,
                            despur_error *error) {
  despur_status status = DESPUR_OK;
  inflater *in = NULL;
  *out = NULL;
  TRY(mem_alloc(&in, 1, sizeof *in, error));
  *in = (inflater){.fd = fd, .path = path, .form = form, .left = bytes, .packed = form == INFLATE_RAW};
  if (form == INFLATE_BY_START) TRY(sees_gzip(in, &in->packed, error));
  if (in->packed && inflateInit2(&in->stream, form == INFLATE_RAW ? -MAX_WBITS : 16 + MAX_WBITS) != Z_OK) {
    in->packed = false; /* nothing to end */
    status = out_of_memory(in, error);
    goto cleanup;
  }
  *out = in;
cleanup:
  if (status != DESPUR_OK) inflater_close(in);
  return status;
}

void inflater_close(inflater *in) {
  if (!in) return;
  if (in->packed) inflateEnd(&in->stream);
  mem_free(in);
}

bool inflater_is_packed(const inflater *in) {
  return in->packed;
}

bool inflater_is_cut(const inflater *in) {
  return in->cut;
}

static despur_status read_plain(inflater *in, uint8_t *data, size_t bytes, size_t *got, despur_error *error) {
  size_t kept = in->stream.avail_in < bytes ? in->stream.avail_in : bytes;
  if (kept > 0) { /* of an empty file there is nothing to point at */
    memcpy(data, in->stream.next_in, kept);
    in->stream.next_in += kept;
    in->stream.avail_in -= (uInt)kept;
  }
  size_t wanted = bytes - kept < in->left ? bytes - kept : (size_t)in->left;
  despur_status status = file_read_some(in->fd, data + kept, wanted, got, in->path, error);
  in->left = *got < wanted ? 0 : in->left - *got;
  *got += kept;
  return status;
}

/* What may follow a stream: the end, or in a gzip file another member. */
static despur_status begin_member(inflater *in, bool *ended, despur_error *error) {
  despur_status status = DESPUR_OK;
  bool gzip;
  TRY(sees_gzip(in, &gzip, error));
  *ended = in->stream.avail_in == 0;
  if (*ended) return DESPUR_OK;
  if (in->form == INFLATE_RAW || !gzip)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected nothing behind the compressed data, found %s bytes%s",
         in->path, file_grouped(in->left + in->stream.avail_in).text,
         in->form == INFLATE_RAW ? "" : " that are not gzip's");
  inflateReset(&in->stream);
  in->between = false;
cleanup:
  return status;
}

/* Unpacks some bytes more; *ended when there are none. */
static despur_status step(inflater *in, bool *ended, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (in->between) {
    TRY(begin_member(in, ended, error));
    if (*ended) return DESPUR_OK;
  }
  if (in->stream.avail_in == 0 && in->left > 0) TRY(refill(in, error));
  if (in->stream.avail_in == 0) {
    in->cut = *ended = true;
    return DESPUR_OK;
  }
  int code = inflate(&in->stream, Z_NO_FLUSH);
  in->between = code == Z_STREAM_END;
  if (code == Z_MEM_ERROR) return out_of_memory(in, error);
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
    FAIL(error, DESPUR_BAD_INPUT, "%s: corrupt %s data (damaged file?)", in->path,
         in->form == INFLATE_RAW ? "compressed" : "gzip");
cleanup:
  return status;
}

despur_status inflater_read(inflater *in, void *data, size_t bytes, size_t *got, despur_error *error) {
  despur_status status = DESPUR_OK;
  *got = 0;
  if (!in->packed) return read_plain(in, data, bytes, got, error);
  for (bool ended = false; *got < bytes && !ended && status == DESPUR_OK;) {
    size_t room = bytes - *got < ONE_CALL ? bytes - *got : ONE_CALL;
    in->stream.next_out = (uint8_t *)data + *got;
    in->stream.avail_out = (uInt)room;
    status = step(in, &ended, error);
    *got += room - in->stream.avail_out;
  }
  return status;
}

despur_status inflate_check_size(uint64_t packed, uint64_t bytes, const char *path, const char *what,
                                 despur_error *error) {
  if (packed < bytes / INFLATE_MOST)
    return error_set(error, DESPUR_BAD_INPUT,
                     "%s: expected %s bytes of %s, found at most %s (truncated file?)", path,
                     file_grouped(bytes).text, what, file_grouped(packed * INFLATE_MOST).text);
  if (bytes > INFLATE_LARGE && packed < bytes / INFLATE_LARGE_MOST)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s: %s bytes of %s in %s compressed ones: more than %d times as many (a decompression bomb?)", path,
        file_grouped(bytes).text, what, file_grouped(packed).text, INFLATE_LARGE_MOST);
  return DESPUR_OK;
}
