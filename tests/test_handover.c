/* Windows that are handed on as a whole are those that a merge would have made. */
#include "base/alloc.h"
#include "tally/handover.h"
#include "tally/nametable.h"
#include "tally/tally.h"
#include "tests/tally_same.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MOST = 1000,
    KEEP_ALL = 15,
};

struct random_line {
    struct window_line line;
    int64_t stamp;
    char host[16], route[16], text[32];
};

static struct random_line lines[MOST];

static void fill(struct random_line *l, uint64_t *random, int64_t stamp)
{
    static const uint16_t statuses[] = {200, 200, 304, 404, 502, 503};
    uint16_t status = statuses[random_below(random, 6)];
    snprintf(l->host, sizeof(l->host), "h%d", (int)random_below(random, 3));
    snprintf(l->route, sizeof(l->route), "/r%d", (int)random_below(random, 5));
    snprintf(l->text, sizeof(l->text), "line %d", (int)random_below(random, 1000000));
    l->line = (struct window_line){.host = span_of(l->host),
                                   .route = span_of(l->route),
                                   .text = span_of(l->text),
                                   .status = status,
                                   .class = status_class(status)};
    l->stamp = stamp;
}

/* In order, as most logs are, or with all that goes wrong. */
static void random_log(uint64_t seed, bool is_plain)
{
    struct stamps stamps = {.random = seed * 32452843, .now = 1795364000};
    uint64_t random = seed * 49979687;
    for (size_t i = 0; i < MOST; i++) {
        fill(&lines[i], &random, is_plain ? 1795364000 + (int64_t)i / 5 : stamps_next(&stamps));
    }
}

static void add_lines(struct window *w, struct timeline *timeline, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        window_add_to(w, timeline, lines[i].stamp, &lines[i].line);
    }
}

/* The records that were fed so far, and the last state of the window. */
struct fed {
    struct tally all;
    struct window sum;
};

static void feed(struct fed *f)
{
    struct window records = f->all.window;
    records.has_pending = false;
    window_merge(&f->sum, &records);
    window_drain(&f->all.window);
}

static void fed_init(struct fed *f)
{
    *f = (struct fed){.sum = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS}};
    tally_init(&f->all, KEEP_ALL, true);
    f->all.timeline = alloc_zero(1, sizeof *f->all.timeline);
}

static void fed_done(struct fed *f)
{
    tally_done(&f->all);
    window_done(&f->sum);
}

static size_t next_cut(uint64_t *random, size_t at)
{
    size_t to = at + 1 + random_below(random, 80);
    return to < MOST ? to : MOST;
}

/* Pieces that are taken, each fed at once, against the same pieces merged. Returns how many needed
 * no merge. */
static unsigned check_pieces(uint64_t seed, bool is_plain)
{
    struct fed taken, merged;
    struct window piece = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS};
    uint64_t random = seed;
    unsigned n_whole = 0;
    fed_init(&taken);
    fed_init(&merged);
    random_log(seed, is_plain);
    for (size_t at = 0, to; at < MOST; at = to) {
        struct timeline timeline = {0};
        to = next_cut(&random, at);
        add_lines(&piece, &timeline, at, to);
        window_merge_to(&merged.all.window, merged.all.timeline, &piece);
        struct window_record *memory = piece.records;
        tally_take_times(&taken.all, &piece, &timeline);
        n_whole += memory && taken.all.window.records == memory;
        assert_same_window(&taken.all.window, &merged.all.window);
        feed(&taken);
        feed(&merged);
        assert_same_window(&taken.all.window, &merged.all.window);
        assert_same_timeline(taken.all.timeline, merged.all.timeline);
    }
    assert_same_window(&taken.sum, &merged.sum);
    fed_done(&taken);
    fed_done(&merged);
    window_done(&piece);
    return n_whole;
}

static void pieces_that_are_taken_are_as_merged(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        check_pieces(seed, false);
        assert_true(check_pieces(seed, true) > 5); /* the short way is the usual one */
    }
}

static void parts_are_together_what_the_window_was(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct window whole = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS},
                      sum = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS},
                      w = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS};
        struct window part = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS};
        uint64_t random = seed;
        random_log(seed, seed % 2);
        add_lines(&whole, NULL, 0, MOST);
        for (size_t at = 0, to; at < MOST; at = to) {
            to = next_cut(&random, at);
            add_lines(&w, NULL, at, to);
            handover_part(&w, &part);
            window_merge(&sum, &part);
            handover_reset(&part);
        }
        handover_move(&w, &part);
        window_merge(&sum, &part);
        assert_same_window(&sum, &whole);
        window_done(&whole);
        window_done(&sum);
        window_done(&part);
        window_done(&w);
    }
}

static void a_window_without_a_clock_has_no_parts(void **state)
{
    (void)state;
    struct window w = {0}, part = {0};
    random_log(1, true);
    add_lines(&w, NULL, 0, 1);
    handover_part(&w, &part);
    assert_true(w.has_pending);
    assert_false(part.has_clock || part.has_pending);
    window_done(&w);
    window_done(&part);
}

static void a_window_is_handed_on_before_its_names_are_used_up(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS};
    char host[16];
    int n = 0;
    for (; !handover_is_due(&w); n++) {
        snprintf(host, sizeof(host), "host%d", n);
        struct window_line line = {.host = span_of(host), .status = 200, .class = CLASS_2XX};
        window_add(&w, 1795364000, &line);
    }
    assert_true(n > 100 && n < NAMETABLE_MAX);
    assert_true(handover_bytes(&w) > 100 * sizeof(struct window_record));
    handover_reset(&w);
    assert_false(handover_is_due(&w));
    window_done(&w);
}

static void a_reset_window_is_like_a_new_one(void **state)
{
    (void)state;
    struct window used = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS},
                  fresh = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS};
    random_log(1, false);
    add_lines(&used, NULL, 0, MOST);
    handover_reset(&used);
    random_log(2, false);
    add_lines(&used, NULL, 0, 300);
    add_lines(&fresh, NULL, 0, 300);
    assert_same_window(&used, &fresh);
    window_done(&used);
    window_done(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_that_are_taken_are_as_merged),
        cmocka_unit_test(parts_are_together_what_the_window_was),
        cmocka_unit_test(a_window_without_a_clock_has_no_parts),
        cmocka_unit_test(a_window_is_handed_on_before_its_names_are_used_up),
        cmocka_unit_test(a_reset_window_is_like_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
