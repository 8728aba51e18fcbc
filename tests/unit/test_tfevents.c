/* TensorBoard's event files: CRCs against published values, records byte by byte. */
#include "testing.h"

#include "io/tfevents.h"
#include "samples.h"

static despur_error error;
static char directory[128];

static int make_directory(void **state) {
  (void)state;
  temporary_directory(directory);
  return 0;
}

/* RFC 3720 (iSCSI), appendix B.4, and the check value of the catalogue of CRCs. */
static void crcs_are_the_published_ones(void **state) {
  (void)state;
  uint8_t bytes[32] = {0};
  assert_int_equal(tfevents_crc("123456789", 9), 0xe3069283);
  assert_int_equal(tfevents_crc("", 0), 0);
  assert_int_equal(tfevents_crc(bytes, 32), 0x8a9136aa);
  memset(bytes, 0xff, 32);
  assert_int_equal(tfevents_crc(bytes, 32), 0x62a8ab43);
  for (uint8_t i = 0; i < 32; i++) bytes[i] = i;
  assert_int_equal(tfevents_crc(bytes, 32), 0x46dd794e);
}

static uint64_t little_endian(const uint8_t *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

/* The inverse of the mask: minus its constant, then turned left by 15 bits. */
static uint32_t unmasked(uint32_t masked) {
  uint32_t turned = masked - 0xa282ead8;
  return turned << 15 | turned >> 17;
}

/* Checks the frame of the record at *at and moves on; *bytes gets the length of the data that it returns. */
static const uint8_t *next_record(const uint8_t *file, size_t *at, size_t *bytes) {
  const uint8_t *record = file + *at;
  *bytes = (size_t)little_endian(record, 8);
  assert_int_equal(unmasked((uint32_t)little_endian(record + 8, 4)), tfevents_crc(record, 8));
  assert_int_equal(unmasked((uint32_t)little_endian(record + 12 + *bytes, 4)),
                   tfevents_crc(record + 12, *bytes));
  *at += 16 + *bytes;
  return record + 12;
}

/* The wanted bytes are event.proto and summary.proto by hand: a key is field << 3 | type. */
static void events_are_protobuf_messages_in_checked_records(void **state) {
  (void)state;
  static const uint8_t BEGIN[] = {0x09, 0,   0,   0,   0,   0,   0,   0,   0,   0x1a, 13,  'b',
                                  'r',  'a', 'i', 'n', '.', 'E', 'v', 'e', 'n', 't',  ':', '2'};
  static const uint8_t SCALAR[] = {0x09, 0,    0,    0,    0,   0, 0xc0, 0x72, 0x40, /* wall time 300.0 */
                                   0x10, 0xac, 0x02,                                 /* step 300 */
                                   0x2a, 12,                                         /* summary */
                                   0x0a, 10,                                         /* value */
                                   0x0a, 3,    'a',  '/',  'b',                      /* tag */
                                   0x15, 0,    0,    0xc0, 0x3f};                    /* 1.5 */
  static const uint8_t IMAGE[] = {0x09, 0,  0,    0,    0,    0,    0,    0, 0,
                                  0x10, 0,  0x2a, 19,   0x0a, 17,   0x0a, 1, 'i', /* tag */
                                  0x22, 12,                                       /* image */
                                  0x08, 2,  0x10, 0x80, 0x01, 0x18, 3, /* height 2, width 128, RGB */
                                  0x22, 3,  'p',  'n',  'g'};
  char path[256];
  uint8_t file[1000];
  file_writer *writer;
  snprintf(path, sizeof path, "%s/events", directory);
  assert_ok(file_writer_open(&writer, path, &error));
  assert_ok(tfevents_begin(writer, &error));
  assert_ok(tfevents_scalar(writer, "a/b", 300, 1.5f, &error));
  const tfevents_picture picture = {(const uint8_t *)"png", 3, 128, 2};
  assert_ok(tfevents_image(writer, "i", 0, &picture, &error));
  assert_ok(file_writer_commit(writer, &error));
  size_t all = sample_bytes(path, file, sizeof file), at = 0, bytes;
  const uint8_t *data = next_record(file, &at, &bytes);
  assert_int_equal(bytes, sizeof BEGIN);
  assert_memory_equal(data, BEGIN, bytes);
  data = next_record(file, &at, &bytes);
  assert_int_equal(bytes, sizeof SCALAR);
  assert_memory_equal(data, SCALAR, bytes);
  data = next_record(file, &at, &bytes);
  assert_int_equal(bytes, sizeof IMAGE);
  assert_memory_equal(data, IMAGE, bytes);
  assert_int_equal(at, all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crcs_are_the_published_ones),
      cmocka_unit_test(events_are_protobuf_messages_in_checked_records),
  };
  return cmocka_run_group_tests(tests, make_directory, NULL);
}
