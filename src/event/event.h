/*
 * One answered request, as a parser read it. Spans point into the line that was parsed (or into the
 * parser's own state, until its next call) and may be empty: only the status is a must.
 */
#ifndef TEAPOT_EVENT_EVENT_H
#define TEAPOT_EVENT_EVENT_H

#include "base/span.h"
#include "event/logtime.h"
#include "event/status.h"

/* What a line says of a step on the way to the server behind. */
enum event_step {
    EVENT_UNTOLD,
    EVENT_FAILED,
    EVENT_DONE,
};

/* Who made the answer or passed it on, by a header of the answer: bits of event.by. */
enum event_by {
    EVENT_BY_CLOUDFLARE = 1,
    EVENT_BY_EDGEONE = 2, /* Tencent EdgeOne */
    EVENT_BY_AZURE = 4,
    EVENT_BY_FASTLY = 8,
    EVENT_BY_PANTHEON = 16,
    EVENT_BY_ALIBABA = 32, /* Alibaba Cloud CDN, EdgeRoutine */
    EVENT_BY_HEROKU = 64,  /* by the words of its router's lines */
    EVENT_BY_AWS_ELB = 128,
};

enum {
    EVENT_NO_BYTES = -1,
    EVENT_NO_DURATION = -1,
};

struct event {
    struct span client;   /* address, without port */
    struct span host;     /* virtual host as written, port included if it was */
    struct span request;  /* "GET /path HTTP/1.1" where the log has it in one; see event_split */
    struct span method;   /* "GET" */
    struct span target;   /* request target: path and query, or an absolute URI */
    struct span upstream; /* address or name of the server behind */
    struct span time;     /* as written, to be read by logtime_read with `time_kind` */
    struct span origin; /* status that the server behind gave, as written: "502", "502, 200", "-" */
    struct span flag;   /* what the server noted of the end, in its own words: "SH--", "UC" …;
                             of nginx, all that were tried, when more than one was */
    struct span proxied; /* Proxy-Status of the answer (event/proxy_status.h) */
    struct span line;    /* all of it, without its end; filled by parser.parse_lines only */
    int64_t bytes;       /* of the response, or EVENT_NO_BYTES */
    int64_t duration_ns; /* of the request, or EVENT_NO_DURATION */
    uint16_t status;     /* slot (event/status.h), or STATUS_NONE */
    uint16_t substatus;  /* of IIS: the 13 of 404.13; 0: none */
    uint8_t connected;   /* enum event_step: was there a connection to the server behind? */
    uint8_t answered;    /* enum event_step: did it begin to answer? */
    uint8_t by;          /* enum event_by */
    enum logtime_kind time_kind;
    bool same_time; /* the time is the same text as that of the event that was read right before, in
                       the same call of parser.parse_lines */
    bool is_partial; /* the line has a status where it should be, but does not fit the format to its
                        end */
};

/* An event with nothing in it, for a parser to fill. */
static inline void event_clear(struct event *e)
{
    /* A span at a time, in one store: clearing all at once would make a string instruction, which
     * is slow to start. */
    typedef long long event_pair
        __attribute__((vector_size(sizeof(struct span)), aligned(sizeof(void *)), may_alias));
    const event_pair none = {0};
    *(event_pair *)&e->client = none;
    *(event_pair *)&e->host = none;
    *(event_pair *)&e->request = none;
    *(event_pair *)&e->method = none;
    *(event_pair *)&e->target = none;
    *(event_pair *)&e->upstream = none;
    *(event_pair *)&e->time = none;
    *(event_pair *)&e->origin = none;
    *(event_pair *)&e->flag = none;
    *(event_pair *)&e->proxied = none;
    e->bytes = EVENT_NO_BYTES;
    e->duration_ns = EVENT_NO_DURATION;
    e->status = STATUS_NONE;
    e->substatus = 0;
    e->connected = e->answered = EVENT_UNTOLD;
    e->by = 0;
    e->time_kind = LOGTIME_NONE;
    e->same_time = false;
    e->is_partial = false;
}

/* Is it a word that servers note of nearly every good answer? Then nobody has to ask what it means.
 * A cache's hits and misses, HAProxy's "--", IIS's 0; of Squid's tags those that end in no D, as
 * _ABORTED, _TIMEDOUT and FAIL_OLD do. */
static inline bool event_flag_is_usual(struct span flag)
{
    return flag.len == 0 || flag.ptr[0] == '-' || flag.ptr[0] == '+' || flag.ptr[0] == '0' ||
           (flag.ptr[flag.len - 1] != 'D' &&
            (span_starts(flag, SPAN("TCP_")) || span_ends(flag, SPAN("Hit")) ||
             span_is(flag, "Miss") || span_is(flag, "NoError") || span_is(flag, "via_upstream") ||
             span_starts(flag, SPAN("response_"))));
}

/* Takes method and target out of `request` where they are not there already. Left to whoever needs
 * them, since most lines are counted without. Garbage (TLS bytes, no method) leaves both empty. */
void event_split(struct event *e);

#endif
