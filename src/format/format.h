/*
 * The text after --format, to a parser and its arguments: a name of --formats, "auto", or a name
 * with arguments as in nginx:'$remote_addr …'; or a list of such names.
 */
#ifndef TEAPOT_FORMAT_FORMAT_H
#define TEAPOT_FORMAT_FORMAT_H

#include "parsers/parser.h"

struct format {
    const struct parser *parser; /* NULL: auto */
    char *args;                  /* after the colon, NULL when there is none; owned */
    struct format *next;         /* another one that lines may have, or NULL; owned */
};

/* Reads a specification, or several that line ends divide: then each line of the log has one of
 * them. "auto" stands alone. Each is tried: its parser's open is called once on scratch memory. 0;
 * or -EINVAL with `why`, which suggests the nearest name. */
int format_read(struct format *out, struct span specs, struct problem *why);

/* Frees what format_read took. */
void format_done(struct format *f);

/* The parsers, in order of name, NULL at the end. Static. */
const struct parser *const *format_parsers(void);

/* The parser of a name; NULL when there is none. Static. */
const struct parser *format_find(struct span name);

#endif
