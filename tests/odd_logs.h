/*
 * Small logs with all that is hard on who cuts them: formats that change and mix, #Fields lines in
 * mid-file, long lines, NULs, CRs, blank lines, garbage, clocks that jump, no line end at the end.
 */
#ifndef TEAPOT_TESTS_ODD_LOGS_H
#define TEAPOT_TESTS_ODD_LOGS_H

#include "base/buf.h"
#include "input/framer.h"
#include "tests/tally_same.h"

enum odd_log {
    ODD_EMPTY,
    ODD_BLANK,    /* blank lines only, more than a vote waits for */
    ODD_PLAIN,    /* combined, in order */
    ODD_UNENDED,  /* without a last line end */
    ODD_CR,       /* and blank lines, comments, garbage */
    ODD_MIXED,    /* combined and JSON lines in turn, now and then for long enough to change over */
    ODD_FIELDS,   /* W3C whose #Fields and #Date change */
    ODD_LONG,     /* lines around the limit, and far beyond */
    ODD_NULS,     /* runs of NULs between, in and before lines */
    ODD_JUMPS,    /* stamps out of order, and jumps of the clock */
    ODD_GARBAGE,  /* no format at all */
    ODD_LATE,     /* garbage, then a format that takes over */
    ODD_INCIDENT, /* an outage over several seconds, with hosts and upstreams */
    ODD_LOGS,
};

static const char *const odd_names[ODD_LOGS] = {
    "empty", "blank", "plain", "unended", "CR",   "mixed",    "fields",
    "long",  "NULs",  "jumps", "garbage", "late", "incident",
};

/* A line of 22 November 2026, `second` after 16:13:20, as those below. */
static inline void odd_combined(struct buf *out, int second, int status, int number)
{
    int s = 16 * 3600 + 13 * 60 + 20 + second;
    buf_printf(out,
               "192.0.2.%d - - [22/Nov/2026:%02d:%02d:%02d +0000] \"GET /p/%d/x HTTP/1.1\" %d %d "
               "\"-\" \"curl/7.88.1\"",
               number % 250, s / 3600, s / 60 % 60, s % 60, number % 7, status, number);
}

static inline void odd_json(struct buf *out, int64_t second, int status, int number)
{
    buf_printf(out,
               "{\"ts\":%lld.5,\"status\":%d,\"host\":\"h%d.example\",\"uri\":\"/q/%d\","
               "\"upstream\":\"10.0.0.%d:80\",\"duration\":0.%03d}",
               1795364000 + (long long)second, status, number % 3, number % 11, number % 4,
               number % 1000);
}

static inline void odd_fill(struct buf *out, char c, size_t n)
{
    memset(buf_room(out, n), c, n);
    out->len += n;
}

static inline int odd_status(uint64_t *random)
{
    static const int statuses[] = {200, 200, 200, 304, 404, 499, 502, 503};
    return statuses[random_below(random, 8)];
}

static inline void odd_fields(struct buf *out, uint64_t *random, int i)
{
    if (i % 40 == 0) {
        buf_printf(out, "#Software: x\n#Date: 2026-11-%02d 00:00:00\n", 1 + i / 40 % 20);
        buf_text(out, i % 80 ? "#Fields: time sc-status cs-host\n"
                             : "#Fields: date time cs-method cs-uri-stem sc-status\n");
    }
    int status = odd_status(random);
    if (i / 40 % 2) {
        buf_printf(out, "16:%02d:%02d %d h%d.example\n", i / 60 % 60, i % 60, status, i % 3);
    } else {
        buf_printf(out, "2026-11-%02d 16:%02d:%02d GET /p/%d %d\n", 1 + i / 40 % 20, i / 60 % 60,
                   i % 60, i % 5, status);
    }
}

