#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER
#endif

#include "tally/tally.h"
#include "tests/tally_same.h"

#include <stdio.h>
#include <stdlib.h>

#define T_MS INT64_C(1795364972000) /* in November 2026 */

enum {
    KEEP = 1 << TALLY_HOSTS | 1 << TALLY_UPSTREAMS | 1 << TALLY_ROUTES,
    KEEP_ALL = KEEP | 1 << TALLY_CLIENTS,
    MOST = 1000,
};

/* Calls of the allocator. The functions below take the place of the C library's, which glibc offers
 * under these names for that purpose; a sanitizer has its own and must keep them. */
static size_t allocations;

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#endif

static struct verdict verdict(uint16_t status, uint16_t entry)
{
    enum blame blame = status >= 500 ? BLAME_SERVER : status >= 400 ? BLAME_CLIENT : BLAME_NONE;
    return (struct verdict){status, entry, blame};
}

static struct event event_of(uint16_t status)
{
    struct event e;
    event_clear(&e);
    e.status = status;
    return e;
}

static void add(struct tally *t, const struct event *e, int64_t ms)
{
    tally_request(t, e, verdict(e->status, e->status), ms, true, SPAN("a line"));
}

static void add_status(struct tally *t, uint16_t status, unsigned times)
{
    struct event e = event_of(status);
    for (unsigned i = 0; i < times; i++) {
        add(t, &e, T_MS);
    }
}

static const struct top_entry *entry_of(const struct tally *t, enum tally_dimension d,
                                        const char *name)
{
    for (uint32_t i = 0; t->tops[d] && i < t->tops[d]->n_entries; i++) {
        if (span_is(top_name(t->tops[d], &t->tops[d]->entries[i]), name)) {
            return &t->tops[d]->entries[i];
        }
    }
    return NULL;
}

static uint64_t count_of(const struct tally *t, enum tally_dimension d, const char *name,
                         enum top_column column)
{
    const struct top_entry *e = entry_of(t, d, name);
    return e ? e->n[column] : 0;
}

static void verdicts_are_counted_apart(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, KEEP, false);
    struct event e = event_of(499);
    for (unsigned i = 0; i < 30; i++) {
        tally_request(&t, &e, verdict(499, (uint16_t)(i % 3)), T_MS, true, SPAN(""));
    }
    add_status(&t, STATUS_DASH, 4);
    assert_int_equal(t.n_cells, 4);
    assert_int_equal(cell_count(&t, verdict(499, 2)), 10);
    assert_int_equal(cell_count(&t, verdict(STATUS_DASH, STATUS_DASH)), 4);
    assert_int_equal(t.requests, 34);
    tally_done(&t);
}

static void lines_are_requests_unparsed_and_ignored(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, KEEP, false);
    add_status(&t, 200, 5);
    tally_ignored(&t);
    tally_ignored(&t);
    tally_unparsed(&t, SPAN("what is this?"));
    assert_int_equal(t.lines, 8);
    assert_int_equal(t.requests, 5);
    assert_int_equal(t.ignored, 2);
    assert_int_equal(t.unparsed, 1);
    tally_done(&t);
}

static void the_first_unparsed_lines_are_kept_and_cut(void **state)
{
    (void)state;
    struct tally t;
    static char line[100000];
    tally_init(&t, KEEP, false);
    for (size_t i = 0; i < 2 * TALLY_SAMPLES; i++) {
        line[0] = (char)i;
        tally_unparsed(&t, (struct span){line, i == 1 ? 1 : sizeof line});
    }
    assert_int_equal(t.n_samples, TALLY_SAMPLES);
    assert_int_equal(t.samples[0].len, TALLY_SAMPLE_BYTES);
    assert_int_equal(t.samples[1].len, 1);
    assert_int_equal(t.samples[TALLY_SAMPLES - 1].text[0], TALLY_SAMPLES - 1);
    tally_done(&t);
}

