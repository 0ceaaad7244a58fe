/* Summaries, alerts and explanations as JSON: members, exactness, and logs that try to break out.
 */
#include "output/json.h"
#include "sample_tally.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct sample_request good = {"200",       "a.example", "/",     "10.0.0.1:80",
                                           "192.0.2.1", 1000,        20000000};
static const struct sample_request bad = {"502",       "a.example", "/cart/17", "10.0.0.2:80",
                                          "192.0.2.2", 150,         60000000000};

/* A summary of one source, which is also the whole. */
static struct summary_source one_source(const struct tally *t)
{
    return (struct summary_source){.name = "access.log",
                                   .format = "nginx",
                                   .format_reason = "9 of 9 lines",
                                   .tally = t,
                                   .state = "done"};
}

static struct summary summary_over(const struct tally *t, const struct summary_source *source)
{
    return (struct summary){.kind = SUMMARY_SCAN,
                            .host = "web1",
                            .seq = 12,
                            .all = t,
                            .sources = source,
                            .n_sources = 1,
                            .alerts_since = INT64_MIN};
}

static char *text_of(const struct tally *t)
{
    struct summary_source source = one_source(t);
    struct summary s = summary_over(t, &source);
    struct buf out = {0};
    json_summary(&out, &s);
    return out.data;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("%s\nis not in\n%s", part, text);
    }
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part)) {
        fail_msg("%s\nshould not be in\n%s", part, text);
    }
}

static void a_summary_has_its_members_in_the_order_of_the_schema(void **state)
{
    (void)state;
    static const char *const members[] = {
        "{\"schema\":\"teapotd.summary/1\"",
        "\"kind\":\"scan\"",
        "\"host\":\"web1\"",
        "\"seq\":12",
        "\"from\":",
        "\"to\":",
        "\"lines\":10",
        "\"requests\":9",
        "\"unparsed\":1",
        "\"ignored\":0",
        "\"late\":0",
        "\"bytes\":",
        "\"classes\":{\"1xx\":0",
        "\"codes\":[",
        "\"vendors\":",
        "\"blame\":{\"none\":",
        "\"duration_seconds\":",
        "\"sources\":[{\"name\":\"access.log\",\"format\":\"nginx\",",
        "\"format_reason\":\"9 of 9 lines\"",
        "\"unparsed_samples\":[\"rubbish\"]}]",
        "\"top\":{\"hosts\":[",
        "\"unparsed_samples\":[\"rubbish\"],\"merge\":{"};
    struct tally t;
    tally_init(&t, SAMPLE_KEEP_ALL, false);
    sample_add(&t, SERVER_NGINX, &good, SAMPLE_START, 7);
    sample_add(&t, SERVER_NGINX, &bad, SAMPLE_START + 1, 2);
    tally_unparsed(&t, SPAN("rubbish"));
    char *text = text_of(&t), *at = text;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char *next = strstr(at, members[i]);
        if (!next) {
            fail_msg("no %s after %.60s", members[i], at);
        }
        at = next;
    }
    free(text);
    tally_done(&t);
}

static void members_without_data_are_left_out(void **state)
{
    (void)state;
    static const char *const absent[] = {"\"from\"",
                                         "\"to\"",
                                         "\"bytes\"",
                                         "\"duration_seconds\"",
                                         "\"top\":{\"hosts\"",
                                         "\"alerts\"",
                                         "\"unparsed_samples\"",
                                         "\"clock\""};
    struct tally t;
    tally_init(&t, 0, false);
    char *text = text_of(&t);
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_lacks(text, absent[i]);
    }
    assert_has(text, "\"codes\":[],\"vendors\":{},\"blame\":{\"none\":0,\"client\":0,");
    free(text);
    tally_done(&t);
}

