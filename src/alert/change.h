/* Where in a row of counts the ratio of errors changed for the worse. */
#ifndef TEAPOT_ALERT_CHANGE_H
#define TEAPOT_ALERT_CHANGE_H

#include <stddef.h>
#include <stdint.h>

struct change_step {
    uint64_t requests, errors;
};

/* Step number `i` of those in `ctx`, the oldest being 0. */
typedef struct change_step (*change_step_fn)(const void *ctx, size_t i);

/* The step from which on there are more errors: the change that makes the counts most likely, when
 * it is clear enough; else the first step with an error; else 0. O(n). */
size_t change_find(const void *ctx, change_step_fn step, size_t n);

#endif