static void bytes_and_durations_count_where_a_line_has_them(void **state)
{
    (void)state;
    struct tally t;
    struct sketch all;
    tally_init(&t, KEEP, false);
    add_status(&t, 200, 1);
    assert_false(t.has_bytes);
    assert_false(tally_durations(&t, &all));
    struct event e = event_of(200);
    e.bytes = 0;
    add(&t, &e, T_MS);
    assert_true(t.has_bytes);
    e.bytes = 17;
    e.duration_ns = 2000000000;
    add(&t, &e, T_MS);
    e.status = 502;
    e.duration_ns = 0;
    add(&t, &e, T_MS);
    assert_int_equal(t.bytes, 34);
    assert_int_equal(t.durations[CLASS_2XX]->count, 1);
    assert_int_equal(t.durations[CLASS_5XX]->count, 1);
    assert_true(tally_durations(&t, &all));
    assert_int_equal(all.count, 2);
    assert_int_equal(all.sum_s, 2);
    sketch_done(&all);
    tally_done(&t);
}

static void only_stamps_make_from_and_to(void **state)
{
    (void)state;
    struct tally t;
    struct event e = event_of(200);
    tally_init(&t, KEEP, false);
    tally_request(&t, &e, verdict(200, 0), 1, false, SPAN(""));
    assert_false(t.has_time);
    add(&t, &e, T_MS + 5);
    add(&t, &e, T_MS - 7);
    add(&t, &e, T_MS + 2);
    assert_true(t.has_time);
    assert_int_equal(t.from_ms, T_MS - 7);
    assert_int_equal(t.to_ms, T_MS + 5);
    tally_done(&t);
}

static void hosts_and_upstreams_count_on_every_request(void **state)
{
    (void)state;
    struct tally t;
    static const uint16_t statuses[] = {200, 200, 404, 502};
    tally_init(&t, KEEP_ALL, false);
    for (size_t i = 0; i < 4; i++) {
        struct event e = event_of(statuses[i]);
        e.host = SPAN("h");
        e.upstream = SPAN("u");
        e.target = SPAN("/users/17");
        e.client = SPAN("192.0.2.1");
        add(&t, &e, T_MS);
    }
    assert_int_equal(count_of(&t, TALLY_HOSTS, "h", TOP_REQUESTS), 4);
    assert_int_equal(count_of(&t, TALLY_HOSTS, "h", TOP_4XX), 1);
    assert_int_equal(count_of(&t, TALLY_UPSTREAMS, "u", TOP_REQUESTS), 4);
    assert_int_equal(count_of(&t, TALLY_UPSTREAMS, "u", TOP_5XX), 1);
    assert_int_equal(count_of(&t, TALLY_ROUTES, "/users/{}", TOP_REQUESTS), 0);
    assert_int_equal(count_of(&t, TALLY_ROUTES, "/users/{}", TOP_4XX), 1);
    assert_int_equal(count_of(&t, TALLY_ROUTES, "/users/{}", TOP_5XX), 1);
    assert_int_equal(count_of(&t, TALLY_CLIENTS, "192.0.2.1", TOP_5XX), 1);
    tally_done(&t);
}

static void what_is_not_wanted_is_kept_nowhere(void **state)
{
    (void)state;
    struct tally t;
    struct event e = event_of(502);
    tally_init(&t, 0, false);
    e.host = e.upstream = e.client = SPAN("secret");
    e.target = SPAN("/secret");
    add(&t, &e, T_MS);
    tally_settle(&t);
    for (size_t i = 0; i < TALLY_DIMENSIONS; i++) {
        assert_null(t.tops[i]);
    }
    assert_int_equal(t.window.n_errors, 1);
    assert_int_equal(t.window.errors[0].host + t.window.errors[0].route, 0);
    assert_int_equal(t.window.errors[0].upstream, 0);
    tally_done(&t);
}