static void whole_numbers_are_exact_above_two_to_the_53(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    sample_add(&t, SERVER_NGINX, &good, SAMPLE_START, 1);
    t.bytes = UINT64_MAX;
    t.lines = t.requests = t.cells[0].count = 9007199254740993;
    char *text = text_of(&t);
    assert_has(text, "\"bytes\":18446744073709551615,");
    assert_has(text, "\"lines\":9007199254740993,\"requests\":9007199254740993,");
    assert_has(text, "\"blame\":\"none\",\"count\":9007199254740993}");
    assert_has(text, "\"vendors\":{\"ietf\":9007199254740993}");
    assert_has(text, "\"cells\":[[\"200\",\"ietf\",\"none\",9007199254740993]]");
    free(text);
    tally_done(&t);
}

static void codes_come_by_count_one_row_for_each_owner_and_blame(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    sample_status(&t, SERVER_ARCGIS, "499", 1);
    sample_status(&t, SERVER_NGINX, "499", 2);
    sample_status(&t, SERVER_NGINX, "299", 3);
    sample_status(&t, SERVER_NGINX, "200", 4);
    char *text = text_of(&t);
    assert_has(text, "\"codes\":["
                     "{\"code\":\"200\",\"name\":\"OK\",\"class\":\"2xx\",\"vendor\":\"ietf\","
                     "\"kind\":\"standard\","
                     "\"blame\":\"none\",\"count\":4},"
                     "{\"code\":\"299\",\"name\":\"Unassigned\",\"class\":\"2xx\",\"vendor\":\"\","
                     "\"kind\":\"unassigned\",");
    assert_has(
        text, "\"vendor\":\"nginx\",\"kind\":\"internal\",\"blame\":\"client\",\"count\":2},"
              "{\"code\":\"499\",\"name\":\"Token Required\",\"class\":\"4xx\",\"vendor\":\"esri\","
              "\"kind\":\"unofficial\",\"blame\":\"auth\",\"count\":1}]");
    assert_has(text, "\"vendors\":{\"ietf\":4,\"nginx\":2,\"esri\":1}");
    free(text);
    tally_done(&t);
}

static void an_interval_says_its_own_time_and_a_scan_that_of_its_lines(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    sample_add(&t, SERVER_NGINX, &good, SAMPLE_START, 1);
    sample_add(&t, SERVER_NGINX, &good, SAMPLE_START + 5, 1);
    struct summary_source source = one_source(&t);
    struct summary s = summary_over(&t, &source);
    struct buf out = {0};
    json_summary(&out, &s);
    assert_has(out.data,
               "\"seq\":12,\"from\":\"2026-11-22T09:20:00Z\",\"to\":\"2026-11-22T09:20:05Z\",");
    buf_clear(&out);
    s.kind = SUMMARY_INTERVAL;
    s.from_ms = 1795340000500;
    s.to_ms = 1795340010500;
    json_summary(&out, &s);
    assert_has(out.data, "\"kind\":\"interval\",\"host\":\"web1\",\"seq\":12,"
                         "\"from\":\"2026-11-22T09:33:20.500Z\",");
    buf_done(&out);
    tally_done(&t);
}

static void routes_and_clients_have_no_requests_and_at_most_20_names_stand(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, SAMPLE_KEEP_ALL, false);
    for (int i = 0; i < 30; i++) {
        char host[16];
        struct sample_request r = bad;
        snprintf(host, sizeof(host), "h%c%c.example", 'a' + i / 10, 'a' + i % 10);
        r.host = host;
        sample_add(&t, SERVER_NGINX, &r, SAMPLE_START, (unsigned)i + 1);
    }
    char *text = text_of(&t), *top = strstr(text, "}],\"top\":{\"hosts\":[");
    assert_non_null(top);
    *strstr(top, "\"merge\"") = '\0';
    assert_has(top, "{\"name\":\"hcj.example\",\"requests\":30,\"4xx\":0,\"5xx\":30,\"error\":0}");
    assert_has(top, "\"hba.example\"");
    assert_lacks(top, "\"haj.example\"");
    assert_has(top, "\"routes\":[{\"name\":\"/cart/{}\",\"4xx\":0,\"5xx\":465,\"error\":0}]");
    assert_has(top, "\"clients\":[{\"name\":\"192.0.2.2\",\"4xx\":0,\"5xx\":465,\"error\":0}]");
    free(text);
    tally_done(&t);
}

