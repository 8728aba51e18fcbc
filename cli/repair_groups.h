/* Groups of examples that the repair verb works with. */
#ifndef CLI_REPAIR_GROUPS_H
#define CLI_REPAIR_GROUPS_H

#include "cli.h"

#include "despur/examples.h"

/* A partition within labels. */
typedef struct repair_groups {
  uint32_t *of_row; /* [count of examples] or DESPUR_NO_GROUP */
  uint32_t *codes;  /* [count of examples] what tells groups of a label apart; NULL: nothing does */
  char **names;     /* [count] */
  size_t count;
  uint32_t *partitions; /* [partitions_count, count of examples] further ones, below cells; NULL: none */
  size_t partitions_count, cells;
} repair_groups;

/* By the label, and by the attribute or the columns of metadata if there are any. */
DESPUR_MUST_USE despur_status repair_groups_known(repair_groups *out, const despur_examples *examples,
                                                  despur_error *error);

/* By the label and what a file says: an array, or the column "group" of a table. Of a matrix every column is
 * a partition, except those with a number below 0; the first is the groups. */
DESPUR_MUST_USE despur_status repair_groups_read(repair_groups *out, const despur_examples *examples,
                                                 const char *path, const char *labels, despur_error *error);

void repair_groups_release(repair_groups *groups);

#endif
