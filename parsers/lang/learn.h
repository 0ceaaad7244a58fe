/*
 * Finds out how a log is laid out that no format reads, from its lines alone: which column is the
 * status, which the time, the request, the client. What is found is a text in our own language
 * (parsers/lang/plain.c), so people can look at it, and name it themselves from then on.
 */
#ifndef TEAPOT_PARSERS_LANG_LEARN_H
#define TEAPOT_PARSERS_LANG_LEARN_H

#include "base/buf.h"

enum {
    LEARN_LINES = 64, /* more are not looked at */
    LEARN_LEAST = 4,  /* fewer show nothing */
};

/* Appends the layout of `lines`, each with a line end, to `out`: "<client> [<clf>] <status> …". It
 * ends with the last column that says something. Returns how many columns do; 0, and nothing is
 * appended, when no column is sure to be the status of a request: nearly all its values must be
 * codes in use, and beside it there must be requests or paths, and times or clients. */
unsigned learn_layout(struct span lines, struct buf *out);

#endif