static void hosts_lose_the_port_of_their_scheme(void **state)
{
    (void)state;
    static const struct {
        const char *host, *name;
    } cases[] = {
        {"a.example", "a.example"},
        {"a.example:80", "a.example"},
        {"a.example:443", "a.example"},
        {"a.example:8080", "a.example:8080"},
        {"[2001:db8::1]:443", "[2001:db8::1]"},
        {"2001:db8::80", "2001:db8::80"},
        {"A.Example", "A.Example"},
        {"-", NULL},
        {"", NULL},
        {":80", NULL},
        {"-:443", NULL},
        {":", ":"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tally t;
        struct event e = event_of(200);
        tally_init(&t, KEEP, true);
        e.host = span_of(cases[i].host);
        e.upstream = SPAN("-");
        add(&t, &e, T_MS);
        tally_settle(&t);
        if (cases[i].name && !entry_of(&t, TALLY_HOSTS, cases[i].name)) {
            print_message("%s\n", cases[i].host);
        }
        assert_true(cases[i].name ? entry_of(&t, TALLY_HOSTS, cases[i].name) != NULL
                                  : t.tops[TALLY_HOSTS] == NULL);
        assert_int_equal(t.window.n_records, cases[i].name ? 2 : 1);
        assert_null(t.tops[TALLY_UPSTREAMS]);
        tally_done(&t);
    }
}

static void errors_stand_in_the_window_with_their_place(void **state)
{
    (void)state;
    struct tally t;
    struct event e = event_of(502);
    tally_init(&t, KEEP, true);
    e.host = SPAN("h:443");
    e.upstream = SPAN("10.0.0.1:80");
    e.target = SPAN("/a/17?q");
    add(&t, &e, T_MS + 999);
    add(&t, &e, T_MS);
    assert_int_equal(t.window.n_errors, 1);
    assert_int_equal(t.window.errors[0].count, 2);
    assert_int_equal(t.window.errors[0].second, T_MS / 1000);
    assert_int_equal(t.window.errors[0].blame, BLAME_SERVER);
    assert_true(span_is(window_name(&t.window, t.window.errors[0].host), "h"));
    assert_true(span_is(window_name(&t.window, t.window.errors[0].route), "/a/{}"));
    assert_true(span_is(window_name(&t.window, t.window.errors[0].upstream), "10.0.0.1:80"));
    assert_int_equal(t.window.n_samples, 1);
    tally_done(&t);
}

static void times_before_1970_round_down(void **state)
{
    (void)state;
    struct tally t;
    struct event e = event_of(200);
    tally_init(&t, KEEP, false);
    add(&t, &e, -1);
    add(&t, &e, -1000);
    assert_int_equal(t.window.clock, -1);
    assert_int_equal(t.window.records[0].requests, 2);
    tally_done(&t);
}

static void the_timeline_has_every_settled_request(void **state)
{
    (void)state;
    struct tally t;
    struct event ok = event_of(200), bad = event_of(500);
    tally_init(&t, KEEP, false);
    add(&t, &ok, T_MS);
    add(&t, &bad, T_MS);
    add(&t, &ok, T_MS - 86400000);
    add(&t, &ok, T_MS + 864000000);
    add(&t, &ok, T_MS + 2000);
    window_drain(&t.window);
    assert_int_equal(tally_timeline(&t)->shift, 0);
    assert_int_equal(tally_timeline(&t)->used, 3);
    assert_int_equal(tally_timeline(&t)->steps[0].requests, 4);
    assert_int_equal(tally_timeline(&t)->steps[0].e5xx, 1);
    add(&t, &ok, T_MS + 864000000);
    tally_settle(&t);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < tally_timeline(&t)->used; i++) {
        sum += tally_timeline(&t)->steps[i].requests;
    }
    assert_int_equal(sum, t.requests);
    tally_done(&t);
}

