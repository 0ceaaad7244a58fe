/* The W3C extended log file format, which IIS, Tomcat, CloudFront and others write with fields of
 * their own choice: the #Fields line says which, and may come again in mid-file. */
#ifndef TEAPOT_PARSERS_LANG_W3C_H
#define TEAPOT_PARSERS_LANG_W3C_H

#include "parsers/parser.h"

#include <stddef.h>

enum {
    W3C_COLUMNS = 96,
    W3C_LINES = 64, /* read at once */
    W3C_STAMP = 32, /* bytes that date and time together have at most */
    W3C_DATE = 16,
};

struct w3c_state {
    /* What directives change. */
    uint8_t fields[W3C_COLUMNS]; /* enum field of each column; FIELD_SKIP for date and time */
    uint8_t n_columns;           /* 0: no #Fields line yet */
    uint8_t date_at, time_at;    /* columns; W3C_COLUMNS: none */
    uint8_t status_at;           /* the only one; W3C_COLUMNS: there are several, or none */
    bool is_padded;              /* the names have runs of blanks between, and so have values */
    bool is_iis;                 /* time-taken is in milliseconds */
    bool is_microsoft;           /* directives say so, or columns that only IIS and HTTP.sys have */
    char date[W3C_DATE];         /* of the #Date line, for logs without a date column */
    /* What stays as it was opened. */
    uint32_t dropped;       /* a bit for each enum field that nobody wants */
    struct marks_set marks; /* the same whatever the columns are */
    /* Date and time put together, of one line or of many. */
    char stamps[W3C_LINES][W3C_STAMP];
};

/* What directives say about the lines after them, for parser.memory_size. */
#define W3C_MEMORY (offsetof(struct w3c_state, date) + W3C_DATE)

/* Reads a line or a directive; fits parser.parse with a struct w3c_state. Columns that are not
 * there are left out; a value may be quoted with doubled quotes inside. */
enum parse_result w3c_parse(void *state, struct span line, struct event *out);

/* Takes the field names of the arguments, as if a #Fields line had come; fits parser.open. */
int w3c_open(void *state, struct span args, struct problem *why);

/* Leaves a field out from now on, also when a #Fields line names it again. Fits parser.drop. */
void w3c_drop(void *state, int field);

/* Is it a log of Microsoft's, by its directives? Fits parser.is_typical. */
bool w3c_is_microsoft(const void *state);

/* Fit parser.marks and parser.parse_lines. There are no marks as long as no #Fields line has named
 * the status, once. */
const struct marks_set *w3c_lines_marks(void *state);
size_t w3c_lines_parse(void *state, struct lines *lines, struct event *out, size_t max);

#endif
