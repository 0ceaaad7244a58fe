/*
 * The text after --format, to a parser and its arguments: a name of --formats, "auto", or a name
 * with arguments as in nginx:'$remote_addr …'.
 */
#ifndef TEAPOT_FORMAT_FORMAT_H
#define TEAPOT_FORMAT_FORMAT_H

#include "parsers/parser.h"

struct format {
    const struct parser *parser; /* NULL: auto */
    char *args;                  /* after the colon, "" when there is none; owned */
};

/* Reads a specification and tries it (the parser's open is called once on scratch memory). 0; or
 * -EINVAL with `why`, which suggests the nearest name. */
int format_read(struct format *out, struct span spec, struct problem *why);

/* Frees what format_read took. */
void format_done(struct format *f);

/* The parsers, in order of name, NULL at the end. Static. */
const struct parser *const *format_parsers(void);

/* The parser of a name; NULL when there is none. Static. */
const struct parser *format_find(struct span name);

#endif
