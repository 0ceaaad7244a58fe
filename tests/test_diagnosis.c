/* What an alert says: codes, blame, places, samples, and the sentence made of them. */
#include "alert/places.h"
#include "alert/sentence.h"
#include "alert_world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct book {
    struct diagnosis diagnosis;
    struct label_table labels;
    struct alert alert;
};

static int set_up(void **state)
{
    *state = alloc_zero(1, sizeof(struct book));
    return 0;
}

static int tear_down(void **state)
{
    struct book *book = *state;
    diagnosis_done(&book->diagnosis, &book->labels);
    int left = (int)book->labels.count; /* every name was given back */
    label_table_done(&book->labels);
    free(book);
    return left;
}

static void add(struct book *book, int64_t second, uint16_t status, const char *route,
                uint64_t count)
{
    struct diagnosis_error e = {.second = second,
                                .route = label_take(&book->labels, span_of(route)),
                                .count = count,
                                .status = status,
                                .blame = status == 502 ? BLAME_UPSTREAM : BLAME_SERVER};
    diagnosis_add(&book->diagnosis, &book->labels, &e, INT64_MIN);
}

/* What the alert says of the seconds `first` to `last`, of which nothing is usual. */
static void fill(struct book *book, int64_t first, int64_t last)
{
    struct diagnosis_time time = {.first = first, .last = last};
    uint64_t total = diagnosis_fill(&book->diagnosis, &time, &book->alert);
    places_fill(&book->diagnosis, &time, total, &book->alert);
}

static uint64_t sum_codes(const struct alert *a)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < a->n_codes; i++) {
        sum += a->codes[i].count;
    }
    return sum;
}

static void codes_stand_in_order_of_their_count(void **state)
{
    struct book *book = *state;
    add(book, 10, 500, "", 3);
    add(book, 11, 502, "", 4);
    add(book, 12, 504, "", 3);
    add(book, 12, 502, "", 1);
    fill(book, 10, 12);
    assert_int_equal(book->alert.n_codes, 3);
    assert_int_equal(book->alert.codes[0].status, 502);
    assert_int_equal(book->alert.codes[0].count, 5);
    assert_int_equal(book->alert.codes[0].blame, BLAME_UPSTREAM);
    assert_int_equal(book->alert.codes[1].status, 500);
    assert_int_equal(book->alert.codes[2].status, 504);
    assert_int_equal(book->alert.blame[BLAME_UPSTREAM], 5);
    assert_int_equal(book->alert.blame[BLAME_SERVER], 6);
}

/* 561 is that of Amazon's balancers, and nobody's in a log of another server. */
static void one_status_of_two_owners_is_two_codes(void **state)
{
    struct book *book = *state;
    static const enum server servers[] = {SERVER_ALB, SERVER_APACHE, SERVER_ALB};
    for (size_t i = 0; i < 3; i++) {
        struct diagnosis_error e = {.second = 10,
                                    .count = i + 1,
                                    .status = 561,
                                    .entry = verdict_entry(561, servers[i], SPAN("")),
                                    .blame = BLAME_UPSTREAM};
        diagnosis_add(&book->diagnosis, &book->labels, &e, INT64_MIN);
    }
    fill(book, 10, 10);
    assert_int_equal(book->alert.n_codes, 2);
    assert_int_equal(book->alert.codes[0].count, 4);
    assert_int_equal(book->alert.codes[0].entry, verdict_entry(561, SERVER_ALB, SPAN("")));
    assert_int_equal(book->alert.codes[1].count, 2);
    assert_int_equal(book->alert.codes[1].entry, VERDICT_UNASSIGNED);
}

static void only_the_most_frequent_codes_are_named(void **state)
{
    struct book *book = *state;
    for (uint16_t i = 0; i < 20; i++) {
        add(book, 10, (uint16_t)(500 + i), "", i + 1u);
    }
    fill(book, 10, 10);
    assert_int_equal(book->alert.n_codes, ALERT_CODES);
    assert_int_equal(book->alert.codes[0].status, 519);
    assert_int_equal(book->alert.codes[ALERT_CODES - 1].status, 512);
}

