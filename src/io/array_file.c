#include "io/array_file.h"

#include "base/memory.h"
#include "base/text.h"
#include "io/zip.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char *const ARCHIVES[] = {".npz:", ".safetensors:"};

/* Where the name of a member begins in a path; NULL when it has none. A file that is called so is a file. */
static const char *member_of(const char *path) {
  const char *found = NULL;
  if (file_exists(path)) return NULL;
  for (size_t i = 0; !found && i < sizeof ARCHIVES / sizeof *ARCHIVES; i++)
    for (const char *at = path; (at = strstr(at, ARCHIVES[i])); at++) found = at + strlen(ARCHIVES[i]);
  return found;
}

despur_status array_file_name(char **file, const char *path, despur_error *error) {
  const char *member = member_of(path);
  despur_status status = mem_copy_text(file, path, error);
  if (status == DESPUR_OK && member) (*file)[member - path - 1] = 0;
  return status;
}

/* Whether the file starts as an archive does, of members or of none. */
static despur_status is_archive(bool *archive, array_file *s, size_t bytes, despur_error *error) {
  char start[4] = "";
  size_t got;
  despur_status status = file_read_some(s->fd, start, bytes < 4 ? bytes : 4, &got, s->path, error);
  *archive = memcmp(start, "PK\3\4", 4) == 0 || memcmp(start, "PK\5\6", 4) == 0;
  return status;
}

static despur_status open_at(array_file *s, uint64_t offset, uint64_t packed, inflate_form form,
                             despur_error *error) {
  if (lseek(s->fd, (off_t)offset, SEEK_SET) < 0) return file_read_failed(s->path, errno, error);
  return inflater_open(&s->in, s->fd, packed, form, s->path, error);
}

static despur_status open_member(array_file *s, size_t bytes, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  text whole = {0};
  zip_member member;
  if (name) TRY(text_add(&whole, error, "%s.npy", name));
  TRY(zip_find(&member, s->fd, bytes, whole.data, name ? s->path : s->file, error));
  s->is_member = true;
  s->bytes = (size_t)member.bytes;
  s->wanted_crc = member.crc;
  TRY(open_at(s, member.offset, member.packed, member.form, error));
cleanup:
  mem_free(whole.data);
  return status;
}

despur_status array_file_open(array_file *s, const char *path, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *name = member_of(path);
  bool archive = name != NULL;
  size_t bytes;
  *s = (array_file){.path = path, .fd = -1};
  TRY(array_file_name(&s->file, path, error));
  TRY(file_open(&s->fd, &bytes, s->file, error));
  if (!archive) TRY(is_archive(&archive, s, bytes, error));
  s->bytes = bytes;
  status = archive ? open_member(s, bytes, name, error) : open_at(s, 0, bytes, INFLATE_PLAIN, error);
cleanup:
  return status;
}

void array_file_close(array_file *s) {
  inflater_close(s->in);
  if (s->fd >= 0) close(s->fd);
  mem_free(s->file);
  *s = (array_file){.fd = -1};
}

despur_status array_file_read(array_file *s, void *data, size_t bytes, despur_error *error) {
  size_t got;
  despur_status status = inflater_read(s->in, data, bytes, &got, error);
  if (status != DESPUR_OK) return status;
  if (got < bytes)
    return error_set(error, DESPUR_BAD_INPUT, "%s: ends %s bytes too early (%s)", s->path,
                     file_grouped(bytes - got).text,
                     s->is_member ? "a damaged archive?" : "somebody shortened it while it was read");
  for (size_t at = 0; s->is_member && at < bytes;) {
    size_t some = bytes - at < (size_t)1 << 30 ? bytes - at : (size_t)1 << 30;
    s->crc = (uint32_t)crc32(s->crc, (const uint8_t *)data + at, (uInt)some);
    at += some;
  }
  return DESPUR_OK;
}

despur_status array_file_finish(array_file *s, despur_error *error) {
  uint8_t more;
  size_t got;
  despur_status status = inflater_read(s->in, &more, 1, &got, error);
  if (status == DESPUR_OK && s->is_member && (got > 0 || s->crc != s->wanted_crc || inflater_is_cut(s->in)))
    status = error_set(error, DESPUR_BAD_INPUT, "%s: it is not what its archive says of it (damaged file?)",
                       s->path);
  return status;
}
