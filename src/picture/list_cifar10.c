/* CIFAR-10's binary files: records of a class and 3,072 bytes, red, then green, then blue. */
#include "io/file.h"
#include "picture/list.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RECORD = 1 + 3 * 32 * 32, CLASSES = 10 };

static despur_status read_labels(picture_list *list, const char *name, int split, despur_error *error) {
  despur_status status = DESPUR_OK;
  char path[FILE_PATH], label[8];
  uint8_t record[RECORD];
  size_t bytes;
  int file = -1;
  TRY(file_join(path, list->folder, name, error));
  TRY(file_open(&file, &bytes, path, error));
  if (bytes == 0 || bytes % RECORD != 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected records of %d bytes, found %s bytes", path, RECORD,
         file_grouped(bytes).text);
  for (size_t at = 0; at < bytes; at += RECORD) {
    TRY(file_read_all(file, record, RECORD, path, error));
    if (record[0] >= CLASSES)
      FAIL(error, DESPUR_BAD_INPUT, "%s: record %zu: expected a class from 0 to %d, found %d", path,
           at / RECORD, CLASSES - 1, record[0]);
    snprintf(label, sizeof label, "%d", record[0]);
    TRY(list_add(list, name, at + 1, label, NULL, split, error));
  }
cleanup:
  if (file >= 0) close(file);
  return status;
}

despur_status list_cifar10(picture_list *list, const despur_pictures_options *options, despur_error *error) {
  static const char *const NAMES[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                      "dog",      "frog",       "horse", "ship", "truck"};
  despur_status status = DESPUR_OK;
  char name[32], path[FILE_PATH];
  (void)options;
  for (int i = 1; i <= 5; i++) {
    snprintf(name, sizeof name, "data_batch_%d.bin", i);
    TRY(file_join(path, list->folder, name, error));
    if (file_exists(path)) TRY(read_labels(list, name, LIST_NO_SPLIT, error));
  }
  if (list->count == 0)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected data_batch_1.bin, found none", list->folder);
  TRY(read_labels(list, "test_batch.bin", DESPUR_TEST, error));
  list->record = RECORD - 1;
  list->class_names = NAMES;
  snprintf(list->note, sizeof list->note, "layout cifar10");
cleanup:
  return status;
}
