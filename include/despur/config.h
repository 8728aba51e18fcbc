/* Configuration of a run: a YAML file (a recipe), and `key=value` texts that override it.
 *
 * A file nests keys by section; messages and overrides write the same key with dots, such as
 * train.optimizer.lr. Every key has a default. An unknown key, a wrong type and a value out of range are
 * errors that name the place and what was expected. Of YAML, anchors, aliases, tags and several documents in
 * one file are refused. Paths are taken as they are written: relative ones start at the current directory,
 * not at the file's. */
#ifndef DESPUR_CONFIG_H
#define DESPUR_CONFIG_H

#include "despur/dataset.h"
#include "despur/error.h"
#include "despur/watch.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The networks that a run may leave, in the order in which its stages make them. */
#define DESPUR_NETWORKS(X)                                                                                   \
  X(REFERENCE, reference) /* groups are inferred from it */                                                  \
  X(TRAIN, train)         /* the one that train.method is about */                                           \
  X(REPAIR, repair)       /* the same with the last layer of repair.method */

#define DESPUR_ENTRY(NAME, name) DESPUR_NETWORK_##NAME,
typedef enum despur_network { DESPUR_NETWORKS(DESPUR_ENTRY) DESPUR_NETWORK_COUNT } despur_network;
#undef DESPUR_ENTRY

/* "reference" and so on, ending with NULL: as in results.jsonl and on the command line. */
DESPUR_API extern const char *const despur_network_names[];

/* Belongs to one thread at a time. */
typedef struct despur_config despur_config;

/* Every key at its default. Free with despur_config_free. */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_create(despur_config **out, despur_error *error);

/* Reads a file of at most 1 MiB on top of what is there: keys that it leaves out keep their value.
 * DESPUR_BAD_INPUT when the file cannot be read or its content is wrong; the configuration is unchanged then.
 */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_load(despur_config *config, const char *path,
                                                            despur_error *error);

/* Sets one key or section from "KEY=VALUE"; the value is YAML: "train.epochs=5",
 * "data.classes=[[0,1],[2,3]]". A text or a path is taken as it stands unless it begins with a quote, so
 * "name=run #2" is that; elsewhere a YAML comment is an error.
 *
 * A section is replaced: after "train.optimizer={name: adam, lr: 0.1}" the other keys of train.optimizer are
 * at their defaults, also those that a file had set. An empty value gives a text or a path its default, and
 * is an error for everything else. DESPUR_BAD_USAGE when the override is wrong; the configuration is
 * unchanged then. */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_set(despur_config *config, const char *override,
                                                           despur_error *error);

/* To be called after the last override: keys of the file that overrides have left without effect get their
 * defaults, and so does a label that names another method. *notes = a line for each that says so, or NULL
 * when there is none. What an override has set, or what had no effect in the file alone, stays an error of
 * despur_config_check. The caller frees *notes with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_drop_idle(despur_config *config, char **notes,
                                                                 despur_error *error);

/* *out = the whole configuration as YAML, every default filled in, in a fixed order. Loaded again it gives
 * the same configuration and the same text. Keys that have no effect beside the others stand there as
 * comments; without repair.method those of repair are left out. The caller frees *out with free(). */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_format(const despur_config *config, char **out,
                                                              despur_error *error);

/* *out = a list of all keys with their type, range, default and meaning; of one key, or of those of a section
 * such as "train.optimizer", where key is not NULL. DESPUR_BAD_USAGE when there is no such key. The caller
 * frees *out with free().
 */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_describe(char **out, const char *key,
                                                                despur_error *error);

/* The key at a place of that list, or NULL behind its end. Thread-safe; the text is static. */
DESPUR_API const char *despur_config_key(size_t index);

/* The values of a key that takes one of a few, ending with NULL; NULL for other keys and for what is no key.
 * Thread-safe; the texts are static. */
DESPUR_API const char *const *despur_config_choices(const char *key);

/* Fails when keys contradict each other, or when one that was set has no effect. To be called once everything
 * has been loaded. DESPUR_BAD_INPUT when the key at fault stands in the file, DESPUR_BAD_USAGE when it was an
 * override. */
DESPUR_API DESPUR_MUST_USE despur_status despur_config_check(const despur_config *config,
                                                             despur_error *error);

/* Who watches despur_dataset_create and despur_run while these decode pictures that are not in the cache
 * (despur/picture.h). NULL: nobody any more. */
DESPUR_API void despur_config_watch(despur_config *config, const despur_watch *watch);

DESPUR_API void despur_config_free(despur_config *config); /* NULL is accepted */

/* Builds the data set that a configuration describes. */
DESPUR_API DESPUR_MUST_USE despur_status despur_dataset_create(despur_dataset **out,
                                                               const despur_config *config,
                                                               despur_error *error);

#ifdef __cplusplus
}
#endif
#endif
