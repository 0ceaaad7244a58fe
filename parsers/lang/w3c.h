/* The W3C extended log file format, which IIS, Tomcat, CloudFront and others write with fields of
 * their own choice: the #Fields line says which, and may come again in mid-file. */
#ifndef TEAPOT_PARSERS_LANG_W3C_H
#define TEAPOT_PARSERS_LANG_W3C_H

#include "parsers/parser.h"

enum {
    W3C_COLUMNS = 96,
};

struct w3c_state {
    uint8_t fields[W3C_COLUMNS]; /* enum field of each column */
    uint8_t n_columns;           /* 0: no #Fields line yet */
    uint8_t date_at, time_at;    /* columns; W3C_COLUMNS: none */
    bool is_iis;                 /* time-taken is in milliseconds */
    char date[16];               /* of the #Date line, for logs without a date column */
    char stamp[48];              /* date and time put together */
};

/* Reads a line or a directive; fits parser.parse with a struct w3c_state. Columns that are not
 * there are left out; a value may be quoted with doubled quotes inside. */
enum parse_result w3c_parse(void *state, struct span line, struct event *out);

/* Takes the field names of the arguments, as if a #Fields line had come; fits parser.open. */
int w3c_open(void *state, struct span args, struct problem *why);

#endif
