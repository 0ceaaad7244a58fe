/*
 * The vocabulary that all formats share: what a piece of a line means, whatever the format calls
 * it. nginx's $status, Apache's %>s, W3C's sc-status, a JSON key and a regex group all become
 * FIELD_STATUS, and this file alone knows how a field's text goes into an event.
 */
#ifndef TEAPOT_EVENT_FIELD_H
#define TEAPOT_EVENT_FIELD_H

#include "event/event.h"

enum field {
    FIELD_SKIP, /* not ours to count */
    FIELD_STATUS,
    FIELD_TIME_CLF,
    FIELD_TIME_ISO,
    FIELD_TIME_ISO_UTC,
    FIELD_TIME_EPOCH,
    FIELD_TIME_CTIME,
    FIELD_TIME_DASHED,
    FIELD_TIME_US,
    FIELD_TIME_ANY, /* notation told from the text: JSON keys, regex groups */
    FIELD_REQUEST,  /* "GET /path HTTP/1.1" */
    FIELD_METHOD,
    FIELD_TARGET, /* path, with or without query */
    FIELD_QUERY,  /* of a path that came without it */
    FIELD_HOST,
    FIELD_CLIENT,
    FIELD_CLIENT_PORT, /* address:port */
    FIELD_UPSTREAM,    /* the last of a list "a, b : c" */
    FIELD_BYTES,
    FIELD_DURATION_S, /* seconds, with or without decimals */
    FIELD_DURATION_MS,
    FIELD_DURATION_US,
    FIELD_DURATION_NS,
    FIELD_TIMERS_MS,      /* "0/0/1/63/64": the last one is the whole duration */
    FIELD_DURATION_TEXT,  /* "1.5s", "109.54µs", "2m3s", else seconds */
    FIELD_DURATION_POINT, /* seconds when there is a decimal point, else milliseconds */
    FIELD_ORIGIN,         /* status of the server behind, or a list of them: event.origin */
    FIELD_FLAG,           /* how it ended, in the server's own words: event.flag */
    FIELD_FLAG_MORE,      /* the same at more length, for when there is no other flag */
    FIELD_SUBSTATUS,
    FIELD_CONNECTED, /* a time, "-" when there was no connection; of a list, the last */
    FIELD_ANSWERED,  /* likewise until the first byte of the answer */
    /* Headers of the answer that tell who made it or passed it on: event.by. */
    FIELD_BY_SERVER,     /* Server */
    FIELD_BY_VIA,        /* Via */
    FIELD_BY_SERVED,     /* X-Served-By */
    FIELD_BY_CLOUDFLARE, /* any of theirs: it is enough that one is there */
    FIELD_BY_EDGEONE,
    FIELD_BY_AZURE,
    FIELD_BY_FASTLY,
    FIELD_BY_PANTHEON,
    FIELD_BY_ALIBABA,
    FIELD_PROXY_STATUS, /* another one: event.proxied, and event.by as far as it names a vendor */
    FIELDS,
};

/* The field that a header of an answer is, "CF-Ray" or "cf_ray", ASCII case ignored; FIELD_SKIP
 * for those that tell nothing. */
enum field field_of_header(struct span name);

/* What a field is called for people: "status", "upstream". Static. */
const char *field_name(enum field field);

/* Puts the text of a field into the event. Text that is not of the field's kind ("-", garbage)
 * leaves the event as it was. A second FIELD_STATUS or time does not replace the first. */
void field_store(struct event *out, enum field field, struct span text);

/* The field that a key in common use names ("status", "status_code", "http.status_code",
 * "request_time", "cs-host" …), ASCII case ignored; FIELD_SKIP when none does. */
enum field field_of_key(struct span key);

/* Can a key that begins with `head` be one that field_of_key knows? */
bool field_begins(struct span head);

#endif
