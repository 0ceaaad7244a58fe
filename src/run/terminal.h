/* What our standard output and error are connected to. */
#ifndef TEAPOT_RUN_TERMINAL_H
#define TEAPOT_RUN_TERMINAL_H

#include "base/buf.h"
#include "output/report.h"

/* Is the descriptor a terminal? */
bool terminal_is(int fd);

/* How a report on standard output should look: the terminal's width, colours unless NO_COLOR is
 * set, block characters when the locale is UTF-8. In a pipe: 80 columns, no colours. */
struct report_style terminal_style(void);

/* Writes everything to a descriptor. 0 or a negative errno; -EPIPE means that nobody reads any
 * more. */
int terminal_write(int fd, struct span bytes);

#endif
