/*
 * For the tests of src/tally: random numbers that are the same in every run, and the question
 * whether two values that were counted in different ways are equal.
 */
#ifndef TEAPOT_TESTS_TALLY_SAME_H
#define TEAPOT_TESTS_TALLY_SAME_H

#include "tally/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The next number of a xorshift generator (Marsaglia 2003), below `below`. */
static inline uint64_t random_below(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (*state >> 11) % below;
}

static inline void assert_same_text(struct span a, struct span b)
{
    assert_int_equal(a.len, b.len);
    if (a.len) {
        assert_memory_equal(a.ptr, b.ptr, a.len);
    }
}

static inline void assert_same_sketch(const struct sketch *a, const struct sketch *b)
{
    static const struct sketch empty;
    a = a ? a : &empty;
    b = b ? b : &empty;
    assert_memory_equal(a, b, offsetof(struct sketch, first));
    for (uint32_t i = 0; i < SKETCH_BUCKETS; i++) {
        assert_int_equal(sketch_bucket(a, i), sketch_bucket(b, i));
    }
}

static inline void assert_same_timeline(const struct timeline *a, const struct timeline *b)
{
    assert_int_equal(a->used, b->used);
    if (a->used) {
        assert_int_equal(a->shift, b->shift);
        assert_int_equal(a->first, b->first);
    }
    assert_memory_equal(a->steps, b->steps, sizeof a->steps);
}

static inline void assert_same_top(const struct top *a, const struct top *b)
{
    const struct top_entry *x[TOP_NAMES], *y[TOP_NAMES];
    size_t n = a ? top_largest(a, false, x, TOP_NAMES) : 0;
    assert_int_equal(n, b ? top_largest(b, false, y, TOP_NAMES) : 0);
    for (size_t i = 0; i < n; i++) {
        assert_same_text(top_name(a, x[i]), top_name(b, y[i]));
        assert_memory_equal(x[i]->n, y[i]->n, sizeof x[i]->n);
        assert_int_equal(x[i]->error, y[i]->error);
    }
}

/* Hosts and errors may stand in any order within a second, so each record is looked for. */
static inline bool same_record(const struct window *a, const struct window_record *x,
                               const struct window *b, const struct window_record *y)
{
    return x->second == y->second && x->requests == y->requests && x->e4xx == y->e4xx &&
           x->e5xx == y->e5xx && x->unparsed == y->unparsed &&
           span_equal(window_name(a, x->host), window_name(b, y->host)) &&
           span_equal(window_name(a, x->route), window_name(b, y->route)) &&
           span_equal(window_name(a, x->upstream), window_name(b, y->upstream));
}

static inline void assert_same_records(const struct window *a, const struct window *b)
{
    assert_int_equal(a->n_records, b->n_records);
    for (uint32_t i = 0; i < a->n_records; i++) {
        uint32_t k = 0;
        while (k < b->n_records && !same_record(a, &a->records[i], b, &b->records[k])) {
            k++;
        }
        assert_true(k < b->n_records);
        assert_int_equal(a->records[i].second, b->records[i].second);
        assert_int_equal(window_is_whole(&a->records[i]), window_is_whole(&b->records[i]));
    }
}

static inline bool same_error(const struct window *a, const struct window_error *x,
                              const struct window *b, const struct window_error *y)
{
    bool is_counted = x->blame != WINDOW_ANSWERED; /* of that it is enough that there are some */
    return x->second == y->second && (x->count == y->count || !is_counted) &&
           x->status == y->status && x->blame == y->blame &&
           span_equal(window_name(a, x->host), window_name(b, y->host)) &&
           span_equal(window_name(a, x->route), window_name(b, y->route)) &&
           span_equal(window_name(a, x->upstream), window_name(b, y->upstream));
}

static inline void assert_same_errors(const struct window *a, const struct window *b)
{
    assert_int_equal(a->n_errors, b->n_errors);
    for (uint32_t i = 0; i < a->n_errors; i++) {
        uint32_t k = 0;
        while (k < b->n_errors && !same_error(a, &a->errors[i], b, &b->errors[k])) {
            k++;
        }
        assert_true(k < b->n_errors);
    }
}

