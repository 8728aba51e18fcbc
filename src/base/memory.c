#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  ALIGNMENT = 64, /* a cache line, and the widest vector */
  LARGE = 1 << 23,
  LARGE_PAGE = 1 << 21
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif

/* bytes: more than 0. */
static void *allocate(size_t *bytes) {
#ifdef SANITIZED
  /* To the byte, so that one element too many is seen. */
  void *memory;
  return posix_memalign(&memory, ALIGNMENT, *bytes) == 0 ? memory : NULL;
#else
  const size_t alignment = *bytes < LARGE ? ALIGNMENT : LARGE_PAGE;
  *bytes = (*bytes + alignment - 1) / alignment * alignment; /* aligned_alloc wants a multiple */
  void *memory = aligned_alloc(alignment, *bytes);
#ifdef MADV_HUGEPAGE
  if (memory && *bytes >= LARGE) madvise(memory, *bytes, MADV_HUGEPAGE); /* faster where it works */
#endif
  return memory;
#endif
}

despur_status mem_alloc(void *out, size_t count, size_t size, despur_error *error) {
  void **pointer = out;
  *pointer = NULL;
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - LARGE_PAGE)
    return error_set(error, DESPUR_NO_RESOURCES, "out of memory: %zu x %zu bytes asked for", count, size);
  if (bytes == 0) bytes = 1;
  void *memory = allocate(&bytes);
  if (!memory) return error_set(error, DESPUR_NO_RESOURCES, "out of memory: %zu bytes asked for", bytes);
  memset(memory, 0, bytes);
  *pointer = memory;
  return DESPUR_OK;
}

despur_status mem_copy_text(char **out, const char *text, despur_error *error) {
  size_t length = strlen(text) + 1;
  despur_status status = mem_alloc(out, length, 1, error);
  if (status == DESPUR_OK) memcpy(*out, text, length);
  return status;
}

despur_status mem_grow(void *block, size_t old_count, size_t count, size_t size, despur_error *error) {
  void **pointer = block;
  void *larger;
  despur_status status = mem_alloc(&larger, count, size, error);
  if (status != DESPUR_OK) return status;
  size_t kept = old_count < count ? old_count : count;
  if (kept && *pointer) memcpy(larger, *pointer, kept * size);
  free(*pointer);
  *pointer = larger;
  return DESPUR_OK;
}

void mem_free(void *memory) {
  free(memory);
}

despur_status mem_multiply(size_t *out, size_t a, size_t b, despur_error *error) {
  if (__builtin_mul_overflow(a, b, out))
    return error_set(error, DESPUR_BAD_INPUT, "sizes %zu x %zu are beyond what a computer can hold", a, b);
  return DESPUR_OK;
}
