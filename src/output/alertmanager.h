/*
 * What Alertmanager reads and writes. The body of its POST /api/v2/alerts
 * (prometheus/alertmanager, api/v2/openapi.yaml): all that fires, and what ended a short while ago.
 * Each body is the whole state, so a later one takes the place of one that could not be sent. And
 * the payload of its webhook receivers (template/template.go, Data; notify/webhook, Message), which
 * many programs take.
 */
#ifndef TEAPOT_OUTPUT_ALERTMANAGER_H
#define TEAPOT_OUTPUT_ALERTMANAGER_H

#include "alert/alert.h"
#include "base/buf.h"

enum {
    ALERTMANAGER_EVERY_S = 60,                         /* how often it wants to hear of an alert */
    ALERTMANAGER_ENDS_S = 4 * ALERTMANAGER_EVERY_S,    /* without a word for so long, it is over */
    ALERTMANAGER_RESOLVED_S = 5 * ALERTMANAGER_EVERY_S /* so long an end is told */
};

/* Is Alertmanager to hear of the alert at that time? */
bool alertmanager_wants(const struct alert *a, int64_t now_s);

/* Appends an alert to a list of them, which the caller begins with '[' and ends with ']'. Labels
 * tell alerts apart and stay as they are: alertname, severity, source, host; what explains is in
 * the annotations. */
void alertmanager_add(struct buf *out, const struct alert *a, int64_t now_s);

/* Appends the members of a webhook message, version 4, with the alert alone in its group; what
 * stands around them is the caller's. */
void alertmanager_payload(struct buf *out, const struct alert *a, const char *receiver);

/* The address to post to: with the path of the API behind one that has none. To be freed. */
char *alertmanager_url(const char *url);

#endif
