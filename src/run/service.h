/*
 * What runs on the loop, in follow mode and as a daemon: sections of the configuration with their
 * tails and pipes, the sources they found, timers, and where summaries and alerts go. This header
 * is shared by the files of this folder only; daemon.c wires it up.
 */
#ifndef TEAPOT_RUN_SERVICE_H
#define TEAPOT_RUN_SERVICE_H

#include "config/config.h"
#include "input/keymap.h"
#include "input/pipe.h"
#include "input/tail.h"
#include "output/webhook.h"
#include "run/catchup.h"
#include "run/outflow.h"
#include "run/pipeline.h"
#include "run/program.h"
#include "serve/serve.h"
#include "store/store.h"

enum {
    SERVICE_RECENT = 60, /* intervals that are remembered for /summary?last= */
    SERVICE_DEFERRED =
        256, /* alerts of old times that wait for the log's end before they are told */
    SERVICE_HOOKS = 32,
    SERVICE_OLD_S = 300, /* an alert that was over longer ago than this is recorded, not told */
};

struct service;

/* A source section of the configuration, running. */
struct section {
    struct service *service;
    char *name, *format, *vendor; /* vendor "" when none */
    bool has_many;                /* its names are made of section and file */
    struct tail *tail;
    struct pipe *pipe; /* standard input */
    struct source *piped;
};

/* A source that a section found, with its place. */
struct found {
    struct source *source;
    const char *section; /* one of the service's section_names */
    bool is_caught_up, is_pipe;
    bool is_told;        /* which format was chosen … */
    unsigned n_switches; /* … up to this change of it */
    int error;           /* of the last attempt to open it */
    char path[];
};

/* One finished interval, for /summary?last=. */
struct recent {
    int64_t from_ms, to_ms;
    struct tally tally;
};

/* One way in which somebody is told. */
struct hook {
    char *key, *name; /* what it is, and its section: the same way in two sections is one */
    enum notify_style style;
    struct webhook *webhook; /* or … */
    struct program *program; /* … this, with the addresses when it is for mail */
    char **mail;
    int repeat_s; /* as in struct config_notify */
};

struct service {
    uv_loop_t *loop;
    struct config config;
    char *config_file; /* NULL in follow mode */
    struct pipeline pipeline;
    struct catchup catchup;
    int threads; /* 0: as many as cores */
    struct section **sections;
    size_t n_sections;
    char **section_names; /* of sections that found something, those that are gone too */
    size_t n_section_names;
    struct found **found;
    size_t n_found;
    struct keymap by_path, by_name; /* of what was found */
    struct store store;      /* positions of the last checkpoint, until their files are found */
    struct keymap stored_at; /* those positions by path, until the next checkpoint */
    size_t n_waiting;        /* of those positions, at most: their files can't be read yet */
    int64_t stored_ms;       /* wall time of that checkpoint; 0: there was none */
    struct store gone;       /* positions whose files were not found at the start, which was … */
    uint64_t gone_ms;        /* … at this loop time */
    struct store kept;       /* notes of the last run, until their sources are found */
    struct keymap kept_by_name;
    uint64_t saved_lines;         /* of the sum of all, at the last checkpoint */
    size_t kept_whole, kept_more; /* bytes of what alerts know: when all was kept, and since */
    uint64_t n_told, saved_told;  /* changes of alerts, and bodies that are done with; then */
    int64_t all_folded_ms;        /* when sources that rest were looked at last */
    unsigned n_trims;             /* so many of these looks are to give memory back */
    struct recent recent[SERVICE_RECENT];
    size_t n_recent, next_recent;
    uint64_t seq;
    int64_t interval_from_ms, started_ms;
    char host[256];
    struct hook hooks[SERVICE_HOOKS];
    size_t n_hooks;
    bool to_journal;        /* alerts go to the journal */
    int journal_repeat_s;   /* of the journal, as repeat_s of a hook */
    int64_t repeated_s;     /* wall second when it was looked last what is to be told again */
    int64_t state_told_s;   /* wall second when Alertmanagers were told the state last, and … */
    uint64_t state_changes; /* … how many changes of alerts there had been then */
    char deferred[SERVICE_DEFERRED][40];
    size_t n_deferred;
    int summary_fd;          /* where summaries and alerts go as lines; -1: nowhere … */
    struct outflow *outflow; /* … through this */
    bool summary_to_journal;
    bool as_text;
    bool is_stopping, failed, alerted;
    struct serve *serve;
    uv_timer_t tick, interval, checkpoint, watchdog;
    uv_signal_t on_hup, on_term, on_int;
    uv_work_t save;
    bool is_saving;
    struct store
        saving; /* what the worker writes, and where: a reload may change the setting meanwhile */
    char *saving_path;
    int64_t saving_ms; /* the moment of it */
    struct store_file
        *file; /* the worker's while is_saving; NULL: to be opened with the next one */
    struct problem saving_why;       /* why the last one failed; "": it did not */
    void (*stop)(struct service *s); /* ends the run: set by daemon.c */
};

