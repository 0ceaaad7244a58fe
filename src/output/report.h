/* The report that a person reads on a terminal, and the dictionary's answer as text. */
#ifndef TEAPOT_OUTPUT_REPORT_H
#define TEAPOT_OUTPUT_REPORT_H

#include "base/buf.h"
#include "output/summary.h"

struct report_style {
    int columns;  /* width of the terminal; 80 in a pipe */
    bool colours; /* escape sequences wanted */
    bool unicode; /* bars and sparkline in block characters, else in ASCII */
};

/* Appends the report of a summary. Bytes from the log are escaped: no control byte gets out. */
void report_summary(struct buf *out, const struct summary *s, struct report_style style);

/* Appends what the dictionary says of a status: all its meanings and which one wins where (server
 * SERVER_UNKNOWN and `vendor` empty), or the one that the server's log means by it. */
void report_explain(struct buf *out, uint16_t status, enum server server, struct span vendor,
                    struct report_style style);

/* The same of a number beside a status, an entry of codes/details.h. */
void report_explain_detail(struct buf *out, size_t index, struct report_style style);

/* Appends one alert as a line for a terminal. */
void report_alert(struct buf *out, const struct alert *a, struct report_style style);

/* Appends bytes of a log, made harmless: control bytes and bytes that are no valid UTF-8 as \xHH;
 * at most `max` columns, cut with an ellipsis. */
void report_escape(struct buf *out, struct span bytes, size_t max);

#endif
