/*
 * Why requests failed: how often each reason (codes/reason.h), and which servers behind gave which
 * answers that were none, those that a retry hid among them. Counts of a fixed list and a bounded
 * table of names, so it merges like all of a tally.
 */
#ifndef TEAPOT_TALLY_CAUSES_H
#define TEAPOT_TALLY_CAUSES_H

#include "codes/judge.h"
#include "tally/top.h"

struct causes {
    uint64_t masked;     /* tries that failed before one that was the answer */
    struct top *origins; /* "10.0.0.7:8080 502", the name and a status; columns as below */
    uint64_t counts[];   /* by 2 * reason + is_sure */
};

/* Columns of `origins`. */
enum {
    CAUSES_TRIES = TOP_REQUESTS, /* that ended with this status */
    CAUSES_MASKED = TOP_5XX,     /* of those, the ones that were tried again elsewhere */
};

/* One reason that was counted. */
struct causes_row {
    uint16_t reason;
    bool is_sure;
    uint64_t count;
};

/* Nothing counted yet; freed with causes_free, which takes NULL too. */
struct causes *causes_new(void);
void causes_free(struct causes *c);

/* Forgets the counts but keeps the memory. */
void causes_clear(struct causes *c);

/* Counts what was judged of a request, and the servers behind when `by_name`. */
void causes_add(struct causes *c, const struct event *e, const struct judgement *j, bool by_name);

void causes_merge(struct causes *into, const struct causes *from);

/* Writes the reasons by count, the largest first, then by number, to `out`, which has room for
 * 2 * reason_count(), and returns how many there are. `c` may be NULL: none. */
size_t causes_rows(const struct causes *c, struct causes_row *out);

/* Takes a name of `origins` apart: the server, and the word of its status. */
struct span causes_server(struct span name, struct span *status);

#endif
