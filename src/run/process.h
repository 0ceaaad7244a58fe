/* What the kernel says of this process, for the process metrics. */
#ifndef TEAPOT_RUN_PROCESS_H
#define TEAPOT_RUN_PROCESS_H

#include "output/prometheus.h"

/* Reads times, memory and descriptors; members that can't be read are 0. `started_ms` is the wall
 * time at which the process began. */
struct prometheus_process process_read(int64_t started_ms);

/* Raises the soft limit of descriptors to the hard one: a daemon may follow thousands of files. */
void process_raise_limits(void);

/* Has the C library give back large pieces of memory as soon as they are freed, whichever thread
 * had them: a checkpoint takes some MiB for a moment, each time on another thread perhaps. */
void process_keep_small(void);

#endif
