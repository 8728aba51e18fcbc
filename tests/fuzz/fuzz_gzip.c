/* Compressed IDX files: the bytes are compressed, and damaged at one place that the first three of them tell.
 * What is read is what was compressed, or nothing. */
#include "fuzz.h"

#include "io/idx.h"

#include <zlib.h>

enum { RANK = 1, DAMAGE = 3 };

/* NULL when it is refused. */
static uint8_t *labels_of(const char *path, size_t *count) {
  idx_reader *reader;
  size_t shape[IDX_MAX_RANK];
  uint8_t *data;
  if (!fuzz_good(idx_open(&reader, path, RANK, shape, &fuzz_error))) return NULL;
  *count = shape[0];
  if (fuzz_good(mem_alloc(&data, *count, 1, &fuzz_error)) &&
      !fuzz_good(idx_read(reader, data, &fuzz_error))) {
    mem_free(data);
    data = NULL;
  }
  idx_close(reader);
  return data;
}

static uint8_t *compressed(const uint8_t *bytes, size_t count, int level, size_t *length) {
  z_stream stream = {0};
  uint8_t *out;
  const int gzip = 16 + MAX_WBITS;
  FUZZ_REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  size_t room = deflateBound(&stream, count);
  FUZZ_REQUIRE(mem_alloc(&out, room, 1, NULL) == DESPUR_OK);
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = (uInt)count;
  stream.next_out = out;
  stream.avail_out = (uInt)room;
  FUZZ_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  *length = stream.total_out;
  deflateEnd(&stream);
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count < DAMAGE) return 0;
  const uint8_t *content = bytes + DAMAGE;
  size_t content_bytes = count - DAMAGE, length, plain_count = 0, read_count = 0;
  uint8_t *file = compressed(content, content_bytes, bytes[0] % 10, &length);
  size_t place = ((size_t)bytes[1] << 8 | bytes[2]) % length;
  file[place] ^= bytes[0];
  uint8_t *plain = labels_of(fuzz_file("plain", content, content_bytes), &plain_count);
  uint8_t *read = labels_of(fuzz_file("compressed", file, length), &read_count);
  if (read) FUZZ_REQUIRE(plain && read_count == plain_count && memcmp(read, plain, plain_count) == 0);
  if (plain && bytes[0] == 0) FUZZ_REQUIRE(read);
  mem_free(file);
  mem_free(plain);
  mem_free(read);
  return 0;
}
