/* What this library is, and what it may use of the machine. */
#include "base/processors.h"
#include "despur/run.h"

const char *despur_version(void) {
  return DESPUR_VERSION;
}

const char *despur_version_features(void) {
#ifdef DESPUR_HAVE_CURL
  return "downloads (libcurl)";
#else
  return "no downloads (built without libcurl)";
#endif
}

int despur_processors(void) {
  return processors_allowed();
}
