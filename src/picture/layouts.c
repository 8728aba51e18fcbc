/* Layouts of folders: what the parts of a path say of a picture. Those that are tables or records have files
 * of their own. */
#include "base/memory.h"
#include "io/file.h"
#include "picture/list.h"

#include <stdio.h>
#include <string.h>

/* class/2/x.jpg has the folders {"class", "2"} and the stem "x". */
enum { MOST_FOLDERS = 12, MOST_NAME = 256 };
typedef struct path_parts {
  char folders[MOST_FOLDERS][MOST_NAME], stem[MOST_NAME];
  size_t count;
} path_parts;

/* What a picture is. */
typedef struct picture_place {
  char label[2 * MOST_NAME], attribute[2 * MOST_NAME]; /* attribute "": none */
  int split;
} picture_place;

/* A way to read a path; expected says for messages what it wants. */
typedef struct path_layout {
  const char *name, *expected;
  bool (*place)(picture_place *out, const path_parts *parts);
} path_layout;

static despur_status cut_path(path_parts *out, const char *path, despur_error *error) {
  out->count = 0;
  for (const char *at = path;;) {
    const size_t length = strcspn(at, "/");
    const bool last = at[length] == 0;
    if (length >= MOST_NAME || (!last && out->count == MOST_FOLDERS))
      return error_set(error, DESPUR_BAD_INPUT, "%s: the path is too long", path);
    snprintf(last ? out->stem : out->folders[out->count++], MOST_NAME, "%.*s", (int)length, at);
    if (last) break;
    at += length + 1;
  }
  char *dot = strrchr(out->stem, '.');
  if (dot) *dot = 0;
  return DESPUR_OK;
}

static void set(char out[2 * MOST_NAME], const char *value) {
  snprintf(out, (size_t)2 * MOST_NAME, "%s", value);
}

/* Takes a first folder that is called as a split is. */
static size_t take_split(picture_place *out, const path_parts *parts) {
  const int split = parts->count > 0 ? list_split_of(parts->folders[0]) : LIST_NO_SPLIT;
  if (split < 0 || !strcmp(parts->folders[0], "0") || !strcmp(parts->folders[0], "1") ||
      !strcmp(parts->folders[0], "2"))
    return 0;
  out->split = split;
  return 1;
}

/* [split/]class[/attribute]/x.jpg */
static bool place_classes(picture_place *out, const path_parts *parts) {
  const size_t at = take_split(out, parts), left = parts->count - at;
  if (left < 1 || left > 2) return false;
  set(out->label, parts->folders[at]);
  if (left == 2) set(out->attribute, parts->folders[at + 1]);
  return true;
}

/* environment/class/x.jpg */
static bool place_environments(picture_place *out, const path_parts *parts) {
  if (parts->count != 2) return false;
  set(out->attribute, parts->folders[0]);
  set(out->label, parts->folders[1]);
  return true;
}

/* "obj-urban_bg-country_co_occur_obj-urban" below the folder of a split: backgrounds and objects that go
 * along are one attribute of four values. */
static bool place_urbancars(picture_place *out, const path_parts *parts) {
  if (parts->count < 2) return false;
  const char *name = parts->folders[parts->count - 1];
  char object[16], background[16], beside[16];
  if (sscanf(name, "obj-%15[a-z]_bg-%15[a-z]_co_occur_obj-%15[a-z]", object, background, beside) != 3)
    return false;
  out->split = list_split_of(parts->folders[parts->count - 2]);
  set(out->label, object);
  snprintf(out->attribute, sizeof out->attribute, "%s ground + %s thing", background, beside);
  return out->split >= 0;
}

/* spuco_birds/train/landbirds/land/x.jpg; two sets in one, each with two classes and two attributes. */
static bool place_spuco(picture_place *out, const path_parts *parts) {
  if (parts->count < 3) return false;
  const size_t at = parts->count - 3;
  out->split = list_split_of(parts->folders[at]);
  set(out->label, parts->folders[at + 1]);
  set(out->attribute, parts->folders[at + 2]);
  return out->split >= 0;
}

/* [0.5pct/]align/0/x_0_1.png is for training, valid/x_0_1.png for validation: the name says class and
 * attribute. */
static bool place_bffhq(picture_place *out, const path_parts *parts) {
  for (size_t i = 0; i < parts->count && out->split < 0; i++) {
    const bool train = !strcmp(parts->folders[i], "align") || !strcmp(parts->folders[i], "conflict");
    const int split = list_split_of(parts->folders[i]);
    if (train || (split >= 0 && strlen(parts->folders[i]) > 1)) out->split = train ? 0 : split;
  }
  const char *second = strrchr(parts->stem, '_'), *first = second;
  while (first && first > parts->stem && first[-1] != '_') first--;
  if (out->split < 0 || !second || first == parts->stem || first == second) return false;
  snprintf(out->label, sizeof out->label, "%.*s", (int)(second - first), first);
  set(out->attribute, second + 1);
  return *out->attribute != 0;
}

