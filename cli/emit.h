/* JSON on stdout, on one line: every call writes one value and the comma before it. name is the key inside an
 * object, and NULL inside an array and at the top. */
#ifndef CLI_EMIT_H
#define CLI_EMIT_H

#include <stdbool.h>
#include <stddef.h>

/* {0} to start with. */
typedef struct emit {
  int depth;
  unsigned filled; /* bit d: the value at depth d has something in it */
} emit;

void emit_open(emit *j, const char *name, char bracket); /* '{' or '[' */
void emit_close(emit *j, char bracket);                  /* '}' or ']'; a line break after the outermost */

void emit_text(emit *j, const char *name, const char *text); /* null for NULL */
void emit_real(emit *j, const char *name, double value);     /* null when it is not finite */
void emit_count(emit *j, const char *name, size_t value);
void emit_flag(emit *j, const char *name, bool value);

/* The members of an object that is there as text, "{...}" with one at least, as members of this one. */
void emit_members(emit *j, const char *object);

#endif
