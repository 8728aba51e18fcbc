/* Groups: a partition of examples. True groups come from label and attribute, inferred ones from clustering
 * what a network has learned; nothing that uses groups can tell them apart. Thread-safe: what is given is
 * only read. */
#ifndef DESPUR_GROUPS_H
#define DESPUR_GROUPS_H

#include "despur/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DESPUR_NO_GROUP UINT32_MAX
#define DESPUR_NO_CODE  UINT32_MAX

enum { DESPUR_GROUP_NAME = 48 };

typedef struct despur_groups {
  size_t examples;                  /* all examples of the data set */
  size_t count;                     /* number of groups; some may be empty */
  uint32_t *of_example;             /* [examples], or DESPUR_NO_GROUP */
  size_t *train_sizes;              /* [count] training examples in each */
  char (*names)[DESPUR_GROUP_NAME]; /* [count] such as "y=0,a=1", for people to read */
  /* [count] the label and the attribute of all examples of a group; DESPUR_NO_CODE where they have several */
  uint32_t *labels, *attributes;
} despur_groups;

/* g = label * attributes + attribute for every example of every split. DESPUR_BAD_INPUT for more than 2^20
 * groups. Release with despur_groups_release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_groups_true(despur_groups *out, const despur_dataset *dataset,
                                                            despur_error *error);

/* One group per label. */
DESPUR_API DESPUR_MUST_USE despur_status despur_groups_of_labels(despur_groups *out,
                                                                 const despur_dataset *dataset,
                                                                 despur_error *error);

/* count groups without members or names, for an inference method to fill in. After an error there is nothing
 * to release. */
DESPUR_API DESPUR_MUST_USE despur_status despur_groups_create(despur_groups *out, size_t examples,
                                                              size_t count, despur_error *error);

/* Leaves it empty; {0} is accepted. */
DESPUR_API void despur_groups_release(despur_groups *groups);

#ifdef __cplusplus
}
#endif
#endif