static const path_layout PATHS[] = {
    {"imagefolder", "class/picture.jpg or train/class/picture.jpg", place_classes},
    {"domainbed", "environment/class/picture.jpg", place_environments},
    {"urbancars", "bg-0.95_co_occur_obj-0.95/train/obj-urban_bg-urban_co_occur_obj-urban/0.jpg",
     place_urbancars},
    {"spuco_animals", "spuco_birds/train/landbirds/land/0.jpg", place_spuco},
    {"bffhq", "0.5pct/align/0/1_0_0.png or valid/1_0_0.png", place_bffhq}};

const char *const despur_picture_layouts[] = {"auto",  "metadata",      "waterbirds", "celeba",
                                              "wilds", "imagefolder",   "domainbed",  "urbancars",
                                              "bffhq", "spuco_animals", "cifar10",    NULL};

/* Two folders above a picture, the first no split: environments are what people have more often than
 * classes with attributes below. */
static const path_layout *guess_paths(const text_list *paths) {
  path_parts parts;
  picture_place place = {.split = LIST_NO_SPLIT};
  if (cut_path(&parts, paths->items[0], NULL) != DESPUR_OK) return &PATHS[0];
  return take_split(&place, &parts) == 0 && parts.count == 2 ? &PATHS[1] : &PATHS[0];
}

/* What the folders above the pictures were taken for. */
static despur_status note_folders(picture_list *list, const path_layout *layout, const char *path, bool told,
                                  despur_error *error) {
  path_parts parts;
  picture_place place = {.split = LIST_NO_SPLIT};
  despur_status status = cut_path(&parts, path, error);
  const char *folders = "";
  if (layout->place == place_environments) folders = ": environment/class";
  if (layout->place == place_classes && take_split(&place, &parts) > 0)
    folders = told ? ": split/class/attribute" : ": split/class";
  else if (layout->place == place_classes)
    folders = told ? ": class/attribute" : ": class";
  snprintf(list->note, sizeof list->note, "layout %s%s", layout->name, folders);
  return status;
}

static despur_status list_paths(picture_list *list, const path_layout *layout, despur_error *error) {
  despur_status status = DESPUR_OK;
  text_list paths = {0};
  bool told = false;
  TRY(list_walk(&paths, list->folder, error));
  if (!layout) layout = guess_paths(&paths);
  for (size_t i = 0; i < paths.count; i++) {
    path_parts parts;
    picture_place place = {.split = LIST_NO_SPLIT};
    TRY(cut_path(&parts, paths.items[i], error));
    if (!layout->place(&place, &parts))
      FAIL(error, DESPUR_BAD_INPUT, "%s/%s: expected %s (layout %s)", list->folder, paths.items[i],
           layout->expected, layout->name);
    if (i == 0) told = *place.attribute;
    if (told != (*place.attribute != 0))
      FAIL(error, DESPUR_BAD_INPUT, "%s/%s: expected as many folders above it as above %s", list->folder,
           paths.items[i], paths.items[0]);
    TRY(list_add(list, paths.items[i], 0, place.label, told ? place.attribute : NULL, place.split, error));
  }
  TRY(note_folders(list, layout, paths.items[0], told, error));
cleanup:
  text_list_release(&paths);
  return status;
}

static despur_status has_metadata(bool *out, const char *folder, despur_error *error) {
  char path[FILE_PATH];
  despur_status status = file_join(path, folder, "metadata.csv", error);
  *out = status == DESPUR_OK && file_exists(path);
  return status;
}

despur_status list_fill(picture_list *list, const despur_pictures_options *options, despur_error *error) {
  despur_status status = DESPUR_OK;
  const char *name = options->layout ? options->layout : "auto";
  bool metadata = options->metadata != NULL;
  list->folder = options->folder;
  if (!file_is_directory(options->folder))
    return error_set(error, DESPUR_BAD_INPUT, "%s: expected a folder of pictures", options->folder);
  if (!strcmp(name, "celeba")) return list_celeba(list, options, error);
  if (!strcmp(name, "cifar10")) return list_cifar10(list, options, error);
  if (!strcmp(name, "auto") && !metadata) TRY(has_metadata(&metadata, options->folder, error));
  if (metadata || !strcmp(name, "metadata") || !strcmp(name, "waterbirds") || !strcmp(name, "wilds"))
    return list_metadata(list, options, error);
  for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
    if (!strcmp(name, PATHS[i].name)) return list_paths(list, &PATHS[i], error);
  if (strcmp(name, "auto") != 0) return error_set(error, DESPUR_BAD_USAGE, "there is no layout '%s'", name);
  status = list_paths(list, NULL, error);
cleanup:
  return status;
}
