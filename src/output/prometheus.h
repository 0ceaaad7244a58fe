/* Metrics in Prometheus' text format 0.0.4 or OpenMetrics 1.0. */
#ifndef TEAPOT_OUTPUT_PROMETHEUS_H
#define TEAPOT_OUTPUT_PROMETHEUS_H

#include "base/buf.h"
#include "output/summary.h"

struct prometheus_process {
    double cpu_seconds, start_time_seconds;
    uint64_t resident_bytes, virtual_bytes, open_fds, max_fds;
};

/* Appends all metrics of a total summary; `process` may be NULL. `open_metrics` selects
 * OpenMetrics, which ends with "# EOF". */
void prometheus_metrics(struct buf *out, const struct summary *s,
                        const struct prometheus_process *process, bool open_metrics);

#endif
