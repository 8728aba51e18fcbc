#include "despur/dataset.h"

const char *despur_split_name(despur_split split) {
  static const char *const NAMES[DESPUR_SPLITS] = {"train", "val", "test"};
  return (unsigned)split < DESPUR_SPLITS ? NAMES[split] : "";
}

const char *despur_split_word(despur_split split) {
  static const char *const WORDS[DESPUR_SPLITS] = {"training", "validation", "test"};
  return (unsigned)split < DESPUR_SPLITS ? WORDS[split] : "";
}
