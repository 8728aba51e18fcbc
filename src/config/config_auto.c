/* data.images: auto asks the shell: its $DESPUR_DATA, its user's cache. A run keeps the answer, so that
 * verify,
 * --resume and eval read the same pictures in every shell. */
#include "base/memory.h"
#include "base/text.h"
#include "config/source.h"
#include "data/images.h"

#include <stdio.h>
#include <string.h>

/* config.yaml is read again as UTF-8. */
static bool can_be_written(const char *path) {
  char kept[CONFIG_TEXT];
  return text_is_utf8(path) && value_read_text(kept, (config_scalar){path, strlen(path), false});
}

despur_status config_resolve_images(despur_config *config, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *images = NULL;
  size_t row = (size_t)schema_find("data.images");
  if (!source_of(config)->finds_images || strcmp(config->data.images, "auto") != 0) return DESPUR_OK;
  TRY(image_auto(&images, error));
  if (!can_be_written(images)) goto cleanup; /* it is asked for again, and the hashes tell another answer */
  snprintf(config->data.images, sizeof config->data.images, "%s", images);
  config->set[row] = true;
  config->line[row] = 0;
  for (size_t i = 0; i < schema_count; i++) /* digits_train, where there are no digits to draw */
    if (config->set[i] && schema_in_section(&schema_rows[i], "data") && config_row_is_idle(config, i))
      TRY(config_reset_row(config, i, error));
cleanup:
  mem_free(images);
  return status;
}
