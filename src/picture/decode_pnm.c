/* Netpbm's binary formats: P6 has colours, P5 grey; numbers of one byte up to a maximum of 255, else of two,
 * the upper first. */
#include "io/file.h"
#include "picture/picture.h"

#include <string.h>

enum { MOST = 99999999, HIGHEST = 65535 };

typedef struct pnm_header {
  const uint8_t *bytes;
  size_t count, at;
} pnm_header;

static bool is_space(uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Blanks and comments, then a number; 0 when there is none. */
static size_t next_number(pnm_header *h) {
  size_t number = 0;
  while (h->at < h->count && (is_space(h->bytes[h->at]) || h->bytes[h->at] == '#')) {
    if (h->bytes[h->at] == '#')
      while (h->at < h->count && h->bytes[h->at] != '\n') h->at++;
    else
      h->at++;
  }
  for (; h->at < h->count && h->bytes[h->at] >= '0' && h->bytes[h->at] <= '9' && number <= MOST; h->at++)
    number = 10 * number + (size_t)(h->bytes[h->at] - '0');
  return number;
}

despur_status decode_pnm(picture *out, const uint8_t *bytes, size_t count, size_t side, int *orientation,
                         despur_error *error) {
  despur_status status = DESPUR_OK;
  pnm_header h = {bytes, count, 2};
  (void)side, (void)orientation;
  const size_t width = next_number(&h), height = next_number(&h), highest = next_number(&h);
  if (h.at >= count || !is_space(bytes[h.at]) || highest == 0 || highest > HIGHEST)
    FAIL(error, DESPUR_BAD_INPUT, "PPM: expected width, height and a maximum from 1 to %d", HIGHEST);
  h.at++;
  TRY(picture_check_size(width, height, error));
  const size_t channels = bytes[1] == '6' ? 3 : 1, size = highest > 255 ? 2 : 1;
  const size_t needed = width * height * channels * size;
  if (count - h.at < needed)
    FAIL(error, DESPUR_BAD_INPUT, "PPM: expected %s bytes of pixels, found %s", file_grouped(needed).text,
         file_grouped(count - h.at).text);
  TRY(picture_allocate(out, width, height, error));
  for (size_t i = 0; i < width * height; i++)
    for (size_t c = 0; c < 3; c++) {
      const uint8_t *from = bytes + h.at + size * (i * channels + (channels == 3 ? c : 0));
      const size_t value = size == 2 ? ((size_t)from[0] << 8 | from[1]) : from[0];
      out->rgb[3 * i + c] = (uint8_t)((510 * (value < highest ? value : highest) + highest) / (2 * highest));
    }
cleanup:
  return status;
}