/* sections.c: starts what the configuration says; a reload keeps what is equal and stops what is
 * gone. */
void sections_start(struct service *s, const struct config *c);
void sections_reload(struct service *s, const struct config *c);
void sections_stop(struct service *s);
void sections_done(struct service *s);
/* Is there nothing left that could bring lines? */
bool sections_are_ended(const struct service *s);
/* Brings up to date how far each source is behind its files. */
void sections_lags(struct service *s);
/* The positions of s->store, kept at that wall time (0: unknown), are those of the files that were
 * read; from now on they are found by path too. */
void sections_index(struct service *s, int64_t saved_ms);
/* The same when s->store was taken by sections_positions, for the files that could not be read yet.
 */
void sections_index_waiting(struct service *s);
/* Writes down where reading of every file stopped, those too that can't be read since the start. */
void sections_positions(struct service *s, struct store *out);

/* kept.c: what is known, over a restart. Takes the notes of s->store, and puts back what is of all
 * sources: sums, the interval under way, and alerts. */
void kept_read(struct service *s);
/* Gives a new source what it counted before the start. */
void kept_restore(struct service *s, struct source *source);
/* Sends what waited for a receiver that has just been started. */
void kept_send(struct service *s, const struct hook *hook);
/* Adds all that is known now; it must be folded. With `is_whole` also what the store has already.
 */
void kept_write(struct service *s, struct store *out, bool is_whole);
void kept_done(struct service *s);

/* past.c: takes up the settings of history, and our clock: call it once a second. */
void past_configure(struct service *s);
/* Hands over what is to be added to the store's history; and takes it back when that failed. */
void past_take(struct service *s, struct store *out);
void past_return(struct service *s, const struct store *unsaved);
/* Adds to a store that is to be saved what came back since past_take. */
void past_join(const struct service *s, struct store *out);
/* Appends the history of the last seconds (0: of a day). 0, or -ENOENT or another negative errno
 * with the reason in `out`. */
int past_answer(struct service *s, int last_s, struct buf *out);

/* summaries.c: a summary of totals or of the interval so far; the caller frees with summaries_done.
 */
struct summaries {
    struct summary summary;
    struct summary_source *rows;
    struct tally sum, none; /* what `all` points to for some; for sources without lines */
    struct tally *rooms;    /* for totals that rest */
    size_t n_rooms;
};
void summaries_make(struct service *s, enum summary_kind kind, struct summaries *out);
/* The sum of the intervals of the last `last_s` seconds. */
void summaries_recent(struct service *s, int last_s, struct summaries *out);
void summaries_done(struct summaries *m);
/* Ends the interval: writes its summary where summaries go, remembers it, begins the next. */
void summaries_interval(struct service *s);
/* Writes the summary of everything, at the end of a run in follow mode. */
void summaries_total(struct service *s);
/* Writes one text, without its line end, where summaries go. */
void summaries_write(struct service *s, struct span line);
/* Opens where summaries go. 0 or a negative errno with `why`. */
int summaries_open(struct service *s, struct problem *why);
void summaries_close(struct service *s);
/* Settings were read, and summaries opened: from now on sources have intervals, or have none. */
void summaries_configure(struct service *s);
/* Moves all counts into intervals and totals, closes seconds as the clocks allow. */
void summaries_fold(struct service *s);

/* deliver.c: tells people about alerts. Fits alert_change_fn with the service as `ctx`. */
void deliver_alert(const struct alert *a, void *ctx);
/* Starts and stops hooks as the configuration says; those that stay keep their queues. */
void deliver_configure(struct service *s);
/* Tells Alertmanagers what fires, when it is time again. */
void deliver_state(struct service *s, bool is_news);
/* Tells the alerts that waited, when everything was read. */
void deliver_deferred(struct service *s);
/* Tells again of what still fires, where and when that is wanted. To be called every second or so.
 */
void deliver_repeats(struct service *s);
void deliver_stop(struct service *s);
/* Gives a text to a hook; and what waits in one. */
void deliver_send(const struct hook *hook, struct span text);
const struct outbox *deliver_outbox(const struct hook *hook);

/* answer.c: answers the stats socket. Fits serve_answer_fn with the service as `ctx`. */
int answer_request(const struct serve_request *request, struct buf *out, void *ctx);

/* daemon.c: reads the configuration again. 0, or a negative errno with `why`: then nothing changed.
 */
int service_reload(struct service *s, struct problem *why);

/* Summaries can't be written any more; that nobody reads them ends the run. Fits outflow_error_fn
 * with the service as `ctx`. */
void service_write_failed(int error, void *ctx);

#endif
