/* Metrics in both formats: families, exact values, unique series, labels that try to break out. */
#include "output/prometheus.h"
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
static const struct prometheus_notify notifies[] = {
    {"ops", "webhook", {.sent = 7, .failed = 2, .dropped = 1, .waiting = 3}}};
static const struct prometheus_daemon self = {
    {1.25, 1795339200.5, 12345678, 99999999, 12, 1024}, notifies, 1, 5};

static char *metrics_of(const struct tally *all, const struct summary_source *sources, size_t n,
                        bool open)
{
    struct summary s = {.kind = SUMMARY_TOTAL, .all = all, .sources = sources, .n_sources = n};
    struct buf out = {0};
    prometheus_metrics(&out, &s, &self, open);
    return out.data;
}

static char *metrics_of_one(const struct tally *t, const char *name, bool open)
{
    struct summary_source source = {
        .name = name, .format = "nginx", .tally = t, .lag_bytes = 7, .rotations = 2};
    return metrics_of(t, &source, 1, open);
}

static void sample_tally(struct tally *t)
{
    tally_init(t, SAMPLE_KEEP_ALL, false);
    sample_add(t, SERVER_NGINX, &good, SAMPLE_START, 2);
    sample_add(t, SERVER_NGINX, &bad, SAMPLE_START + 1, 3);
    tally_unparsed(t, SPAN("rubbish"));
}

/* Is it there as whole lines? */
static void assert_lines(const char *text, const char *lines)
{
    const char *at = strstr(text, lines);
    if (!at || (at != text && at[-1] != '\n')) {
        fail_msg("%s\nis not in\n%s", lines, text);
    }
}

static int compare_lines(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* No series twice. Takes the text apart. */
static void assert_unique(char *text)
{
    char **lines = calloc(strlen(text) + 1, sizeof(*lines));
    size_t n = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strrchr(line, ' ');
        if (line[0] != '#' && value) {
            *value = '\0';
            lines[n++] = line;
        }
    }
    qsort(lines, n, sizeof(*lines), compare_lines);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(lines[i - 1], lines[i]) == 0) {
            fail_msg("%s stands twice", lines[i]);
        }
    }
    free(lines);
}

static void responses_are_one_family_with_owner_and_blame(void **state)
{
    (void)state;
    struct tally t;
    sample_tally(&t);
    char *text = metrics_of_one(&t, "access.log", false);
    assert_lines(text,
                 "# TYPE teapotd_http_responses_total counter\n"
                 "teapotd_http_responses_total{source=\"access.log\",code=\"200\",class=\"2xx\","
                 "vendor=\"ietf\",blame=\"none\"} 2\n");
    assert_lines(text,
                 "teapotd_http_responses_total{source=\"access.log\",code=\"502\",class=\"5xx\","
                 "vendor=\"ietf\",blame=\"upstream\"} 3\n");
    free(text);
    tally_done(&t);
}

static void the_common_5xx_exist_from_the_start(void **state)
{
    (void)state;
    static const char *const codes[] = {"500", "502", "503", "504"};
    struct tally t;
    tally_init(&t, 0, false);
    char *text = metrics_of_one(&t, "access.log", false);
    for (size_t i = 0; i < 4; i++) {
        char want[128];
        snprintf(want, sizeof(want),
                 "{source=\"access.log\",code=\"%s\",class=\"5xx\",vendor=\"ietf\",blame=\"",
                 codes[i]);
        const char *at = strstr(text, want);
        assert_non_null(at);
        assert_memory_equal(strstr(at, "} "), "} 0\n", 4);
    }
    free(text);
    tally_done(&t);
}

static void the_series_of_the_start_goes_on_when_the_code_comes(void **state)
{
    (void)state;
    static const char *const codes[] = {"500", "502", "503", "504"};
    static const enum server servers[] = {SERVER_UNKNOWN, SERVER_NGINX, SERVER_APACHE,
                                          SERVER_HAPROXY, SERVER_CADDY};
    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        struct tally t;
        tally_init(&t, 0, false);
        for (size_t j = 0; j < 4; j++) {
            sample_status(&t, servers[i], codes[j], 5);
        }
        char *text = metrics_of_one(&t, "x", false),
             *from = strstr(text, "teapotd_http_responses_total{");
        *strstr(from, "\n#") = '\0';
        assert_null(
            strstr(from, "} 0")); /* a zero left over would be a second series of that code */
        free(text);
        tally_done(&t);
    }
}

