#include "io/tfevents.h"

#include "base/memory.h"

#include <string.h>

/* CRC-32C (Castagnoli), the polynomial 0x1edc6f41 with its bits turned round, one bit at a time: event files
 * are small. zlib's CRC-32 is another one. */
uint32_t tfevents_crc(const void *data, size_t bytes) {
  const uint8_t *byte = data;
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < bytes; i++) {
    crc ^= byte[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc;
}

/* ---- protobuf: a message is a list of fields, each a key (number and wire type) and a value ---- */

typedef enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 } wire;

/* A message that grows. What goes wrong is remembered in status, so that fields can be put one after another.
 */
typedef struct message {
  uint8_t *data;
  size_t length, room;
  despur_status status;
  despur_error *error;
} message;

static void put(message *m, const void *data, size_t bytes) {
  if (m->status != DESPUR_OK) return;
  if (m->length + bytes > m->room) {
    size_t room = 2 * m->room + bytes + 64;
    m->status = mem_grow(&m->data, m->room, room, 1, m->error);
    if (m->status != DESPUR_OK) return;
    m->room = room;
  }
  if (bytes > 0) memcpy(m->data + m->length, data, bytes);
  m->length += bytes;
}

static void put_varint(message *m, uint64_t value) {
  for (; value >= 0x80; value >>= 7) put(m, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
  put(m, &(uint8_t){(uint8_t)value}, 1);
}

static void put_little_endian(message *m, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) put(m, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

static void put_key(message *m, unsigned field, wire type) {
  put_varint(m, (uint64_t)field << 3 | type);
}

static void put_number(message *m, unsigned field, uint64_t value) {
  put_key(m, field, WIRE_VARINT);
  put_varint(m, value);
}

static void put_bytes(message *m, unsigned field, const void *data, size_t bytes) {
  put_key(m, field, WIRE_BYTES);
  put_varint(m, bytes);
  put(m, data, bytes);
}

/* Puts a finished message into another and releases it. */
static void put_message(message *m, unsigned field, message *inner) {
  if (inner->status != DESPUR_OK && m->status == DESPUR_OK) m->status = inner->status;
  put_bytes(m, field, inner->data, inner->length);
  mem_free(inner->data);
  inner->data = NULL;
}

static void put_double(message *m, unsigned field, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_key(m, field, WIRE_64);
  put_little_endian(m, bits, 8);
}

static void put_float(message *m, unsigned field, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_key(m, field, WIRE_32);
  put_little_endian(m, bits, 4);
}

/* ---- records and events ---- */

/* CRCs are stored rotated and shifted, because a CRC over data that holds CRCs is weak. */
static uint32_t masked(uint32_t crc) {
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/* Writes a finished event as one record and releases it. */
static despur_status write_record(file_writer *writer, message *event, despur_error *error) {
  message record = {.error = error, .status = event->status};
  put_little_endian(&record, event->length, 8);
  if (record.status == DESPUR_OK) put_little_endian(&record, masked(tfevents_crc(record.data, 8)), 4);
  put(&record, event->data, event->length);
  if (record.status == DESPUR_OK)
    put_little_endian(&record, masked(tfevents_crc(event->data, event->length)), 4);
  despur_status status = record.status;
  if (status == DESPUR_OK) status = file_write(writer, record.data, record.length, error);
  mem_free(record.data);
  mem_free(event->data);
  return status;
}

enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_IMAGE = 4 };
enum { IMAGE_HEIGHT = 1, IMAGE_WIDTH = 2, IMAGE_COLORSPACE = 3, IMAGE_ENCODED = 4, COLORSPACE_RGB = 3 };

despur_status tfevents_begin(file_writer *writer, despur_error *error) {
  static const char VERSION[] = "brain.Event:2";
  message event = {.error = error};
  put_double(&event, EVENT_WALL_TIME, 0);
  put_bytes(&event, EVENT_FILE_VERSION, VERSION, strlen(VERSION));
  return write_record(writer, &event, error);
}

/* value: a finished Summary.Value, which is released. */
static despur_status write_value(file_writer *writer, uint64_t step, message *value, despur_error *error) {
  message summary = {.error = error}, event = {.error = error};
  put_message(&summary, SUMMARY_VALUE, value);
  put_double(&event, EVENT_WALL_TIME, (double)step);
  put_number(&event, EVENT_STEP, step);
  put_message(&event, EVENT_SUMMARY, &summary);
  return write_record(writer, &event, error);
}

despur_status tfevents_scalar(file_writer *writer, const char *tag, uint64_t step, float value,
                              despur_error *error) {
  message field = {.error = error};
  put_bytes(&field, VALUE_TAG, tag, strlen(tag));
  put_float(&field, VALUE_SIMPLE, value);
  return write_value(writer, step, &field, error);
}

despur_status tfevents_image(file_writer *writer, const char *tag, uint64_t step,
                             const tfevents_picture *picture, despur_error *error) {
  message image = {.error = error}, field = {.error = error};
  put_number(&image, IMAGE_HEIGHT, picture->height);
  put_number(&image, IMAGE_WIDTH, picture->width);
  put_number(&image, IMAGE_COLORSPACE, COLORSPACE_RGB);
  put_bytes(&image, IMAGE_ENCODED, picture->png, picture->bytes);
  put_bytes(&field, VALUE_TAG, tag, strlen(tag));
  put_message(&field, VALUE_IMAGE, &image);
  return write_value(writer, step, &field, error);
}
