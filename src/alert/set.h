/* What an alert set is made of, for alert.c and keep.c only. */
#ifndef TEAPOT_ALERT_SET_H
#define TEAPOT_ALERT_SET_H

#include "alert/maintenance.h"
#include "alert/progress.h"
#include "alert/silence.h"
#include "alert/watcher.h"
#include "base/buf.h"

struct alert_set {
    struct watcher *watches;
    size_t n_watches;
    struct progress sources; /* their numbers are those of lanes */
    struct label_table labels;
    struct alert **alerts;                            /* by `at`, then by id */
    size_t n_alerts, cap_alerts, n_firing, n_growing; /* n_growing: those that have_grown */
    size_t n_silenced;                                /* of those that fire */
    struct silence_list silences;
    struct maintenance *maintenances;
    size_t n_maintenances;
    uint64_t late, refused; /* refused: by rules that are gone */
    uint64_t n_changes;     /* of alerts that are not silenced */
    alert_change_fn on_change;
    void *ctx;
    bool has_journal;   /* all that changed the set since it was kept is in the journal */
    struct buf journal; /* … or was handed out before */
};

/* Takes over an alert, which goes to its place among the others. */
void alert_set_remember(struct alert_set *set, struct alert *alert);

/* Ends an alert that no series holds any more, and tells of it. */
void alert_set_end(struct alert_set *set, struct alert *alert, int64_t second);

#endif
