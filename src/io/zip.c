/* A zip archive is read from its end:
 *
 *   local header, data    for each member
 *   central directory     an entry for each: name, sizes, method, CRC-32, where its local header is
 *   end record            how long the directory is and where it begins, and a comment of up to 64 KiB
 *
 * The directory counts, not the local headers, which writers to a stream leave without sizes. All places and
 * sizes come from the file, so each is compared with the file's length before anything is read or reserved.
 */
#include "io/zip.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
  END_BYTES = 22, /* the end record, without the comment behind it */
  COMMENT_MOST = 0xffff,
  LOCATOR_BYTES = 20, /* before the end record, where there is a Zip64 one */
  END64_BYTES = 56,
  ENTRY_BYTES = 46, /* of the directory, without name, extra fields and comment */
  LOCAL_BYTES = 30,
  DIRECTORY_MOST = 1 << 24,
  STORED = 0,
  DEFLATED = 8,
  ENCRYPTED = 1,
  EXTRA_ZIP64 = 1,
  NAMES_SHOWN = 5
};

typedef struct archive {
  int fd;
  uint64_t bytes;
  const char *path;
  despur_error *error;
  uint8_t *directory;
  uint64_t directory_offset, directory_bytes;
} archive;

static uint64_t little_endian(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
  return value;
}

static despur_status damaged(const archive *a, const char *what) {
  return error_set(a->error, DESPUR_BAD_INPUT, "%s: not a zip archive, or a damaged one: %s", a->path, what);
}

static despur_status read_at(const archive *a, uint64_t offset, void *data, size_t bytes) {
  if (offset > a->bytes || bytes > a->bytes - offset) return damaged(a, "it points behind its end");
  if (lseek(a->fd, (off_t)offset, SEEK_SET) < 0) return file_read_failed(a->path, errno, a->error);
  return file_read_all(a->fd, data, bytes, a->path, a->error);
}

/* The Zip64 end record, where the one before the end says that there is one. */
static despur_status find_directory64(archive *a, uint64_t end) {
  despur_status status = DESPUR_OK;
  uint8_t locator[LOCATOR_BYTES], record[END64_BYTES];
  if (end < LOCATOR_BYTES) return DESPUR_OK;
  TRY(read_at(a, end - LOCATOR_BYTES, locator, sizeof locator));
  if (memcmp(locator, "PK\6\7", 4) != 0) return DESPUR_OK;
  TRY(read_at(a, little_endian(locator + 8, 8), record, sizeof record));
  if (memcmp(record, "PK\6\6", 4) != 0) return damaged(a, "its Zip64 end record is missing");
  a->directory_bytes = little_endian(record + 40, 8);
  a->directory_offset = little_endian(record + 48, 8);
cleanup:
  return status;
}

/* The end record is the last one whose comment ends where the file does: its signature alone may stand in a
 * comment, or in data. */
static despur_status find_directory(archive *a) {
  despur_status status = DESPUR_OK;
  uint8_t *tail = NULL;
  size_t room = END_BYTES + COMMENT_MOST;
  if (room > a->bytes) room = (size_t)a->bytes;
  if (room < END_BYTES) return damaged(a, "it is too short");
  TRY(mem_alloc(&tail, room, 1, a->error));
  TRY(read_at(a, a->bytes - room, tail, room));
  size_t at = room - END_BYTES;
  while (memcmp(tail + at, "PK\5\6", 4) != 0 || little_endian(tail + at + 20, 2) != room - at - END_BYTES) {
    if (at == 0) {
      status = damaged(a, "it has no end record (truncated file?)");
      goto cleanup;
    }
    at--;
  }
  a->directory_bytes = little_endian(tail + at + 12, 4);
  a->directory_offset = little_endian(tail + at + 16, 4);
  TRY(find_directory64(a, a->bytes - room + at));
cleanup:
  mem_free(tail);
  return status;
}

static despur_status read_directory(archive *a) {
  despur_status status = DESPUR_OK;
  TRY(find_directory(a));
  if (a->directory_bytes > DIRECTORY_MOST)
    FAIL(a->error, DESPUR_BAD_INPUT, "%s: expected a directory of at most %s bytes, found %s", a->path,
         file_grouped(DIRECTORY_MOST).text, file_grouped(a->directory_bytes).text);
  if (a->directory_bytes > a->bytes) return damaged(a, "its directory is longer than the file");
  TRY(mem_alloc(&a->directory, (size_t)a->directory_bytes, 1, a->error));
  TRY(read_at(a, a->directory_offset, a->directory, (size_t)a->directory_bytes));
cleanup:
  return status;
}

typedef struct entry {
  const uint8_t *record;
  const char *name;
  size_t name_bytes, extra_bytes, bytes; /* bytes: of the whole entry */
} entry;

static despur_status take_entry(const archive *a, entry *e, size_t at) {
  size_t left = (size_t)a->directory_bytes - at;
  e->record = a->directory + at;
  if (left < ENTRY_BYTES || memcmp(e->record, "PK\1\2", 4) != 0)
    return damaged(a, "its directory cannot be read");
  e->name = (const char *)e->record + ENTRY_BYTES;
  e->name_bytes = (size_t)little_endian(e->record + 28, 2);
  e->extra_bytes = (size_t)little_endian(e->record + 30, 2);
  e->bytes = ENTRY_BYTES + e->name_bytes + e->extra_bytes + (size_t)little_endian(e->record + 32, 2);
  return e->bytes <= left ? DESPUR_OK : damaged(a, "its directory ends within an entry");
}

