/* Paints built-in digits in colours that give away the class, and prints how few examples tell colour and
 * class apart.
 *
 *   cc worst_group.c $(pkg-config --cflags --libs despur) -o worst_group && ./worst_group */
#include <despur/dataset.h>
#include <despur/groups.h>

#include <stdio.h>

int main(void) {
  const double strength = 0.995; /* share of each class that has the colour of its class */
  const despur_spuco_options options = {.images = "digits",
                                        .class_of_digit = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
                                        .classes = 5,
                                        .difficulty = DESPUR_MAGNITUDE_LARGE,
                                        .strength = &strength,
                                        .strengths = 1,
                                        .digits_train = 10000,
                                        .digits_test = 1000};
  despur_dataset *dataset = NULL;
  despur_groups groups = {0};
  despur_error error;
  despur_status status = despur_dataset_create_spuco_mnist(&dataset, &options, &error);
  if (status == DESPUR_OK) status = despur_groups_true(&groups, dataset, &error);
  if (status != DESPUR_OK) fprintf(stderr, "worst_group: %s\n", error.message);

  for (size_t g = 0; g < groups.count; g++)
    printf("%s: %zu training examples\n", groups.names[g], groups.train_sizes[g]);

  despur_groups_release(&groups);
  despur_dataset_free(dataset);
  return (int)status;
}
