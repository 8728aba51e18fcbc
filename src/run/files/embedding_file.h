/* The clustered examples in two dimensions. */
#ifndef RUN_EMBEDDING_FILE_H
#define RUN_EMBEDDING_FILE_H

#include "run/state/run_state.h"

DESPUR_MUST_USE despur_status run_write_embedding(run *r, despur_error *error);

#endif
