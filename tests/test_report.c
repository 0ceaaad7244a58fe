/*
 * The report as a whole against tests/report.want (run with UPDATE=1 to write it anew), and what
 * must hold for every report: the width, no control bytes, plain ASCII where that is asked for.
 */
#include "output/escape.h"
#include "output/report.h"
#include "sample_tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct report_style in_a_pipe = {80, false, false};

static void path_to(char *out, size_t size, const char *below)
{
    snprintf(out, size, "%.*s%s", (int)(strrchr(__FILE__, '/') - __FILE__ + 1), __FILE__, below);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("%s\nis not in\n%s", part, text);
    }
}

/* Half an hour of a shop whose second backend times out for ten minutes. */
static void add_shop(struct tally *t)
{
    static const struct sample_request page = {
        "200", "shop.example", "/", "10.0.0.1:8080", "192.0.2.1", 15200, 12000000};
    static const struct sample_request image = {"304", "img.example", "/a.png", "", "192.0.2.1",
                                                0,     900000};
    static const struct sample_request missing = {
        "404", "shop.example", "/wp-login.php", "10.0.0.1:8080", "203.0.113.9", 162, 2000000};
    static const struct sample_request slow = {
        "504", "shop.example", "/cart/17/checkout", "10.0.0.2:8080", "192.0.2.7", 497, 60001000000};
    static const struct sample_request gone = {
        "499", "shop.example", "/cart/17", "10.0.0.2:8080", "192.0.2.8", 0, 29900000000};
    for (int s = 0; s < 1800; s++) {
        bool outage = s >= 600 && s < 1200;
        sample_add(t, SERVER_NGINX, &page, SAMPLE_START + s, outage ? 3 : 5);
        sample_add(t, SERVER_NGINX, &image, SAMPLE_START + s, 2);
        sample_add(t, SERVER_NGINX, &missing, SAMPLE_START + s, s % 20 == 0);
        sample_add(t, SERVER_NGINX, &slow, SAMPLE_START + s,
                   outage ? 2U : (s % 400 == 0 ? 1U : 0U));
        sample_add(t, SERVER_NGINX, &gone, SAMPLE_START + s, outage && s % 3 == 0);
    }
    tally_unparsed(t, SPAN("\x16\x03\x01 not a request of this \xff format"));
    tally_ignored(t);
}

static void add_edge(struct tally *t)
{
    static const struct sample_request page = {"200", "edge.example",   "/", "", "",
                                               300,   EVENT_NO_DURATION};
    static const struct sample_request strange = {"299", "edge.example",   "/", "", "",
                                                  300,   EVENT_NO_DURATION};
    sample_add(t, SERVER_APACHE, &page, SAMPLE_START + 60, 1200);
    sample_add(t, SERVER_APACHE, &strange, SAMPLE_START + 60, 1);
}

static struct alert_set *watch(const char *source, const struct tally *t)
{
    struct rule rule = {.name = "spike", .on = {.classes = ON_5XX}, .by = RULE_BY_SOURCE};
    assert_true(rule_preset(&rule, SPAN("netdata")));
    struct alert_set *set = alert_set_new(&rule, 1, NULL, NULL);
    alert_set_feed(set, source, &t->window, SAMPLE_START + 1800);
    return set;
}

/* Compares with a file beside this one, or writes it when UPDATE is set. */
static void assert_golden(const char *text, const char *name)
{
    char path[512], want[32768];
    path_to(path, sizeof(path), name);
    if (getenv("UPDATE")) {
        FILE *to = fopen(path, "w");
        assert_non_null(to);
        fputs(text, to);
        fclose(to);
    }
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    want[fread(want, 1, sizeof(want) - 1, from)] = '\0';
    fclose(from);
    assert_string_equal(text, want);
}

static void the_whole_report_is_as_written_down(void **state)
{
    (void)state;
    struct tally shop, edge, all;
    tally_init(&shop, SAMPLE_KEEP_ALL, false);
    tally_init(&edge, SAMPLE_KEEP_ALL, false);
    tally_init(&all, SAMPLE_KEEP_ALL, false);
    add_shop(&shop);
    add_edge(&edge);
    tally_merge(&all, &shop, false);
    tally_merge(&all, &edge, false);
    struct alert_set *set = watch("/var/log/nginx/access.log", &shop);
    struct summary_source sources[] = {
        {"/var/log/nginx/access.log", "nginx", "64 of 64 lines", &shop, 0, 0, 0, 0, 0, "done"},
        {"/var/log/apache2/access.log", "combined", "64 of 64 lines", &edge, 0, 0, 1, 0, 0,
         "done"}};
    struct summary s = {.kind = SUMMARY_SCAN,
                        .host = "web1",
                        .all = &all,
                        .sources = sources,
                        .n_sources = 2,
                        .alerts = set,
                        .alerts_since = INT64_MIN};
    struct buf out = {0};
    report_summary(&out, &s, in_a_pipe);
    buf_text(&out, "\n=== 100 columns, block characters ===\n\n");
    report_summary(&out, &s, (struct report_style){100, false, true});
    buf_text(&out, "\n=== explain 502 ===\n\n");
    report_explain(&out, 502, SERVER_NGINX, (struct span){0}, in_a_pipe);
    assert_golden(out.data, "report.want");
    buf_done(&out);
    alert_set_free(set);
    tally_done(&shop);
    tally_done(&edge);
    tally_done(&all);
}

