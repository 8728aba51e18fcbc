/* A zip archive of stored members (PKWARE's APPNOTE, 4.3): for each a header and its data, then the
 * directory, whose entries repeat the headers, then its end. No times are told, so equal arrays give equal
 * bytes. */
#include "io/npz.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { NPY_ROOM = 512, NPY_ALIGN = 64, DATED = 0x21 /* 1980-01-01, the first that there is */ };

typedef struct member {
  char name[TENSOR_NAME + 4];
  char head[NPY_ROOM]; /* of the .npy file */
  size_t head_bytes, bytes;
  uint32_t crc, offset;
} member;

static unsigned char *put(unsigned char *at, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; i++) *at++ = (unsigned char)(value >> 8 * i);
  return at;
}

/* The dictionary of NumPy's format 1.0, filled up with spaces. */
static void describe(member *m, const tensor *t) {
  char words[NPY_ROOM - NPY_ALIGN];
  int used = snprintf(words, sizeof words, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
  for (size_t d = 0; d < t->rank; d++)
    used +=
        snprintf(words + used, sizeof words - (size_t)used, d + 1 < t->rank ? "%zu, " : "%zu", t->shape[d]);
  used += snprintf(words + used, sizeof words - (size_t)used, t->rank == 1 ? ",), }" : "), }");
  const size_t start = 10, whole = (start + (size_t)used + NPY_ALIGN) / NPY_ALIGN * NPY_ALIGN;
  memset(m->head, ' ', whole);
  memcpy(m->head, "\x93NUMPY\x01\x00", 8);
  put((unsigned char *)m->head + 8, (uint32_t)(whole - start), 2);
  memcpy(m->head + start, words, (size_t)used);
  m->head[whole - 1] = '\n';
  m->head_bytes = whole;
  m->bytes = whole + t->count * sizeof(float);
  m->crc = (uint32_t)crc32(0, (const unsigned char *)m->head, (uInt)whole);
  m->crc = (uint32_t)crc32_z(m->crc, (const unsigned char *)t->data, t->count * sizeof(float));
}

/* What a header and a directory's entry have in common: version to the lengths of name and extra field. */
static unsigned char *put_facts(unsigned char *at, const member *m) {
  const uint32_t facts[][2] = {{20, 2},
                               {0, 2},
                               {0, 2},
                               {0, 2},
                               {DATED, 2},
                               {m->crc, 4},
                               {(uint32_t)m->bytes, 4},
                               {(uint32_t)m->bytes, 4},
                               {(uint32_t)strlen(m->name), 2},
                               {0, 2}};
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) at = put(at, facts[i][0], (int)facts[i][1]);
  return at;
}

static despur_status write_member(file_writer *out, member *m, const tensor *t, uint64_t *offset,
                                  despur_error *error) {
  despur_status status = DESPUR_OK;
  unsigned char header[30];
  m->offset = (uint32_t)*offset;
  put_facts(put(header, 0x04034b50, 4), m);
  TRY(file_write(out, header, sizeof header, error));
  TRY(file_write(out, m->name, strlen(m->name), error));
  TRY(file_write(out, m->head, m->head_bytes, error));
  TRY(file_write(out, t->data, t->count * sizeof(float), error));
  *offset += sizeof header + strlen(m->name) + m->bytes;
cleanup:
  return status;
}

static despur_status write_directory(file_writer *out, const member *members, size_t count, uint64_t offset,
                                     despur_error *error) {
  despur_status status = DESPUR_OK;
  unsigned char entry[46], end[22] = {0}, *at;
  uint32_t bytes = 0;
  for (size_t i = 0; i < count; i++) {
    memset(entry, 0, sizeof entry);
    put_facts(put(put(entry, 0x02014b50, 4), 20, 2), &members[i]);
    put(entry + 42, members[i].offset, 4);
    TRY(file_write(out, entry, sizeof entry, error));
    TRY(file_write(out, members[i].name, strlen(members[i].name), error));
    bytes += (uint32_t)(sizeof entry + strlen(members[i].name));
  }
  at = put(put(end, 0x06054b50, 4), 0, 4);
  at = put(put(at, (uint32_t)count, 2), (uint32_t)count, 2);
  put(put(at, bytes, 4), (uint32_t)offset, 4);
  TRY(file_write(out, end, sizeof end, error));
cleanup:
  return status;
}

despur_status npz_write(const char *path, const tensor *tensors, size_t count, despur_error *error) {
  despur_status status = DESPUR_OK;
  file_writer *out = NULL;
  member *members = NULL;
  uint64_t offset = 0, total = 0;
  TRY(mem_alloc(&members, count, sizeof *members, error));
  for (size_t i = 0; i < count; i++) total += tensors[i].count * sizeof(float) + (size_t)2 * NPY_ROOM;
  if (total >= UINT32_MAX || count > UINT16_MAX)
    FAIL(error, DESPUR_BAD_INPUT, "%s: more than a .npz file without Zip64 holds", path);
  TRY(file_writer_open(&out, path, error));
  for (size_t i = 0; i < count; i++) {
    snprintf(members[i].name, sizeof members[i].name, "%.*s.npy", TENSOR_NAME - 1, tensors[i].name);
    describe(&members[i], &tensors[i]);
    TRY(write_member(out, &members[i], &tensors[i], &offset, error));
  }
  TRY(write_directory(out, members, count, offset, error));
cleanup:
  mem_free(members);
  if (status == DESPUR_OK) return file_writer_commit(out, error);
  file_writer_discard(out);
  return status;
}
