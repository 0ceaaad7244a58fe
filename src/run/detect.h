/* teapotd --detect: how logs would be read, without counting them. */
#ifndef TEAPOT_RUN_DETECT_H
#define TEAPOT_RUN_DETECT_H

#include "config/options.h"

/* Prints for each source of the options its format, how sure that is, the runner-up, and how each
 * field of a sample line was read; of a log that nothing reads, the nearest format and where it
 * breaks. Returns the exit status of the program: 1 when a file can't be read. */
int detect_files(const struct options *o);

#endif