static void durations_are_a_cumulative_histogram_with_an_exact_sum(void **state)
{
    (void)state;
    struct tally t;
    sample_tally(&t);
    char *text = metrics_of_one(&t, "access.log", false);
    assert_lines(text,
                 "# TYPE teapotd_http_request_duration_seconds histogram\n"
                 "teapotd_http_request_duration_seconds_bucket{class=\"2xx\",le=\"0.005\"} 0\n"
                 "teapotd_http_request_duration_seconds_bucket{class=\"2xx\",le=\"0.01\"} 0\n"
                 "teapotd_http_request_duration_seconds_bucket{class=\"2xx\",le=\"0.025\"} 2\n");
    assert_lines(text, "teapotd_http_request_duration_seconds_bucket{class=\"2xx\",le=\"10.0\"} 2\n"
                       "teapotd_http_request_duration_seconds_bucket{class=\"2xx\",le=\"+Inf\"} 2\n"
                       "teapotd_http_request_duration_seconds_sum{class=\"2xx\"} 0.04\n"
                       "teapotd_http_request_duration_seconds_count{class=\"2xx\"} 2\n");
    assert_lines(text, "teapotd_http_request_duration_seconds_bucket{class=\"5xx\",le=\"10.0\"} 0\n"
                       "teapotd_http_request_duration_seconds_bucket{class=\"5xx\",le=\"+Inf\"} 3\n"
                       "teapotd_http_request_duration_seconds_sum{class=\"5xx\"} 180.0\n");
    free(text);
    tally_done(&t);
}

static void sources_have_lines_bytes_lag_and_their_last_event(void **state)
{
    (void)state;
    struct tally t;
    sample_tally(&t);
    t.bytes = UINT64_MAX;
    t.to_ms += 250;
    char *text = metrics_of_one(&t, "access.log", false);
    assert_lines(text, "teapotd_lines_total{source=\"access.log\",result=\"request\"} 5\n"
                       "teapotd_lines_total{source=\"access.log\",result=\"unparsed\"} 1\n"
                       "teapotd_lines_total{source=\"access.log\",result=\"ignored\"} 0\n");
    assert_lines(text,
                 "teapotd_response_bytes_total{source=\"access.log\"} 18446744073709551615\n");
    assert_lines(text, "teapotd_source_lag_bytes{source=\"access.log\"} 7\n");
    assert_lines(text, "teapotd_source_rotations_total{source=\"access.log\"} 2\n");
    assert_lines(
        text, "teapotd_source_last_event_timestamp_seconds{source=\"access.log\"} 1795339201.25\n");
    assert_lines(
        text, "# TYPE teapotd_notifications_total counter\n"
              "teapotd_notifications_total{notify=\"ops\",way=\"webhook\",result=\"sent\"} 7\n"
              "teapotd_notifications_total{notify=\"ops\",way=\"webhook\",result=\"failed\"} 2\n"
              "teapotd_notifications_total{notify=\"ops\",way=\"webhook\",result=\"dropped\"} 1\n");
    assert_lines(text, "teapotd_notifications_waiting{notify=\"ops\",way=\"webhook\"} 3\n");
    assert_lines(text, "teapotd_summaries_dropped_total 5\n");
    assert_lines(text, "process_cpu_seconds_total 1.25\n");
    assert_lines(text, "process_start_time_seconds 1795339200.5\n");
    assert_lines(text, "process_resident_memory_bytes 12345678\n");
    free(text);
    tally_done(&t);
}

static void open_metrics_names_families_without_total_and_ends_with_eof(void **state)
{
    (void)state;
    struct tally t;
    sample_tally(&t);
    char *text = metrics_of_one(&t, "access.log", true);
    assert_lines(text, "# TYPE teapotd_http_responses counter\nteapotd_http_responses_total{");
    assert_lines(text, "# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total 1.25\n");
    assert_lines(text, "# TYPE teapotd_build info\nteapotd_build_info{version=\"");
    assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
    assert_null(strstr(text, "_total counter"));
    free(text);
    text = metrics_of_one(&t, "access.log", false);
    assert_lines(text, "# TYPE teapotd_build_info gauge\n");
    assert_null(strstr(text, "# EOF"));
    free(text);
    tally_done(&t);
}

static void labels_are_escaped_valid_and_short(void **state)
{
    (void)state;
    struct tally t;
    char name[300];
    tally_init(&t, 0, false);
    char *text = metrics_of_one(&t, "a\"} 1\n\\\xff\x1b", false);
    assert_lines(
        text, "teapotd_source_lag_bytes{source=\"a\\\"} 1\\n\\\\\xef\xbf\xbd\xef\xbf\xbd\"} 7\n");
    free(text);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    text = metrics_of_one(&t, name, false);
    const char *at = strstr(text, "lag_bytes{source=\"") + strlen("lag_bytes{source=\"");
    assert_int_equal(strcspn(at, "\""), 128);
    free(text);
    tally_done(&t);
}