static void sums_are_by_class_and_by_blame(void **state)
{
    (void)state;
    struct tally t;
    uint64_t classes[STATUS_CLASSES], blames[BLAMES];
    tally_init(&t, KEEP, false);
    add_status(&t, 101, 1);
    add_status(&t, 200, 2);
    add_status(&t, 204, 3);
    add_status(&t, 404, 4);
    add_status(&t, 503, 5);
    add_status(&t, STATUS_MINUS1, 6);
    tally_classes(&t, classes);
    tally_blames(&t, blames);
    assert_memory_equal(classes, ((uint64_t[]){1, 5, 0, 4, 5, 6}), sizeof classes);
    assert_int_equal(blames[BLAME_NONE], 6);
    assert_int_equal(blames[BLAME_CLIENT], 4);
    assert_int_equal(blames[BLAME_SERVER], 11);
    tally_done(&t);
}

static void cells_come_in_order_of_count_ties_by_status(void **state)
{
    (void)state;
    struct tally t;
    uint32_t order[STATUS_SLOTS];
    tally_init(&t, KEEP, false);
    for (uint16_t status = 0; status < STATUS_SLOTS; status++) {
        add_status(&t, (uint16_t)(STATUS_SLOTS - 1 - status), 1 + status % 7U);
    }
    assert_int_equal(tally_order(&t, order), STATUS_SLOTS);
    for (size_t i = 1; i < STATUS_SLOTS; i++) {
        const struct tally_cell *a = &t.cells[order[i - 1]], *b = &t.cells[order[i]];
        assert_true(a->count > b->count ||
                    (a->count == b->count && a->verdict.status < b->verdict.status));
    }
    tally_done(&t);
}

/* One line of a random log: what tally_request takes, or a line that is no request. */
struct random_line {
    struct event event;
    struct verdict verdict;
    uint16_t reason;
    int64_t ms;
    bool is_request;
    char host[16], target[16], upstream[16], client[16], text[24];
};

static struct random_line lines[MOST];

static void fill(struct random_line *l, uint64_t *random, int64_t second)
{
    static const uint16_t statuses[] = {200, 200, 200, 200, 304, 404, 500, 502, 499, STATUS_DASH};
    uint16_t status = statuses[random_below(random, 10)];
    l->is_request = random_below(random, 20) != 0;
    l->event = event_of(status);
    l->verdict = verdict(status, (uint16_t)(status + random_below(random, 2)));
    l->ms = second * 1000 + (int64_t)random_below(random, 1000);
    snprintf(l->host, sizeof l->host, "h%d.example", (int)random_below(random, 3));
    snprintf(l->target, sizeof l->target, "/r/%c?%d", "ab1"[random_below(random, 3)], 7);
    snprintf(l->upstream, sizeof l->upstream, "u%d", (int)random_below(random, 2));
    snprintf(l->client, sizeof l->client, "192.0.2.%d", (int)random_below(random, 256));
    snprintf(l->text, sizeof l->text, "line %d", (int)random_below(random, 1000000));
    l->event.host = random_below(random, 9) ? span_of(l->host) : SPAN("-");
    l->event.target = span_of(l->target);
    l->event.upstream = span_of(l->upstream);
    l->event.client = span_of(l->client);
    l->event.origin = random_below(random, 3) ? SPAN("502, 200") : SPAN("");
    l->reason = (uint16_t)random_below(random, reason_count());
    l->event.bytes = (int64_t)random_below(random, 5000) - 1;
    l->event.duration_ns =
        (int64_t)random_below(random, (uint64_t)1 << random_below(random, 40)) - 1;
}

static void add_lines(struct tally *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct random_line *l = &lines[i];
        if (l->is_request) {
            struct judgement j = {l->verdict, l->reason, l->reason % 2};
            tally_request(t, &l->event, l->verdict, l->ms, true, span_of(l->text));
            tally_cause(t, &l->event, &j);
        } else if (l->ms % 2) {
            tally_unparsed(t, span_of(l->text));
        } else {
            tally_ignored(t);
        }
    }
}

