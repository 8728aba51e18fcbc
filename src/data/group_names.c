/* What groups are called: "y=waterbird,a=land" where classes and values of the attribute have names, else
 * "y=1,a=0".
 *
 * A comma ends the class, so no name may have one, and a group's name has a fixed length: a name that is too
 * long or has such a character is changed, and its number put behind it, by which it stays unique. */
#include "base/format.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = DESPUR_GROUP_NAME - 1 - 5, LEAST = 12 /* "k=1000", "e=1" and the like */ };

static size_t longest(const char *const *names, size_t count) {
  size_t most = 0;
  for (size_t i = 0; names && i < count; i++)
    if (strlen(names[i]) > most) most = strlen(names[i]);
  return most;
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

group_naming groups_naming(const despur_dataset *dataset) {
  const size_t class_most = longest(dataset->class_names, dataset->classes);
  const size_t attribute_most = larger(LEAST, longest(dataset->attribute_names, dataset->attributes));
  const size_t class_room = smaller(class_most, larger(ROOM / 2, ROOM - smaller(attribute_most, ROOM)));
  return (group_naming){dataset, class_room, ROOM - class_room};
}

static bool is_plain(char c) {
  return c != ',' && c != '"' && (unsigned char)c >= ' ' && c != 127;
}

/* The value's name as it is or as it has to be; its number where it has none. */
static void put_value(char *out, const char *const *names, size_t code, size_t room) {
  char number[24];
  if (!names) {
    snprintf(out, DESPUR_GROUP_NAME, "%zu", code);
    return;
  }
  const char *name = names[code];
  bool plain = strlen(name) <= room;
  for (const char *c = name; *c; c++) plain = plain && is_plain(*c);
  size_t kept = strlen(name), digits = (size_t)snprintf(number, sizeof number, "~%zu", code);
  if (plain) {
    memcpy(out, name, kept + 1);
    return;
  }
  kept = smaller(kept, room - digits);
  while (kept > 0 && ((unsigned char)name[kept] & 0xc0) == 0x80) kept--; /* between characters of UTF-8 */
  for (size_t i = 0; i < kept; i++) {
    out[i] = name[i];
    if (!is_plain(name[i])) out[i] = ' ';
  }
  memcpy(out + kept, number, digits + 1);
}

void groups_class_word(char word[DESPUR_GROUP_NAME], const group_naming *naming, size_t label) {
  put_value(word, naming->dataset->class_names, label, larger(naming->class_room, LEAST));
}

void groups_attribute_word(char word[DESPUR_GROUP_NAME], const group_naming *naming, size_t value) {
  put_value(word, naming->dataset->attribute_names, value, naming->attribute_room);
}

void groups_name(char name[DESPUR_GROUP_NAME], const group_naming *naming, size_t g, size_t attributes) {
  char class[DESPUR_GROUP_NAME], value[DESPUR_GROUP_NAME];
  groups_class_word(class, naming, g / attributes);
  groups_attribute_word(value, naming, attributes > 1 ? g % attributes : 0);
  if (attributes > 1)
    format_text(name, DESPUR_GROUP_NAME, "y=%s,a=%s", class, value);
  else
    format_text(name, DESPUR_GROUP_NAME, "y=%s", class);
}

void groups_name_class(char name[DESPUR_GROUP_NAME], const group_naming *naming, uint32_t label) {
  const despur_dataset *d = naming->dataset;
  char class[DESPUR_GROUP_NAME], rest[DESPUR_GROUP_NAME];
  if (!d->class_names || label >= d->classes) return;
  groups_class_word(class, naming, label);
  snprintf(rest, sizeof rest, "%s", name + strcspn(name, ","));
  format_text(name, DESPUR_GROUP_NAME, "y=%s%s", class, rest);
}
