/* YAML as a row of events, with messages that name file and line. Anchors, aliases, tags and a second
 * document are refused. What may come next is the business of the caller. */
#ifndef CONFIG_YAML_READER_H
#define CONFIG_YAML_READER_H

#include "config/schema.h"

#include <yaml.h>

enum { READER_QUOTED = 60, READER_FOUND = 128 };

typedef struct yaml_reader {
  yaml_parser_t parser;
  yaml_event_t event; /* the current one */
  const char *yaml, *place;
  size_t bytes;
  bool is_file; /* then messages count lines, and are DESPUR_BAD_INPUT; else place is an override */
  despur_error *error;
} yaml_reader;

/* The current event becomes the first one of the document, or the end of the stream when there is none.
 * yaml, place and error must outlive the reader. To be closed also after a failure. */
DESPUR_MUST_USE despur_status reader_open(yaml_reader *in, const char *yaml, size_t bytes, const char *place,
                                          bool is_file, despur_error *error);
DESPUR_MUST_USE despur_status reader_next(yaml_reader *in);
/* Fails unless the document ended with the current event, and nothing follows. */
DESPUR_MUST_USE despur_status reader_finish(yaml_reader *in);
void reader_close(yaml_reader *in);

size_t reader_line(const yaml_reader *in); /* of the current event, from 1 */
config_scalar reader_scalar(const yaml_reader *in);

/* Nothing after the colon, null, or the end of the stream (which stands where a blank override's value would
 * be). */
bool reader_at_nothing(const yaml_reader *in);

/* What the current event is, as a message says it: "a list", "'12'", "nothing". */
void reader_describe(const yaml_reader *in, char out[READER_FOUND]);

/* The length of a word, or a shorter one that does not cut a character of UTF-8 in two. */
int reader_clip(const char *word, size_t limit);

__attribute__((format(printf, 3, 4))) despur_status reader_complain(yaml_reader *in, size_t line,
                                                                    const char *format, ...);

#endif
