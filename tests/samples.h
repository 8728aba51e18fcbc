/* Files with chosen bytes, for tests of the readers. Include after testing.h. */
#ifndef SAMPLES_H
#define SAMPLES_H

/* path = directory/name, which holds these bytes from now on. */
static inline const char *sample_file(char path[256], const char *directory, const char *name,
                                      const void *bytes, size_t count) {
  snprintf(path, 256, "%s/%s", directory, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) fail_msg("cannot write %s", path);
  return path;
}

/* The bytes of a file of at most room bytes. */
static inline size_t sample_bytes(const char *path, void *bytes, size_t room) {
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("cannot read %s", path);
  size_t count = fread(bytes, 1, room, file);
  fclose(file);
  return count;
}

#endif
