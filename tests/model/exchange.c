/* Usage: exchange MODEL OUT HEAD.safetensors: a copy of a model with another last layer, for engines_test.py.
 */
#include "despur/model.h"

#include <stdio.h>

int main(int argc, char **argv) {
  despur_error error;
  despur_head head;
  if (argc != 4) return DESPUR_BAD_USAGE;
  despur_status status = despur_head_read(&head, argv[3], &error);
  if (status == DESPUR_OK) status = despur_model_patch(argv[1], argv[2], &head, &error);
  if (status != DESPUR_OK) fprintf(stderr, "%s\n", error.message);
  despur_head_release(&head);
  return (int)status;
}
