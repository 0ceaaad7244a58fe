/* Runs that go on: following files and standard input with a summary each interval, and the daemon.
 */
#ifndef TEAPOT_RUN_DAEMON_H
#define TEAPOT_RUN_DAEMON_H

#include "config/options.h"

/* Follows what the options say, NDJSON on standard output, until its end or a signal. Returns the
 * exit status. */
int daemon_follow(const struct options *o);

/* Runs with a configuration file until SIGTERM or SIGINT. Returns the exit status. */
int daemon_run(const struct options *o);

/* Reads a configuration file, says what is wrong with it. Returns the exit status. */
int daemon_check(const struct options *o);

#endif
