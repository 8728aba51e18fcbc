/* The table of data sources. */
#include "config/source.h"

#include <string.h>

#define ADDRESS(name) &source_##name,
static const data_source *const ALL[] = {DATA_SOURCES(ADDRESS)};

enum { COUNT = sizeof ALL / sizeof *ALL };

const data_source *source_of(const despur_config *config) {
  return ALL[config->data.source];
}

const data_source *source_named(const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (strcmp(ALL[i]->name, name) == 0) return ALL[i];
  return NULL;
}

bool source_uses(const data_source *source, const char *key) {
  for (size_t i = 0; i < SOURCE_KEYS && source->keys[i]; i++)
    if (strcmp(source->keys[i], key) == 0) return true;
  return false;
}

const data_source *source_at(size_t place) {
  return place < COUNT ? ALL[place] : NULL;
}

int source_place(const data_source *source) {
  int place = 0;
  while (ALL[place] != source) place++;
  return place;
}

unsigned sources_with(const char *key) {
  unsigned found = 0;
  for (size_t i = 0; i < COUNT; i++)
    if (source_uses(ALL[i], key)) found |= 1u << i;
  return found;
}