/* A tally with everything that is too long, too large or hostile. */
static void add_hostile(struct tally *t)
{
    static char route[300] = "/";
    const struct sample_request worst[] = {
        {"599", "\x1b]0;owned\x07\x1b[2J.example", "/\xff\xfe\x1b[31m",
         "\xe2\x80\xae"
         "evil",
         "\xc2\x9b", 1, 1},
        {"777",
         "h\xc3\xbc"
         "bsch.example",
         "/\xe6\xbc\xa2\xe5\xad\x97/\xf0\x9f\xab\x96", "u", "c", INT64_MAX, INT64_MAX},
        {"500",
         "www.a-very-long-name-that-does-not-fit-into-any-table-of-eighty-"
         "columns-and-goes-on.example",
         route, "u2", "c2", 5, 90000000000000},
        {"404", "x", "/a\nb\tc", "u3", "c3", 5, 5},
    };
    memset(route + 1, 'r', sizeof(route) - 2);
    for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
        sample_add(t, SERVER_NGINX, &worst[i], SAMPLE_START + (int64_t)i * 50000, 3);
    }
    tally_unparsed(t, SPAN("\0\0\x1b[2J\xff"));
    for (uint32_t i = 0; i < t->n_cells; i++) {
        t->cells[i].count = UINT64_MAX / 5 + i;
    }
    t->requests = t->lines = t->unparsed = UINT64_MAX;
    for (uint32_t i = 0; t->tops[TALLY_HOSTS] && i < t->tops[TALLY_HOSTS]->n_entries; i++) {
        t->tops[TALLY_HOSTS]->entries[i].error = UINT64_MAX - i;
    }
}

/* Every line within the width, nothing but text and line ends; ASCII unless `unicode`. */
static void assert_well_behaved(const char *text, size_t width, bool unicode)
{
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        struct span rest = {line, len};
        if (escape_columns(rest) > width || (len && line[len - 1] == ' ')) {
            fail_msg("%zu columns or a blank at the end: %.*s|", width, (int)len, line);
        }
        while (rest.len) {
            uint32_t point = 0;
            size_t n = escape_point(rest, &point);
            assert_true(n > 0);
            assert_true(point >= 0x20 && (point < 0x7f || (unicode && point >= 0xa0)));
            rest = span_after(rest, n);
        }
        line += len + (line[len] == '\n');
    }
}

static void no_line_is_too_wide_and_no_byte_harmful_whatever_the_log_says(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, SAMPLE_KEEP_ALL, false);
    add_hostile(&t);
    struct summary_source sources[] = {{"a\x1b[2J", "combined", "4 of \xff", &t, UINT64_MAX, 0,
                                        UINT64_MAX / 2, UINT64_MAX / 2, 0, "failed: no \x1b"},
                                       {"b", "unknown", NULL, &t, 0, 0, 0, 0, 0, NULL}};
    for (int columns = 40; columns <= 140; columns += 5) {
        struct summary s = {
            .kind = SUMMARY_SCAN, .all = &t, .sources = sources, .n_sources = columns % 2 ? 1 : 2};
        struct report_style style = {columns, false, columns % 3 == 0};
        struct buf out = {0};
        report_summary(&out, &s, style);
        assert_well_behaved(out.data, columns < 120 ? (size_t)columns : 120, style.unicode);
        buf_done(&out);
    }
    tally_done(&t);
}

static void explanations_keep_to_the_width_too(void **state)
{
    (void)state;
    for (uint16_t status = 0; status < STATUS_SLOTS; status++) {
        struct buf out = {0};
        report_explain(&out, status, SERVER_UNKNOWN, (struct span){0},
                       (struct report_style){50, false, false});
        assert_well_behaved(out.data, 50, false);
        buf_done(&out);
    }
}