static void sources_with_one_label_are_one_series_with_their_sum(void **state)
{
    (void)state;
    struct tally t;
    sample_tally(&t);
    struct summary_source sources[] = {{.name = "a\xff", .tally = &t, .lag_bytes = 1},
                                       {.name = "b", .tally = &t, .lag_bytes = 2},
                                       {.name = "a\xfe", .tally = &t, .lag_bytes = 4}};
    char *text = metrics_of(&t, sources, 3, false);
    assert_lines(text, "teapotd_source_lag_bytes{source=\"a\xef\xbf\xbd\"} 5\n"
                       "teapotd_source_lag_bytes{source=\"b\"} 2\n");
    assert_lines(text,
                 "teapotd_http_responses_total{source=\"a\xef\xbf\xbd\",code=\"502\",class=\"5xx\","
                 "vendor=\"ietf\",blame=\"upstream\"} 6\n");
    assert_unique(text);
    free(text);
    tally_done(&t);
}

static void sources_above_a_thousand_are_other(void **state)
{
    (void)state;
    enum { SOURCES = 1003 };
    static char names[SOURCES][8];
    struct summary_source *sources = calloc(SOURCES, sizeof(*sources));
    struct tally t;
    sample_tally(&t);
    for (size_t i = 0; i < SOURCES; i++) {
        snprintf(names[i], sizeof(names[i]), "s%zu", i);
        sources[i] = (struct summary_source){.name = names[i], .tally = &t};
    }
    char *text = metrics_of(&t, sources, SOURCES, false);
    assert_non_null(strstr(text, "source=\"s999\""));
    assert_null(strstr(text, "source=\"s1000\""));
    assert_lines(text, "teapotd_lines_total{source=\"other\",result=\"request\"} 15\n");
    assert_unique(text);
    free(text);
    free(sources);
    tally_done(&t);
}

/* Half of the requests fail from the fifth minute on. */
static struct alert_set *firing_set(struct tally *t, const char *source)
{
    struct rule rule = {.name = "spike", .on = {.classes = ON_5XX}, .by = RULE_BY_SOURCE};
    assert_true(rule_preset(&rule, SPAN("netdata")));
    struct alert_set *set = alert_set_new(&rule, 1, NULL, NULL);
    for (int second = 0; second < 900; second++) {
        sample_add(t, SERVER_NGINX, &good, SAMPLE_START + second, 2);
        sample_add(t, SERVER_NGINX, &bad, SAMPLE_START + second, second < 300 ? 0 : 2);
    }
    alert_set_feed(set, source, &t->window, SAMPLE_START + 900);
    return set;
}

static char *metrics_with_alert(const char *source, bool open)
{
    struct tally t;
    tally_init(&t, 0, false);
    struct alert_set *set = firing_set(&t, source);
    struct summary_source row = {.name = source, .format = "nginx", .tally = &t};
    struct summary s = {
        .kind = SUMMARY_TOTAL, .all = &t, .sources = &row, .n_sources = 1, .alerts = set};
    struct buf out = {0};
    prometheus_metrics(&out, &s, &self, open);
    alert_set_free(set);
    tally_done(&t);
    return out.data;
}

static void a_firing_alert_is_1(void **state)
{
    (void)state;
    char *text = metrics_with_alert("a\"b", false);
    assert_lines(text, "teapotd_alert_active{rule=\"spike\",severity=\"critical\","
                       "source=\"a\\\"b\",host=\"\"} 1\n");
    assert_lines(text, "teapotd_alerts_firing 1\n");
    assert_unique(text);
    free(text);
}

/* What promtool does with a text: its exit status, or -1 when it is not here. */
static int promtool(const char *text)
{
    if (system("command -v promtool >/dev/null") != 0) {
        return -1;
    }
    FILE *pipe = popen("promtool check metrics", "w");
    if (!pipe) {
        return -1;
    }
    fputs(text, pipe);
    return pclose(pipe);
}

static void promtool_is_content(void **state)
{
    (void)state;
    char *text = metrics_with_alert("we\"ird\xff\n", false);
    int status = promtool(text);
    free(text);
    if (status == -1) {
        print_message("skipped: no promtool here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_one_family_with_owner_and_blame),
        cmocka_unit_test(the_common_5xx_exist_from_the_start),
        cmocka_unit_test(the_series_of_the_start_goes_on_when_the_code_comes),
        cmocka_unit_test(durations_are_a_cumulative_histogram_with_an_exact_sum),
        cmocka_unit_test(sources_have_lines_bytes_lag_and_their_last_event),
        cmocka_unit_test(open_metrics_names_families_without_total_and_ends_with_eof),
        cmocka_unit_test(labels_are_escaped_valid_and_short),
        cmocka_unit_test(sources_with_one_label_are_one_series_with_their_sum),
        cmocka_unit_test(sources_above_a_thousand_are_other),
        cmocka_unit_test(a_firing_alert_is_1),
        cmocka_unit_test(promtool_is_content),
    };
    signal(SIGPIPE, SIG_IGN); /* promtool may stop reading */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
