/* SHA-256 (FIPS 180-4), for manifests and downloads. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sha256 {
  uint32_t state[8];
  uint64_t length; /* bytes so far */
  uint8_t block[64];
  bool by_instructions; /* the processor has some for it */
} sha256;

enum { SHA256_HEX = 65 }; /* 64 digits and the NUL */

void sha256_init(sha256 *hash);
void sha256_add(sha256 *hash, const void *data, size_t bytes);
void sha256_finish(sha256 *hash, char hex[SHA256_HEX]);

#endif
