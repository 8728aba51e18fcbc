#include "base/dictionary.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_SLOTS = 64 };

/* ---- SipHash-1-3 ---- */

/* Aumasson and Bernstein 2012, with one round for each word and three at the end, as the dictionaries of Rust
 * and Python have it: enough against keys that somebody has made to collide, since the result is never shown.
 */

static inline uint64_t turn(uint64_t x, int bits) {
  return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4]) {
  v[0] += v[1];
  v[2] += v[3];
  v[1] = turn(v[1], 13) ^ v[0];
  v[3] = turn(v[3], 16) ^ v[2];
  v[0] = turn(v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = turn(v[1], 17) ^ v[2];
  v[3] = turn(v[3], 21) ^ v[0];
  v[2] = turn(v[2], 32);
}

static uint64_t hash_of(const dictionary *d, const void *key, size_t length) {
  const uint8_t *at = key;
  uint64_t word;
  /* the paper's "somepseudorandomlygeneratedbytes" */
  uint64_t v[4] = {d->secret[0] ^ 0x736f6d6570736575U, d->secret[1] ^ 0x646f72616e646f6dU,
                   d->secret[0] ^ 0x6c7967656e657261U, d->secret[1] ^ 0x7465646279746573U};
  size_t left = length;
  for (; left >= 8; left -= 8, at += 8) {
    memcpy(&word, at, 8);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
  }
  word = (uint64_t)length << 56;
  for (size_t i = 0; i < left; i++) word |= (uint64_t)at[i] << (8 * i);
  v[3] ^= word;
  sip_round(v);
  v[0] ^= word;
  v[2] ^= 0xff;
  for (int i = 0; i < 3; i++) sip_round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table ---- */

/* The slot that says which entry is there, or the free one where the key belongs. Slots hold the number of an
 * entry plus one, so that fresh memory is free slots; at most half of them are taken, so a search ends. */
static size_t slot_of(const dictionary *d, uint64_t hash, const void *key, size_t length) {
  size_t mask = d->slot_count - 1, slot = hash & mask;
  for (; d->slots[slot]; slot = (slot + 1) & mask) {
    const dictionary_entry *e = &d->entries[d->slots[slot] - 1];
    if (e->hash == hash && e->length == length && memcmp(d->bytes + e->at, key, length) == 0) break;
  }
  return slot;
}

/* Twice as many slots as there will be keys, at least. */
static despur_status grow_slots(dictionary *d, despur_error *error) {
  despur_status status = DESPUR_OK;
  size_t count = d->slot_count ? 2 * d->slot_count : FIRST_SLOTS;
  uint32_t *slots;
  TRY(mem_alloc(&slots, count, sizeof *slots, error));
  for (size_t i = 0; i < d->count; i++) {
    size_t slot = d->entries[i].hash & (count - 1);
    while (slots[slot]) slot = (slot + 1) & (count - 1);
    slots[slot] = (uint32_t)i + 1;
  }
  mem_free(d->slots);
  d->slots = slots;
  d->slot_count = count;
cleanup:
  return status;
}

/* Where the system has no random bits, the clock and an address must do. */
static void draw_secret(dictionary *d) {
  if (getentropy(d->secret, sizeof d->secret) == 0) return;
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  d->secret[0] = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
  d->secret[1] = (uint64_t)(uintptr_t)d;
}

static despur_status reserve(dictionary *d, size_t length, despur_error *error) {
  despur_status status = DESPUR_OK;
  if (d->count >= UINT32_MAX - 1) FAIL(error, DESPUR_BAD_INPUT, "expected fewer than 2^32 different values");
  if (2 * (d->count + 1) > d->slot_count) TRY(grow_slots(d, error));
  if (d->count == d->room) {
    size_t room = d->room ? 2 * d->room : FIRST_SLOTS;
    TRY(mem_grow(&d->entries, d->room, room, sizeof *d->entries, error));
    d->room = room;
  }
  if (d->bytes_room - d->bytes_used < length + 1) {
    size_t room = 2 * d->bytes_room + length + FIRST_SLOTS;
    TRY(mem_grow(&d->bytes, d->bytes_room, room, 1, error));
    d->bytes_room = room;
  }
cleanup:
  return status;
}

despur_status dictionary_add(uint32_t *index, dictionary *d, const void *key, size_t length,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  if (d->slot_count == 0) draw_secret(d);
  uint64_t hash = hash_of(d, key, length);
  if (d->slot_count > 0) {
    size_t slot = slot_of(d, hash, key, length);
    *index = d->slots[slot] - 1;
    if (d->slots[slot]) return DESPUR_OK;
  }
  TRY(reserve(d, length, error));
  *index = (uint32_t)d->count;
  d->slots[slot_of(d, hash, key, length)] = *index + 1;
  d->entries[d->count++] = (dictionary_entry){d->bytes_used, length, hash};
  if (length > 0) memcpy(d->bytes + d->bytes_used, key, length);
  d->bytes_used += length + 1; /* what is behind is zero */
cleanup:
  return status;
}

bool dictionary_find(uint32_t *index, const dictionary *d, const void *key, size_t length) {
  if (d->slot_count == 0) return false;
  size_t slot = slot_of(d, hash_of(d, key, length), key, length);
  *index = d->slots[slot] - 1;
  return d->slots[slot] > 0;
}

const char *dictionary_key(const dictionary *d, uint32_t index) {
  assert(index < d->count);
  return d->bytes + d->entries[index].at;
}

void dictionary_release(dictionary *d) {
  mem_free(d->entries);
  mem_free(d->bytes);
  mem_free(d->slots);
  *d = (dictionary){0};
}