static void random_log(uint64_t seed, size_t n)
{
    struct stamps stamps = {.random = seed * 32452843, .now = T_MS / 1000};
    uint64_t random = seed * 49979687;
    for (size_t i = 0; i < n; i++) {
        fill(&lines[i], &random, 0);
        if (lines[i].is_request) { /* else a jump might go unseen */
            lines[i].ms += 1000 * stamps_next(&stamps);
        }
    }
}

static void add_piece(struct tally *into, size_t from, size_t to)
{
    struct tally part;
    tally_init(&part, KEEP_ALL, true);
    add_lines(&part, from, to);
    tally_merge(into, &part, true);
    tally_done(&part);
}

static void pieces_of_a_source_merge_to_the_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct tally whole, sum;
        uint64_t random = seed * 86028121, piece = 1 + random_below(&random, 80);
        size_t n = 20 + seed * 16;
        tally_init(&whole, KEEP_ALL, true);
        tally_init(&sum, KEEP_ALL, true);
        random_log(seed, n);
        add_lines(&whole, 0, n);
        for (size_t at = 0, to; at < n; at = to) {
            to = at + 1 + random_below(&random, piece);
            to = to < n ? to : n;
            add_piece(&sum, at, to);
        }
        assert_same_tally(&sum, &whole);
        tally_settle(&sum);
        tally_settle(&whole);
        assert_same_tally(&sum, &whole);
        tally_done(&sum);
        tally_done(&whole);
    }
}

static void merging_is_associative(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t random = seed * 122949823;
        size_t cut[4] = {0, 1 + random_below(&random, 30), 0, 0};
        struct tally left, right, part[3];
        cut[2] = cut[1] + 1 + random_below(&random, 30);
        cut[3] = cut[2] + 1 + random_below(&random, 30);
        random_log(seed, cut[3]);
        tally_init(&left, KEEP_ALL, true);
        tally_init(&right, KEEP_ALL, true);
        for (size_t i = 0; i < 3; i++) {
            tally_init(&part[i], KEEP_ALL, true);
            add_lines(&part[i], cut[i], cut[i + 1]);
            tally_merge(&left, &part[i], true);
        }
        tally_merge(&part[1], &part[2], true);
        tally_merge(&right, &part[0], true);
        tally_merge(&right, &part[1], true);
        assert_same_tally(&left, &right);
        tally_done(&left);
        tally_done(&right);
        for (size_t i = 0; i < 3; i++) {
            tally_done(&part[i]);
        }
    }
}

static void an_empty_tally_changes_nothing(void **state)
{
    (void)state;
    struct tally t, same, empty;
    random_log(5, 100);
    tally_init(&t, KEEP_ALL, true);
    tally_init(&same, KEEP_ALL, true);
    tally_init(&empty, KEEP_ALL, true);
    add_lines(&t, 0, 100);
    add_lines(&same, 0, 100);
    tally_merge(&t, &empty, true);
    tally_merge(&t, &empty, false);
    assert_same_tally(&t, &same);
    tally_merge(&empty, &t, true);
    assert_same_tally(&empty, &same);
    tally_done(&t);
    tally_done(&same);
    tally_done(&empty);
}

static void different_sources_merge_in_any_order_and_leave_the_window(void **state)
{
    (void)state;
    struct tally part[2], ab, ba;
    random_log(6, 200);
    tally_init(&ab, KEEP_ALL, true);
    tally_init(&ba, KEEP_ALL, true);
    for (size_t i = 0; i < 2; i++) {
        tally_init(&part[i], KEEP_ALL, true);
        add_lines(&part[i], 100 * i, 100 * i + 100);
        part[i].late = i + 1;
        part[i].n_samples = 0; /* those that come first are kept */
        tally_merge(&ab, &part[i], false);
    }
    tally_merge(&ba, &part[1], false);
    tally_merge(&ba, &part[0], false);
    assert_same_tally(&ab, &ba);
    assert_false(ab.window.has_clock || ab.window.has_pending);
    assert_int_equal(ab.requests, part[0].requests + part[1].requests);
    assert_int_equal(ab.late, 3);
    assert_true(tally_timeline(&ab)->used > 0);
    for (size_t i = 0; i < 2; i++) {
        tally_done(&part[i]);
    }
    tally_done(&ab);
    tally_done(&ba);
}