static void names_and_samples_from_the_log_can_not_break_out(void **state)
{
    (void)state;
    struct tally t;
    struct sample_request r = good;
    r.host = "\"},\"x\":{\\\x1b[31m\xff";
    tally_init(&t, SAMPLE_KEEP_ALL, true);
    sample_add(&t, SERVER_NGINX, &r, SAMPLE_START, 1);
    tally_unparsed(&t, SPAN("a\0b\nc\x80"));
    char *text = text_of(&t);
    static const char name[] = "\"\\\"},\\\"x\\\":{\\\\\\u001b[31m\xef\xbf\xbd\"";
    assert_has(text, name);
    assert_has(text, "\"unparsed_samples\":[\"a\xef\xbf\xbd"
                     "b\\u000ac\xef\xbf\xbd\"]");
    for (const char *p = text; *p; p++) {
        assert_true((unsigned char)*p >= 0x20);
    }
    free(text);
    tally_done(&t);
}

static void merge_has_what_another_teapotd_needs(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 1 << TALLY_HOSTS, true);
    sample_add(&t, SERVER_NGINX, &good, SAMPLE_START, 2);
    sample_add(&t, SERVER_NGINX, &bad, SAMPLE_START + 1, 1);
    char *text = text_of(&t), *merge = strstr(text, "\"merge\":");
    assert_has(merge, "\"cells\":[[\"200\",\"ietf\",\"none\",2],[\"502\",\"ietf\",\"upstream\",1]],"
                      "\"durations\":{");
    assert_has(merge,
               "\"2xx\":{\"count\":2,\"sum_s\":0,\"sum_ns\":40000000,\"max_ns\":20000000,\"low\":");
    assert_has(merge, "\"buckets\":[2],\"below\":[0,0,2,0,0,0,0,0,0,0,0,0,0,0,0]}");
    assert_has(merge, "\"below\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]}");
    assert_has(merge,
               "\"top\":{\"hosts\":{\"floor\":[0,0,0],\"entries\":[[\"a.example\",3,0,1,0]]}}");
    assert_has(merge,
               "\"timeline\":{\"shift\":0,\"first\":1795339200,\"steps\":[[2,0,0],[1,0,1]]}");
    assert_has(merge, "\"clock\":1795339201,\"seconds\":[[1795339200,\"\",2,0,0],[1795339200,"
                      "\"a.example\",2,0,0],"
                      "[1795339201,\"\",1,0,1],[1795339201,\"a.example\",1,0,1]]}");
    free(text);
    tally_done(&t);
}

static void seconds_of_several_sources_are_added_up(void **state)
{
    (void)state;
    struct tally a, b, all;
    tally_init(&a, 0, false);
    tally_init(&b, 0, false);
    tally_init(&all, 0, false);
    sample_add(&a, SERVER_NGINX, &good, SAMPLE_START, 2);
    sample_add(&b, SERVER_NGINX, &bad, SAMPLE_START, 1);
    sample_add(&b, SERVER_NGINX, &good, SAMPLE_START + 9, 1);
    tally_merge(&all, &a, false);
    tally_merge(&all, &b, false);
    struct summary_source sources[] = {one_source(&a), one_source(&b)};
    struct summary s = summary_over(&all, sources);
    struct buf out = {0};
    s.n_sources = 2;
    json_summary(&out, &s);
    assert_has(
        out.data,
        "\"clock\":1795339209,\"seconds\":[[1795339200,\"\",3,0,1],[1795339209,\"\",1,0,0]]}");
    buf_done(&out);
    tally_done(&a);
    tally_done(&b);
    tally_done(&all);
}

