/* The file is a header of 64 bytes, the pictures one after the other, then a CRC-32 and a byte (whether it
 * could be read) of each: so a picture is found by its number alone. All are compared with their CRC when the
 * file is opened, for it may lie there for years, and decoded again where one differs. The folder is named
 * after everything that the bytes depend on (find_key); what changes gets another folder. */
#include "picture/cache.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/watch.h"
#include "data/images.h"
#include "io/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

enum { HEADER = 64, BLOCK_BYTES = 16 << 20, MOST_BLOCK = 512, KEY = 32 };

/* ---- where ---- */

static void hash_number(sha256 *hash, uint64_t number) {
  uint8_t bytes[8];
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(number >> 8 * i);
  sha256_add(hash, bytes, sizeof bytes);
}

/* A picture that is not there is found out later. */
static void hash_file(sha256 *hash, const char *path) {
  struct stat about = {0};
  (void)!stat(path, &about);
  hash_number(hash, (uint64_t)about.st_size);
  hash_number(hash, (uint64_t)about.st_mtim.tv_sec);
  hash_number(hash, (uint64_t)about.st_mtim.tv_nsec);
}

static despur_status find_key(char key[SHA256_HEX], const picture_list *list,
                              const despur_pictures_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH];
  sha256 hash;
  const char *before = "";
  char *folder = realpath(list->folder, NULL);
  sha256_init(&hash);
  if (folder) sha256_add(&hash, folder, strlen(folder) + 1);
  const uint64_t sizes[] = {1, options->side, options->shorter, options->filter, list->count, list->record};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) hash_number(&hash, sizes[i]);
  if (options->scaled_decoding != DESPUR_SCALED_FAR) hash_number(&hash, options->scaled_decoding);
  for (size_t i = 0; i < list->count; i++) {
    const picture_entry *entry = &list->entries[i];
    sha256_add(&hash, entry->path, strlen(entry->path) + 1);
    hash_number(&hash, entry->offset);
    if (list->record > 0 && !strcmp(before, entry->path)) continue; /* another record of that file */
    TRY(file_join(path, list->folder, entry->path, error));
    hash_file(&hash, path);
    before = entry->path;
  }
cleanup:
  sha256_finish(&hash, key);
  free(folder);
  return status;
}

static despur_status find_place(picture_cache *cache, const picture_list *list,
                                const despur_pictures_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  char key[SHA256_HEX], directory[FILE_PATH], *base = NULL;
  TRY(find_key(key, list, options, error));
  key[KEY] = 0;
  if (!options->cache) TRY(image_cache_directory(&base, "pictures", error));
  if (!options->cache && !base)
    FAIL(error, DESPUR_BAD_INPUT,
         "%s: there is no place for decoded pictures: expected $HOME, $XDG_CACHE_HOME or data.cache",
         list->folder);
  TRY(file_join(directory, options->cache ? options->cache : base, key, error));
  TRY(file_make_directories(directory, error));
  TRY(file_join(cache->path, directory, "pictures.bytes", error));
cleanup:
  mem_free(base);
  return status;
}

static void write_header(char header[HEADER], const picture_cache *cache, size_t side) {
  memset(header, ' ', HEADER);
  const int length =
      snprintf(header, HEADER, "despur pictures 1: %zu of 3 x %zu x %zu", cache->count, side, side);
  header[length] = ' ';
  header[HEADER - 1] = '\n';
}

static void put_32(uint8_t *at, uint32_t number) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(number >> 8 * i);
}

/* ---- reading ---- */

static bool read_at(int file, void *data, size_t bytes, uint64_t offset) {
  for (size_t done = 0; done < bytes;) {
    const ssize_t got = pread(file, (char *)data + done, bytes - done, (off_t)(offset + done));
    if (got <= 0) return false;
    done += (size_t)got;
  }
  return true;
}

static uint64_t place_of(const picture_cache *cache, size_t index) {
  return HEADER + (uint64_t)index * cache->bytes;
}

despur_status cache_read(const picture_cache *cache, size_t index, uint8_t *out, despur_error *error) {
  if (read_at(cache->file, out, cache->bytes, place_of(cache, index))) return DESPUR_OK;
  return error_set(error, DESPUR_NO_RESOURCES, "%s: cannot read picture %zu", cache->path, index);
}

typedef struct checking {
  const picture_cache *cache;
  const uint8_t *crc; /* [count] of 4 bytes */
  uint8_t *scratch;   /* [threads][bytes] */
  uint8_t *right;     /* [count] */
} checking;

static void check_picture(void *context, size_t index, int thread) {
  const checking *c = context;
  uint8_t *pixels = c->scratch + (size_t)thread * c->cache->bytes, sum[4];
  if (!read_at(c->cache->file, pixels, c->cache->bytes, place_of(c->cache, index))) return;
  put_32(sum, (uint32_t)crc32(0, pixels, (unsigned)c->cache->bytes));
  c->right[index] = !memcmp(sum, c->crc + 4 * index, sizeof sum);
}

