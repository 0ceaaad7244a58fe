/*
 * What goes through the stats socket, as types: what is asked, who answers, how it is set up, what
 * is counted. serve.h has the functions; the parts of this folder need only this.
 */
#ifndef TEAPOT_SERVE_REQUEST_H
#define TEAPOT_SERVE_REQUEST_H

#include "base/buf.h"
#include "base/diag.h"

#include <uv.h>

enum serve_topic {
    SERVE_SUMMARY,
    SERVE_METRICS,
    SERVE_ALERTS,
    SERVE_SOURCES,
    SERVE_HISTORY,
    SERVE_HEALTH,
    SERVE_TOP,     /* args: dimension, number */
    SERVE_EXPLAIN, /* args: code [format] */
    SERVE_SILENCE, /* args: rule [series] duration; owner only */
    SERVE_RELOAD,  /* owner only */
    SERVE_TOPICS,
};

/* What one stats socket costs at most, whoever asks and however. */
enum {
    /* At once, in both manners; then the one that was quiet longest goes. */
    SERVE_CLIENTS = 1024,
    /* Longer requests are refused. */
    SERVE_REQUEST_BYTES = 8192,
    /* For a request to be complete, and again for each part of its answer to be taken. */
    SERVE_DEADLINE_MS = 5000,
    /* Answers that were not taken yet, of all clients; then the slowest reader goes. */
    SERVE_HELD_BYTES = 32 << 20,
};

struct serve_request {
    enum serve_topic topic;
    struct span args;  /* behind the command; by HTTP the same, put together from the query */
    int last_s;        /* ?last=10m, or 0 */
    bool text;         /* a person asks: text rather than JSON where there is a choice */
    bool open_metrics; /* metrics as OpenMetrics */
    bool owner;        /* the peer is root or the daemon's own user, by SO_PEERCRED */
};

/* Appends the answer. Returns an HTTP status: 200, 400 (bad arguments), 403, 404, 503. On a command
 * line a failure that is not JSON is sent as "error: ANSWER". It must not call serve_stop. */
typedef int (*serve_answer_fn)(const struct serve_request *request, struct buf *out, void *ctx);

struct serve_options {
    const char *const *listens; /* "unix:/path", "tcp:addr:port"; NULL at the end */
    const int *fds;             /* sockets handed over by systemd, already listening */
    size_t n_fds;
    int mode;          /* of unix sockets, 0660 */
    const char *group; /* of unix sockets, or NULL */
    const char *token; /* that TCP clients must send (Authorization: Bearer …), or NULL */
    bool insecure;     /* listen on TCP outside loopback without a token */
    int deadline_ms;   /* 0: SERVE_DEADLINE_MS */
    int clients;       /* 0: SERVE_CLIENTS */
};

struct serve_stats {
    uint64_t accepted;
    uint64_t answered;  /* with what they asked for, or with the help */
    uint64_t refused;   /* with an error, or dropped to make room */
    uint64_t timed_out; /* dropped because they were too slow */
    uint32_t clients;   /* at present */
};

#endif
