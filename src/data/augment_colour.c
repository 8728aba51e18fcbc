/* Augmentation: brightness, contrast, saturation and hue of images from 0 to 1, by torchvision's formulas
 * (transforms.ColorJitter on tensors). */
#include "data/augment.h"

#include <math.h>

static float clamp(float x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Of one pixel; of images of one channel the value itself. */
static float grey_of(const float *pixel, size_t area, size_t channels) {
  if (channels == 1) return *pixel;
  return 0.2989f * pixel[0] + 0.587f * pixel[area] + 0.114f * pixel[2 * area];
}

static float mean_grey(const float *image, size_t area, size_t channels) {
  double sum = 0;
  for (size_t i = 0; i < area; i++) sum += (double)grey_of(image + i, area, channels);
  return (float)(sum / (double)area);
}

static void brighten(float *image, size_t values, float factor) {
  for (size_t i = 0; i < values; i++) image[i] = clamp(factor * image[i]);
}

static void change_contrast(float *image, size_t area, size_t channels, float factor) {
  const float mean = (1 - factor) * mean_grey(image, area, channels);
  for (size_t i = 0; i < channels * area; i++) image[i] = clamp(factor * image[i] + mean);
}

static void change_saturation(float *image, size_t area, float factor) {
  for (size_t i = 0; i < area; i++) {
    const float grey = (1 - factor) * grey_of(image + i, area, 3);
    for (size_t c = 0; c < 3; c++) image[c * area + i] = clamp(factor * image[c * area + i] + grey);
  }
}

typedef struct hsv {
  float hue, saturation, value; /* hue in turns, [0, 1) */
} hsv;

static hsv to_hsv(float r, float g, float b) {
  const float most = fmaxf(r, fmaxf(g, b)), least = fminf(r, fminf(g, b)), range = most - least;
  if (!(range > 0)) return (hsv){0, 0, most};
  const float red = (most - r) / range, green = (most - g) / range, blue = (most - b) / range;
  float sixth = 4 + green - red;
  if (most == r)
    sixth = blue - green;
  else if (most == g)
    sixth = 2 + red - blue;
  return (hsv){fmodf(sixth / 6 + 1, 1), range / most, most};
}

static void from_hsv(float *pixel, size_t area, hsv c) {
  const float sixth = c.hue * 6, whole = floorf(sixth), rest = sixth - whole;
  const float p = clamp(c.value * (1 - c.saturation)), q = clamp(c.value * (1 - c.saturation * rest)),
              t = clamp(c.value * (1 - c.saturation * (1 - rest))), v = c.value;
  const float by_sixth[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
  const float *chosen = by_sixth[(int)whole % 6];
  for (size_t i = 0; i < 3; i++) pixel[i * area] = chosen[i];
}

static void turn_hue(float *image, size_t area, float turns) {
  for (size_t i = 0; i < area; i++) {
    hsv c = to_hsv(image[i], image[area + i], image[2 * area + i]);
    c.hue = fmodf(c.hue + turns + 1, 1);
    from_hsv(image + i, area, c);
  }
}

void augment_colour(float *image, despur_shape shape, const augment_draw *draw) {
  const size_t area = shape.height * shape.width;
  if (draw->factor[0] != 1) brighten(image, shape.channels * area, (float)draw->factor[0]);
  if (draw->factor[1] != 1) change_contrast(image, area, shape.channels, (float)draw->factor[1]);
  if (draw->factor[2] != 1) change_saturation(image, area, (float)draw->factor[2]);
  if (draw->hue != 0) turn_hue(image, area, (float)draw->hue);
}
