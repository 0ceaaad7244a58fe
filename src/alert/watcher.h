/*
 * One rule at work: it sorts what sources counted into lanes and series. A rule by source has a
 * lane for each source; any other has one lane, whose seconds wait for all sources.
 */
#ifndef TEAPOT_ALERT_WATCHER_H
#define TEAPOT_ALERT_WATCHER_H

#include "alert/lane.h"

enum {
    WATCHER_REFUSED =
        1024, /* hashes of refused series that are remembered, so that each counts about once */
};

struct watcher {
    struct rule rule;
    struct lane **lanes; /* by number of the source, or one; NULL where nothing was counted yet */
    size_t n_lanes, n_series;
    uint64_t *refused; /* WATCHER_REFUSED hashes, NULL until the first */
    uint64_t n_refused;
};

/* What a source counted. */
struct watcher_feed {
    struct span source;
    size_t number;          /* of the source */
    const struct window *w; /* NULL: nothing */
    int64_t limit;          /* seconds of its lane before this are to be closed */
};

/* Starts to watch; watcher_done ends it and tells nobody. */
void watcher_init(struct watcher *watch, const struct rule *rule);
void watcher_done(struct watcher *watch, struct label_table *labels);

/* The lane of a source by its number (0 for a rule that sees its sources as one), made when it is
 * not there. */
struct lane *watcher_lane(struct watcher *watch, size_t number);

/* Takes what a source counted and closes seconds. The owner's rule and n_series must be the
 * watch's own. Returns how many
 * requests came for a second that was closed already; they count in the oldest open one. */
uint64_t watcher_take(struct watcher *watch, const struct lane_owner *owner,
                      const struct watcher_feed *feed);

/* May seconds of the lane of all sources, if the rule has one, be closed later? */
bool watcher_can_wait(const struct watcher *watch);

/* The lane of a source of its own makes small what it knows, until its next second is closed. */
void watcher_pack(struct watcher *watch, size_t number);

/* The lane of a source of its own gives back what it does not need before the source's next line.
 * False, with nothing done, when its seconds must be closed in time. */
bool watcher_rest(struct watcher *watch, size_t number, struct label_table *labels);

/* Calls `fn` for each series. */
void watcher_each(struct watcher *watch, void (*fn)(struct series *s, int64_t next, void *ctx),
                  void *ctx);

#endif
