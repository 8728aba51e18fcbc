/* Learning-rate schedules. */
#ifndef NN_SCHEDULE_H
#define NN_SCHEDULE_H

#include "despur/optimizer.h"

/* The learning rate of step `step` (from 0) out of epochs * epoch_steps. */
double schedule_rate(const despur_schedule_options *schedule, double lr, size_t step, size_t epoch_steps,
                     size_t epochs);

#endif
