/* Pictures of every format, at their own size and reduced; what is told by EXIF. */
#include "fuzz.h"

#include "picture/picture.h"
#include "picture/resize.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  enum { SIDE = 8 };
  uint8_t fitted[3 * SIDE * SIDE];
  picture p;
  const int orientation = exif_orientation(bytes, count);
  FUZZ_REQUIRE(orientation >= 1 && orientation <= 8);
  for (size_t side = 0; side <= SIDE; side += SIDE) {
    if (!fuzz_good(picture_decode(&p, bytes, count, side, &fuzz_error))) continue;
    FUZZ_REQUIRE(p.width > 0 && p.height > 0 && p.width * p.height <= PICTURE_MOST_PIXELS);
    fuzz_touch(p.rgb, 3 * p.width * p.height);
    if (fuzz_good(picture_fit(fitted, &p, SIDE, SIDE, (despur_filter)(count % 2), &fuzz_error)))
      fuzz_touch(fitted, sizeof fitted);
    picture_release(&p);
  }
  return 0;
}
