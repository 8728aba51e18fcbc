/* Files: reading, and writing so that a reader sees the old content or the new, never half of it.
 *
 * Nothing is mapped into memory: reading a map of a file that somebody shortens ends the process, and what
 * has been checked could change afterwards. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/error.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it means that reading failed with this errno: where memory, descriptors or the device are to blame,
 * DESPUR_NO_RESOURCES; else it is the file, DESPUR_BAD_INPUT. Returns that. */
DESPUR_MUST_USE despur_status file_read_failed(const char *path, int number, despur_error *error);

/* open(2) with O_CLOEXEC and mode 0666, and ftruncate(2), begun again when a signal interrupts them. */
int file_open_as(const char *path, int flags);
int file_shorten(int descriptor, uint64_t bytes);

/* Opens a regular file for reading; *bytes gets its size. The caller closes *descriptor. */
DESPUR_MUST_USE despur_status file_open(int *descriptor, size_t *bytes, const char *path,
                                        despur_error *error);

/* DIRECTORY/NAME; DESPUR_BAD_USAGE when that is longer than paths may be. */
enum { FILE_PATH = 1024 };
DESPUR_MUST_USE despur_status file_join(char path[FILE_PATH], const char *directory, const char *name,
                                        despur_error *error);

/* A number as people read it in messages: file_grouped(47040016).text is "47,040,016". */
typedef struct grouped_number {
  char text[27];
} grouped_number;

grouped_number file_grouped(uint64_t number);

/* Reads the next bytes, less only at the end of the file; *got is what came. path is for messages. */
DESPUR_MUST_USE despur_status file_read_some(int descriptor, void *data, size_t bytes, size_t *got,
                                             const char *path, despur_error *error);
/* Reads bytes that the file had when it was opened; DESPUR_BAD_INPUT when it ends before. */
DESPUR_MUST_USE despur_status file_read_all(int descriptor, void *data, size_t bytes, const char *path,
                                            despur_error *error);

/* Reads a regular file of at most limit bytes. *data is NUL-terminated beyond *bytes; free with mem_free. */
DESPUR_MUST_USE despur_status file_read(char **data, size_t *bytes, const char *path, size_t limit,
                                        despur_error *error);

/* Writes to a temporary file in the same directory, "PATH.partial"; commit flushes, syncs and renames it to
 * PATH. Until then PATH keeps what it had. Where several write one path, each has a temporary file of its
 * own, PATH is always whole, and the last one's stays. A file that is replaced keeps its mode and owner. A
 * symbolic link is followed; what is not a regular file in the end is refused. */
typedef struct file_writer file_writer;

DESPUR_MUST_USE despur_status file_writer_open(file_writer **writer, const char *path, despur_error *error);
/* Nobody will ask for an extent of this file: what is written is not hashed. Before the first write. */
void file_writer_unhashed(file_writer *writer);
DESPUR_MUST_USE despur_status file_write(file_writer *writer, const void *data, size_t bytes,
                                         despur_error *error);
__attribute__((format(printf, 3, 4))) DESPUR_MUST_USE despur_status file_print(file_writer *writer,
                                                                               despur_error *error,
                                                                               const char *format, ...);
/* Renames into place and frees the writer, also on failure (then the temporary file is gone and PATH is as it
 * was). It fails when any write before it has failed. */
DESPUR_MUST_USE despur_status file_writer_commit(file_writer *writer, despur_error *error);
/* Removes the temporary file and frees the writer; NULL is accepted. */
void file_writer_discard(file_writer *writer);

/* The beginning of a file: how long it is, and its SHA-256. */
typedef struct file_extent {
  uint64_t bytes;
  char sha256[SHA256_HEX];
} file_extent;

/* Hands everything so far to the system; *extent tells what it is. With sync it is on the disk, too. */
DESPUR_MUST_USE despur_status file_writer_flush(file_writer *writer, bool sync, file_extent *extent,
                                                despur_error *error);
/* Goes on with what an earlier writer has left, in PATH.partial or, when that is not there, in PATH itself:
 * it must begin with extent, and what follows is cut off. DESPUR_BAD_INPUT when it does not; then nothing has
 * changed. */
DESPUR_MUST_USE despur_status file_writer_reopen(file_writer **writer, const char *path,
                                                 const file_extent *extent, despur_error *error);
/* As file_writer_commit, but after a failure the temporary file stays, for file_writer_reopen. */
DESPUR_MUST_USE despur_status file_writer_finish(file_writer *writer, despur_error *error);
/* Frees the writer and leaves the temporary file to a later file_writer_reopen; NULL is accepted. */
void file_writer_leave(file_writer *writer);

/* Writes text in one go by the same rules. */
DESPUR_MUST_USE despur_status file_write_text(const char *path, const char *content, despur_error *error);

/* What became of an attempt to lock an open file for this process alone (flock), without waiting. NONE: it
 * cannot be locked here, as on some network file systems; errno says why. A lock that only keeps people from
 * doing the same twice is then done without; one that results depend on is an error with that reason. The
 * system releases a lock when the file is closed, by whatever end of the process. */
typedef enum file_lock_state { FILE_LOCK_TAKEN, FILE_LOCK_HELD, FILE_LOCK_NONE } file_lock_state;

file_lock_state file_lock(int descriptor);

/* The same for any number of processes at once, while none has it alone. */
file_lock_state file_lock_shared(int descriptor);
void file_unlock(int descriptor);

/* Whether path is the very file that is open. */
bool file_is_at(int descriptor, const char *path);

/* *out = where a file of this name is written: the end of a symbolic link, else path. Release with mem_free.
 * DESPUR_NO_RESOURCES for a link that leads nowhere. */
DESPUR_MUST_USE despur_status file_resolve(char **out, const char *path, despur_error *error);

bool file_exists(const char *path);
bool file_is_directory(const char *path);

/* Creates a directory and its missing parents; one that exists is fine. */
DESPUR_MUST_USE despur_status file_make_directories(const char *path, despur_error *error);

/* Adds the next bytes of an open file to a hash; fewer when the file ends before. */
DESPUR_MUST_USE despur_status file_hash_start(sha256 *hash, int descriptor, uint64_t bytes, const char *path,
                                              despur_error *error);
DESPUR_MUST_USE despur_status file_sha256(const char *path, char hex[SHA256_HEX], despur_error *error);

#endif
