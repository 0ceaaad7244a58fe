/* Metrics in Prometheus' text format 0.0.4 or OpenMetrics 1.0. */
#ifndef TEAPOT_OUTPUT_PROMETHEUS_H
#define TEAPOT_OUTPUT_PROMETHEUS_H

#include "base/buf.h"
#include "output/outbox.h"
#include "output/summary.h"

struct prometheus_process {
    double cpu_seconds, start_time_seconds;
    uint64_t resident_bytes, virtual_bytes, open_fds, max_fds;
};

/* What became of the alerts of one way to tell somebody: a section's name, and "webhook", "exec" or
 * "mail". No two are the same in both. */
struct prometheus_notify {
    const char *name, *way;
    struct outbox_stats stats;
};

/* What a daemon has to say of itself. */
struct prometheus_daemon {
    struct prometheus_process process;
    const struct prometheus_notify *notifies;
    size_t n_notifies;
    uint64_t summaries_dropped; /* that nobody read in time */
};

/* Appends all metrics of a total summary; `daemon` may be NULL. `open_metrics` selects
 * OpenMetrics, which ends with "# EOF". */
void prometheus_metrics(struct buf *out, const struct summary *s,
                        const struct prometheus_daemon *daemon, bool open_metrics);

#endif
