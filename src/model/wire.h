/* protobuf's wire format, as far as ONNX needs it: fields of a message one after the other. */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wire {
  const uint8_t *at, *end;
  bool bad; /* what was read is no message */
} wire;

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

typedef struct wire_field {
  uint64_t number;
  int type;
  uint64_t value; /* of numbers */
  wire bytes;     /* of texts, messages and packed numbers */
} wire_field;

static inline size_t wire_length(const wire *w) {
  return (size_t)(w->end - w->at);
}

static inline uint64_t wire_varint(wire *w) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && w->at < w->end; shift += 7) {
    uint8_t byte = *w->at++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  w->bad = true;
  return 0;
}

static inline bool wire_next(wire *w, wire_field *out) {
  if (w->bad || w->at == w->end) return false;
  uint64_t tag = wire_varint(w), length = 0;
  *out = (wire_field){.number = tag >> 3, .type = (int)(tag & 7)};
  if (out->number == 0) w->bad = true;
  switch (out->type) {
  case WIRE_VARINT:
    out->value = wire_varint(w);
    break;
  case WIRE_FIXED64:
    length = 8;
    break;
  case WIRE_FIXED32:
    length = 4;
    break;
  case WIRE_BYTES:
    length = wire_varint(w);
    break;
  default:
    w->bad = true;
  }
  if (w->bad || length > wire_length(w)) {
    w->bad = true;
    return false;
  }
  out->bytes = (wire){.at = w->at, .end = w->at + length};
  if (out->type == WIRE_FIXED32 || out->type == WIRE_FIXED64) memcpy(&out->value, w->at, (size_t)length);
  w->at += length;
  return true;
}

static inline bool wire_is(const wire *w, const char *wanted) {
  return strlen(wanted) == wire_length(w) && memcmp(w->at, wanted, wire_length(w)) == 0;
}

static inline bool wire_same(const wire *a, const wire *b) {
  return wire_length(a) == wire_length(b) && memcmp(a->at, b->at, wire_length(a)) == 0;
}

#endif
