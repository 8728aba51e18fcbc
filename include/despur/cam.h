/* Grad-CAM: where in an image a network looks when it decides (Selvaraju et al. 2017, "Grad-CAM: visual
 * explanations from deep networks via gradient-based localization", section 3), and how much of that lies on
 * what it ought to look at. A network belongs to one thread at a time; the rest is thread-safe. */
#ifndef DESPUR_CAM_H
#define DESPUR_CAM_H

#include "despur/groups.h"
#include "despur/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whose logit a map explains. A class may be what is left when nothing speaks for the others: then its map
 * lies on empty background although the network looks elsewhere, and the sum of all maps shows where. */
typedef enum despur_cam_target {
  DESPUR_CAM_ALL,        /* every class: the sum of their maps, before it is enlarged and divided */
  DESPUR_CAM_PREDICTION, /* what the network predicts for the example */
  DESPUR_CAM_LABEL,      /* its label, which the network may see no reason for */
  DESPUR_CAM_CLASS       /* one class for all */
} despur_cam_target;

typedef struct despur_cam_options {
  const char *layer; /* a convolution, such as "conv1"; NULL: the last one */
  despur_cam_target target;
  size_t chosen_class;  /* of DESPUR_CAM_CLASS */
  int subtract_minimum; /* maps lose their minimum before they are divided, as pytorch-grad-cam's do */
} despur_cam_options;

/* maps: [count, height, width] of the images. With A_k the activation of channel k after ReLU and before
 * pooling, and w_k the mean over space of the derivative of the target's logit by A_k, a map is
 * max(0, sum_k w_k A_k), interpolated bilinearly to the size of the image (corners not aligned) and divided
 * by its maximum; with subtract_minimum it is (map - minimum) / (maximum - minimum), zero where the map is
 * the same everywhere. A map that is zero everywhere stays so: nothing in the layer speaks for the target.
 * predictions ([count], or NULL) gets what the network predicts.
 *
 * The network's weights stay as they are. DESPUR_BAD_USAGE for a layer or class that the network does not
 * have. */
DESPUR_API DESPUR_MUST_USE despur_status despur_cam(despur_net *net, const despur_dataset *dataset,
                                                    const uint32_t *examples, size_t count,
                                                    const despur_cam_options *options, float *maps,
                                                    uint32_t *predictions, despur_error *error);

/* A mean over examples with its 95 % interval: Student's, NaN for fewer than two examples; Wilson's for the
 * pointing game. Everything is NaN when there are no examples. */
typedef struct despur_cam_mean {
  double mean, low, high;
} despur_cam_mean;

/* How the maps of a group lie over what is known of its images. Empty maps are counted and left out of the
 * means. The energy of a map is the sum of its values. */
typedef struct despur_cam_group {
  char name[DESPUR_GROUP_NAME];
  size_t count, empty;
  double core_area;     /* mean share of the image that is core: what a map without any preference has */
  double painted_area;  /* likewise */
  despur_cam_mean core; /* share of the energy on core pixels */
  despur_cam_mean background; /* on all others */
  despur_cam_mean painted;    /* on those that got the spurious colour */
  despur_cam_mean pointing;   /* share of maps whose maximum (the first of equals) is a core pixel */
  despur_cam_mean overlap;    /* intersection over union of the core and the map above DESPUR_CAM_THRESHOLD */
} despur_cam_group;

#define DESPUR_CAM_THRESHOLD 0.5

typedef struct despur_cam_scores {
  size_t groups_count;
  despur_cam_group *groups; /* [groups_count] */
} despur_cam_scores;

/* maps: [count, height, width] of examples [count], as despur_cam gives them. DESPUR_BAD_INPUT when the data
 * set does not know which pixels are core (see despur_dataset_pixels). Release with
 * despur_cam_scores_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_cam_score(despur_cam_scores *out,
                                                          const despur_dataset *dataset,
                                                          const despur_groups *groups,
                                                          const uint32_t *examples, const float *maps,
                                                          size_t count, despur_error *error);

DESPUR_API void despur_cam_scores_release(despur_cam_scores *scores);

/* What an answer loses when a part of the picture is covered (Zeiler and Fergus 2014, "Visualizing and
 * understanding convolutional networks", section 4.2): the picture is divided into grid x grid regions, and
 * the loss is what the probability of the prediction falls by when a region shows the mean of the training
 * pictures. A map says where evidence lies; this says what the answer depends on, one region at a time. */
typedef struct despur_occlusion {
  size_t grid, groups_count;
  size_t *counts; /* [groups_count] examples */
  double *losses; /* [groups_count, grid, grid] means over them, rows from the top; NaN without any */
} despur_occlusion;

/* groups: of all examples of the data set; those without one do not count. DESPUR_BAD_USAGE when there are
 * more regions on a side than pixels. Release with despur_occlusion_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_occlude(despur_occlusion *out, despur_net *net,
                                                        const despur_dataset *dataset,
                                                        const despur_groups *groups, const uint32_t *examples,
                                                        size_t count, size_t grid, despur_error *error);

DESPUR_API void despur_occlusion_release(despur_occlusion *occlusion);

/* The colour of a value in [0, 1]: a straight line in CIELAB from a dark blue to a light yellow, so that
 * equal steps look equal, also to most colour-blind people. */
DESPUR_API void despur_cam_colour(double value, uint8_t rgb[3]);

#ifdef __cplusplus
}
#endif
#endif
