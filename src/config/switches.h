/*
 * The options of the command line as a table, and the struct that they fill. One row is one option:
 * how it is written, what --help says of it, with which actions it goes, and what it does.
 */
#ifndef TEAPOT_CONFIG_SWITCHES_H
#define TEAPOT_CONFIG_SWITCHES_H

#include "config/config.h"

enum options_action {
    OPTIONS_SCAN,
    OPTIONS_DETECT,
    OPTIONS_FOLLOW,
    OPTIONS_DAEMON,
    OPTIONS_CHECK,
    OPTIONS_EXPLAIN,
    OPTIONS_FORMATS,
    OPTIONS_FROM,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

enum options_output {
    OPTIONS_AUTO, /* text on a terminal, else JSON */
    OPTIONS_JSON,
    OPTIONS_TEXT,
};

struct options {
    enum options_action action;
    enum options_output output;
    struct config config; /* of OPTIONS_SCAN and OPTIONS_FOLLOW: sources, format, keep, every */
    char *config_file;    /* of OPTIONS_DAEMON and OPTIONS_CHECK */
    char *explain;        /* the code */
    char *format;         /* --format as given, or NULL */
    char *vendor;         /* --vendor, or NULL */
    char *from;           /* the server of --from */
    char *root;           /* --root, or NULL */
    int threads;          /* 0: as many as cores */
    bool fail_on_alert;
    bool no_files; /* no FILE was given: the one source is standard input */
};

enum {
    SWITCHES_SCAN = 1 << OPTIONS_SCAN, /* bits: an option's actions */
    SWITCHES_DETECT = 1 << OPTIONS_DETECT,
    SWITCHES_FOLLOW = 1 << OPTIONS_FOLLOW,
    SWITCHES_DAEMON = 1 << OPTIONS_DAEMON,
    SWITCHES_CHECK = 1 << OPTIONS_CHECK,
    SWITCHES_EXPLAIN = 1 << OPTIONS_EXPLAIN,
    SWITCHES_FORMATS = 1 << OPTIONS_FORMATS,
    SWITCHES_FROM = 1 << OPTIONS_FROM,
    SWITCHES_READING = SWITCHES_SCAN | SWITCHES_FOLLOW,
};

/* An option does what its row says: it may name an action, an output, a text to keep or a function.
 */
struct switches_row {
    const char *group; /* a title of --help; NULL: the same as above */
    char letter;       /* 0: none */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    unsigned goes;              /* SWITCHES_… */
    enum options_action action; /* OPTIONS_SCAN: none */
    enum options_output output; /* OPTIONS_AUTO: none */
    size_t keep;                /* where in struct options the argument is kept; 0: nowhere */
    int (*take)(struct options *o, const char *argument, struct problem *why);
};

/* All rows, in the order of --help; their number goes to `*n`. Static. */
const struct switches_row *switches_all(size_t *n);

#endif
