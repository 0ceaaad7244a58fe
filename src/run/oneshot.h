/* Runs that end by themselves: a scan of files, the dictionary's answers, the list of formats. */
#ifndef TEAPOT_RUN_ONESHOT_H
#define TEAPOT_RUN_ONESHOT_H

#include "config/options.h"

enum {
    EXIT_UNREADABLE = 1, /* something could not be read or written */
    EXIT_USAGE = 2,
    EXIT_ALERT = 3, /* --fail-on-alert, and one fired */
};

/* Reads all sources to their end and prints the report or the summary. Returns the exit status. */
int oneshot_scan(const struct options *o);

/* Prints what the dictionary says of a code, or all formats. Return the exit status. */
int oneshot_explain(const struct options *o);
int oneshot_formats(void);

/* Prints the sections that the configuration of a server makes. Returns the exit status. */
int oneshot_from(const struct options *o);

#endif
