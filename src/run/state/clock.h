#ifndef RUN_CLOCK_H
#define RUN_CLOCK_H

double run_seconds(void); /* a clock that only goes forward */

#endif
