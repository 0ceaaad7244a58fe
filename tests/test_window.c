#include "tally/window.h"
#include "tests/tally_same.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    T = 1795364972, /* a second in November 2026 */
    DAY = 86400,
    MOST = 3000, /* lines of a random log */
};

static struct window_line line_of(uint16_t status, const char *host, const char *text)
{
    return (struct window_line){.host = span_of(host),
                                .text = span_of(text),
                                .status = status,
                                .class = status_class(status),
                                .blame = status >= 500 ? BLAME_SERVER : BLAME_NONE};
}

static void add(struct window *w, int64_t stamp, uint16_t status)
{
    struct window_line line = line_of(status, "", "");
    window_add(w, stamp, &line);
}

/* The seconds and counts of the whole source, as "SECOND:REQUESTS ", seconds since T. */
static const char *picture(const struct window *w, char out[256])
{
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < w->n_records && len < 200; i++) {
        const struct window_record *r = &w->records[i];
        if (r->host == 0) {
            len +=
                (size_t)snprintf(out + len, 256 - len, "%d:%u ", (int)(r->second - T), r->requests);
        }
    }
    return out;
}

static const struct {
    const char *name;
    int64_t stamps[8];
    size_t n;
    const char *before, *settled;
} orders[] = {
    {"a first line waits", {0}, 1, "", "0:1 "},
    {"the second line confirms it", {0, 1}, 2, "0:1 1:1 ", "0:1 1:1 "},
    {"old stamps count at the clock", {5, 5, 3, 6, 1, -DAY}, 6, "5:3 6:3 ", "5:3 6:3 "},
    {"an hour ahead is believed", {0, 0, 3600}, 3, "0:2 3600:1 ", "0:2 3600:1 "},
    {"more waits", {0, 0, 3601}, 3, "0:2 ", "0:2 3601:1 "},
    {"and is believed when the next is near", {0, 0, 3601, 1}, 4, "0:2 3601:2 ", "0:2 3601:2 "},
    {"else it counts at the clock", {0, 0, 3602, 1}, 4, "0:3 1:1 ", "0:3 1:1 "},
    {"one jump after another", {0, 0, DAY, 9 * DAY, 1}, 5, "0:2 86400:3 ", "0:2 86400:3 "},
    {"the next in turn waits", {0, 0, 9 * DAY, DAY, 1}, 5, "0:4 1:1 ", "0:4 1:1 "},
    {"a first line from nowhere", {DAY, 0, 1}, 3, "0:2 1:1 ", "0:2 1:1 "},
    {"two first lines from nowhere", {9 * DAY, DAY, 0, 1}, 4, "0:3 1:1 ", "0:3 1:1 "},
    {"no two that agree", {9 * DAY, 5 * DAY, DAY}, 3, "", "86400:3 "},
};

static void lines_count_at_the_clock_that_stamps_move(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct window w = {0};
        char text[256];
        for (size_t k = 0; k < orders[i].n; k++) {
            add(&w, T + orders[i].stamps[k], 200);
        }
        if (strcmp(picture(&w, text), orders[i].before) != 0) {
            print_message("%s: %s\n", orders[i].name, text);
        }
        assert_string_equal(picture(&w, text), orders[i].before);
        window_settle(&w);
        assert_string_equal(picture(&w, text), orders[i].settled);
        window_done(&w);
    }
}

static void stamps_that_never_agree_are_believed_in_the_end(void **state)
{
    (void)state;
    struct window w = {0};
    for (int i = 0; i < 1000; i++) {
        add(&w, T - i * (int64_t)7200, 500);
    }
    assert_true(w.has_clock);
    assert_int_equal(w.clock, T - WINDOW_HEAD * 7200);
    assert_int_equal(w.n_records, 1);
    assert_int_equal(w.records[0].requests, 1000);
    window_done(&w);
}

