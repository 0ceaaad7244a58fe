/*
 * Formats that are written down as a text with variables: nginx's log_format, Apache's LogFormat,
 * HAProxy's log-format, Envoy's, and our own for the rest (plain.c). A language is a way to write
 * variables and a table of them; a parser file needs only the string. This folder holds what
 * parsers share; it defines no format itself.
 */
#ifndef TEAPOT_PARSERS_LANG_TEXT_H
#define TEAPOT_PARSERS_LANG_TEXT_H

#include "parsers/parser.h"
#include "scan/walk.h"

/* Is a line that fits the template one of the format all the same? It may change what was read. */
typedef bool (*text_check_fn)(struct event *e);

/* A format's state, for parser.state_size; opened by one of the functions below. */
struct text_state {
    struct template template;
    uint8_t time_at, request_at, client_at, bytes_at; /* steps, TEMPLATE_STEPS: none */
    uint8_t host_at, server_at, seconds_at; /* likewise: a host, an upstream that is no list, and a
                                               duration in seconds that a walk can read in place */
    uint8_t n_others;
    uint8_t others[TEMPLATE_STEPS]; /* the other steps whose value is wanted */
    text_check_fn check;            /* or NULL: set by the parser before opening */
};

/* Finds out which steps hold what, once the template is finished. */
void text_prepare(struct text_state *s);

/* Compile a format of that language into `state`, a struct text_state. With `open_end` more fields
 * may follow in a line. 0, or a negative errno with `why`: unknown words get a "did you mean". */
int text_open_nginx(void *state, struct span format, bool open_end, struct problem *why);
int text_open_apache(void *state, struct span format, bool open_end, struct problem *why);
int text_open_haproxy(void *state, struct span format, bool open_end, struct problem *why);
int text_open_envoy(void *state, struct span format, bool open_end, struct problem *why);
int text_open_plain(void *state, struct span format, bool open_end, struct problem *why);

/* For a parser whose format is fixed: fills `why` and returns -EINVAL. */
int text_refuse(struct span args, struct problem *why);

/* Leaves a field out from now on. Fits parser.drop. */
void text_drop(void *state, int field);

/* Fits parser.reach. */
unsigned text_reach(void *state, struct span line, size_t *offset, int *field);

/* Reads a line of the format, also inside a syslog envelope. Fits parser.parse. */
enum parse_result text_parse(void *state, struct span line, struct event *out);

/* Fits `check`, for formats that begin with %v:%p. The IPv6 client of a line without them is
 * refused: its last part, taken for a port, would make a host of the rest. */
bool text_has_host(struct event *e);

/* Fit parser.marks and parser.parse_lines. */
const struct marks_set *text_marks(void *state);
size_t text_parse_lines(void *state, struct lines *lines, struct event *out, size_t max);

#endif
