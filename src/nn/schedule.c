/* Learning-rate schedules. */
#include "nn/schedule.h"

#include "base/math.h"

double schedule_rate(const despur_schedule_options *schedule, double lr, size_t step, size_t epoch_steps,
                     size_t epochs) {
  double done = (double)step / (double)(epoch_steps * epochs); /* share of the training, in [0, 1) */
  double final_share = schedule->final_share;
  switch (schedule->name) {
  case DESPUR_CONSTANT:
    break;
  case DESPUR_STEP:
    for (size_t n = step / epoch_steps / schedule->every; n > 0; n--) lr *= schedule->gamma;
    break;
  case DESPUR_COSINE:
    lr *= final_share + (1 - final_share) * (1 + math_cos(MATH_PI * done)) / 2;
    break;
  case DESPUR_LINEAR:
    lr *= 1 - (1 - final_share) * done;
    break;
  }
  return lr;
}
