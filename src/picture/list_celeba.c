/* CelebA: list_attr_celeba and list_eval_partition, as .csv (Kaggle's) or as .txt (the authors'), beside the
 * pictures in img_align_celeba. Neither form has quotes: words stand between blanks or commas. */
#include "base/dictionary.h"
#include "base/memory.h"
#include "io/file.h"
#include "picture/list.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LIST_BYTES = 512 << 20, MOST_WORDS = 64, MOST_NAME = 200 };

typedef struct celeba_list {
  char path[FILE_PATH], *content, *at;
  size_t line, count;
  char *words[MOST_WORDS]; /* [count] of the line read last */
} celeba_list;

/* *path = FOLDER/NAME.csv or FOLDER/NAME.txt. */
static despur_status open_list(celeba_list *l, const char *folder, const char *name, despur_error *error) {
  despur_status status = DESPUR_OK;
  char file[64];
  size_t bytes;
  snprintf(file, sizeof file, "%s.csv", name);
  TRY(file_join(l->path, folder, file, error));
  if (!file_exists(l->path)) {
    snprintf(file, sizeof file, "%s.txt", name);
    TRY(file_join(l->path, folder, file, error));
  }
  if (!file_exists(l->path))
    FAIL(error, DESPUR_BAD_INPUT, "%s: expected %s.csv or %s.txt, found neither", folder, name, name);
  TRY(file_read(&l->content, &bytes, l->path, MOST_LIST_BYTES, error));
  l->at = l->content;
cleanup:
  return status;
}

/* The next line that has words; count is 0 at the end. */
static despur_status next_line(celeba_list *l, despur_error *error) {
  for (l->count = 0; *l->at && l->count == 0; l->line++) {
    for (;;) {
      l->at += strspn(l->at, " ,\t\r");
      if (!*l->at || *l->at == '\n') break;
      if (l->count == MOST_WORDS)
        return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected at most %d columns", l->path, l->line + 1,
                         MOST_WORDS);
      l->words[l->count++] = l->at;
      l->at += strcspn(l->at, " ,\t\r\n");
      const char end = *l->at;
      if (!end) break;
      *l->at++ = 0;
      if (end == '\n') goto next;
    }
    if (*l->at == '\n') l->at++;
  next:;
  }
  return DESPUR_OK;
}

/* Which word of a line is the value called name. The authors' header has no name for the pictures. */
static despur_status find_column(size_t *out, const celeba_list *l, const char *name, despur_error *error) {
  const size_t unnamed = l->count > 0 && strcmp(l->words[0], "image_id") != 0;
  for (size_t i = 0; i < l->count; i++)
    if (!strcmp(l->words[i], name)) {
      *out = i + unnamed;
      return DESPUR_OK;
    }
  return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: there is no column '%.100s'", l->path, l->line, name);
}

/* splits[number of the picture's name]. */
static despur_status read_partition(dictionary *names, uint8_t **splits, const char *folder,
                                    despur_error *error) {
  despur_status status = DESPUR_OK;
  celeba_list l = {0};
  size_t room = 0;
  TRY(open_list(&l, folder, "list_eval_partition", error));
  for (;;) {
    uint32_t index;
    TRY(next_line(&l, error));
    if (l.count == 0) break;
    if (l.line == 1 && !strcmp(l.words[0], "image_id")) continue;
    const int split = l.count == 2 ? list_split_of(l.words[1]) : LIST_NO_SPLIT;
    if (split < 0) FAIL(error, DESPUR_BAD_INPUT, "%s:%zu: expected a picture and 0, 1 or 2", l.path, l.line);
    TRY(dictionary_add(&index, names, l.words[0], strlen(l.words[0]), error));
    if (index >= room) {
      const size_t more = room ? 2 * room : 1024;
      TRY(mem_grow(splits, room, more, 1, error));
      room = more;
    }
    (*splits)[index] = (uint8_t)split;
  }
cleanup:
  mem_free(l.content);
  return status;
}

/* Kaggle's archive has img_align_celeba within img_align_celeba. */
static despur_status find_pictures(const char **below, const char *folder, despur_error *error) {
  char path[FILE_PATH];
  static const char *const PLACES[] = {"img_align_celeba/img_align_celeba", "img_align_celeba"};
  *below = "";
  for (size_t i = 0; i < 2 && !**below; i++) {
    despur_status status = file_join(path, folder, PLACES[i], error);
    if (status != DESPUR_OK) return status;
    if (file_is_directory(path)) *below = PLACES[i];
  }
  return DESPUR_OK;
}

static bool is_yes_or_no(const char *word) {
  return !strcmp(word, "1") || !strcmp(word, "-1") || !strcmp(word, "0");
}

static despur_status add_line(picture_list *list, const celeba_list *l, const char *below, size_t label,
                              size_t attribute, int split, despur_error *error) {
  char path[2 * MOST_NAME];
  const size_t most = label > attribute ? label : attribute;
  if (l->count <= most || !is_yes_or_no(l->words[label]) || !is_yes_or_no(l->words[attribute]))
    return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected a picture, then 1 or -1 in every column",
                     l->path, l->line);
  if (strlen(l->words[0]) > MOST_NAME || strchr(l->words[0], '/'))
    return error_set(error, DESPUR_BAD_INPUT, "%s:%zu: expected the name of a picture, found '%.200s'",
                     l->path, l->line, l->words[0]);
  snprintf(path, sizeof path, "%s%s%s", below, *below ? "/" : "", l->words[0]);
  return list_add(list, path, 0, l->words[label], l->words[attribute], split, error);
}

despur_status list_celeba(picture_list *list, const despur_pictures_options *options, despur_error *error) {
  static const char *const BLOND[] = {"not blond", "blond"}, *const MALE[] = {"not male", "male"};
  despur_status status = DESPUR_OK;
  celeba_list l = {0};
  dictionary names = {0};
  uint8_t *splits = NULL;
  const char *label = options->label ? options->label : "Blond_Hair", *below;
  const char *attribute = options->attribute ? options->attribute : "Male";
  size_t label_at, attribute_at;
  TRY(find_pictures(&below, options->folder, error));
  TRY(read_partition(&names, &splits, options->folder, error));
  TRY(open_list(&l, options->folder, "list_attr_celeba", error));
  TRY(mem_copy_text(&list->table, l.path, error));
  TRY(next_line(&l, error));
  if (l.count == 1) TRY(next_line(&l, error)); /* how many there are */
  TRY(find_column(&label_at, &l, label, error));
  TRY(find_column(&attribute_at, &l, attribute, error));
  for (;;) {
    uint32_t index;
    TRY(next_line(&l, error));
    if (l.count == 0) break;
    if (!splits || !dictionary_find(&index, &names, l.words[0], strlen(l.words[0])))
      FAIL(error, DESPUR_BAD_INPUT, "%s:%zu: list_eval_partition has no '%.100s'", l.path, l.line,
           l.words[0]);
    TRY(add_line(list, &l, below, label_at, attribute_at, splits[index], error));
  }
  if (!strcmp(label, "Blond_Hair")) list->class_names = BLOND;
  if (!strcmp(attribute, "Male")) list->attribute_names = MALE;
  snprintf(list->note, sizeof list->note, "layout celeba: label %.60s, attribute %.60s", label, attribute);
cleanup:
  mem_free(l.content);
  mem_free(splits);
  dictionary_release(&names);
  return status;
}
