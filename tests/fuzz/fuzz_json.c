/* JSON: every value is there, in its place and under its name. */
#include "fuzz.h"

#include "base/json_read.h"

#include <math.h>

static size_t visit(const json_value *value, size_t depth) {
  size_t values = 1;
  FUZZ_REQUIRE(depth <= READ_DEEPEST && isfinite(value->number));
  if (value->text) fuzz_touch(value->text, strlen(value->text));
  for (size_t i = 0; i < value->count; i++) {
    const json_value *item = value->items[i];
    FUZZ_REQUIRE((item->name != NULL) == (value->kind == JSON_KIND_OBJECT));
    if (item->name) FUZZ_REQUIRE(json_find(value, item->name) == item);
    FUZZ_REQUIRE(item->next == (i + 1 < value->count ? value->items[i + 1] : NULL));
    values += visit(item, depth + 1);
  }
  return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  json_value *object;
  if (!fuzz_good(json_read_object(&object, (const char *)bytes, count, "object.json", 0, &fuzz_error)))
    return 0;
  FUZZ_REQUIRE(json_is(object, JSON_KIND_OBJECT) && visit(object, 0) <= READ_MOST_VALUES);
  mem_free(object);
  return 0;
}