static void an_empty_log_has_a_short_report(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    struct summary_source source = {"empty.log", "unknown", NULL, &t, 0, 0, 0, 0, 0, "done"};
    struct summary s = {.kind = SUMMARY_SCAN, .all = &t, .sources = &source, .n_sources = 1};
    struct buf out = {0};
    report_summary(&out, &s, in_a_pipe);
    assert_string_equal(out.data,
                        "empty.log, read as unknown\n0 requests; 0 lines\nNo requests.\n");
    buf_done(&out);
    tally_done(&t);
}

static void a_source_that_could_not_be_read_is_named_at_the_top(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    struct summary_source sources[] = {
        {"a.log", "nginx", NULL, &t, 0, 0, 0, 0, 0, "done"},
        {"b.log", "unknown", NULL, &t, 0, 0, 0, 0, 0, "failed: permission denied"}};
    struct summary s = {.kind = SUMMARY_SCAN, .all = &t, .sources = sources, .n_sources = 2};
    struct buf out = {0};
    report_summary(&out, &s, in_a_pipe);
    assert_has(out.data, "\nb.log: failed: permission denied\n");
    buf_done(&out);
    tally_done(&t);
}

static void colours_are_there_only_when_wanted(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, SAMPLE_KEEP_ALL, false);
    add_shop(&t);
    struct summary_source source = {"a.log", "nginx", NULL, &t, 0, 0, 0, 0, 0, "done"};
    struct summary s = {.kind = SUMMARY_SCAN, .all = &t, .sources = &source, .n_sources = 1};
    struct buf out = {0};
    report_summary(&out, &s, (struct report_style){80, true, true});
    assert_has(out.data, "\033[1;31m5xx\033[0m");
    buf_clear(&out);
    report_summary(&out, &s, (struct report_style){80, false, true});
    assert_null(strchr(out.data, '\033'));
    buf_done(&out);
    tally_done(&t);
}

static void names_with_a_bound_on_their_error_say_so(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, SAMPLE_KEEP_ALL, false);
    add_shop(&t);
    t.tops[TALLY_ROUTES]->entries[0].error = 1234;
    struct summary_source source = {"a.log", "nginx", NULL, &t, 0, 0, 0, 0, 0, "done"};
    struct summary s = {.kind = SUMMARY_SCAN, .all = &t, .sources = &source, .n_sources = 1};
    struct buf out = {0};
    report_summary(&out, &s, in_a_pipe);
    assert_has(out.data, "Counts may be up to 1,234 too high.");
    buf_done(&out);
    tally_done(&t);
}

static void an_alert_is_one_line(void **state)
{
    (void)state;
    struct alert *a = calloc(1, sizeof(*a));
    *a = (struct alert){.rule = "spike",
                        .state = ALERT_RESOLVED,
                        .severity = RULE_CRITICAL,
                        .source = "a.log",
                        .host = "x.example",
                        .since = SAMPLE_START,
                        .at = SAMPLE_START + 10,
                        .resolved_at = SAMPLE_START + 750,
                        .summary = "31 % fail \x1b[2J"};
    struct buf out = {0};
    report_alert(&out, a, in_a_pipe);
    assert_string_equal(
        out.data,
        "2026-11-22 09:20:10  critical resolved after 12 min 30 s  spike a.log x.example: "
        "31 % fail \\x1b[2J\n");
    buf_done(&out);
    free(a);
}

static void an_explanation_says_first_which_meaning_wins(void **state)
{
    (void)state;
    struct buf out = {0};
    report_explain(&out, 499, SERVER_UNKNOWN, (struct span){0}, in_a_pipe);
    assert_memory_equal(out.data, "499 is Client Closed Request (nginx)\n\n499 Client Closed", 54);
    assert_has(out.data, "Token Required (esri)");
    assert_has(out.data, "  In logs of: arcgis\n");
    buf_clear(&out);
    report_explain(&out, 499, SERVER_ARCGIS, (struct span){0}, in_a_pipe);
    assert_memory_equal(out.data, "499 is Token Required (esri) in logs of arcgis\n", 47);
    assert_null(strstr(out.data, "nginx"));
    buf_clear(&out);
    report_explain(&out, 299, SERVER_UNKNOWN, (struct span){0}, in_a_pipe);
    assert_string_equal(out.data, "299 is unassigned; its class is 2xx\n");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_report_is_as_written_down),
        cmocka_unit_test(no_line_is_too_wide_and_no_byte_harmful_whatever_the_log_says),
        cmocka_unit_test(explanations_keep_to_the_width_too),
        cmocka_unit_test(an_empty_log_has_a_short_report),
        cmocka_unit_test(a_source_that_could_not_be_read_is_named_at_the_top),
        cmocka_unit_test(colours_are_there_only_when_wanted),
        cmocka_unit_test(names_with_a_bound_on_their_error_say_so),
        cmocka_unit_test(an_alert_is_one_line),
        cmocka_unit_test(an_explanation_says_first_which_meaning_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