static struct alert *sample_alert(void)
{
    struct alert *a = calloc(1, sizeof(*a));
    *a = (struct alert){
        .id = "spike-1",
        .rule = "spike",
        .state = ALERT_FIRING,
        .severity = RULE_CRITICAL,
        .source = "access.log",
        .since = SAMPLE_START,
        .at = SAMPLE_START + 20,
        .requests = 840,
        .errors = 260,
        .ratio = 260.0 / 840,
        .baseline = -1,
        .n_codes = 2,
        .codes = {{502, verdict_entry_of(502, SPAN("ietf")), BLAME_UPSTREAM, 250, false},
                  {599, VERDICT_UNASSIGNED, BLAME_UNKNOWN, 10, true}},
        .n_where = 1,
        .where = {{"upstream", "10.0.0.2:80", 250, 250.0 / 260, 0.5, true}},
        .n_samples = 1,
        .samples = {"GET /cart \x1b 502"},
        .summary = "31 % of requests fail"};
    a->blame[BLAME_UPSTREAM] = 250;
    a->blame[BLAME_UNKNOWN] = 10;
    return a;
}

static char *alert_text(const struct alert *a)
{
    struct buf out = {0};
    json_alert(&out, a);
    return out.data;
}

static void an_alert_says_what_where_and_why(void **state)
{
    (void)state;
    struct alert *a = sample_alert();
    char *text = alert_text(a);
    assert_has(text, "{\"schema\":\"teapotd.alert/1\",\"id\":\"spike-1\",\"rule\":\"spike\","
                     "\"state\":\"firing\","
                     "\"severity\":\"critical\",\"series\":{\"source\":\"access.log\"},"
                     "\"since\":\"2026-11-22T09:20:00Z\",\"at\":\"2026-11-22T09:20:20Z\","
                     "\"requests\":840,\"errors\":260,\"ratio\":0.309524,\"codes\":[");
    assert_has(text,
               "{\"code\":\"502\",\"name\":\"Bad Gateway\",\"class\":\"5xx\",\"vendor\":\"ietf\","
               "\"kind\":\"standard\",\"blame\":\"upstream\",\"meaning\":\"The proxy got ");
    assert_has(text, "\",\"count\":250},{\"code\":\"599\",");
    assert_has(text, "\"blame\":{\"none\":0,\"client\":0,\"server\":0,\"upstream\":250,");
    assert_has(text,
               "\"where\":[{\"dimension\":\"upstream\",\"name\":\"10.0.0.2:80\",\"errors\":250,"
               "\"share\":0.962,\"share_before\":0.5,"
               "\"explains\":true}]");
    assert_has(text,
               "\"samples\":[\"GET /cart \\u001b 502\"],\"summary\":\"31 % of requests fail\"}");
    free(text);
    free(a);
}

static void what_an_alert_does_not_know_is_left_out(void **state)
{
    (void)state;
    struct alert *a = sample_alert();
    a->n_codes = a->n_where = a->n_samples = 0;
    memset(a->blame, 0, sizeof(a->blame));
    char *text = alert_text(a);
    static const char *const absent[] = {"baseline", "resolved_at", "silenced", "evidence", "codes",
                                         "blame",    "where",       "samples",  "host"};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_lacks(text, absent[i]);
    }
    free(text);
    free(a);
}

static void a_resolved_alert_says_when_and_a_silenced_one_that_it_is(void **state)
{
    (void)state;
    struct alert *a = sample_alert();
    a->state = ALERT_RESOLVED;
    a->resolved_at = SAMPLE_START + 300;
    a->silenced = true;
    a->baseline = 0.0015;
    char *text = alert_text(a);
    assert_has(text, "\"state\":\"resolved\",\"severity\":\"critical\",\"silenced\":true,");
    assert_has(text, "\"resolved_at\":\"2026-11-22T09:25:00Z\"");
    assert_has(text, "\"baseline\":0.0015,");
    free(text);
    free(a);
}