static despur_status check_pictures(bool *whole, const picture_cache *cache, const uint8_t *crc,
                                    const despur_pictures_options *options, parallel *pool,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  checking c = {.cache = cache, .crc = crc};
  TRY(mem_alloc(&c.scratch, (size_t)options->threads, cache->bytes, error));
  TRY(mem_alloc(&c.right, cache->count, 1, error));
  TRY(parallel_for_watched(pool, cache->count, check_picture, &c, &options->watch, error));
  *whole = true;
  for (size_t i = 0; i < cache->count; i++) *whole = *whole && c.right[i];
cleanup:
  mem_free(c.scratch);
  mem_free(c.right);
  return status;
}

/* *whole: a file is there, of the right size, and every picture is as it was written. */
static despur_status open_whole(bool *whole, picture_cache *cache, const despur_pictures_options *options,
                                parallel *pool, despur_error *error) {
  despur_status status = DESPUR_OK;
  char wanted[HEADER], found[HEADER];
  uint8_t *crc = NULL;
  size_t bytes;
  *whole = false;
  if (!file_exists(cache->path)) return DESPUR_OK;
  TRY(file_open(&cache->file, &bytes, cache->path, error));
  write_header(wanted, cache, options->side);
  if (bytes != place_of(cache, cache->count) + 5 * cache->count || !read_at(cache->file, found, HEADER, 0) ||
      memcmp(wanted, found, HEADER) != 0)
    goto cleanup;
  TRY(mem_alloc(&crc, cache->count, 4, error));
  if (!read_at(cache->file, crc, 4 * cache->count, place_of(cache, cache->count)) ||
      !read_at(cache->file, cache->state, cache->count, place_of(cache, cache->count) + 4 * cache->count))
    goto cleanup;
  TRY(check_pictures(whole, cache, crc, options, pool, error));
cleanup:
  if (cache->file >= 0 && !*whole) {
    close(cache->file);
    cache->file = -1;
  }
  mem_free(crc);
  return status;
}

/* ---- making ---- */

/* Pictures are decoded a block at a time. One of the tasks of a block is to write the pictures of the block
 * before, so that no thread waits for that. */
typedef struct decoding {
  const picture_list *list;
  const despur_pictures_options *options;
  picture_cache *cache;
  file_writer *writer;
  size_t first, most;    /* of the block; in a block */
  uint8_t *pixels, *crc; /* of two blocks in turns; of all pictures */
  despur_error *errors;  /* of the block */
  size_t decoded;        /* pictures of the block before */
  despur_error written;
} decoding;

static uint8_t *pixels_at(const decoding *d, size_t index) {
  return d->pixels + index % (2 * d->most) * d->cache->bytes;
}

static void write_before(decoding *d) {
  if (d->decoded == 0) return;
  d->written.status =
      file_write(d->writer, pixels_at(d, d->first - d->decoded), d->decoded * d->cache->bytes, &d->written);
}

static void decode_one(void *context, size_t task, int thread) {
  decoding *d = context;
  (void)thread;
  if (task == 0) {
    write_before(d);
    return;
  }
  const size_t index = d->first + task - 1;
  despur_error *why = &d->errors[task - 1];
  uint8_t *pixels = pixels_at(d, index);
  why->status = picture_load(pixels, d->list, index, d->options, why);
  if (why->status != DESPUR_OK) memset(pixels, 0, d->cache->bytes);
  d->cache->state[index] = why->status != DESPUR_OK;
  put_32(d->crc + 4 * index, (uint32_t)crc32(0, pixels, (unsigned)d->cache->bytes));
}

static size_t block_size(const picture_cache *cache) {
  const size_t fit = BLOCK_BYTES / cache->bytes, least = fit < 1 ? 1 : fit;
  return least > MOST_BLOCK ? MOST_BLOCK : least;
}

static despur_status take_block(decoding *d, size_t block, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (d->written.status != DESPUR_OK) FAIL(error, d->written.status, "%s", d->written.message);
  for (size_t i = 0; i < block; i++) {
    if (d->errors[i].status == DESPUR_NO_RESOURCES)
      FAIL(error, DESPUR_NO_RESOURCES, "%s", d->errors[i].message);
    if (d->errors[i].status != DESPUR_OK) TRY(text_list_add(&d->cache->reasons, d->errors[i].message, error));
  }
cleanup:
  return status;
}