static void a_drained_piece_brings_its_whole_timeline(void **state)
{
    (void)state;
    struct tally whole, sum, part;
    tally_init(&whole, KEEP_ALL, true);
    tally_init(&sum, KEEP_ALL, true);
    tally_init(&part, KEEP_ALL, true);
    for (size_t i = 0; i < 90; i++) {
        uint64_t random = i + 1;
        fill(&lines[i], &random, T_MS / 1000 + (int64_t)i);
        lines[i].is_request = true;
    }
    add_lines(&whole, 0, 90);
    add_lines(&sum, 0, 30);
    add_lines(&part, 30, 60);
    window_drain(&part.window);
    add_lines(&part, 60, 90);
    tally_merge(&sum, &part, true);
    assert_same_timeline(tally_timeline(&sum), tally_timeline(&whole));
    assert_int_equal(sum.window.clock, whole.window.clock);
    tally_done(&whole);
    tally_done(&sum);
    tally_done(&part);
}

/* With `rests` it gives its memory back between two intervals. */
static void count_after_clear(bool rests)
{
    struct tally t, fresh;
    random_log(8, 300);
    tally_init(&t, KEEP_ALL, true);
    tally_init(&fresh, KEEP_ALL, true);
    add_lines(&t, 0, 200);
    tally_settle(&t);
    tally_clear(&t);
    assert_int_equal(t.lines + t.requests + t.n_cells + t.n_samples + tally_timeline(&t)->used, 0);
    assert_true(t.window.has_clock);
    fresh.window.has_clock = true;
    fresh.window.clock = t.window.clock;
    memcpy(fresh.window.has_sampled, t.window.has_sampled, sizeof fresh.window.has_sampled);
    memcpy(fresh.window.sampled, t.window.sampled, sizeof fresh.window.sampled);
    if (rests) {
        tally_rest(&t);
        assert_null(t.cells);
        assert_null(t.timeline);
        assert_null(t.window.records);
        tally_rest(&t);
    }
    add_lines(&t, 200, 300);
    add_lines(&fresh, 200, 300);
    assert_same_tally(&t, &fresh);
    tally_done(&t);
    tally_done(&fresh);
}

static void a_cleared_tally_counts_like_a_new_one(void **state)
{
    (void)state;
    count_after_clear(false);
    count_after_clear(true);
}

static void a_line_that_waits_outlasts_a_rest(void **state)
{
    (void)state;
    struct tally t;
    random_log(11, 1);
    tally_init(&t, KEEP_ALL, true);
    add_lines(&t, 0, 1);
    assert_true(t.window.has_pending);
    tally_clear(&t);
    tally_rest(&t);
    tally_settle(&t);
    assert_int_equal(t.window.n_records > 0 ? t.window.records[0].requests : 0, 1);
    tally_done(&t);
}

/* A sum that counts no lines itself has no table of who was hit last, until it gets long. */
static void sums_of_many_statuses_are_exact(void **state)
{
    (void)state;
    struct tally sum, part;
    struct event e;
    event_clear(&e);
    tally_init(&sum, 0, false);
    tally_init(&part, 0, false);
    for (uint16_t status = 100; status < 600; status++) {
        for (uint16_t n = 0; n < status % 7; n++) {
            tally_request(&part, &e, (struct verdict){.status = status}, 0, false, SPAN(""));
        }
    }
    tally_merge_counts(&sum, &part);
    tally_merge_counts(&sum, &part);
    assert_int_equal(sum.n_cells, part.n_cells);
    for (uint32_t i = 0; i < sum.n_cells; i++) {
        assert_int_equal(sum.cells[i].count, 2 * (sum.cells[i].verdict.status % 7));
    }
    assert_int_equal(sum.requests, 2 * part.requests);
    assert_null(sum.timeline);
    tally_done(&sum);
    tally_done(&part);
}