static inline void odd_long(struct buf *out, uint64_t *random, int i)
{
    static const size_t lengths[] = {FRAMER_LINE_BYTES - 130, FRAMER_LINE_BYTES - 1,
                                     FRAMER_LINE_BYTES,       FRAMER_LINE_BYTES + 1,
                                     FRAMER_LINE_BYTES + 99,  3 * FRAMER_LINE_BYTES + 7};
    odd_combined(out, 1000 + i, odd_status(random), i);
    if (i % 7 == 3) {
        size_t length = lengths[i / 7 % 6];
        buf_byte(out, ' ');
        odd_fill(out, 'x', length);
    } else if (i % 7 == 5) {
        buf_byte(out, '\n');
        odd_fill(out, 'y', lengths[i / 7 % 6]);
    }
    buf_byte(out, '\n');
}

static inline void odd_nuls(struct buf *out, uint64_t *random, int i)
{
    static const size_t lengths[] = {1, 3, 100, 5000, FRAMER_LINE_BYTES, 200000};
    odd_combined(out, 1000 + i, odd_status(random), i);
    if (i % 9 == 4) {
        odd_fill(out, '\0', lengths[i / 9 % 6]); /* in a line: it stays */
    }
    buf_text(out, i % 5 ? "\n" : "\r\n");
    if (i % 9 == 7) {
        odd_fill(out, '\0', lengths[i / 9 % 6]);
    }
}

static inline void odd_mixed(struct buf *out, uint64_t *random, int i)
{
    bool is_run = i % 100 > 80; /* long enough to change the choice */
    if (is_run || random_below(random, 3) == 0) {
        odd_json(out, 1000 + i / 4, odd_status(random), i);
    } else {
        odd_combined(out, 1000 + i / 4, odd_status(random), i);
    }
    buf_byte(out, '\n');
}

static inline void odd_line(struct buf *out, enum odd_log kind, uint64_t *random, int i)
{
    switch (kind) {
    case ODD_FIELDS: odd_fields(out, random, i); return;
    case ODD_LONG: odd_long(out, random, i); return;
    case ODD_NULS: odd_nuls(out, random, i); return;
    case ODD_MIXED: odd_mixed(out, random, i); return;
    case ODD_GARBAGE: buf_printf(out, "not %d a line\n", i); return;
    case ODD_LATE:
        if (i < 90) {
            buf_printf(out, "starting %d\n", i);
            return;
        }
        break;
    case ODD_CR:
        if (i % 11 == 5) {
            buf_printf(out, "\r\n\n# comment\nnot %d a line\r\n", i);
            return;
        }
        break;
    case ODD_INCIDENT:
        odd_json(out, 1000 + i / 20, i / 20 > 12 && i % 3 ? 502 : 200, i);
        buf_byte(out, '\n');
        return;
    case ODD_EMPTY:
    case ODD_BLANK:
    case ODD_PLAIN:
    case ODD_UNENDED:
    case ODD_JUMPS:
    case ODD_LOGS: break;
    }
    odd_combined(out, 1000 + i / 4, odd_status(random), i);
    buf_text(out, kind == ODD_CR ? "\r\n" : "\n");
}

/* The log of a kind, to be freed with buf_done: the same for the same seed. */
static inline struct buf odd_make(enum odd_log kind, uint64_t seed)
{
    struct buf out = {0};
    uint64_t random = seed * 15485863 + 1;
    struct stamps stamps = {.random = seed * 32452843 + 1, .now = 20 * 86400};
    buf_text(&out, "");
    if (kind == ODD_BLANK) {
        odd_fill(&out, '\n', 100000);
    }
    int n = kind == ODD_EMPTY || kind == ODD_BLANK ? 0
            : kind == ODD_LONG || kind == ODD_NULS ? 120
                                                   : 700;
    for (int i = 0; i < n; i++) {
        if (kind == ODD_JUMPS) {
            odd_json(&out, stamps_next(&stamps), odd_status(&random), i);
            buf_byte(&out, '\n');
        } else {
            odd_line(&out, kind, &random, i);
        }
    }
    if (kind != ODD_EMPTY && kind != ODD_PLAIN && kind != ODD_BLANK) {
        out.len--; /* the last line has no end */
    }
    return out;
}

#endif
