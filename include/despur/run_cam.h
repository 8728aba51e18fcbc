/* Grad-CAM of the networks that a run left: shares by group before and after mitigation, and pictures. */
#ifndef DESPUR_RUN_CAM_H
#define DESPUR_RUN_CAM_H

#include "despur/cam.h"
#include "despur/config.h"
#include "despur/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct despur_run_cam_options {
  despur_split split;
  int chosen; /* 0: all networks of the run; 1: one alone: */
  despur_network network;
  despur_cam_options cam;
  const uint32_t *examples; /* whose pictures to make; NULL: the first per_group of each group in the split */
  size_t example_count;
  size_t per_group;
  size_t scored; /* shares are over the first so many examples of each group in the split; 0: over all */
  size_t scale;  /* pixels of a picture on a side of one pixel of the image, 1 to 16; 0: so that images become
                    some 112 pixels wide */
  size_t tile;   /* pixels on a side of a tile of a sheet, for photographs and for images that are larger; 0:
                    224   for photographs, else as scale has it */
  int jpeg;      /* 1: sheets may be JPEG files, where these are smaller */
  const char *masks; /* a folder that tells where the shortcut lies in each picture
                        (despur_dataset_mark_masks); NULL */
  int pictures_only; /* 1: no shares, which take a pass over the whole split */
  int threads;
  despur_watch watch; /* it may stop this, and hears nothing */
} despur_run_cam_options;

/* A PNG or JPEG file in memory. */
typedef struct despur_picture {
  unsigned char *bytes;
  size_t count, width, height;
  int is_jpeg;
} despur_picture;

/* One example whose picture was asked for. Overlays are maps over the darkened image. */
typedef struct despur_cam_example {
  uint32_t example, label, attribute;
  size_t group;
  uint32_t predictions[DESPUR_NETWORK_COUNT]; /* of each stage */
  int empty[DESPUR_NETWORK_COUNT];            /* whether the map is zero everywhere */
  despur_picture overlays[DESPUR_NETWORK_COUNT];
} despur_cam_example;

/* The chosen examples of one group: a row for each, in the order of despur_run_cam_result.examples; in it
 * the number of the example, the image, then the overlay of each stage. The columns have their names above.
 */
typedef struct despur_cam_sheet {
  size_t group, rows;
  despur_picture picture;
} despur_cam_sheet;

typedef struct despur_cam_stage_result {
  despur_network network;
  char label[DESPUR_GROUP_NAME]; /* "ERM", "group balance", ... */
  despur_cam_scores scores;      /* without groups when core pixels are not known */
  despur_occlusion occlusion;    /* of the first 50 examples of each group; empty with pictures_only */
} despur_cam_stage_result;

typedef struct despur_run_cam_result {
  char layer[64];
  despur_split split;
  int scored;           /* whether the data set knows its core pixels */
  int partly;           /* whether the spurious colour covers only a part of the background */
  despur_region region; /* what is called background then, where data.region says one; width 0: none */
  int masked;           /* or masks of the pictures say it */
  size_t groups;        /* true groups, y=0,a=0 first */
  char (*names)[DESPUR_GROUP_NAME];
  int *minority;      /* [groups]: 1 for groups smaller in training than the largest of their class */
  size_t stage_count; /* of networks that were looked into, in the order of despur_network */
  despur_cam_stage_result stages[DESPUR_NETWORK_COUNT];
  size_t example_count, sheet_count;
  despur_cam_example *examples; /* by group, then as chosen */
  despur_cam_sheet *sheets;     /* of groups with chosen examples */
} despur_run_cam_result;

/* Reads a run directory and looks into its networks. DESPUR_BAD_INPUT when what is asked for is not there.
 * The same bytes for any number of threads. Release with despur_run_cam_release, also after an error. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_cam(despur_run_cam_result *out, const char *directory,
                                                        const despur_run_cam_options *options,
                                                        despur_error *error);

/* What cam.json says, without the pictures, as one JSON object on one line. DESPUR_BAD_INPUT for a result
 * without networks. The caller frees *json with free(). Thread-safe. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_cam_json(char **json, const despur_run_cam_result *result,
                                                             despur_error *error);

/* Writes the pictures into a directory, which is created: y=0,a=1.png for the sheet of each group, and the
 * overlays of each example by themselves: 17-after.png of the last network, 17-before.png of the first of
 * several, and of those between such as 17-train.png. */
DESPUR_API DESPUR_MUST_USE despur_status despur_run_cam_write(const despur_run_cam_result *result,
                                                              const char *directory, despur_error *error);

DESPUR_API void despur_run_cam_release(despur_run_cam_result *result);

#ifdef __cplusplus
}
#endif
#endif