static void the_ends_of_time_do_no_harm(void **state)
{
    (void)state;
    struct window w = {0};
    static const int64_t stamps[] = {INT64_MAX, INT64_MIN, 0, INT64_MAX, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        add(&w, stamps[i], 200);
    }
    window_settle(&w);
    uint64_t requests = 0;
    for (uint32_t i = 0; i < w.n_records; i++) {
        requests += w.records[i].requests;
    }
    assert_int_equal(requests, 6);
    window_done(&w);
}

static void a_waiting_line_keeps_its_own_copy(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST};
    char host[] = "shop.example", text[] = "GET /cart 502";
    struct window_line line = line_of(502, host, text);
    line.route = SPAN("/cart");
    window_add(&w, T, &line);
    memset(host, 'x', sizeof host - 1);
    memset(text, 'x', sizeof text - 1);
    window_settle(&w);
    assert_int_equal(w.n_records, 2);
    assert_true(span_is(window_name(&w, w.records[1].host), "shop.example"));
    assert_true(span_is(window_name(&w, w.errors[0].route), "/cart"));
    assert_true(span_is((struct span){w.samples[0].text, w.samples[0].len}, "GET /cart 502"));
    window_done(&w);
}

static void each_host_has_its_record_after_that_of_the_source(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST};
    static const char *const hosts[] = {"a", "b", "a", "c", "b", "a", ""};
    for (size_t i = 0; i < 2 * 7; i++) {
        struct window_line line = line_of(i % 7 == 1 ? 503 : 404, hosts[i % 7], "");
        window_add(&w, T + (int64_t)i / 7, &line);
    }
    assert_int_equal(w.n_records, 8);
    for (uint32_t i = 0; i < 8; i++) {
        static const uint32_t requests[] = {7, 3, 2, 1};
        static const char *const names[] = {"", "a", "b", "c"};
        assert_int_equal(w.records[i].second, T + i / 4);
        assert_int_equal(w.records[i].requests, requests[i % 4]);
        assert_true(span_is(window_name(&w, w.records[i].host), names[i % 4]));
    }
    assert_int_equal(w.records[0].e5xx, 1);
    assert_int_equal(w.records[0].e4xx, 6);
    assert_int_equal(w.records[2].e5xx, 1);
    window_done(&w);
}

static void errors_are_told_apart_by_place_and_blame(void **state)
{
    (void)state;
    struct window w = {0};
    for (int i = 0; i < 8; i++) {
        struct window_line line = line_of(i & 1 ? 500 : 404, "h", "");
        line.route = i & 2 ? SPAN("/a") : SPAN("/b");
        line.upstream = i & 4 ? SPAN("u") : SPAN("");
        window_add(&w, T, &line);
        window_add(&w, T, &line);
    }
    add(&w, T, 200);
    assert_int_equal(w.n_errors, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(w.errors[i].count, 2);
    }
    window_done(&w);
}

static void too_many_kinds_of_error_share_their_places(void **state)
{
    (void)state;
    struct window w = {0};
    char route[32];
    for (int i = 0; i < 1000; i++) {
        struct window_line line = line_of(i % 2 ? 404 : 502, "h", "");
        snprintf(route, sizeof route, "/r%d", i);
        line.route = span_of(route);
        window_add(&w, T, &line);
    }
    assert_int_equal(w.n_errors, WINDOW_ERRORS + 2);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < w.n_errors; i++) {
        sum += w.errors[i].count;
    }
    assert_int_equal(sum, 1000);
    assert_int_equal(w.errors[WINDOW_ERRORS].route, WINDOW_OTHER);
    assert_true(span_is(window_name(&w, w.errors[WINDOW_ERRORS].host), "h"));
    assert_true(span_is(window_name(&w, WINDOW_OTHER), "other"));
    window_done(&w);
}

