/* The pictures of a list at one size, decoded once and kept in a file: DIRECTORY/KEY/pictures.bytes, where
 * the key is a hash of the folder, of names, sizes and times of all pictures, and of how they were resized.
 * What is in the file depends on the pictures alone.
 *
 * 64 bytes of header; pixels [count][3][side][side]; crc [count], CRC-32 of the pixels, little-endian; state
 * [count], 1 for a picture that could not be read, whose pixels are 0. */
#ifndef PICTURE_CACHE_H
#define PICTURE_CACHE_H

#include "picture/list.h"
#include "picture/picture.h"

typedef struct picture_cache {
  char path[1024];
  int file;            /* open for reading */
  size_t count, bytes; /* of one picture */
  uint8_t *state;      /* [count] */
  text_list reasons;   /* "PATH: REASON" of those that cannot be read */
} picture_cache;

/* Opens the file, or makes it. side, shorter and threads of options are those to take. Release with
 * cache_close, also after an error. */
DESPUR_MUST_USE despur_status cache_open(picture_cache *out, const picture_list *list,
                                         const despur_pictures_options *options, despur_error *error);
void cache_close(picture_cache *cache);

/* Reads one picture: out[bytes]. Thread-safe. */
DESPUR_MUST_USE despur_status cache_read(const picture_cache *cache, size_t index, uint8_t *out,
                                         despur_error *error);

/* Decodes a picture of the list; least as in picture_decode. Messages begin with its path. Release with
 * picture_release, also after an error. */
DESPUR_MUST_USE despur_status picture_read(picture *out, const picture_list *list, size_t index, size_t least,
                                           despur_error *error);

/* The same at its size: out[3][side][side]. */
DESPUR_MUST_USE despur_status picture_load(uint8_t *out, const picture_list *list, size_t index,
                                           const despur_pictures_options *options, despur_error *error);

#endif
