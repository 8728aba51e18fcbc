#include "picture/photograph.h"

#include "base/memory.h"
#include "picture/list.h"

static size_t scaled(size_t at, size_t from, size_t to) {
  return (size_t)((double)at * (double)to / (double)from + 0.5);
}

/* A box of from_width x from_height pixels in another size, at least one pixel and not beyond the last. */
static picture_box scale_box(picture_box box, size_t from_width, size_t from_height, size_t width,
                             size_t height) {
  picture_box out = {.left = scaled(box.left, from_width, width),
                     .top = scaled(box.top, from_height, height)};
  if (out.left >= width) out.left = width - 1;
  if (out.top >= height) out.top = height - 1;
  out.width = scaled(box.left + box.width, from_width, width);
  out.height = scaled(box.top + box.height, from_height, height);
  out.width = out.width > out.left ? out.width - out.left : 1;
  out.height = out.height > out.top ? out.height - out.top : 1;
  if (out.width > width - out.left) out.width = width - out.left;
  if (out.height > height - out.top) out.height = height - out.top;
  return out;
}

despur_status photograph_of(photograph *out, const picture *p, size_t side, size_t shorter,
                            despur_error *error) {
  size_t width, height;
  const picture_box box = picture_fit_box(p, side, shorter, &width, &height);
  despur_status status = picture_shrink(&out->whole, p, PHOTOGRAPH_SIDE, error);
  if (status == DESPUR_OK) out->seen = scale_box(box, width, height, out->whole.width, out->whole.height);
  return status;
}

void photograph_release(photograph *p) {
  mem_free(p->whole.rgb);
  *p = (photograph){0};
}

despur_status photograph_shrink(photograph *out, const photograph *p, size_t side, despur_error *error) {
  *out = (photograph){0};
  const picture whole = {.width = p->whole.width, .height = p->whole.height, .rgb = p->whole.rgb};
  despur_status status = picture_shrink(&out->whole, &whole, side, error);
  if (status == DESPUR_OK)
    out->seen = scale_box(p->seen, whole.width, whole.height, out->whole.width, out->whole.height);
  return status;
}