static void sources_show_their_state_and_lag(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    sample_add(&t, SERVER_NGINX, &good, SAMPLE_START, 2);
    struct summary_source source = one_source(&t);
    struct buf out = {0};
    source.state = "following";
    source.lag_bytes = 77;
    source.rotations = 2;
    source.lost_bytes = 5;
    json_sources(&out, &source, 1);
    assert_string_equal(
        out.data,
        "{\"sources\":[{\"name\":\"access.log\",\"format\":\"nginx\","
        "\"format_reason\":\"9 of 9 lines\","
        "\"state\":\"following\",\"lag_bytes\":77,\"rotations\":2,\"truncations\":0,"
        "\"lost_bytes\":5,\"long_lines\":0,"
        "\"last_event\":\"2026-11-22T09:20:00Z\",\"lines\":2,\"requests\":2,\"unparsed\":0,"
        "\"ignored\":0}]}");
    buf_done(&out);
    tally_done(&t);
}

static void an_explanation_marks_the_meaning_that_wins(void **state)
{
    (void)state;
    struct buf out = {0};
    json_explain(&out, 499, SERVER_ARCGIS, (struct span){0});
    const char *esri = strstr(out.data, "{\"name\":\"Token Required\",\"vendor\":\"esri\",");
    assert_non_null(esri);
    assert_has(esri, "\"formats\":[\"arcgis\"],\"any\":false,\"chosen\":true}");
    const char *nginx = strstr(out.data, "\"vendor\":\"nginx\"");
    assert_has(nginx, "\"formats\":[\"nginx\",");
    assert_true(strstr(nginx, "\"any\":true,\"chosen\":false}") != NULL);
    buf_clear(&out);
    json_explain(&out, 499, SERVER_UNKNOWN, SPAN("heroku"));
    assert_has(strstr(out.data, "\"vendor\":\"heroku\""),
               "\"formats\":[],\"any\":false,\"chosen\":true}");
    buf_done(&out);
}

static void an_unassigned_word_has_a_class_and_no_entries(void **state)
{
    (void)state;
    struct buf out = {0};
    json_explain(&out, 299, SERVER_UNKNOWN, (struct span){0});
    assert_string_equal(out.data, "{\"code\":\"299\",\"class\":\"2xx\",\"entries\":[]}");
    buf_clear(&out);
    json_explain(&out, STATUS_NONE, SERVER_UNKNOWN, (struct span){0});
    assert_string_equal(out.data, "{\"error\":\"not a status code\"}");
    buf_clear(&out);
    json_error(&out, "no \"such\" command");
    assert_string_equal(out.data, "{\"error\":\"no \\\"such\\\" command\"}");
    buf_done(&out);
}

/* A set whose only alert fires: half of 400 requests fail. */
static struct alert_set *firing_set(struct tally *t)
{
    struct rule rule = {.name = "spike", .on = {.classes = ON_5XX}, .by = RULE_BY_SOURCE};
    assert_true(rule_preset(&rule, SPAN("netdata")));
    struct alert_set *set = alert_set_new(&rule, 1, NULL, NULL);
    for (int second = 0; second < 900; second++) {
        sample_add(t, SERVER_NGINX, &good, SAMPLE_START + second, 2);
        sample_add(t, SERVER_NGINX, &bad, SAMPLE_START + second, second < 300 ? 0 : 2);
    }
    alert_set_feed(set, "access.log", &t->window, SAMPLE_START + 900);
    return set;
}

static void alerts_are_in_the_summary_when_they_changed_since(void **state)
{
    (void)state;
    struct tally t;
    tally_init(&t, 0, false);
    struct alert_set *set = firing_set(&t);
    struct summary_source source = one_source(&t);
    struct summary s = summary_over(&t, &source);
    struct buf out = {0};
    assert_true(alert_set_count(set) > 0);
    s.alerts = set;
    json_summary(&out, &s);
    assert_has(out.data, "\"alerts\":[{\"schema\":\"teapotd.alert/1\",");
    buf_clear(&out);
    s.alerts_since = SAMPLE_START + 100000;
    json_summary(&out, &s);
    assert_has(out.data, "\"alerts\":[],");
    buf_clear(&out);
    json_alerts(&out, set);
    assert_has(out.data, "{\"alerts\":[{\"schema\":\"teapotd.alert/1\",");
    buf_done(&out);
    alert_set_free(set);
    tally_done(&t);
}

