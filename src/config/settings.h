/*
 * The struct that holds the settings of a run, and how lists in it grow. Who fills it: config.h
 * from a file, options.h from the command line. Everything in it belongs to it; config_done frees
 * it.
 */
#ifndef TEAPOT_CONFIG_SETTINGS_H
#define TEAPOT_CONFIG_SETTINGS_H

#include "alert/maintenance.h"
#include "alert/rule.h"
#include "base/span.h"

enum {
    CONFIG_NAME_BYTES = 200, /* of sources and notifies, as in alerts */
};

/* Which dimensions a tally keeps; the same bits as 1 << enum tally_dimension. */
enum config_keep {
    CONFIG_KEEP_HOST = 1,
    CONFIG_KEEP_UPSTREAM = 2,
    CONFIG_KEEP_ROUTE = 4,
    CONFIG_KEEP_CLIENT = 8,
};

enum notify_style {
    NOTIFY_GENERIC, /* teapotd.alert/1, which is a message of Alertmanager's webhooks as well */
    NOTIFY_ALERTMANAGER, /* all that fires, again and again (output/alertmanager.h) */
    NOTIFY_SLACK,        /* output/slack.h */
    NOTIFY_EXEC,         /* teapotd.alert/1 on a program's standard input; of its own setting */
    NOTIFY_MAIL,         /* output/mail.h; of its own setting */
};

struct config_source {
    char name[CONFIG_NAME_BYTES];
    char **paths;   /* NULL at the end; globs; "-" is standard input */
    char **exclude; /* NULL at the end */
    char **rotated; /* globs of rotated files in other folders; NULL at the end, or NULL */
    char *format;   /* "auto" … as for --format; checked */
    char *vendor;   /* or NULL */
    bool from_end;  /* start = end */
};

struct config_notify {
    char name[CONFIG_NAME_BYTES];
    char *webhook;           /* URL, or NULL */
    char *token;             /* that it is to be shown, or NULL */
    char **exec;             /* a program with its arguments, NULL at the end; or NULL */
    char **mail;             /* addresses, NULL at the end; or NULL */
    bool journal;            /* to journal or syslog */
    enum notify_style style; /* of the webhook */
    int repeat_s;            /* what still fires is told again after so long; 0: it is not */
};

struct config {
    char *file; /* that it was read from, or NULL */
    struct config_source *sources;
    size_t n_sources;
    struct rule *rules;
    size_t n_rules;
    struct maintenance *maintenances;
    size_t n_maintenances;
    struct config_notify *notifies;
    size_t n_notifies;
    unsigned keep;    /* bits of enum config_keep; all but clients */
    int every_s;      /* interval of summaries; 0: none */
    char *summary_to; /* path, "stdout", "journal" or "none" (the default) */
    char **listens;   /* "unix:/path" or "tcp:addr:port", NULL at the end */
    int mode;         /* of unix sockets */
    char *group;      /* of unix sockets, or NULL */
    bool insecure;    /* a TCP listener outside loopback is wanted without a token */
    char *token;      /* that TCP clients must show, or NULL */
    char *store_path; /* of the checkpoint, or NULL: none */
    int history_s;    /* so long history is kept by the minute; 0: there is none */
    int checkpoint_every_ms;
    int lateness_ms; /* how long a second waits for lines of slower sources */
};

/* Adds an empty source: no paths, format "auto", no vendor. Valid until the next one is added. */
struct config_source *settings_add_source(struct config *c);

/* Adds a rule without limits, by source, over a minute; `name` is cut to fit. Valid until the next
 * one. */
struct rule *settings_add_rule(struct config *c, const char *name);

/* Adds an empty maintenance. Valid until the next one is added. */
struct maintenance *settings_add_maintenance(struct config *c);

/* Adds an empty notify. Valid until the next one is added. */
struct config_notify *settings_add_notify(struct config *c);

/* Appends a copy of `text` to a list with NULL at the end, such as `paths`; the list may be NULL.
 */
void settings_add_text(char ***list, struct span text);

/* Frees the texts of a list and the list. */
void settings_free_list(char **list);

/* Frees `*old` and puts a copy of `text` in its place. */
void settings_replace(char **old, const char *text);

#endif