static despur_status decode_all(decoding *d, parallel *pool, despur_error *error) {
  despur_status status = DESPUR_OK;
  const size_t count = d->cache->count;
  watch_tell(&d->options->watch, "decoding", 0, count);
  while (d->first < count) {
    const size_t block = count - d->first < d->most ? count - d->first : d->most;
    TRY(parallel_for_watched(pool, block + 1, decode_one, d, &d->options->watch, error));
    TRY(take_block(d, block, error));
    d->first += block;
    d->decoded = block;
    watch_tell(&d->options->watch, "decoding", d->first, count);
  }
  write_before(d);
  TRY(take_block(d, 0, error));
cleanup:
  return status;
}

/* Where the reasons lie, all of them: one line each. */
static despur_status write_reasons(char path[FILE_PATH], const picture_cache *cache, despur_error *error) {
  despur_status status = DESPUR_OK;
  text lines = {0};
  snprintf(path, FILE_PATH, "%.*s/unreadable.txt", (int)(strrchr(cache->path, '/') - cache->path),
           cache->path);
  for (size_t i = 0; i < cache->reasons.count; i++)
    TRY(text_add(&lines, error, "%s\n", cache->reasons.items[i]));
  TRY(file_write_text(path, lines.data, error));
cleanup:
  mem_free(lines.data);
  return status;
}

static despur_status check_reasons(const picture_cache *cache, const despur_pictures_options *options,
                                   despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH];
  const text_list *reasons = &cache->reasons;
  if (reasons->count == 0) return DESPUR_OK;
  TRY(write_reasons(path, cache, error));
  if (reasons->count == cache->count)
    FAIL(error, DESPUR_BAD_INPUT, "none of %zu pictures can be read: %.300s (all: %s)", cache->count,
         reasons->items[0], path);
  if (!options->skip_unreadable)
    FAIL(error, DESPUR_BAD_INPUT,
         "%zu of %zu pictures cannot be read: %.300s%s (all: %s; data.skip_unreadable: true or "
         "--skip-unreadable leaves them out)",
         reasons->count, cache->count, reasons->items[0], reasons->count > 1 ? "; ..." : "", path);
cleanup:
  return status;
}

static despur_status make(picture_cache *cache, const picture_list *list,
                          const despur_pictures_options *options, parallel *pool, despur_error *error) {
  despur_status status = DESPUR_OK;
  char header[HEADER];
  size_t bytes;
  decoding d = {.list = list, .options = options, .cache = cache, .most = block_size(cache)};
  TRY(mem_alloc(&d.crc, cache->count, 4, error));
  TRY(mem_alloc(&d.pixels, 2 * d.most, cache->bytes, error));
  TRY(mem_alloc(&d.errors, d.most, sizeof *d.errors, error));
  TRY(file_writer_open(&d.writer, cache->path, error));
  file_writer_unhashed(d.writer);
  write_header(header, cache, options->side);
  TRY(file_write(d.writer, header, HEADER, error));
  TRY(decode_all(&d, pool, error));
  TRY(check_reasons(cache, options, error));
  TRY(file_write(d.writer, d.crc, 4 * cache->count, error));
  TRY(file_write(d.writer, cache->state, cache->count, error));
  status = file_writer_commit(d.writer, error);
  d.writer = NULL;
  if (status == DESPUR_OK) status = file_open(&cache->file, &bytes, cache->path, error);
cleanup:
  file_writer_discard(d.writer);
  mem_free(d.crc);
  mem_free(d.pixels);
  mem_free(d.errors);
  return status;
}

/* Why the pictures that an older run has skipped could not be read. */
static despur_status tell_again(picture_cache *cache, const picture_list *list,
                                const despur_pictures_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  uint8_t *pixels = NULL;
  despur_error why;
  TRY(mem_alloc(&pixels, cache->bytes, 1, error));
  for (size_t i = 0; i < cache->count; i++)
    if (cache->state[i] && picture_load(pixels, list, i, options, &why) != DESPUR_OK)
      TRY(text_list_add(&cache->reasons, why.message, error));
  TRY(check_reasons(cache, options, error));
cleanup:
  mem_free(pixels);
  return status;
}

despur_status cache_open(picture_cache *out, const picture_list *list, const despur_pictures_options *options,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  parallel *pool = NULL;
  bool whole;
  *out = (picture_cache){.file = -1, .count = list->count, .bytes = 3 * options->side * options->side};
  TRY(mem_alloc(&out->state, list->count, 1, error));
  TRY(find_place(out, list, options, error));
  TRY(parallel_create(&pool, options->threads, error));
  TRY(open_whole(&whole, out, options, pool, error));
  if (whole)
    TRY(tell_again(out, list, options, error));
  else
    TRY(make(out, list, options, pool, error));
cleanup:
  parallel_free(pool);
  return status;
}

void cache_close(picture_cache *cache) {
  if (cache->file >= 0) close(cache->file);
  mem_free(cache->state);
  text_list_release(&cache->reasons);
  *cache = (picture_cache){.file = -1};
}