/* A rule by host that counts codes needs them longer than routes. */
static void hosts_of_errors_are_the_last_to_be_given_up(void **state)
{
    (void)state;
    struct window w = {0};
    char host[32];
    for (int i = 0; i < 1000; i++) {
        struct window_line line = line_of(502, "", "");
        snprintf(host, sizeof host, "h%d", i % 300);
        line.host = span_of(host);
        line.route = SPAN("/a");
        window_add(&w, T, &line);
    }
    assert_int_equal(w.n_errors, WINDOW_PLACE_ERRORS + 1);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < w.n_errors; i++) {
        sum += w.errors[i].count;
    }
    assert_int_equal(sum, 1000);
    assert_int_not_equal(w.errors[WINDOW_PLACE_ERRORS - 1].host, WINDOW_OTHER);
    assert_int_equal(w.errors[WINDOW_PLACE_ERRORS].host, WINDOW_OTHER);
    window_done(&w);
}

static void too_many_hosts_share_a_record(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST};
    char host[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(host, sizeof host, "h%d", i % 2500);
        struct window_line line = line_of(200, host, "");
        window_add(&w, T, &line);
    }
    assert_int_equal(w.n_records, 1 + WINDOW_NAMES + 1);
    assert_int_equal(w.records[w.n_records - 1].host, WINDOW_OTHER);
    assert_int_equal(w.records[w.n_records - 1].requests, 2 * (2500 - WINDOW_NAMES));
    window_done(&w);
}

static void a_log_without_errors_forgets_as_well(void **state)
{
    (void)state;
    struct window w = {0};
    for (int64_t i = 0; i < WINDOW_MAX_SECONDS + 10; i++) {
        add(&w, T + i, 200);
    }
    assert_int_equal(w.records[w.n_records - 1].second, T + WINDOW_MAX_SECONDS + 9);
    assert_true(w.n_records < WINDOW_MAX_SECONDS);
    window_done(&w);
}

static void when_nobody_drains_the_oldest_go(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST};
    for (int64_t i = 0; i < 100000; i++) {
        struct window_line line = line_of(i % 3 ? 200 : 500, "h", "");
        window_add(&w, T + i, &line);
        assert_true(w.n_records <= WINDOW_MAX_SECONDS + 2);
    }
    assert_int_equal(w.records[w.n_records - 1].second, T + 99999);
    assert_int_equal(w.records[w.n_records - 1].requests, 1);
    assert_int_equal(w.records[0].host, 0);
    assert_true(w.errors[0].second >= w.records[0].second);
    window_done(&w);
}

static void the_first_5xx_line_of_each_second_is_a_sample(void **state)
{
    (void)state;
    struct window w = {0};
    static char text[10 * WINDOW_SAMPLE_BYTES];
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 10; i++) {
        text[0] = (char)('0' + i);
        struct window_line line = line_of(i % 2 ? 502 : 404, "", text);
        window_add(&w, T + i, &line);
        struct window_line again = line_of(503, "", "later in that second");
        window_add(&w, T + i, i % 2 ? &again : &line);
    }
    assert_int_equal(w.n_samples, 5);
    for (uint32_t i = 0; i < w.n_samples; i++) {
        assert_int_equal(w.samples[i].text[0], '1' + 2 * (int)i);
        assert_int_equal(w.samples[i].len, WINDOW_SAMPLE_BYTES);
        assert_int_equal(w.samples[i].second, T + 1 + 2 * i);
        assert_int_equal(w.samples[i].status, 502);
    }
    window_done(&w);
}

static void a_sample_does_not_depend_on_the_drain(void **state)
{
    (void)state;
    struct window w = {0};
    struct window_line first = line_of(502, "", "first"), second = line_of(502, "", "second");
    window_add(&w, T, &first);
    window_add(&w, T, &first);
    window_drain(&w);
    window_add(&w, T, &second);
    assert_int_equal(w.n_samples, 0);
    window_add(&w, T + 1, &second);
    assert_int_equal(w.n_samples, 1);
    window_done(&w);
}

static void draining_keeps_the_clock_and_a_waiting_line(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST};
    char text[256];
    struct window_line line = line_of(500, "h", "x");
    window_add(&w, T, &line);
    window_add(&w, T, &line);
    window_add(&w, T + DAY, &line);
    window_drain(&w);
    assert_int_equal(w.n_records + w.n_errors + w.n_samples, 0);
    assert_true(w.has_clock && w.has_pending && w.by == WINDOW_BY_HOST);
    add(&w, T - 5, 200);
    assert_string_equal(picture(&w, text), "0:2 ");
    assert_true(span_is(window_name(&w, w.records[1].host), "h"));
    window_done(&w);
}

