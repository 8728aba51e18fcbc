/* The colour map of Grad-CAM: derived here, not taken from a table.
 *
 * The straight line in CIELAB from (15, 45, -60) to (94, -20, 90). Equal steps of the value are equal
 * distances in a space made so that equal distances look equal; lightness rises along it, and what changes
 * besides goes from blue to yellow, which nearly everybody tells apart. The line stays inside sRGB's colours.
 */
#include "base/math.h"
#include "despur/cam.h"

/* CIE 15: the inverse of the function that compresses tristimulus values. */
static double expand(double f) {
  const double knee = 6.0 / 29;
  return f > knee ? f * f * f : 3 * knee * knee * (f - 4.0 / 29);
}

/* IEC 61966-2-1: linear light to a byte. */
static uint8_t encode(double linear) {
  if (!(linear > 0)) return 0;
  double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * math_exp(math_log(linear) / 2.4) - 0.055;
  return value >= 1 ? 255 : (uint8_t)(value * 255 + 0.5);
}

void despur_cam_colour(double value, uint8_t rgb[3]) {
  static const double WHITE[3] = {0.95047, 1, 1.08883}; /* D65 */
  static const double TO_RGB[3][3] = {{3.2404542, -1.5371385, -0.4985314},
                                      {-0.9692660, 1.8760108, 0.0415560},
                                      {0.0556434, -0.2040259, 1.0572252}};
  double at = value > 1 ? 1 : value > 0 ? value : 0;
  double light = 15 + 79 * at, a = 45 - 65 * at, b = -60 + 150 * at;
  double y = (light + 16) / 116;
  double xyz[3] = {WHITE[0] * expand(y + a / 500), WHITE[1] * expand(y), WHITE[2] * expand(y - b / 200)};
  for (int c = 0; c < 3; c++)
    rgb[c] = encode(TO_RGB[c][0] * xyz[0] + TO_RGB[c][1] * xyz[1] + TO_RGB[c][2] * xyz[2]);
}