static void errors_outside_the_window_do_not_count(void **state)
{
    struct book *book = *state;
    add(book, 9, 500, "/", 100);
    add(book, 10, 502, "/", 1);
    add(book, 21, 503, "/", 100);
    fill(book, 10, 20);
    assert_int_equal(book->alert.n_codes, 1);
    assert_int_equal(book->alert.where[0].errors, 1);
}

static void places_need_a_fifth_of_the_errors(void **state)
{
    struct book *book = *state;
    add(book, 10, 500, "/a", 50);
    add(book, 11, 500, "/b", 20);
    add(book, 11, 500, "/c", 19);
    add(book, 11, 500, "", 11);
    add(book, 12, 500, "/a", 0);
    fill(book, 10, 12);
    assert_int_equal(book->alert.n_where, 2);
    assert_string_equal(book->alert.where[0].name, "/a");
    assert_string_equal(book->alert.where[0].dimension, "route");
    assert_true(fabs(book->alert.where[0].share - 0.5) < 1e-12);
    assert_string_equal(book->alert.where[1].name, "/b");
}

/* Fills in with ten minutes before the onset, and so many of the errors usual. */
static void fill_after(struct book *book, int64_t onset, int64_t last, double usual)
{
    struct diagnosis_time time = diagnosis_time(last, 120, onset, usual);
    time.first = onset;
    uint64_t total = diagnosis_fill(&book->diagnosis, &time, &book->alert);
    places_fill(&book->diagnosis, &time, total, &book->alert);
}

static void add_at(struct book *book, int64_t second, const char *upstream, const char *host,
                   const char *route, uint64_t count)
{
    struct label_table *labels = &book->labels;
    struct diagnosis_error e = {.second = second,
                                .upstream = label_take(labels, span_of(upstream)),
                                .host = label_take(labels, span_of(host)),
                                .route = label_take(labels, span_of(route)),
                                .count = count,
                                .status = 502,
                                .blame = BLAME_UPSTREAM};
    diagnosis_add(&book->diagnosis, labels, &e, second - 120);
}

/* A host that always has errors has no part in what is new, though it has most of them. */
static void places_are_measured_by_what_is_not_usual(void **state)
{
    struct book *book = *state;
    for (int64_t i = 0; i < 1200; i++) {
        add_at(book, 60000 + i, "", "noisy.example", "/", 3);
    }
    for (int64_t i = 1200; i < 1220; i++) {
        add_at(book, 60000 + i, "", "noisy.example", "/", 3);
        add_at(book, 60000 + i, "10.0.0.7:80", "shop.example", "/cart", 2);
    }
    fill_after(book, 61200, 61219, 60);
    assert_int_equal(book->alert.n_where, 3);
    assert_string_equal(book->alert.where[0].name, "10.0.0.7:80");
    assert_true(fabs(book->alert.where[0].share - 0.4) < 1e-12);
    assert_true(fabs(book->alert.where[0].before) < 1e-12);
    assert_string_equal(book->alert.where[1].name, "shop.example");
    assert_string_equal(book->alert.where[2].name, "/cart");
    for (int i = 0; i < 3; i++) {
        assert_true(book->alert.where[i].explains);
    }
    assert_int_equal(book->alert.explained, 40);
}

/* Each of two places may have most of the errors, and both together not. */
static void only_places_that_go_together_explain(void **state)
{
    struct book *book = *state;
    add_at(book, 60000, "10.0.0.7:80", "shop.example", "/a", 65);
    add_at(book, 60000, "10.0.0.7:80", "api.example", "/b", 17);
    add_at(book, 60000, "10.0.0.8:80", "shop.example", "/c", 18);
    fill_after(book, 60000, 60000, 0);
    assert_int_equal(book->alert.n_where, 3);
    assert_string_equal(book->alert.where[0].name, "shop.example");
    assert_false(book->alert.where[0].explains);
    assert_string_equal(book->alert.where[1].name, "10.0.0.7:80");
    assert_true(book->alert.where[1].explains);
    assert_int_equal(book->alert.explained, 82);
    assert_true(book->alert.where[0].before < 0);
}