static inline void assert_same_window(const struct window *a, const struct window *b)
{
    assert_int_equal(a->has_clock, b->has_clock);
    assert_int_equal(a->has_pending, b->has_pending);
    if (a->has_clock) {
        assert_int_equal(a->clock, b->clock);
    }
    if (a->has_pending) {
        assert_int_equal(a->pending, b->pending);
        assert_same_text(a->waiting.text, b->waiting.text);
    }
    assert_int_equal(a->unparsed_first, b->unparsed_first);
    assert_int_equal(a->unparsed_waiting, b->unparsed_waiting);
    assert_same_records(a, b);
    assert_same_errors(a, b);
    assert_int_equal(a->n_samples, b->n_samples);
    for (uint32_t i = 0; i < a->n_samples; i++) {
        const struct window_sample *x = &a->samples[i], *y = &b->samples[i];
        assert_int_equal(x->second, y->second);
        assert_int_equal(x->status, y->status);
        assert_same_text((struct span){x->text, x->len}, (struct span){y->text, y->len});
        assert_same_text(window_name(a, x->host), window_name(b, y->host));
        assert_same_text(window_name(a, x->route), window_name(b, y->route));
        assert_same_text(window_name(a, x->upstream), window_name(b, y->upstream));
    }
}

static inline uint64_t cell_count(const struct tally *t, struct verdict v)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < t->n_cells; i++) {
        struct verdict c = t->cells[i].verdict;
        bool is_it = c.status == v.status && c.entry == v.entry && c.blame == v.blame;
        count += is_it ? t->cells[i].count : 0;
    }
    return count;
}

static inline void assert_same_numbers(const struct tally *a, const struct tally *b)
{
    assert_int_equal(a->lines, b->lines);
    assert_int_equal(a->requests, b->requests);
    assert_int_equal(a->unparsed, b->unparsed);
    assert_int_equal(a->ignored, b->ignored);
    assert_int_equal(a->late, b->late);
    assert_int_equal(a->bytes, b->bytes);
    assert_int_equal(a->has_bytes, b->has_bytes);
    assert_int_equal(a->has_time, b->has_time);
    assert_int_equal(a->from_ms, b->from_ms);
    assert_int_equal(a->to_ms, b->to_ms);
    assert_int_equal(a->n_cells, b->n_cells);
    for (uint32_t i = 0; i < a->n_cells; i++) {
        assert_int_equal(a->cells[i].count, cell_count(b, a->cells[i].verdict));
    }
}

static inline void assert_same_causes(const struct causes *a, const struct causes *b)
{
    struct causes *none = causes_new();
    a = a ? a : none;
    b = b ? b : none;
    assert_int_equal(a->masked, b->masked);
    assert_memory_equal(a->counts, b->counts, 2 * (size_t)reason_count() * sizeof(a->counts[0]));
    assert_same_top(a->origins, b->origins);
    causes_free(none);
}

static inline void assert_same_tally(const struct tally *a, const struct tally *b)
{
    assert_same_numbers(a, b);
    for (size_t i = 0; i < STATUS_CLASSES; i++) {
        assert_same_sketch(a->durations[i], b->durations[i]);
    }
    for (size_t i = 0; i < TALLY_DIMENSIONS; i++) {
        assert_same_top(a->tops[i], b->tops[i]);
    }
    assert_same_causes(a->causes, b->causes);
    assert_same_window(&a->window, &b->window);
    assert_same_timeline(tally_timeline(a), tally_timeline(b));
    assert_int_equal(a->n_samples, b->n_samples);
    for (uint32_t i = 0; i < a->n_samples; i++) {
        assert_same_text((struct span){a->samples[i].text, a->samples[i].len},
                         (struct span){b->samples[i].text, b->samples[i].len});
    }
}

/*
 * Stamps as a server writes them, with all that goes wrong: lines out of order by up to 50 minutes,
 * a stamp days ahead or hours back, long silences, a clock that is put back for good. Between two
 * jumps stand at least four ordinary lines, as merging in pieces asks for.
 */
struct stamps {
    uint64_t random;
    int64_t now;
    unsigned since_jump;
};

static inline int64_t stamps_next(struct stamps *s)
{
    s->now += random_below(&s->random, 4) == 0 ? (int64_t)random_below(&s->random, 5) : 0;
    if (s->since_jump++ < 4 || random_below(&s->random, 8)) {
        bool is_old = random_below(&s->random, 4) == 0;
        return s->now - (is_old ? (int64_t)random_below(&s->random, 3000) : 0);
    }
    s->since_jump = 0;
    switch (random_below(&s->random, 5)) {
    case 0: return s->now + 86400 * (3 + (int64_t)random_below(&s->random, 9999));
    case 1: return s->now - 7200 - (int64_t)random_below(&s->random, 99999);
    case 2: s->now += 3700 + (int64_t)random_below(&s->random, 9999); break;
    case 3: s->now -= 7200 + (int64_t)random_below(&s->random, 999); break;
    default: s->now += 1800; break;
    }
    return s->now;
}

#endif
