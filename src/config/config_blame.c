#include "base/format.h"
#include "config/schema.h"

#include <stdarg.h>

despur_status config_blame(const despur_config *config, const char *key, despur_error *error,
                           const char *format, ...) {
  char reason[1024];
  va_list args;
  va_start(args, format);
  format_args(reason, sizeof reason, format, args);
  va_end(args);
  int line = config->line[schema_find(key)];
  if (line == 0) return error_set(error, DESPUR_BAD_USAGE, "%s: %s", key, reason);
  return error_set(error, DESPUR_BAD_INPUT, "%s:%d: %s: %s", config->file, line, key, reason);
}
