/* Numbers for distinct keys, in the order in which they come. Hashes are keyed with random bits of the
 * process (SipHash, Aumasson and Bernstein 2012), so no input can be made whose keys collide; nothing that
 * comes out depends on the bits. */
#ifndef BASE_DICTIONARY_H
#define BASE_DICTIONARY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dictionary_entry {
  size_t at, length; /* in bytes */
  uint64_t hash;
} dictionary_entry;

/* {0} is empty. */
typedef struct dictionary {
  dictionary_entry *entries;
  size_t count, room;
  char *bytes; /* the keys one after the other, each with a NUL behind it */
  size_t bytes_used, bytes_room;
  uint32_t *slots; /* entries + 1 by hash, 0: free; a power of two */
  size_t slot_count;
  uint64_t secret[2];
} dictionary;

void dictionary_release(dictionary *d); /* leaves it empty */

/* *index = the number of this key, which is new when it is the former count. DESPUR_BAD_INPUT beyond 2^32 - 2
 * keys. */
DESPUR_MUST_USE despur_status dictionary_add(uint32_t *index, dictionary *d, const void *key, size_t length,
                                             despur_error *error);

/* Whether the key is there, and its number. */
bool dictionary_find(uint32_t *index, const dictionary *d, const void *key, size_t length);

/* A key, with a NUL behind it; valid until the next one is added. */
const char *dictionary_key(const dictionary *d, uint32_t index);

#endif
