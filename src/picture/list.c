#include "picture/list.h"

#include "base/memory.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 8 };

despur_status list_add(picture_list *list, const char *path, uint64_t offset, const char *label,
                       const char *attribute, int split, despur_error *error) {
  despur_status status = DESPUR_OK;
  char *copy = NULL;
  if (list->count == list->room) {
    const size_t room = list->room ? 2 * list->room : 256;
    TRY(mem_grow(&list->entries, list->room, room, sizeof *list->entries, error));
    list->room = room;
  }
  TRY(column_add(&list->label, label, strlen(label), list->count + 1, '.', error));
  if (attribute) TRY(column_add(&list->attribute, attribute, strlen(attribute), list->count + 1, '.', error));
  TRY(mem_copy_text(&copy, path, error));
  list->entries[list->count++] = (picture_entry){copy, offset, split};
cleanup:
  if (status == DESPUR_BAD_INPUT) error_prefix(error, "%s/%s: ", list->folder, path);
  return status;
}

void list_release(picture_list *list) {
  for (size_t i = 0; i < list->count; i++) mem_free(list->entries[i].path);
  mem_free(list->entries);
  column_release(&list->label);
  column_release(&list->attribute);
  mem_free(list->table);
  *list = (picture_list){0};
}

int list_split_of(const char *word) {
  static const char *const WORDS[][5] = {{"0", "train", "training", "tr"},
                                         {"1", "val", "valid", "validation", "va"},
                                         {"2", "test", "testing", "te"}};
  for (int s = 0; s < 3; s++)
    for (int k = 0; k < 5 && WORDS[s][k]; k++)
      if (text_equal_letters(word, WORDS[s][k])) return s;
  return text_equal_letters(word, "id_val") || text_equal_letters(word, "id_test") ? LIST_NOT_WANTED
                                                                                   : LIST_NO_SPLIT;
}

static bool ends_as_pictures_do(const char *name) {
  static const char *const ENDS[] = {"jpg", "jpeg", "jpe", "png", "webp", "ppm",  "pgm",
                                     "pnm", "gif",  "bmp", "tif", "tiff", "heic", "avif"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof ENDS / sizeof *ENDS; i++)
    if (text_equal_letters(dot + 1, ENDS[i])) return true;
  return false;
}

static despur_status walk(text_list *paths, const char *folder, const char *below, int depth,
                          despur_error *error) {
  despur_status status = DESPUR_OK;
  text place = {0}, child = {0}, full = {0};
  DIR *directory = NULL;
  TRY(text_add(&place, error, "%s%s%s", folder, *below ? "/" : "", below));
  if (depth > DEEPEST)
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected folders at most %d deep", place.data, DEEPEST);
  directory = opendir(place.data);
  if (!directory) {
    status = file_read_failed(place.data, errno, error);
    goto cleanup;
  }
  for (const struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    child.length = full.length = 0;
    TRY(text_add(&child, error, "%s%s%s", below, *below ? "/" : "", entry->d_name));
    TRY(text_add(&full, error, "%s/%s", folder, child.data));
    if (file_is_directory(full.data))
      TRY(walk(paths, folder, child.data, depth + 1, error));
    else if (ends_as_pictures_do(entry->d_name))
      TRY(text_list_add(paths, child.data, error));
  }
cleanup:
  if (directory) closedir(directory);
  mem_free(place.data);
  mem_free(child.data);
  mem_free(full.data);
  return status;
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

despur_status list_walk(text_list *paths, const char *folder, despur_error *error) {
  despur_status status = walk(paths, folder, "", 0, error);
  if (status != DESPUR_OK) return status;
  if (paths->count == 0)
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected pictures (.jpg, .png, .webp, .ppm), found none",
                     folder);
  qsort(paths->items, paths->count, sizeof *paths->items, by_bytes);
  return DESPUR_OK;
}
