/* Trains a small network on digits whose background gives the class away, and measures it group by group:
 * first as usual, then with every group equally often.
 *
 *   cc repair.c $(pkg-config --cflags --libs despur) -o repair && ./repair */
#include <despur/eval.h>
#include <despur/train.h>

#include <stdio.h>
#include <stdlib.h>

static despur_status train_and_measure(const despur_dataset *data, const despur_groups *groups,
                                       despur_method method, despur_error *error) {
  despur_net_options shape = {
      .arch = DESPUR_LENET, .input = despur_dataset_shape(data), .classes = 5, .batch = 64, .threads = 2};
  despur_train_options how = {.epochs = 6,
                              .batch_size = 64,
                              .method = method,
                              .groups = groups,
                              .optimizer = {.name = DESPUR_SGD, .lr = 0.02, .momentum = 0.9, .nesterov = 1}};
  size_t count;
  const uint32_t *test = despur_dataset_split(data, DESPUR_TEST, &count);
  float *logits = malloc(count * 5 * sizeof *logits);
  uint32_t *predictions = malloc(count * sizeof *predictions);
  despur_net *net = NULL;
  despur_scores scores = {0};
  despur_status status = logits && predictions ? despur_net_create(&net, &shape, error) : DESPUR_NO_RESOURCES;
  if (status == DESPUR_OK) status = despur_train(net, data, &how, NULL, NULL, error);
  if (status == DESPUR_OK) status = despur_outputs(net, data, test, count, DESPUR_LOGITS, logits, error);
  if (status == DESPUR_OK) {
    despur_predictions(logits, data, test, count, 5, predictions);
    status = despur_scores_compute(&scores, data, groups, test, predictions, count, error);
  }
  if (status == DESPUR_OK)
    printf("average %.1f %%, worst group %.1f %%\n", 100 * scores.average_accuracy,
           100 * scores.worst_group_accuracy);
  despur_scores_release(&scores);
  despur_net_free(net);
  free(predictions);
  free(logits);
  return status;
}

int main(void) {
  const double strength = 0.97; /* share of each class that has the colour of its class */
  const despur_spuco_options options = {.images = "digits",
                                        .class_of_digit = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
                                        .classes = 5,
                                        .strength = &strength,
                                        .strengths = 1,
                                        .digits_train = 6000,
                                        .digits_test = 2000};
  despur_error error = {0};
  despur_dataset *data = NULL;
  despur_groups groups = {0};
  despur_status status = despur_dataset_create_spuco_mnist(&data, &options, &error);
  if (status == DESPUR_OK) status = despur_groups_true(&groups, data, &error);
  if (status == DESPUR_OK) status = train_and_measure(data, &groups, DESPUR_ERM, &error);
  if (status == DESPUR_OK) status = train_and_measure(data, &groups, DESPUR_GROUP_BALANCE, &error);
  if (status != DESPUR_OK) fprintf(stderr, "repair: %s\n", error.message);
  despur_groups_release(&groups);
  despur_dataset_free(data);
  return (int)status;
}