/* It must not matter how often, and when, old errors are put together by minutes. */
static void what_was_before_does_not_depend_on_when_it_was_aged(void **state)
{
    struct book *often = *state, seldom = {.alert = {.n_where = 0}};
    for (int64_t i = 0; i < 1500; i++) {
        for (int k = 0; k < 2; k++) {
            struct book *book = k ? often : &seldom;
            add_at(book, 60000 + i, i % 3 ? "10.0.0.7:80" : "10.0.0.8:80", "h", "", 1);
            if (k && i % 7 == 0) {
                diagnosis_rest(&book->diagnosis, &book->labels, 60000 + i - 120);
            }
        }
    }
    fill_after(often, 61400, 61499, 50);
    fill_after(&seldom, 61400, 61499, 50);
    assert_int_equal(often->alert.n_where, seldom.alert.n_where);
    for (uint32_t i = 0; i < often->alert.n_where; i++) {
        const struct alert_where *a = &often->alert.where[i], *b = &seldom.alert.where[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->errors, b->errors);
        assert_true(fabs(a->before - b->before) < 1e-15);
    }
    assert_true(often->alert.n_where >= 2 && often->alert.where[1].before > 0.6);
    assert_true(often->diagnosis.n_errors < 200);
    diagnosis_done(&seldom.diagnosis, &seldom.labels);
    label_table_done(&seldom.labels);
}

static void full_book_gives_up_names_and_not_counts(void **state)
{
    struct book *book = *state;
    char route[32];
    for (int i = 0; i < 50000; i++) {
        snprintf(route, sizeof route, "/r%d", i);
        add(book, i / 100, i % 3 ? 500 : 502, route, 1);
    }
    assert_true(book->diagnosis.cap_errors <= DIAGNOSIS_KINDS);
    assert_true(book->labels.count <= DIAGNOSIS_KINDS);
    fill(book, 0, 500);
    assert_int_equal(sum_codes(&book->alert), 50000);
}

static void full_book_of_a_long_time_loses_the_oldest(void **state)
{
    struct book *book = *state;
    for (int i = 0; i < 20000; i++) {
        add(book, i, 500, "/", 1);
    }
    fill(book, 19000, 20000);
    assert_int_equal(sum_codes(&book->alert), 1000);
}

static void names_longer_than_an_alert_holds_are_cut(void **state)
{
    struct book *book = *state;
    char route[600];
    memset(route, 'x', sizeof route);
    route[sizeof route - 1] = '\0';
    add(book, 1, 500, route, 1);
    fill(book, 1, 1);
    assert_int_equal(strlen(book->alert.where[0].name), ALERT_NAME_BYTES - 1);
}

static void keep(struct book *book, int64_t second, int64_t oldest)
{
    struct window_sample s = {.second = second, .status = 502};
    s.len = (uint16_t)snprintf(s.text, sizeof s.text, "192.0.2.9 at %d", (int)second);
    diagnosis_keep(&book->diagnosis, &s, RULE_SAMPLES_CLEAN, oldest);
}

static void last_samples_of_the_window_are_shown(void **state)
{
    struct book *book = *state;
    for (int64_t s = 1; s < 30; s++) {
        keep(book, s, s - 10);
    }
    keep(book, 40, 20);
    fill(book, 20, 29);
    assert_int_equal(book->alert.n_samples, 3);
    assert_string_equal(book->alert.samples[0], "192.0.2.0 at 27");
    assert_string_equal(book->alert.samples[2], "192.0.2.0 at 29");
}

static void samples_near_the_window_are_better_than_none(void **state)
{
    struct book *book = *state;
    keep(book, 50, 0);
    fill(book, 10, 20);
    assert_int_equal(book->alert.n_samples, 1);
    assert_string_equal(book->alert.samples[0], "192.0.2.0 at 50");
}

static void samples_are_shown_as_they_are_or_not_at_all_when_that_is_asked_for(void **state)
{
    struct book *book = *state;
    static const char line[] = "192.0.2.17 - - \"GET /cart?id=9\" 502\0end";
    struct window_sample s = {.second = 10, .status = 502, .len = sizeof line - 1};
    memcpy(s.text, line, sizeof line);
    diagnosis_keep(&book->diagnosis, &s, RULE_SAMPLES_NONE, 0);
    fill(book, 10, 10);
    assert_int_equal(book->alert.n_samples, 0);
    diagnosis_keep(&book->diagnosis, &s, RULE_SAMPLES_RAW, 0);
    fill(book, 10, 10);
    assert_int_equal(book->alert.n_samples, 1);
    assert_string_equal(book->alert.samples[0], "192.0.2.17 - - \"GET /cart?id=9\" 502?end");
}

