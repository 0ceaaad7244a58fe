/*
 * What a log format looks like to the rest of teapotd. To add one, add parsers/NAME.c that defines
 * `const struct parser parser_NAME` (a '-' of the format's name is '_' there); the build finds it,
 * and so do --format, --formats, --help, guessing, the tests and the fuzzer. See README.md beside
 * this file.
 */
#ifndef TEAPOT_PARSERS_PARSER_H
#define TEAPOT_PARSERS_PARSER_H

#include "base/diag.h"
#include "base/lines.h"
#include "base/span.h"
#include "event/event.h"
#include "event/server.h"

enum parse_result {
    PARSE_OK,   /* `out` is filled, its status too */
    PARSE_SKIP, /* a comment, a header, a message that is no request: fine, but nothing to count */
    PARSE_BAD,  /* not a line of this format */
};

struct parser {
    const char *name;    /* the word after --format */
    const char *summary; /* one line for --formats and the manual page */
    const char *sample;  /* a line it accepts, shown by --formats, parsed by the tests */
    enum server server;  /* whose log: tells shared codes apart */
    /* How much a line that is accepted says about the format: 0 never takes part in guessing, 1
     * fits nearly anything with a status, 9 can hardly be anything else. The best vote wins, this
     * breaks ties. */
    int weight;
    bool is_silent;    /* no line of it is a request: then PARSE_SKIP is how it accepts one */
    size_t state_size; /* bytes of state for each source, zeroed before open; 0 for a format without
                          memory */
    /* So many bytes at the front of the state are what earlier lines say about later ones, as the
     * #Fields line of W3C; the rest are caches, which change nothing. When they are equal (by
     * memcmp), two states read the same from any line on. Mostly 0: then sources share a state. */
    size_t memory_size;
    /* Prepares the state. `args` is what stood after "name:", or empty. Optional. 0, or a negative
     * errno with `why` filled; then close is not called. */
    int (*open)(void *state, struct span args, struct problem *why);
    /* Says after open that nobody wants a field (enum field), so that it need not be looked for.
     * Optional: a parser that gives it all the same does no harm. */
    void (*drop)(void *state, int field);
    /* Frees what open took. Optional. */
    void (*close)(void *state);
    /* Reads one line, without its line end. `out` was cleared. No I/O, no clock, no allocation. */
    enum parse_result (*parse)(void *state, struct span line, struct event *out);
    /* Of a format that reads what others read, too: do the lines so far show that it is this one?
     * Asked before it is chosen, not of a format that was named. Optional. */
    bool (*is_typical)(const void *state);
    /* How far a line fits that parse refuses, in fields; `*offset` is where the first one that does
     * not would begin, `*field` what it is (enum field). Optional, to tell people. */
    unsigned (*reach)(void *state, struct span line, size_t *offset, int *field);
    /* The bytes whose marks parse_lines walks along; the newline is among them. NULL, as without
     * this function: these arguments can't be read so. Valid as long as the state. Optional, with
     * parse_lines. */
    const struct marks_set *(*marks)(void *state);
    /* Reads lines from lines->at on into `out`, at most `max` of them, moves `at` and `mark` behind
     * what it read, and returns how many. It stops before the first line that is not as usual
     * (one that parse would not read as PARSE_OK and whole, but also any other that it leaves to
     * parse: blank ones, ones that begin with a NUL); what it reads it reads as parse does. A CR
     * before the line end belongs to the line end. Spans that point into the parser's own state
     * are good until its next call. */
    size_t (*parse_lines)(void *state, struct lines *lines, struct event *out, size_t max);
};

#endif
