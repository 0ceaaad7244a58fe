/* A tally as bytes and back, and what damaged bytes do. */
#include "base/packing.h"
#include "tally/pack.h"
#include "tests/sample_tally.h"
#include "tests/tally_same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    KEEP = 1 << TALLY_HOSTS | 1 << TALLY_UPSTREAMS | 1 << TALLY_ROUTES | 1 << TALLY_CLIENTS,
};

/* Of everything a bit, and of names more than a table holds. */
static void fill(struct tally *t)
{
    static const char *const statuses[] = {"200", "404", "502", "499", "000", "-", "-1", "777"};
    char host[32], target[32];
    tally_init(t, KEEP, false);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(host, sizeof(host), "h%u.example", i % 1500);
        snprintf(target, sizeof(target), "/page%c/%u", 'a' + (char)(i % 26), i);
        const struct sample_request r = {
            statuses[i % 8], host, target, "10.0.0.1:80", "192.0.2.1", (int64_t)i * 1000000007, i};
        sample_add(t, i % 2 ? SERVER_NGINX : SERVER_UNKNOWN, &r, SAMPLE_START + i, 1);
    }
    sample_tries(t, "10.0.0.7:80", "504, 502");
    tally_unparsed(t, SPAN("what\0is\xff this"));
    tally_ignored(t);
    tally_settle(t);
}

static void what_is_packed_comes_back(void **state)
{
    struct tally t, want, got;
    struct buf packed = {0};
    (void)state;
    fill(&t);
    tally_init(&want, KEEP, false);
    tally_init(&got, KEEP, false);
    tally_merge(&want, &t, false);
    pack_tally(&t, &packed);
    assert_true(pack_read(&got, buf_span(&packed)));
    assert_same_tally(&want, &got);
    /* Added to what is there, it is a merge. */
    tally_merge(&want, &t, false);
    assert_true(pack_read(&got, buf_span(&packed)));
    assert_int_equal(got.lines, 2 * t.lines);
    assert_int_equal(got.n_cells, want.n_cells);
    buf_done(&packed);
    tally_done(&t);
    tally_done(&want);
    tally_done(&got);
}

static void an_empty_tally_is_a_few_bytes(void **state)
{
    struct tally t, got;
    struct buf packed = {0};
    (void)state;
    tally_init(&t, KEEP, false);
    tally_init(&got, KEEP, false);
    pack_tally(&t, &packed);
    assert_true(packed.len < 64);
    assert_true(pack_read(&got, buf_span(&packed)));
    assert_same_tally(&t, &got);
    buf_done(&packed);
    tally_done(&t);
    tally_done(&got);
}

/* In memory of just their size, so that a byte read behind is found. */
static bool read_copy(struct span bytes)
{
    struct tally t;
    char *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    tally_init(&t, KEEP, false);
    bool is_good = pack_read(&t, (struct span){copy, bytes.len});
    tally_done(&t);
    free(copy);
    return is_good;
}

static void damaged_bytes_are_refused_and_do_no_harm(void **state)
{
    struct tally t;
    struct buf packed = {0};
    uint64_t random = 1;
    (void)state;
    tally_init(&t, KEEP, false);
    sample_status(&t, SERVER_NGINX, "502", 3);
    sample_tries(&t, "10.0.0.7:80", "504, 502");
    tally_unparsed(&t, SPAN("what is this"));
    pack_tally(&t, &packed);
    for (size_t n = 0; n < packed.len; n++) {
        if (read_copy(span_head(buf_span(&packed), n))) {
            fail_msg("%zu of %zu bytes are enough", n, packed.len);
        }
    }
    for (unsigned i = 0; i < 20000; i++) {
        size_t at = random_below(&random, packed.len);
        char before = packed.data[at];
        packed.data[at] = (char)random_below(&random, 256);
        read_copy(buf_span(&packed));
        packed.data[at] = i % 7 ? before : packed.data[at];
    }
    buf_done(&packed);
    tally_done(&t);
}

/* An empty tally but for a timeline of two steps, of which only the second has requests. */
static void pack_late_step(struct buf *packed, int64_t first)
{
    struct tally t;
    tally_init(&t, KEEP, false);
    pack_tally(&t, packed);
    tally_done(&t);
    /* Its timeline and its samples are the last bytes: no steps, width, first; no samples. */
    packed->len -= 4;
    packing_put(packed, 2);
    packing_put(packed, 37);
    packing_put_signed(packed, first);
    for (unsigned i = 0; i < 6; i++) {
        packing_put(packed, i == 3);
    }
    packing_put(packed, 0);
}

