/* The orientation in a block of EXIF (CIPA DC-008, section 4.6): a TIFF header, then a directory of entries
 * of twelve bytes. */
#include "picture/picture.h"

#include <string.h>

enum { ORIENTATION = 0x112, SHORT_VALUE = 3, ENTRY = 12 };

static unsigned read_16(const uint8_t *at, bool big) {
  return big ? (unsigned)(at[0] << 8 | at[1]) : (unsigned)(at[1] << 8 | at[0]);
}

static size_t read_32(const uint8_t *at, bool big) {
  const size_t first = read_16(at, big), second = read_16(at + 2, big);
  return big ? first << 16 | second : second << 16 | first;
}

int exif_orientation(const uint8_t *exif, size_t count) {
  if (count < 8) return 1;
  const bool big = exif[0] == 'M';
  if (memcmp(exif, big ? "MM\0*" : "II*\0", 4) != 0) return 1;
  const size_t directory = read_32(exif + 4, big);
  if (directory > count - 2) return 1;
  const size_t entries = read_16(exif + directory, big), room = (count - directory - 2) / ENTRY;
  for (size_t i = 0; i < entries && i < room; i++) {
    const uint8_t *entry = exif + directory + 2 + i * ENTRY;
    if (read_16(entry, big) != ORIENTATION) continue;
    const unsigned value = read_16(entry + 8, big);
    return read_16(entry + 2, big) == SHORT_VALUE && value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}