/* The folder of this file, so that the schema is found from wherever the test runs. */
static void path_to(char *out, size_t size, const char *below)
{
    snprintf(out, size, "%.*s%s", (int)(strrchr(__FILE__, '/') - __FILE__ + 1), __FILE__, below);
}

static void everything_fits_the_published_schema(void **state)
{
    (void)state;
    char checker[512], schema[512], command[1200];
    struct tally t, empty;
    struct sample_request odd = bad;
    struct buf out = {0};
    path_to(checker, sizeof(checker), "check_schema.py");
    path_to(schema, sizeof(schema), "../docs/schema/summary.schema.json");
    odd.host = "\xff\x1b\"\xe2\x80\xa8";
    tally_init(&t, SAMPLE_KEEP_ALL, true);
    tally_init(&empty, 0, false);
    struct alert_set *set = firing_set(&t);
    sample_add(&t, SERVER_NGINX, &odd, SAMPLE_START + 901, 3);
    sample_status(&t, SERVER_HAPROXY, "-1", 2);
    sample_status(&t, SERVER_UNKNOWN, "777", 2);
    sample_tries(&t, "10.0.0.7:80", "504, 502");
    tally_unparsed(&t, SPAN("\0\xc0\"\\"));
    struct summary_source sources[] = {one_source(&t), one_source(&empty)};
    struct summary s = summary_over(&t, sources), nothing = summary_over(&empty, sources + 1);
    s.n_sources = 2;
    s.alerts = set;
    json_summary(&out, &s);
    buf_byte(&out, '\n');
    json_summary(&out, &nothing);
    buf_byte(&out, '\n');
    snprintf(command, sizeof(command), "/usr/bin/python3 -W ignore '%s' '%s' -", checker, schema);
    FILE *pipe = popen(command, "w");
    assert_non_null(pipe);
    fwrite(out.data, 1, out.len, pipe);
    int status = pclose(pipe);
    buf_done(&out);
    alert_set_free(set);
    tally_done(&t);
    tally_done(&empty);
    if (status == 77 << 8 || status == 127 << 8) {
        print_message("skipped: no python3 with jsonschema here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_has_its_members_in_the_order_of_the_schema),
        cmocka_unit_test(members_without_data_are_left_out),
        cmocka_unit_test(whole_numbers_are_exact_above_two_to_the_53),
        cmocka_unit_test(codes_come_by_count_one_row_for_each_owner_and_blame),
        cmocka_unit_test(an_interval_says_its_own_time_and_a_scan_that_of_its_lines),
        cmocka_unit_test(routes_and_clients_have_no_requests_and_at_most_20_names_stand),
        cmocka_unit_test(names_and_samples_from_the_log_can_not_break_out),
        cmocka_unit_test(merge_has_what_another_teapotd_needs),
        cmocka_unit_test(seconds_of_several_sources_are_added_up),
        cmocka_unit_test(an_alert_says_what_where_and_why),
        cmocka_unit_test(what_an_alert_does_not_know_is_left_out),
        cmocka_unit_test(a_resolved_alert_says_when_and_a_silenced_one_that_it_is),
        cmocka_unit_test(sources_show_their_state_and_lag),
        cmocka_unit_test(an_explanation_marks_the_meaning_that_wins),
        cmocka_unit_test(an_unassigned_word_has_a_class_and_no_entries),
        cmocka_unit_test(alerts_are_in_the_summary_when_they_changed_since),
        cmocka_unit_test(everything_fits_the_published_schema),
    };
    signal(SIGPIPE, SIG_IGN); /* a checker that is not there reads nothing */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