/* Seconds are believed up to 2^41, which is step 16 of 2^37 s. */
static void what_was_read_can_be_packed_and_read_again(void **state)
{
    struct tally t, again;
    struct buf near = {0}, far = {0}, packed = {0};
    (void)state;
    tally_init(&t, KEEP, false);
    tally_init(&again, KEEP, false);
    pack_late_step(&near, 15);
    pack_late_step(&far, 16);
    assert_true(pack_read(&t, buf_span(&near)));
    pack_tally(&t, &packed);
    assert_true(pack_read(&again, buf_span(&packed)));
    assert_same_tally(&t, &again);
    assert_false(read_copy(buf_span(&far)));
    buf_done(&near);
    buf_done(&far);
    buf_done(&packed);
    tally_done(&t);
    tally_done(&again);
}

/* Whatever waits: nothing, a first line, lines that don't agree, a jump; with unread lines between.
 */
static void what_waits_for_its_second_waits_on(void **state)
{
    static const int64_t logs[][6] = {{0},
                                      {100, 0},
                                      {900000, 500000, 100, 0},
                                      {100, 101, 900000, 0},
                                      {100, 101, 102, 0},
                                      {900000, 100, 101, 900000, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        struct window w = {.by = WINDOW_BY_HOST}, back = {.by = WINDOW_BY_HOST};
        struct buf packed = {0};
        struct window_line line = {.host = SPAN("h"), .text = SPAN("a line"), .status = 502};
        line.entry = verdict_entry(502, SERVER_NGINX, SPAN(""));
        line.class = CLASS_5XX;
        line.blame = BLAME_UPSTREAM;
        window_unparsed(&w, 2);
        for (size_t k = 0; logs[i][k]; k++) {
            line.upstream = k % 2 ? SPAN("u") : SPAN("");
            window_add(&w, SAMPLE_START + logs[i][k], &line);
            window_unparsed(&w, (uint32_t)k);
        }
        bool has_any = pack_has_waiting(&w);
        assert_true(has_any || i == 4);
        pack_waiting(&w, &packed);
        window_drain(&w);
        back.has_clock = w.has_clock;
        back.clock = w.clock;
        assert_true(pack_read_waiting(&back, buf_span(&packed)));
        assert_int_equal(back.n_records, 0);
        assert_int_equal(back.unparsed_first, w.has_clock ? 0 : w.unparsed_first);
        for (int k = 0; k < 2; k++) { /* decides about what waits, in both alike */
            line.upstream = SPAN("v");
            window_add(&w, SAMPLE_START + 900001 + k, &line);
            window_add(&back, SAMPLE_START + 900001 + k, &line);
        }
        assert_same_window(&w, &back);
        for (size_t n = 0; n < packed.len; n++) {
            struct window damaged = {.by = WINDOW_BY_HOST};
            assert_false(pack_read_waiting(&damaged, span_head(buf_span(&packed), n)));
            window_done(&damaged);
        }
        buf_done(&packed);
        window_done(&w);
        window_done(&back);
    }
}

/* Version before: a line did not say whose its code is. */
static void a_line_that_waited_without_an_owner_is_read(void **state)
{
    struct window w = {0};
    struct buf old = {0};
    (void)state;
    packing_put(&old, 0);
    packing_put(&old, 1);
    packing_put_signed(&old, SAMPLE_START);
    for (size_t i = 0; i < 4; i++) {
        packing_put_text(&old, SPAN(""));
    }
    packing_put(&old, 502);
    packing_put(&old, CLASS_5XX);
    packing_put(&old, BLAME_UPSTREAM);
    packing_put(&old, 0);
    assert_true(pack_read_waiting(&w, buf_span(&old)));
    window_settle(&w);
    assert_int_equal(w.n_errors, 1);
    assert_int_equal(w.errors[0].status, 502);
    assert_int_equal(w.errors[0].entry, VERDICT_UNASSIGNED);
    buf_done(&old);
    window_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(an_empty_tally_is_a_few_bytes),
        cmocka_unit_test(damaged_bytes_are_refused_and_do_no_harm),
        cmocka_unit_test(what_was_read_can_be_packed_and_read_again),
        cmocka_unit_test(what_waits_for_its_second_waits_on),
        cmocka_unit_test(a_line_that_waited_without_an_owner_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
