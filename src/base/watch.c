#include "base/watch.h"

despur_status watch_ask(const despur_watch *watch, despur_error *error) {
  if (!watch->stop || !watch->stop(watch->context)) return DESPUR_OK;
  return error_set(error, DESPUR_INTERRUPTED, "interrupted");
}

void watch_tell(const despur_watch *watch, const char *stage, size_t done, size_t total) {
  if (watch->progress) watch->progress(watch->context, stage, done, total);
}

despur_watch watch_quiet(const despur_watch *watch) {
  return (despur_watch){.context = watch->context, .stop = watch->stop};
}