static void draining_keeps_lines_that_have_no_second_yet(void **state)
{
    (void)state;
    struct window w = {0};
    char text[256];
    add(&w, T + 5 * DAY, 502);
    add(&w, T, 502);
    window_drain(&w);
    add(&w, T, 200);
    assert_string_equal(picture(&w, text), "0:3 ");
    assert_int_equal(w.n_samples, 2);
    window_done(&w);
}

/* A line of a random log, with texts of its own. */
struct random_line {
    struct window_line line;
    int64_t stamp;
    uint32_t unparsed; /* lines before it that no format read */
    char host[16], route[16], upstream[16], text[32];
};

static void fill(struct random_line *l, uint64_t *random, int64_t stamp)
{
    static const uint16_t statuses[] = {200, 200, 200, 304, 404, 403, 500, 502};
    snprintf(l->host, sizeof l->host, "%.*s", (int)random_below(random, 2) * 2,
             (const char *[]){"h1", "h2", "h3"}[random_below(random, 3)]);
    snprintf(l->route, sizeof l->route, "/r%d", (int)random_below(random, 2));
    snprintf(l->upstream, sizeof l->upstream, "u%d", (int)random_below(random, 2));
    snprintf(l->text, sizeof l->text, "line %d", (int)random_below(random, 1000000));
    l->line = line_of(statuses[random_below(random, 8)], l->host, l->text);
    l->line.route = span_of(l->route);
    l->line.upstream = span_of(l->upstream);
    if (random_below(random, 5) == 0) {
        l->line.masked = 1 + (uint32_t)random_below(random, 3);
        l->line.masked_status = 502;
        l->line.masked_upstream = random_below(random, 2) ? SPAN("u0") : SPAN("u9");
    }
    l->stamp = stamp;
}

static struct random_line lines[MOST];

/* The rule as it is written down, without any cleverness: the second at which each line counts. */
static void model(const struct random_line *log, size_t n, int64_t *second)
{
    bool has_clock = false;
    int64_t clock = 0;
    size_t first_head = 0; /* lines from here on have no second yet, while there is no clock */
    for (size_t i = 0; i < n; i++) {
        int64_t stamp = log[i].stamp;
        bool is_near = has_clock && stamp <= clock + WINDOW_JUMP_S;
        bool is_confirmed = i + 1 == n || log[i + 1].stamp >= stamp - WINDOW_JUMP_S;
        bool is_over = !has_clock && i - first_head == WINDOW_HEAD;
        if (is_near || is_confirmed || is_over) {
            clock = has_clock && clock > stamp ? clock : stamp;
            for (size_t k = first_head; k < i && !has_clock; k++) {
                second[k] = clock;
            }
            has_clock = true;
        }
        second[i] = clock;
    }
}

static void the_window_does_what_the_rule_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed * 15485863;
        static int64_t second[MOST];
        size_t n = 1 + random_below(&random, 40);
        struct window w = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS},
                      plain = {.by = WINDOW_BY_HOST | WINDOW_ANSWERS};
        for (size_t i = 0; i < n; i++) {
            uint64_t width = random_below(&random, 2) ? 10 : 100000;
            fill(&lines[i], &random, T + (int64_t)random_below(&random, width));
            window_add(&w, lines[i].stamp, &lines[i].line);
        }
        window_settle(&w);
        model(lines, n, second);
        for (size_t i = 0; i < n; i++) {
            window_add(&plain, second[i], &lines[i].line);
            window_settle(&plain);
        }
        if (w.n_head) { /* which has a sample beside that of its second */
            w.n_samples = plain.n_samples = 0;
        }
        assert_same_window(&w, &plain);
        window_done(&w);
        window_done(&plain);
    }
}

