/* Asking and telling a despur_watch. */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include "base/error.h"
#include "despur/watch.h"

/* DESPUR_INTERRUPTED when it wants to stop. */
DESPUR_MUST_USE despur_status watch_ask(const despur_watch *watch, despur_error *error);

void watch_tell(const despur_watch *watch, const char *stage, size_t done, size_t total);

/* The same watch for a part of the work, of which it can stop all, and hears nothing. */
despur_watch watch_quiet(const despur_watch *watch);

#endif