static void hostile_lines_cost_bounded_memory(void **state)
{
    (void)state;
    struct tally t;
    static char name[70000];
    uint64_t random = 9;
    tally_init(&t, KEEP_ALL, true);
    for (size_t i = 0; i < 20000; i++) {
        for (size_t k = 0; k < 600; k += 8) {
            uint64_t bits = random_below(&random, UINT64_MAX);
            memcpy(name + k, &bits, sizeof bits);
        }
        name[0] = '/';
        struct event e = event_of((uint16_t)random_below(&random, STATUS_SLOTS));
        e.host = e.upstream = e.client = e.target = (struct span){name, sizeof name};
        e.bytes = e.duration_ns = INT64_MAX;
        add(&t, &e, (int64_t)(random_below(&random, UINT64_MAX) << 11));
    }
    for (size_t i = 0; i < TALLY_DIMENSIONS; i++) {
        assert_true(t.tops[i]->n_entries <= TOP_NAMES);
        assert_true(t.tops[i]->cap_bytes <= 4 * TOP_NAMES * TOP_NAME_BYTES);
    }
    assert_true(t.n_cells <= STATUS_SLOTS);
    assert_true(t.window.n_records <= 2 * WINDOW_MAX_SECONDS);
    tally_done(&t);
}

static void counting_allocates_nothing_once_it_is_warm(void **state)
{
    (void)state;
    struct tally t;
    size_t before = allocations;
    free(malloc(1));
    if (allocations == before) {
        print_message("skipped: the allocator's calls can't be counted here\n");
        skip();
    }
    random_log(10, MOST);
    tally_init(&t, KEEP_ALL, true);
    for (size_t i = 0; i < 110; i++) {
        if (i == 10) {
            before = allocations;
        }
        add_lines(&t, 0, MOST);
        window_drain(&t.window);
    }
    assert_int_equal(allocations, before);
    tally_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_are_counted_apart),
        cmocka_unit_test(lines_are_requests_unparsed_and_ignored),
        cmocka_unit_test(the_first_unparsed_lines_are_kept_and_cut),
        cmocka_unit_test(bytes_and_durations_count_where_a_line_has_them),
        cmocka_unit_test(only_stamps_make_from_and_to),
        cmocka_unit_test(hosts_and_upstreams_count_on_every_request),
        cmocka_unit_test(what_is_not_wanted_is_kept_nowhere),
        cmocka_unit_test(hosts_lose_the_port_of_their_scheme),
        cmocka_unit_test(errors_stand_in_the_window_with_their_place),
        cmocka_unit_test(times_before_1970_round_down),
        cmocka_unit_test(the_timeline_has_every_settled_request),
        cmocka_unit_test(sums_are_by_class_and_by_blame),
        cmocka_unit_test(cells_come_in_order_of_count_ties_by_status),
        cmocka_unit_test(pieces_of_a_source_merge_to_the_whole),
        cmocka_unit_test(merging_is_associative),
        cmocka_unit_test(an_empty_tally_changes_nothing),
        cmocka_unit_test(different_sources_merge_in_any_order_and_leave_the_window),
        cmocka_unit_test(a_drained_piece_brings_its_whole_timeline),
        cmocka_unit_test(a_cleared_tally_counts_like_a_new_one),
        cmocka_unit_test(a_line_that_waits_outlasts_a_rest),
        cmocka_unit_test(sums_of_many_statuses_are_exact),
        cmocka_unit_test(hostile_lines_cost_bounded_memory),
        cmocka_unit_test(counting_allocates_nothing_once_it_is_warm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