static void random_log(uint64_t seed, size_t n)
{
    struct stamps stamps = {.random = seed * 32452843, .now = T};
    uint64_t random = seed * 49979687;
    for (size_t i = 0; i < n; i++) {
        fill(&lines[i], &random, stamps_next(&stamps));
        lines[i].unparsed = random_below(&random, 3) ? 0 : (uint32_t)random_below(&random, 4);
    }
}

static void add_lines(struct window *w, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        window_unparsed(w, lines[i].unparsed);
        window_add(w, lines[i].stamp, &lines[i].line);
    }
}

static void pieces_merge_to_the_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        size_t n = 20 + seed * 4, at = 0;
        uint64_t random = seed * 86028121, piece = 1 + random_below(&random, 60);
        uint8_t by = (uint8_t)(seed % 32);
        struct window whole = {.by = by}, sum = {.by = by};
        random_log(seed, n);
        add_lines(&whole, 0, n);
        while (at < n) {
            struct window part = {.by = by};
            size_t to = at + 1 + random_below(&random, piece);
            to = to < n ? to : n;
            add_lines(&part, at, to);
            window_merge(&sum, &part);
            window_done(&part);
            at = to;
        }
        assert_same_window(&sum, &whole);
        window_settle(&sum);
        window_settle(&whole);
        assert_same_window(&sum, &whole);
        window_done(&sum);
        window_done(&whole);
    }
}

static void merging_is_associative(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        uint64_t random = seed * 122949823;
        size_t cut[4] = {0, 1 + random_below(&random, 9), 0, 0};
        uint8_t by = (uint8_t)(seed % 32);
        struct window left = {.by = by}, right = {.by = by}, part[3];
        cut[2] = cut[1] + 1 + random_below(&random, 9);
        cut[3] = cut[2] + 1 + random_below(&random, 9);
        random_log(seed, cut[3]);
        for (size_t i = 0; i < 3; i++) {
            part[i] = (struct window){.by = by};
            add_lines(&part[i], cut[i], cut[i + 1]);
        }
        window_merge(&left, &part[0]);
        window_merge(&left, &part[1]);
        window_merge(&left, &part[2]);
        window_merge(&part[1], &part[2]);
        window_merge(&right, &part[0]);
        window_merge(&right, &part[1]);
        assert_same_window(&left, &right);
        window_done(&left);
        window_done(&right);
        for (size_t i = 0; i < 3; i++) {
            window_done(&part[i]);
        }
    }
}

static void an_empty_window_changes_nothing(void **state)
{
    (void)state;
    random_log(99, 200);
    for (size_t n = 0; n < 200; n += 7) {
        struct window w = {.by = WINDOW_BY_HOST}, same = {.by = WINDOW_BY_HOST},
                      empty = {.by = WINDOW_BY_HOST};
        add_lines(&w, 0, n);
        add_lines(&same, 0, n);
        window_merge(&w, &empty);
        assert_same_window(&w, &same);
        window_merge(&empty, &w);
        assert_same_window(&empty, &same);
        window_done(&w);
        window_done(&same);
        window_done(&empty);
    }
}

static void a_first_line_that_its_piece_did_not_believe_counts_at_its_stamp(void **state)
{
    (void)state;
    struct window w = {0}, piece = {0};
    char text[256];
    add(&w, T, 200);
    add(&w, T, 200);
    add(&piece, T + 2, 502);
    add(&piece, T - 2 * 3600, 200); /* a download that took two hours */
    add(&piece, T + 3, 200);
    add(&piece, T + 3, 200);
    window_merge(&w, &piece);
    assert_string_equal(picture(&w, text), "0:2 2:2 3:2 ");
    assert_int_equal(w.n_errors, 1);
    assert_int_equal(w.errors[0].second, T + 2);
    assert_int_equal(w.n_samples, 1);
    assert_int_equal(w.samples[0].second, T + 2);
    window_done(&w);
    window_done(&piece);
}

