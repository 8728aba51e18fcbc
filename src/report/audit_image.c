#include "report/audit_image.h"

#include "base/memory.h"
#include "io/page_image.h"

enum {
  PIXELS_SHOWN_AS_THEY_ARE = 48,
  MOST_PAGE_BYTES = 1900000 /* what comes behind pictures takes less than 100,000 */
};

bool audit_image_is_small(const despur_thumbnail *t) {
  return t->width < PIXELS_SHOWN_AS_THEY_ARE;
}

/* In base64, where the page has room for it. */
static despur_status add_data(markup *m, const despur_thumbnail *t, despur_error *error) {
  despur_status status = DESPUR_OK;
  page_image image = {0};
  if (m->status != DESPUR_OK) return DESPUR_OK;
  TRY(page_image_encode(&image, t->width, t->height, t->rgb, audit_image_is_small(t), error));
  markup_raw(m, "src=\"data:");
  if (m->text.length + image.count / 3 * 4 > MOST_PAGE_BYTES) {
    markup_raw(m, ","); /* what it shows is said instead */
    goto cleanup;
  }
  markup_raw(m, image.is_jpeg ? "image/jpeg;base64," : "image/png;base64,");
  if (m->status == DESPUR_OK) TRY(text_add_base64(&m->text, image.bytes, image.count, error));
cleanup:
  page_image_release(&image);
  return status;
}

void audit_image(markup *m, const despur_thumbnail *t) {
  markup_print(m, "<img width=\"%zu\" height=\"%zu\" style=\"object-fit:contain;image-rendering:%s\" ",
               t->width, t->height, audit_image_is_small(t) ? "pixelated" : "auto");
  const despur_status status = add_data(m, t, m->error);
  if (m->status == DESPUR_OK) m->status = status;
}
