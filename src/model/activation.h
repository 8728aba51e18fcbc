/* Class activation maps (Zhou et al. 2016) of a model that ends in a global average and a linear layer: what
 * each place of the maps before the average adds to the logit of a class. */
#ifndef MODEL_ACTIVATION_H
#define MODEL_ACTIVATION_H

#include "model/model.h"

/* *name = the value whose average over the places the given value is, as it is or flattened; DESPUR_BAD_INPUT
 * where no node says so. Free with mem_free. */
DESPUR_MUST_USE despur_status activation_find(char **name, const model_file *model, const char *value,
                                              despur_error *error);

/* Maps of one picture: channel c of place p is values[c * of_channel + p * of_place]. */
typedef struct activation_maps {
  const float *values;
  size_t channels, places, of_channel, of_place;
} activation_maps;

/* out[places] = the weights [channels] of a class applied to the channels of each place. */
void activation_map(float *out, const activation_maps *maps, const float *weights);

/* Whether the features [channels] are the means over the places, within 1e-3 of the largest. */
bool activation_averages_to(const activation_maps *maps, const float *features);

#endif