static void samples_from_before_the_window_are_not_shown(void **state)
{
    struct book *book = *state;
    keep(book, 5, 0);
    fill(book, 10, 20);
    assert_int_equal(book->alert.n_samples, 0);
}

static void what_is_too_old_is_given_back_at_rest(void **state)
{
    struct book *book = *state;
    add(book, 10, 500, "/a", 1);
    add(book, 1290, 500, "/b", 2);
    keep(book, 10, 0);
    keep(book, 1290, 0);
    diagnosis_rest(&book->diagnosis, &book->labels, 1270);
    assert_int_equal(book->labels.count, 1);
    fill(book, 0, 2000);
    assert_int_equal(sum_codes(&book->alert), 2);
    assert_int_equal(book->alert.n_samples, 1);
    diagnosis_rest(&book->diagnosis, &book->labels, 2600);
    assert_int_equal(book->labels.count, 0);
    assert_null(book->diagnosis.errors);
    assert_null(book->diagnosis.samples);
    add(book, 2650, 500, "/c", 4);
    fill(book, 0, 3000);
    assert_int_equal(sum_codes(&book->alert), 4);
}

/* The standard's entry. */
static uint16_t usual(uint16_t status)
{
    return verdict_entry(status, SERVER_UNKNOWN, SPAN(""));
}

/* The sentence for 260 errors of 840 requests at 03:12:07. */
static struct alert night_alert(void)
{
    struct alert a = {.since = 1795403527, .requests = 840, .errors = 260, .ratio = 260.0 / 840};
    a.baseline = 0.001;
    memcpy(a.host, "shop.example.com", sizeof "shop.example.com");
    a.n_codes = 1;
    a.codes[0] = (struct alert_code){502, usual(502), BLAME_UPSTREAM, 260, false};
    a.blame[BLAME_UPSTREAM] = 260;
    a.n_where = 1;
    a.where[0] = (struct alert_where){"upstream", "10.0.0.7:8080", 260, 1, -1, true};
    a.explained = 260;
    return a;
}

static const struct rule on_5xx = {.on = {.classes = ON_5XX}},
                         on_errors = {.on = {.classes = ON_4XX | ON_5XX}};

static void sentence_says_what_where_since_when_and_how_much(void **state)
{
    (void)state;
    struct alert a = night_alert();
    sentence_firing(&a, &on_5xx);
    assert_string_equal(a.summary,
                        "502 Bad Gateway from upstream for shop.example.com since 03:12:07 UTC: "
                        "31 % of 840 requests (usually 0.1 %), all from upstream 10.0.0.7:8080.");
}

static void sentence_leaves_out_what_is_not_known(void **state)
{
    (void)state;
    struct alert a = night_alert();
    a.baseline = -1;
    a.n_where = 0;
    a.host[0] = '\0';
    a.codes[0].count = 100;
    a.blame[BLAME_UPSTREAM] = 160;
    a.blame[BLAME_UNKNOWN] = 100;
    sentence_firing(&a, &on_errors);
    assert_string_equal(a.summary,
                        "Errors (4xx and 5xx) since 03:12:07 UTC: 31 % of 840 requests.");
}

static void sentence_says_mostly_when_it_is_not_all(void **state)
{
    (void)state;
    struct alert a = night_alert();
    a.host[0] = '\0';
    memcpy(a.source, "a.log", sizeof "a.log");
    a.codes[0].count = 140;
    a.where[0] = (struct alert_where){"route", "/cart", 230, 0.88, -1, true};
    a.explained = 230;
    sentence_firing(&a, &on_5xx);
    assert_string_equal(a.summary,
                        "Mostly 502 Bad Gateway from upstream in a.log since 03:12:07 UTC: "
                        "31 % of 840 requests (usually 0.1 %), mostly on /cart.");
}

static void sentence_of_the_end_says_how_long_and_how_bad(void **state)
{
    (void)state;
    struct alert a = night_alert();
    struct rule_finding worst = {.requests = 900, .ratio = 0.452};
    sentence_resolved(&a, &on_5xx, a.since + 250, &worst);
    assert_string_equal(a.summary,
                        "502 Bad Gateway from upstream for shop.example.com is over since "
                        "03:16:17 UTC after 4 min 10 s: at worst 45 % of 900 requests.");
    sentence_resolved(&a, &on_5xx, a.since + 7200, NULL);
    assert_non_null(strstr(a.summary, "after 2 h: its rule was changed or removed."));
}

