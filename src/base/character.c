#include "despur/text.h"

size_t despur_text_character(const char *at) {
  const unsigned char *s = (const unsigned char *)at;
  if (*s < 0x80) return *s >= 0x20 ? *s != 0x7f : *s == '\n' || *s == '\t';
  size_t length = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
  if (*s < 0xc2 || *s > 0xf4) return 0;
  for (size_t i = 1; i < length; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if (*s == 0xc2 && s[1] < 0xa0) return 0; /* C1 controls */
  if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f)) return 0;
  if ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f)) return 0;
  if (*s == 0xef && s[1] == 0xbf && s[2] >= 0xbe) return 0;
  return length;
}
