/* Run directories below a folder, however deep. */
#include "base/memory.h"
#include "io/file.h"
#include "report/loading/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 8 };

despur_status report_is_run(bool *found, const char *directory, despur_error *error) {
  text path = {0};
  despur_status status = text_add(&path, error, "%s/config.yaml", directory);
  *found = status == DESPUR_OK && file_exists(path.data);
  mem_free(path.data);
  return status;
}

static despur_status find_below(text_list *out, const char *directory, int depth, despur_error *error);

static bool is_link(const char *path) {
  struct stat about;
  return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

/* A link to a run is a run; what is behind other links is not looked at, for links that lead back multiply at
 * each level. */
static despur_status try_entry(text_list *out, const char *directory, const char *name, int depth,
                               despur_error *error) {
  text path = {0};
  despur_status status = text_add(&path, error, "%s/%s", directory, name);
  if (status == DESPUR_OK && file_is_directory(path.data))
    status = find_below(out, path.data, is_link(path.data) ? DEEPEST + 1 : depth + 1, error);
  mem_free(path.data);
  return status;
}

/* Names that begin with a dot are no runs: a sweep keeps its locks there. */
static despur_status find_below(text_list *out, const char *directory, int depth, despur_error *error) {
  despur_status status = DESPUR_OK;
  struct dirent **names = NULL;
  bool found;
  TRY(report_is_run(&found, directory, error));
  if (found) return text_list_add(out, directory, error);
  if (depth > DEEPEST) return DESPUR_OK;
  int count = scandir(directory, &names, NULL, alphasort);
  if (count < 0) return file_read_failed(directory, errno, error);
  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] != '.' && status == DESPUR_OK)
      status = try_entry(out, directory, names[i]->d_name, depth, error);
    free(names[i]);
  }
  free(names);
cleanup:
  return status;
}

despur_status report_find_runs(text_list *out, const char *directory, despur_error *error) {
  size_t before = out->count;
  despur_status status = find_below(out, directory, 0, error);
  if (status == DESPUR_OK && out->count == before)
    status = error_set(error, DESPUR_BAD_INPUT, "%s: there is no run in it", directory);
  return status;
}