static void sentence_fits_whatever_the_names_are(void **state)
{
    (void)state;
    struct alert a = night_alert();
    a.codes[0] = (struct alert_code){511, usual(511), BLAME_CLIENT, 250, false};
    a.blame[BLAME_UPSTREAM] = 0;
    a.blame[BLAME_CLIENT] = a.requests = UINT64_MAX / 1000;
    a.codes[0].count = a.blame[BLAME_CLIENT] / 10 * 7;
    a.ratio = a.baseline = 1e-9;
    a.n_where = 3;
    a.where[1] = (struct alert_where){.dimension = "host", .explains = true};
    a.where[2] = (struct alert_where){.dimension = "route", .explains = true};
    for (size_t i = 0; i + 2 < sizeof a.host; i += 2) {
        memcpy(a.host + i, "é", 2);
        memcpy(a.where[0].name + i, "\x1b\n", 2);
        memcpy(a.where[1].name + i, "ab", 2);
        memcpy(a.where[2].name + i, "/c", 2);
    }
    sentence_firing(&a, &on_5xx);
    size_t len = strlen(a.summary);
    assert_true(len < sizeof a.summary - 1);
    assert_int_equal(a.summary[len - 1], '.');
    assert_non_null(strstr(a.summary, "éé… since"));
    assert_null(strchr(a.summary, '\x1b'));
}

static void alert_of_a_real_window_tells_the_whole_story(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    struct window w = {0};
    for (int64_t s = WORLD_START; s < WORLD_START + 900; s++) {
        world_add(&w, s, "shop.example", 7, s >= WORLD_START + 880 ? 3 : 0, 502);
        alert_set_feed(world->set, "a.log", &w, s + 1);
        window_drain(&w);
    }
    const struct alert *a = alert_set_at(world->set, 0);
    assert_true(a->since == WORLD_START + 880);
    assert_int_equal(sum_codes(a), a->errors);
    assert_int_equal(a->n_where, 3);
    assert_string_equal(a->where[0].dimension, "upstream");
    assert_string_equal(a->where[1].name, "shop.example");
    assert_string_equal(a->where[2].name, "/cart");
    assert_int_equal(a->n_samples, 3);
    assert_string_equal(a->samples[0], "192.0.2.0 - - \"GET /cart HTTP/1.1\" 502 0");
    assert_string_equal(a->summary,
                        "502 Bad Gateway from upstream in a.log since 16:28:00 UTC: "
                        "5.4 % of 444 requests (usually 0 %), all from upstream 10.0.0.7:8080 for "
                        "shop.example on /cart.");
    window_done(&w);
    world_free(world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(codes_stand_in_order_of_their_count),
        TEST(one_status_of_two_owners_is_two_codes),
        TEST(only_the_most_frequent_codes_are_named),
        TEST(errors_outside_the_window_do_not_count),
        TEST(places_need_a_fifth_of_the_errors),
        TEST(places_are_measured_by_what_is_not_usual),
        TEST(only_places_that_go_together_explain),
        TEST(what_was_before_does_not_depend_on_when_it_was_aged),
        TEST(full_book_gives_up_names_and_not_counts),
        TEST(full_book_of_a_long_time_loses_the_oldest),
        TEST(names_longer_than_an_alert_holds_are_cut),
        TEST(last_samples_of_the_window_are_shown),
        TEST(samples_near_the_window_are_better_than_none),
        TEST(samples_are_shown_as_they_are_or_not_at_all_when_that_is_asked_for),
        TEST(samples_from_before_the_window_are_not_shown),
        TEST(what_is_too_old_is_given_back_at_rest),
        cmocka_unit_test(sentence_says_what_where_since_when_and_how_much),
        cmocka_unit_test(sentence_leaves_out_what_is_not_known),
        cmocka_unit_test(sentence_says_mostly_when_it_is_not_all),
        cmocka_unit_test(sentence_of_the_end_says_how_long_and_how_bad),
        cmocka_unit_test(sentence_fits_whatever_the_names_are),
        cmocka_unit_test(alert_of_a_real_window_tells_the_whole_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