/* Sizes of 2^32 - 1 stand in the Zip64 field: those that do, in this order. */
static void read_sizes64(const entry *e, uint64_t *sizes[3]) {
  const uint8_t *at = e->record + ENTRY_BYTES + e->name_bytes, *end = at + e->extra_bytes;
  while (end - at >= 4) {
    uint64_t tag = little_endian(at, 2), length = little_endian(at + 2, 2);
    at += 4;
    if (length > (uint64_t)(end - at)) return;
    const uint8_t *field = at;
    for (int i = 0; i < 3 && tag == EXTRA_ZIP64; i++)
      if (*sizes[i] == UINT32_MAX && at + length - field >= 8) {
        *sizes[i] = little_endian(field, 8);
        field += 8;
      }
    at += length;
  }
}

static despur_status read_member(const archive *a, const entry *e, zip_member *out) {
  despur_status status = DESPUR_OK;
  uint8_t local[LOCAL_BYTES];
  uint64_t flags = little_endian(e->record + 8, 2), method = little_endian(e->record + 10, 2);
  out->crc = (uint32_t)little_endian(e->record + 16, 4);
  out->packed = little_endian(e->record + 20, 4);
  out->bytes = little_endian(e->record + 24, 4);
  out->offset = little_endian(e->record + 42, 4);
  out->form = method == STORED ? INFLATE_PLAIN : INFLATE_RAW;
  read_sizes64(e, (uint64_t *[]){&out->bytes, &out->packed, &out->offset});
  if (flags & ENCRYPTED) FAIL(a->error, DESPUR_BAD_INPUT, "%s: it is encrypted", a->path);
  if (method != STORED && method != DEFLATED)
    FAIL(a->error, DESPUR_BAD_INPUT, "%s: expected stored or deflated data, found compression method %u",
         a->path, (unsigned)method);
  /* the local header has a name and extra fields of its own lengths: data begin behind these */
  out->local = out->offset;
  out->record = a->directory_offset + (uint64_t)(e->record - a->directory);
  TRY(read_at(a, out->offset, local, sizeof local));
  if (memcmp(local, "PK\3\4", 4) != 0) return damaged(a, "a member is not where its directory says");
  out->offset += LOCAL_BYTES + little_endian(local + 26, 2) + little_endian(local + 28, 2);
  if (out->offset > a->bytes || out->packed > a->bytes - out->offset)
    return damaged(a, "a member is longer than the file");
  if (out->form == INFLATE_PLAIN && out->packed != out->bytes)
    return damaged(a, "a stored member has two sizes");
  if (out->form == INFLATE_RAW)
    TRY(inflate_check_size(out->packed, out->bytes, a->path, "elements", a->error));
cleanup:
  return status;
}

/* "found a, b, c and 2 more" */
static despur_status no_such_member(const archive *a, const char *name, size_t count) {
  despur_status status = DESPUR_OK;
  text names = {0};
  entry e;
  for (size_t at = 0, shown = 0; at < a->directory_bytes && shown < NAMES_SHOWN; at += e.bytes, shown++) {
    TRY(take_entry(a, &e, at));
    int length = e.name_bytes < 60 ? (int)e.name_bytes : 60;
    TRY(text_add(&names, a->error, "%s'%.*s'", shown ? ", " : "", length, e.name));
  }
  if (count > NAMES_SHOWN) TRY(text_add(&names, a->error, " and %zu more", count - NAMES_SHOWN));
  if (name)
    status = error_set(a->error, DESPUR_BAD_INPUT, "%s: expected a member '%s', found %s", a->path, name,
                       count ? names.data : "none");
  else
    status =
        error_set(a->error, DESPUR_BAD_INPUT, "%s: expected an archive of one array%s, found %s", a->path,
                  count ? ", or the name of one (FILE.npz:NAME)" : "", count ? names.data : "none");
cleanup:
  mem_free(names.data);
  return status;
}

despur_status zip_find(zip_member *out, int fd, uint64_t bytes, const char *name, const char *path,
                       despur_error *error) {
  despur_status status = DESPUR_OK;
  archive a = {.fd = fd, .bytes = bytes, .path = path, .error = error};
  entry e, found = {0};
  size_t count = 0, wanted = name ? strlen(name) : 0;
  TRY(read_directory(&a));
  for (size_t at = 0; at < a.directory_bytes; at += e.bytes, count++) {
    TRY(take_entry(&a, &e, at));
    /* of two of one name the last counts, as with Python's zipfile */
    if (!name || (e.name_bytes == wanted && memcmp(e.name, name, wanted) == 0)) found = e;
  }
  if (!found.record || (!name && count != 1))
    status = no_such_member(&a, name, count);
  else
    status = read_member(&a, &found, out);
cleanup:
  mem_free(a.directory);
  return status;
}

despur_status zip_list(text_list *out, int fd, uint64_t bytes, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  archive a = {.fd = fd, .bytes = bytes, .path = path, .error = error};
  entry e;
  text name = {0};
  TRY(read_directory(&a));
  for (size_t at = 0; at < a.directory_bytes; at += e.bytes) {
    TRY(take_entry(&a, &e, at));
    name.length = 0;
    TRY(text_add(&name, error, "%.*s", (int)e.name_bytes, e.name));
    TRY(text_list_add(out, name.data, error));
  }
cleanup:
  mem_free(name.data);
  mem_free(a.directory);
  return status;
}
