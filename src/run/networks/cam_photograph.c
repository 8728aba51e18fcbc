#include "run/networks/cam_photograph.h"

#include "base/memory.h"
#include "eval/maps/cam.h"
#include "io/png.h"

#include <string.h>

despur_status cam_find_photograph(photograph *out, const despur_dataset *dataset, uint32_t example,
                                  despur_error *error) {
  const despur_shape shape = dataset->shape;
  *out = (photograph){0};
  if (!dataset->pictures) return DESPUR_OK;
  despur_status status = photograph_read(out, dataset->pictures, example, error);
  if (status == DESPUR_NO_RESOURCES) return status;
  if (status != DESPUR_OK || out->seen.width <= shape.width || out->seen.height <= shape.height)
    photograph_release(out);
  return DESPUR_OK;
}

despur_status cam_has_photographs(bool *out, const despur_dataset *dataset, uint32_t example,
                                  despur_error *error) {
  photograph p;
  const despur_status status = cam_find_photograph(&p, dataset, example, error);
  *out = p.whole.rgb != NULL;
  photograph_release(&p);
  return status;
}

despur_status cam_take_image(photograph *out, const despur_dataset *dataset, uint32_t example,
                             despur_error *error) {
  despur_status status = DESPUR_OK;
  const despur_shape shape = dataset->shape;
  float *image = NULL;
  TRY(mem_alloc(&image, shape.channels * shape.height, shape.width * sizeof *image, error));
  TRY(mem_alloc(&out->whole.rgb, shape.height * shape.width, 3, error));
  out->whole.width = shape.width;
  out->whole.height = shape.height;
  out->seen = (picture_box){0, 0, shape.width, shape.height};
  despur_dataset_image(dataset, example, image);
  cam_draw_image(out->whole.rgb, 3 * shape.width, image, shape, 1);
cleanup:
  mem_free(image);
  return status;
}

static cam_photograph as_drawn(const photograph *p) {
  return (cam_photograph){.rgb = p->whole.rgb,
                          .width = p->whole.width,
                          .height = p->whole.height,
                          .left = p->seen.left,
                          .top = p->seen.top,
                          .seen_width = p->seen.width,
                          .seen_height = p->seen.height};
}

despur_status cam_overlay_photograph(despur_picture *out, const photograph *p, const float *map,
                                     despur_shape shape, despur_error *error) {
  despur_status status = DESPUR_OK;
  const cam_photograph drawn = as_drawn(p);
  uint8_t *rgb = NULL;
  TRY(mem_alloc(&rgb, drawn.width * drawn.height, 3, error));
  TRY(cam_draw_photograph(rgb, 3 * drawn.width, &drawn, map, shape, error));
  out->width = drawn.width;
  out->height = drawn.height;
  TRY(png_encode(&out->bytes, &out->count, drawn.width, drawn.height, rgb, error));
cleanup:
  mem_free(rgb);
  return status;
}

despur_status cam_put_photograph(const contact_sheet *s, size_t row, size_t column, const photograph *p,
                                 const float *map, despur_shape shape, despur_error *error) {
  const cam_photograph drawn = as_drawn(p);
  const size_t stride = 3 * s->width;
  uint8_t *to =
      sheet_pixel(s, row, column, (s->tile_height - drawn.height) / 2, (s->tile_width - drawn.width) / 2);
  if (map) return cam_draw_photograph(to, stride, &drawn, map, shape, error);
  for (size_t y = 0; y < drawn.height; y++)
    memcpy(to + y * stride, drawn.rgb + 3 * y * drawn.width, 3 * drawn.width);
  return DESPUR_OK;
}
