/* Where an array lies: a file of its own, or a member of a zip archive ("FILE.npz:NAME", as numpy.savez
 * writes them; the name may be left out where there is one). Read from start to end. */
#ifndef IO_ARRAY_FILE_H
#define IO_ARRAY_FILE_H

#include "io/inflate.h"

typedef struct array_file {
  const char *path; /* as it was given, for messages */
  char *file;
  int fd;
  inflater *in;
  size_t bytes; /* in all */
  bool is_member;
  uint32_t crc, wanted_crc; /* of a member */
} array_file;

/* The path must outlive it. Release with array_file_close, also after an error. */
DESPUR_MUST_USE despur_status array_file_open(array_file *s, const char *path, despur_error *error);
void array_file_close(array_file *s);

/* Reads exactly the next bytes; DESPUR_BAD_INPUT when there are fewer. */
DESPUR_MUST_USE despur_status array_file_read(array_file *s, void *data, size_t bytes, despur_error *error);

/* When all has been read: whether it was all, and what had been written. */
DESPUR_MUST_USE despur_status array_file_finish(array_file *s, despur_error *error);

/* *file = the name of the file that a path means, also of "FILE.safetensors:NAME". Release with mem_free. */
DESPUR_MUST_USE despur_status array_file_name(char **file, const char *path, despur_error *error);

#endif