static void a_jump_is_confirmed_over_a_cut(void **state)
{
    (void)state;
    struct window w = {0}, piece = {0};
    char text[256];
    add(&w, T, 200);
    add(&w, T, 200);
    add(&w, T + DAY, 200);
    add(&piece, T + DAY, 200);
    window_merge(&w, &piece);
    assert_string_equal(picture(&w, text), "0:2 86400:2 ");
    assert_false(w.has_pending);
    window_done(&w);
    window_done(&piece);
}

static void a_drained_piece_still_moves_the_clock(void **state)
{
    (void)state;
    struct window w = {0}, piece = {0};
    add(&w, T, 200);
    add(&w, T, 200);
    add(&piece, T + 7, 200);
    add(&piece, T + 7, 200);
    window_drain(&piece);
    window_merge(&w, &piece);
    assert_int_equal(w.clock, T + 7);
    assert_int_equal(w.n_records, 1);
    window_done(&w);
    window_done(&piece);
}

static void lines_at_the_head_come_once_though_drained(void **state)
{
    (void)state;
    struct window w = {0}, piece = {0};
    char text[256];
    add(&piece, T + DAY, 502);
    add(&piece, T, 200);
    add(&piece, T, 200);
    window_drain(&piece);
    add(&piece, T, 200);
    window_merge(&w, &piece);
    assert_string_equal(picture(&w, text), "0:1 ");
    assert_int_equal(w.n_samples, 0);
    assert_false(w.has_pending);
    window_done(&w);
    window_done(&piece);
}

static void a_plain_line_counts_like_any_other(void **state)
{
    (void)state;
    struct window w = {.by = WINDOW_BY_HOST}, same = {.by = WINDOW_BY_HOST};
    struct timeline t = {0}, same_t = {0};
    struct window_line line = line_of(200, "h", "");
    assert_false(window_add_plain(&w, &t, T, SPAN("h")));
    for (int i = 0; i < 6; i++) {
        window_add_to(&same, &same_t, T + i / 2, &line);
        if (!window_add_plain(&w, &t, T + i / 2, SPAN("h"))) {
            window_add_to(&w, &t, T + i / 2, &line);
        }
    }
    assert_same_window(&w, &same);
    assert_same_timeline(&t, &same_t);
    window_drain(&w);
    assert_false(window_add_plain(&w, &t, T, SPAN("h")));
    window_done(&w);
    window_done(&same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_count_at_the_clock_that_stamps_move),
        cmocka_unit_test(stamps_that_never_agree_are_believed_in_the_end),
        cmocka_unit_test(the_ends_of_time_do_no_harm),
        cmocka_unit_test(a_waiting_line_keeps_its_own_copy),
        cmocka_unit_test(each_host_has_its_record_after_that_of_the_source),
        cmocka_unit_test(errors_are_told_apart_by_place_and_blame),
        cmocka_unit_test(too_many_kinds_of_error_share_their_places),
        cmocka_unit_test(hosts_of_errors_are_the_last_to_be_given_up),
        cmocka_unit_test(too_many_hosts_share_a_record),
        cmocka_unit_test(when_nobody_drains_the_oldest_go),
        cmocka_unit_test(a_log_without_errors_forgets_as_well),
        cmocka_unit_test(the_first_5xx_line_of_each_second_is_a_sample),
        cmocka_unit_test(a_sample_does_not_depend_on_the_drain),
        cmocka_unit_test(draining_keeps_the_clock_and_a_waiting_line),
        cmocka_unit_test(draining_keeps_lines_that_have_no_second_yet),
        cmocka_unit_test(the_window_does_what_the_rule_says),
        cmocka_unit_test(pieces_merge_to_the_whole),
        cmocka_unit_test(merging_is_associative),
        cmocka_unit_test(an_empty_window_changes_nothing),
        cmocka_unit_test(a_first_line_that_its_piece_did_not_believe_counts_at_its_stamp),
        cmocka_unit_test(a_jump_is_confirmed_over_a_cut),
        cmocka_unit_test(a_drained_piece_still_moves_the_clock),
        cmocka_unit_test(lines_at_the_head_come_once_though_drained),
        cmocka_unit_test(a_plain_line_counts_like_any_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
