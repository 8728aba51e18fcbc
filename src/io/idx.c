#include "io/idx.h"

#include "base/memory.h"
#include "base/text.h"
#include "io/inflate.h"

#include <string.h>
#include <unistd.h>

struct idx_reader {
  int fd;
  inflater *in;
  char *path;
  const char *what; /* "pixels" or "labels", for messages */
  size_t bytes;     /* product of the sizes in the header */
};

static const uint64_t BYTES_MAX = (uint64_t)16 << 30;

enum { TYPE_BYTE = 0x08 };

static const char *type_name(uint8_t type) {
  switch (type) {
  case 0x08:
    return "unsigned byte";
  case 0x09:
    return "signed byte";
  case 0x0b:
    return "int16";
  case 0x0c:
    return "int32";
  case 0x0d:
    return "float32";
  case 0x0e:
    return "float64";
  default:
    return NULL;
  }
}

static despur_status read_header_part(idx_reader *reader, uint8_t *data, size_t bytes, size_t before,
                                      despur_error *error) {
  size_t got;
  despur_status status = inflater_read(reader->in, data, bytes, &got, error);
  if (status == DESPUR_OK && got < bytes)
    status = error_set(error, DESPUR_BAD_INPUT,
                       "%s: expected an IDX header of %zu bytes, found %zu (truncated file?)", reader->path,
                       before + bytes, before + got);
  return status;
}

static despur_status check_magic(const idx_reader *reader, const uint8_t magic[4], size_t rank,
                                 despur_error *error) {
  const char *type = type_name(magic[2]);
  if (magic[0] != 0 || magic[1] != 0 || !type || magic[3] == 0)
    return error_set(
        error, DESPUR_BAD_INPUT,
        "%s: not an IDX file: expected it to start with 00 00 08 %02zx, found %02x %02x %02x %02x",
        reader->path, rank, magic[0], magic[1], magic[2], magic[3]);
  if (magic[2] != TYPE_BYTE)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected elements of type unsigned byte, found %s",
                     reader->path, type);
  if (magic[3] != rank)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected %zu dimension%s, found %d%s", reader->path, rank,
                     rank == 1 ? "" : "s", magic[3],
                     rank == 3 && magic[3] == 1   ? " (labels in place of images?)"
                     : rank == 1 && magic[3] == 3 ? " (images in place of labels?)"
                                                  : "");
  return DESPUR_OK;
}

static despur_status too_large(const idx_reader *reader, size_t rank, const size_t *shape,
                               despur_error *error) {
  despur_status status = DESPUR_OK;
  text sizes = {0};
  for (size_t i = 0; i < rank; i++)
    TRY(text_add(&sizes, error, "%s%s", i ? " x " : "", file_grouped(shape[i]).text));
  FAIL(error, DESPUR_BAD_INPUT, "%s: the header asks for %s bytes of %s, more than 16 GiB (damaged file?)",
       reader->path, sizes.data, reader->what);
cleanup:
  mem_free(sizes.data);
  return status;
}

static despur_status truncated(const idx_reader *reader, size_t found, despur_error *error) {
  return error_set(error, DESPUR_BAD_INPUT, "%s: expected %s bytes of %s, found %s (truncated file?)",
                   reader->path, file_grouped(reader->bytes).text, reader->what, file_grouped(found).text);
}

/* Reads the header, and refuses sizes that the file cannot hold, so that the caller may allocate what shape
 * says. */
static despur_status read_header(idx_reader *reader, size_t file_bytes, size_t rank, size_t *shape,
                                 despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t magic[4], sizes[4 * IDX_MAX_RANK];
  TRY(read_header_part(reader, magic, sizeof magic, 0, error));
  TRY(check_magic(reader, magic, rank, error));
  TRY(read_header_part(reader, sizes, 4 * rank, sizeof magic, error));
  reader->bytes = 1;
  bool overflow = false;
  for (size_t i = 0; i < rank; i++) {
    const uint8_t *b = sizes + 4 * i;
    shape[i] = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    overflow |= __builtin_mul_overflow(reader->bytes, shape[i], &reader->bytes);
  }
  if (overflow || reader->bytes > BYTES_MAX) return too_large(reader, rank, shape, error);
  if (!inflater_is_packed(reader->in)) {
    size_t found = file_bytes - (sizeof magic + 4 * rank);
    if (found < reader->bytes) return truncated(reader, found, error);
  } else {
    TRY(inflate_check_size(file_bytes, reader->bytes, reader->path, reader->what, error));
  }
cleanup:
  return status;
}

/* *actual = path, or path.gz when only that exists. */
static despur_status find_file(char **actual, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  text zipped = {0};
  *actual = NULL;
  if (!file_exists(path)) {
    TRY(text_add(&zipped, error, "%s.gz", path));
    if (file_exists(zipped.data)) {
      *actual = zipped.data;
      return DESPUR_OK;
    }
  }
  TRY(mem_copy_text(actual, path, error));
cleanup:
  mem_free(zipped.data);
  return status;
}

despur_status idx_open(idx_reader **out, const char *path, size_t rank, size_t shape[IDX_MAX_RANK],
                       despur_error *error) {
  despur_status status = DESPUR_OK;
  idx_reader *reader = NULL;
  size_t file_bytes;
  *out = NULL;
  TRY(mem_alloc(&reader, 1, sizeof *reader, error));
  reader->fd = -1;
  reader->what = rank == 1 ? "labels" : "pixels";
  TRY(find_file(&reader->path, path, error));
  TRY(file_open(&reader->fd, &file_bytes, reader->path, error));
  TRY(inflater_open(&reader->in, reader->fd, file_bytes, INFLATE_BY_START, reader->path, error));
  TRY(read_header(reader, file_bytes, rank, shape, error));
  *out = reader;
cleanup:
  if (status != DESPUR_OK) idx_close(reader);
  return status;
}

despur_status idx_read(idx_reader *reader, uint8_t *data, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t end[2]; /* the last byte, and one that must not be there */
  size_t got, more, last = reader->bytes > 0;
  TRY(inflater_read(reader->in, data, reader->bytes - last, &got, error));
  /* Asking for the last byte and more makes zlib go on to the checksum of a gzip file. Asked for exactly the
   * bytes that there are, it may stop before, and then take a checksum that is cut off for the end. */
  TRY(inflater_read(reader->in, end, last + 1, &more, error));
  got += more < last ? more : last;
  if (got < reader->bytes) return truncated(reader, got, error);
  if (last) data[reader->bytes - 1] = end[0];
  if (more > last)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %s bytes of %s, found more (trailing bytes)", reader->path,
         file_grouped(reader->bytes).text, reader->what);
  if (inflater_is_cut(reader->in))
    FAIL(error, DESPUR_BAD_INPUT, "%s: the gzip checksum at the end is missing (truncated file?)",
         reader->path);
cleanup:
  return status;
}

void idx_close(idx_reader *reader) {
  if (!reader) return;
  inflater_close(reader->in);
  if (reader->fd >= 0) close(reader->fd);
  mem_free(reader->path);
  mem_free(reader);
}
