/* The schema: one row for each key says all there is to know about it. Reading, checking, printing and the
 * help are loops over these rows. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "base/text.h"
#include "config/config.h"
#include "despur/text.h"

typedef enum config_type {
  CONFIG_IS_INTEGER, /* int64_t */
  CONFIG_IS_REAL,    /* double, finite */
  CONFIG_IS_BOOLEAN, /* bool */
  CONFIG_IS_CHOICE,  /* int: index into choices */
  CONFIG_IS_TEXT,    /* char[CONFIG_TEXT] */
  CONFIG_IS_PATH,    /* the same, naming a file */
  CONFIG_IS_REALS,   /* config_reals; one value may stand without brackets where one is enough */
  CONFIG_IS_CLASSES  /* config_classes */
} config_type;

typedef struct config_row {
  const char *key; /* dotted */
  config_type type;
  size_t offset;              /* in struct despur_config */
  int64_t low, high;          /* of integers, inclusive */
  double minimum, maximum;    /* of reals */
  bool above, below;          /* minimum, maximum are themselves excluded */
  size_t fewest, most;        /* elements of a list of reals */
  const char *const *choices; /* NULL-terminated */
  const char *initial, *help; /* default, as YAML; one line */
} config_row;

enum { CONFIG_NO_ROW = -1, CONFIG_EXPECTED = 256, CONFIG_KEY = 64 };

/* Rows of a section stand together, and sections in the order in which they are printed. */
extern const config_row schema_rows[];
extern const size_t schema_count;

/* Index of the row, or CONFIG_NO_ROW. */
int schema_find(const char *key);

/* Whether row lies in the section of that dotted name. */
bool schema_in_section(const config_row *row, const char *section);

/* Index of the section's first row, or CONFIG_NO_ROW when there is no such section. */
int schema_find_section(const char *section);

/* The key or section nearest to a wrong one; false when none is near. */
bool schema_nearest(char out[CONFIG_KEY], const char *key);

/* Why there is no such key, of those that one may look for; NULL. */
const char *schema_reason(const char *key);

static inline void *schema_field(despur_config *config, const config_row *row) {
  return (char *)config + row->offset;
}

static inline const void *schema_value(const despur_config *config, const config_row *row) {
  return (const char *)config + row->offset;
}

/* What a value of this row must be: "an integer from 1 to 4096". */
void schema_expected(const config_row *row, char out[CONFIG_EXPECTED]);

/* ---- config_value.c: one value from and to text; numbers do not depend on the locale ---- */

/* A YAML scalar. Length counts NULs that an escape may have put inside. */
typedef struct config_scalar {
  const char *text;
  size_t length;
  bool plain; /* not quoted */
} config_scalar;

enum { VALUE_DIGITS = 32 };

/* The fewest digits that read back as the same finite number (a subnormal one may get more of them). */
void value_shortest(char out[VALUE_DIGITS], double number);

/* Nothing after the colon, or null. */
bool value_is_empty(config_scalar scalar);

/* Each is false when the scalar is not of that form or out of the row's range. */
bool value_read_integer(int64_t *out, const config_row *row, config_scalar scalar);
bool value_read_real(double *out, const config_row *row, config_scalar scalar);
bool value_read_boolean(bool *out, config_scalar scalar);
bool value_read_choice(int *out, const config_row *row, config_scalar scalar);
bool value_read_text(char out[CONFIG_TEXT], config_scalar scalar);

/* Appends the row's value as YAML that reads back as the same value. */
DESPUR_MUST_USE despur_status value_format(text *out, const despur_config *config, const config_row *row,
                                           despur_error *error);

/* ---- config_blame.c ---- */

/* Blames a key, by its line if it stands in the file: DESPUR_BAD_INPUT then, else DESPUR_BAD_USAGE. */
__attribute__((format(printf, 4, 5))) despur_status
config_blame(const despur_config *config, const char *key, despur_error *error, const char *format, ...);

/* ---- config_check.c ---- */

enum { CONFIG_REASON = 256 };

/* Whether the key of a row has no effect beside the other values; then needs says what it would take. */
bool config_why_idle(const despur_config *config, size_t row, char needs[CONFIG_REASON]);

/* ---- config_dataset.c ---- */

/* Whether the row names a file of the data set that the configuration's file asked for and that is not there.
 */
bool config_misses_file(const despur_config *config, size_t row);

/* ---- config_drop.c ---- */

/* Notes, of a configuration that comes from a file alone, which keys are idle in it and which methods it has.
 */
void config_remember_file(despur_config *config);

/* ---- config_auto.c ---- */

/* data.images: auto becomes what it stands for in this shell, "digits" or a directory. Keys that this leaves
 * without effect get their defaults. A directory whose name no YAML can hold leaves "auto" there. */
DESPUR_MUST_USE despur_status config_resolve_images(despur_config *config, despur_error *error);

/* ---- presets.c ---- */

/* Gives every key that nobody has set the default that fits the other values. */
DESPUR_MUST_USE despur_status config_settle(despur_config *config, despur_error *error);

/* Back to the default, as if nobody had set it. */
DESPUR_MUST_USE despur_status config_reset_row(despur_config *config, size_t row, despur_error *error);

/* Appends the row's defaults other than row->initial: "; with spare: probabilities". */
DESPUR_MUST_USE despur_status config_describe_presets(text *out, const config_row *row, despur_error *error);

/* ---- config_yaml.c ---- */

/* Reads YAML into the key or section `key` ("" for a whole file). place names the source in messages: a file,
 * whose lines are then counted, or an override. On failure config may be half changed. */
typedef struct config_text {
  const char *yaml;
  size_t bytes;
  const char *key, *place;
  bool is_file;
} config_text;

DESPUR_MUST_USE despur_status config_parse(despur_config *config, const config_text *source,
                                           despur_error *error);

#endif
