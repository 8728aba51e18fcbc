/* TensorBoard's event files: records of TFRecord (length, data, a masked CRC-32C of each), whose data are
 * Event messages in protobuf encoding, written by hand.
 *
 * The wall time of an event is its step, in seconds since 1970: real times would make equal runs differ. */
#ifndef IO_TFEVENTS_H
#define IO_TFEVENTS_H

#include "io/file.h"

/* The first record of a file: its version. */
DESPUR_MUST_USE despur_status tfevents_begin(file_writer *writer, despur_error *error);

/* tag: UTF-8, with slashes between the parts that TensorBoard shall group by. */
DESPUR_MUST_USE despur_status tfevents_scalar(file_writer *writer, const char *tag, uint64_t step,
                                              float value, despur_error *error);

/* A PNG file with 3 channels. */
typedef struct tfevents_picture {
  const uint8_t *png;
  size_t bytes, width, height;
} tfevents_picture;

DESPUR_MUST_USE despur_status tfevents_image(file_writer *writer, const char *tag, uint64_t step,
                                             const tfevents_picture *picture, despur_error *error);

/* CRC-32C (Castagnoli), as iSCSI and TFRecord use it. */
uint32_t tfevents_crc(const void *data, size_t bytes);

#endif
