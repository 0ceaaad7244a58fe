/*
 * One question, read from a command line or from the path and query of a URL, by the same table.
 * Pure: text in, request out. The `args` of a request point into what was read.
 */
#ifndef TEAPOT_SERVE_COMMAND_H
#define TEAPOT_SERVE_COMMAND_H

#include "serve/request.h"

enum {
    COMMAND_ARGS_BYTES = 256, /* arguments that are put together from a query */
};

enum command_result {
    COMMAND_ASK,     /* the request is filled in */
    COMMAND_HELP,    /* the list of commands is wanted */
    COMMAND_UNKNOWN, /* no such command or path */
    COMMAND_BAD,     /* its arguments can't be read */
};

/* The known members of a URL's query, unescaped; NULL: not there. */
struct command_query {
    const char *last, *code, *format, *by, *n;
};

/* Reads a command line without its line end; an empty one asks for the summary. `owner` and
 * `open_metrics` are the caller's business. When it is unknown or bad, the reason is added to
 * `why`, with nothing of the line in it that could drive a terminal. */
enum command_result command_line(struct span line, struct serve_request *request, struct buf *why);

/* Reads the path of a URL and its query. Arguments are put together in `args`, which must live as
 * long as the request. Commands that change something have no path. `why` as above. */
enum command_result command_path(struct span path, const struct command_query *query,
                                 char args[COMMAND_ARGS_BYTES], struct serve_request *request,
                                 struct buf *why);

/* May only the daemon's owner ask for this? */
bool command_is_owners(enum serve_topic topic);

/* Reads "90", "90s", "10m", "2h" or "1d" into seconds, from one second to a year and a day. */
bool command_duration(struct span text, int *seconds);

/* Does the value of an Accept header (may be empty) prefer OpenMetrics 1.0 to Prometheus' own text?
 */
bool command_prefers_openmetrics(struct span accept);

/* Appends the list of commands / of paths, a line each. */
void command_help(struct buf *out);
void command_paths(struct buf *out);

#endif
