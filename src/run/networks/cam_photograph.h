/* Maps over the photographs that images were cut from. */
#ifndef RUN_CAM_PHOTOGRAPH_H
#define RUN_CAM_PHOTOGRAPH_H

#include "data/dataset.h"
#include "despur/run_cam.h"
#include "picture/photograph.h"

/* *out = the photograph of an example; empty where there is none, where it is no larger than the image that
 * was made of it, and where it cannot be read any more. Release with photograph_release, also after an error.
 */
DESPUR_MUST_USE despur_status cam_find_photograph(photograph *out, const despur_dataset *dataset,
                                                  uint32_t example, despur_error *error);

/* Whether an example has one, and so, as a rule, all. */
DESPUR_MUST_USE despur_status cam_has_photographs(bool *out, const despur_dataset *dataset, uint32_t example,
                                                  despur_error *error);

/* The image itself, all of it seen. */
DESPUR_MUST_USE despur_status cam_take_image(photograph *out, const despur_dataset *dataset, uint32_t example,
                                             despur_error *error);

/* A map [shape.height, shape.width] over a photograph, as a PNG of its own size. */
DESPUR_MUST_USE despur_status cam_overlay_photograph(despur_picture *out, const photograph *p,
                                                     const float *map, despur_shape shape,
                                                     despur_error *error);

/* The same in a tile, or, where map is NULL, the photograph itself. It is no larger than the tile. */
DESPUR_MUST_USE despur_status cam_put_photograph(const contact_sheet *s, size_t row, size_t column,
                                                 const photograph *p, const float *map, despur_shape shape,
                                                 despur_error *error);

#endif
