/* The command line of teapotd, into a struct options (switches.h). */
#ifndef TEAPOT_CONFIG_OPTIONS_H
#define TEAPOT_CONFIG_OPTIONS_H

#include "base/buf.h"
#include "config/switches.h"

/* Reads the command line. 0, or -EINVAL with `why`. Everything in `o` is freed by options_done,
 * also after an error. With OPTIONS_HELP and OPTIONS_VERSION the rest of the line was not looked
 * at. */
int options_read(struct options *o, int argc, char **argv, struct problem *why);

/* Frees all that `o` holds; it is empty afterwards. */
void options_done(struct options *o);

/* Appends the text of --help, made from the options' own table. */
void options_help(struct buf *out);

/* Appends a few lines for somebody who gave neither options nor files at a terminal. */
void options_usage(struct buf *out);

#endif
