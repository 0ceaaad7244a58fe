/* Summaries, alerts, sources and dictionary entries as JSON text (the only user of cJSON). */
#ifndef TEAPOT_OUTPUT_JSON_H
#define TEAPOT_OUTPUT_JSON_H

#include "base/buf.h"
#include "codes/codes.h"
#include "output/summary.h"

/* Appends a summary (schema teapotd.summary/1) on one line, without a line end. */
void json_summary(struct buf *out, const struct summary *s);

/* Appends one alert (schema teapotd.alert/1) on one line. */
void json_alert(struct buf *out, const struct alert *a);

/* Appends {"alerts":[…]}: all alerts that the set remembers. */
void json_alerts(struct buf *out, const struct alert_set *set);

/* Appends {"sources":[…]}: name, format, state, lag_bytes, last_event, lines, unparsed … of each.
 */
void json_sources(struct buf *out, const struct summary_source *sources, size_t n);

/* Appends {code, entries:[{name, vendor, class, kind, blame, meaning, spec, formats, chosen}]} for
 * a status word; with `server` SERVER_UNKNOWN the fallback's choice is the chosen one. */
void json_explain(struct buf *out, uint16_t status, enum server server, struct span vendor);

/* The same for a number beside a status, an entry of codes/details.h ("404.13", "1020"): one entry
 * {name, vendor, blame, chosen}. */
void json_explain_detail(struct buf *out, size_t index);

/* Appends {"top":{…}}: at most `max` (up to TOP_NAMES) names of the dimension `only`, or of all
 * when it is negative. */
void json_top(struct buf *out, const struct tally *t, int only, size_t max);

/* Appends {"error":TEXT}. */
void json_error(struct buf *out, const char *text);

#endif
