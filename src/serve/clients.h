/*
 * All clients of a stats socket, in both manners, in the order in which they last made progress.
 * From that order follow the deadlines (one timer looks at the quietest), who goes when there are
 * too many, and who goes when too many bytes of answers wait. Also what both manners share: who
 * answers, and the counts.
 */
#ifndef TEAPOT_SERVE_CLIENTS_H
#define TEAPOT_SERVE_CLIENTS_H

#include "serve/request.h"

/* The first member of what each manner keeps of a client. */
struct client {
    struct client *quieter, *livelier;
    void (*drop)(struct client *c); /* ends it; it is off the list already */
    uint64_t progress_ms;           /* when it last made any, by the loop's clock */
    uint64_t answer_ms;             /* when its answer began, 0: it has none yet */
    size_t held_bytes;              /* of its answer */
    bool is_listed;
    bool is_idle; /* nothing is owed to it: its going is no time-out */
};

struct clients {
    uv_loop_t *loop;
    serve_answer_fn answer;
    void *ctx;
    struct serve_stats stats;
    struct client *quietest, *liveliest;
    uint32_t max;
    uint64_t deadline_ms;
    size_t held_bytes;
    uv_timer_t timer;
    uint32_t handles; /* that are not closed yet, of all of the stats socket */
    void (*on_gone)(void *owner);
    void *owner;
};

/* Starts an empty list. `options` gives limits; loop, answer and owner are set by the caller
 * before. */
void clients_start(struct clients *all, const struct serve_options *options);

/* Drops all clients. */
void clients_stop(struct clients *all);

/* Adds a client that made progress just now. When there are too many, the quietest is dropped. */
void clients_add(struct clients *all, struct client *c);

/* Takes a client off the list, if it is on it. */
void clients_remove(struct clients *all, struct client *c);

/* It made progress: its deadline starts anew, unless its answer takes too long altogether. */
void clients_progress(struct clients *all, struct client *c);

/* Its answer of so many bytes begins to wait; 0: the answer is out. Slow readers may be dropped. */
void clients_hold(struct clients *all, struct client *c, size_t bytes);

/* A libuv handle of the stats socket was opened; the last one that is closed ends it all. */
void clients_opened(struct clients *all);
void clients_closed(struct clients *all);

#endif
