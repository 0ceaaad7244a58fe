/* The configuration file: what is taken, and that every mistake is named with its place. */
#include "config/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define S "source a { path = x }\n"

static struct config parsed(const char *text)
{
    struct config c;
    struct problem why = {.file = ""};
    config_init(&c);
    if (config_parse(&c, text, "t.conf", &why)) {
        fail_msg("%d:%d: %s", why.line, why.column, why.text);
    }
    return c;
}

static bool is_about(double a, double b)
{
    return a - b < 1e-12 && b - a < 1e-12;
}

static void an_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    struct config c = parsed(" # nothing\n");
    assert_int_equal(c.n_sources, 0);
    assert_int_equal(c.n_rules, 1);
    assert_string_equal(c.rules[0].name, "errors");
    assert_int_equal(c.rules[0].by, RULE_BY_SOURCE);
    assert_true(is_about(c.rules[0].warning, 0.02));
    assert_int_equal(c.every_s, 10);
    assert_string_equal(c.summary_to, "none");
    assert_null(c.listens[0]);
    assert_int_equal(c.mode, 0660);
    assert_null(c.store_path);
    assert_int_equal(c.checkpoint_every_ms, 1000);
    assert_int_equal(c.lateness_ms, 2000);
    assert_int_equal(c.keep, CONFIG_KEEP_HOST | CONFIG_KEEP_UPSTREAM | CONFIG_KEEP_ROUTE);
    config_done(&c);
}

static void a_source_is_taken_with_all_its_settings(void **state)
{
    (void)state;
    struct config c = parsed("source web {\n path = {\"/a/*.log\", /b}\n path += /c\n"
                             " exclude_path = '*.gz' format = combined\n"
                             " vendor = nginx start = end }\nsource b { path = /d }\n");
    assert_int_equal(c.n_sources, 2);
    struct config_source *s = &c.sources[0];
    assert_string_equal(s->name, "web");
    assert_string_equal(s->paths[0], "/a/*.log");
    assert_string_equal(s->paths[1], "/b");
    assert_string_equal(s->paths[2], "/c");
    assert_null(s->paths[3]);
    assert_string_equal(s->exclude[0], "*.gz");
    assert_null(s->exclude[1]);
    assert_string_equal(s->format, "combined");
    assert_string_equal(s->vendor, "nginx");
    assert_true(s->from_end);
    assert_string_equal(c.sources[1].format, "auto");
    assert_null(c.sources[1].vendor);
    assert_null(c.sources[1].exclude[0]);
    assert_false(c.sources[1].from_end);
    config_done(&c);
}

static void single_quotes_keep_dollars_and_backslashes(void **state)
{
    (void)state;
    struct config c =
        parsed("source a { path = x format = 'nginx:$remote_addr \"${request}\" $status \\d' }\n"
               "source b { path = \"$remote_addr\" }");
    assert_string_equal(c.sources[0].format, "nginx:$remote_addr \"${request}\" $status \\d");
    assert_string_equal(c.sources[1].paths[0], "$remote_addr");
    config_done(&c);
}

static void a_source_may_have_several_formats(void **state)
{
    (void)state;
    struct config c = parsed("source a { path = x format = {haproxy, 'nginx:$status'} }");
    assert_string_equal(c.sources[0].format, "haproxy\nnginx:$status");
    config_done(&c);
}

static void an_empty_list_of_dimensions_keeps_none(void **state)
{
    (void)state;
    struct config c = parsed("dimensions = {}");
    assert_int_equal(c.keep, 0);
    config_done(&c);
}

static void double_quotes_read_the_environment(void **state)
{
    (void)state;
    setenv("TEAPOT_TEST_TOKEN", "sesame", 1);
    struct config c =
        parsed("stats { token = \"${TEAPOT_TEST_TOKEN}\" listen = \"unix:/a\\tb\\\"\\\\\" }");
    assert_string_equal(c.token, "sesame");
    assert_string_equal(c.listens[0], "unix:/a\tb\"\\");
    config_done(&c);
}

static void all_other_sections_are_taken(void **state)
{
    (void)state;
    struct config c =
        parsed("dimensions = {host, client} lateness = 500ms\n"
               "summary { every = 1m to = \"/var/log/s.ndjson\" }\n"
               "notify ops { webhook = \"https://hooks.example/x\" style = generic }\n"
               "notify log { journal = true }\n"
               "stats { listen = {\"unix:/run/s\", \"tcp:0.0.0.0:1\"} mode = 0600 group = adm"
               " token = abc insecure = no }\n"
               "store { path = /var/lib/x checkpoint_every = 250ms }\n");
    assert_int_equal(c.keep, CONFIG_KEEP_HOST | CONFIG_KEEP_CLIENT);
    assert_int_equal(c.lateness_ms, 500);
    assert_int_equal(c.every_s, 60);
    assert_string_equal(c.summary_to, "/var/log/s.ndjson");
    assert_int_equal(c.n_notifies, 2);
    assert_string_equal(c.notifies[0].name, "ops");
    assert_string_equal(c.notifies[0].webhook, "https://hooks.example/x");
    assert_false(c.notifies[0].journal);
    assert_null(c.notifies[1].webhook);
    assert_true(c.notifies[1].journal);
    assert_string_equal(c.listens[1], "tcp:0.0.0.0:1");
    assert_null(c.listens[2]);
    assert_int_equal(c.mode, 0600);
    assert_string_equal(c.group, "adm");
    assert_string_equal(c.token, "abc");
    assert_string_equal(c.store_path, "/var/lib/x");
    assert_int_equal(c.checkpoint_every_ms, 250);
    config_done(&c);
}

static void alert_sections_replace_the_default_rule(void **state)
{
    (void)state;
    struct config c = parsed("alert a { by = {source, host} min_requests = 7 for = 1m }\n"
                             "alert b { preset = prometheus on = errors by = all }\n");
    assert_int_equal(c.n_rules, 2);
    assert_string_equal(c.rules[0].name, "a");
    assert_int_equal(c.rules[0].by, RULE_BY_SOURCE | RULE_BY_HOST);
    assert_int_equal(c.rules[0].min_requests, 7);
    assert_int_equal(c.rules[0].for_s, 60);
    assert_true(is_about(c.rules[0].critical, 0.05));
    assert_int_equal(c.rules[1].on.classes, ON_4XX | ON_5XX);
    assert_int_equal(c.rules[1].by, 0);
    assert_true(is_about(c.rules[1].warning, 0));
    config_done(&c);
}

static void a_budget_of_false_alarms_makes_a_spike_rule(void **state)
{
    (void)state;
    struct config c =
        parsed("alert spike { on = 5xx by = {source, host} false_alarms = \"2 per 30d\" }\n"
               "alert other { preset = spike }\n");
    assert_int_equal(c.n_rules, 2);
    assert_int_equal(c.rules[0].false_alarm_s, 15 * 86400);
    assert_int_equal(c.rules[0].by, RULE_BY_SOURCE | RULE_BY_HOST);
    assert_int_equal(c.rules[1].false_alarm_s, RULE_FALSE_ALARM_S);
    config_done(&c);
}

static void an_objective_is_written_in_percent_or_as_a_ratio(void **state)
{
    (void)state;
    struct config c = parsed("alert a { objective = 99.95 preset = sre min_requests = 9 }\n"
                             "alert b { objective = 99.95% } alert c { objective = 0.9995 }\n"
                             "alert d { preset = sre }\n");
    assert_int_equal(c.n_rules, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_about(c.rules[i].objective, 0.9995));
    }
    assert_int_equal(c.rules[0].min_requests, 9);
    assert_true(is_about(c.rules[3].objective, 0.999));
    config_done(&c);
}

static void a_rule_names_what_it_counts(void **state)
{
    (void)state;
    struct config c =
        parsed("alert a { on = {499, upstream, 499} } alert b { preset = none warning = 1% }\n");
    struct rule_on want = {.blames = 1 << BLAME_UPSTREAM, .codes = {499}};
    assert_true(on_equal(&c.rules[0].on, &want));
    assert_int_equal(c.rules[1].on.classes, ON_5XX);
    config_done(&c);
}

static void one_limit_alone_keeps_the_proportion_of_the_preset(void **state)
{
    (void)state;
    struct config c = parsed("alert a { warning = 0.4% critical = 10% critical_clear = 0.01 }\n"
                             "alert b { preset = none on = 4xx warning = 0.3 }\n");
    assert_true(is_about(c.rules[0].warning, 0.004) && is_about(c.rules[0].warning_clear, 0.002));
    assert_true(is_about(c.rules[0].critical, 0.1) && is_about(c.rules[0].critical_clear, 0.01));
    assert_int_equal(c.rules[1].on.classes, ON_4XX);
    assert_true(is_about(c.rules[1].warning, 0.3) && is_about(c.rules[1].warning_clear, 0.3));
    assert_true(is_about(c.rules[1].critical, 0));
    config_done(&c);
}

static void a_rule_that_is_off_leaves_no_rule(void **state)
{
    (void)state;
    struct config c = parsed("alert none { off = true }");
    assert_int_equal(c.n_rules, 0);
    config_done(&c);
    c = parsed("alert a { off = true } alert b { off = false }");
    assert_int_equal(c.n_rules, 1);
    assert_string_equal(c.rules[0].name, "b");
    config_done(&c);
}

static void a_relative_store_is_in_the_state_directory(void **state)
{
    (void)state;
    setenv("STATE_DIRECTORY", "/var/lib/teapotd:/other", 1);
    struct config c = parsed("store { path = checkpoint }");
    assert_string_equal(c.store_path, "/var/lib/teapotd/checkpoint");
    config_done(&c);
    c = parsed("store { path = /srv/checkpoint }");
    assert_string_equal(c.store_path, "/srv/checkpoint");
    config_done(&c);
    unsetenv("STATE_DIRECTORY");
    c = parsed("store { path = checkpoint }");
    assert_string_equal(c.store_path, "checkpoint");
    config_done(&c);
}

static const struct mistake {
    const char *text;
    int line, column;
    const char *says; /* part of the message */
} mistakes[] = {
    {"sorce a { path = x }", 1, 1,
     "unknown section or setting \"sorce\"; did you mean \"source\"?"},
    {"\n\n source a { pth = x }", 3, 13,
     "unknown setting of source \"pth\"; did you mean \"path\"?"},
    {"stats { listn = x }", 1, 9, "did you mean \"listen\"?"},
    {"/* one\n two */ latness = 1s", 2, 9, "did you mean \"lateness\"?"},
    {"source a { path = x format = cmbined }", 1, 30,
     "unknown format \"cmbined\"; did you mean \"combined\"?"},
    {"source a { path = x format = {nginx, cmbined} }", 1, 38,
     "unknown format \"cmbined\"; did you mean \"combined\"?"},
    {"source a { path = x format = {nginx, auto} }", 1, 38,
     "auto is no format beside others: it is all of them"},
    {"source a { format = auto }", 1, 8, "source \"a\" has no path"},
    {"source a { path = {} }", 1, 8, "has no path"},
    {"source a { path = {x, \"\"} }", 1, 23, "path must not be empty"},
    {"source { path = x }", 1, 1, "missing title"},
    {"source \"a b\" { path = x }", 1, 8, "without blanks"},
    {"source \"\" { path = x }", 1, 8, "1 to 199"},
    {S "source a { path = y }", 2, 8, "second section with the name \"a\""},
    {"source a { path = x start = bgin }", 1, 29, "did you mean \"begin\"?"},
    {"source a { path = x vendor = \"\" }", 1, 30, "vendor must not be empty"},
    {"summary { every = 10x }", 1, 19, "\"10x\" is no duration"},
    {"summary { every = 1500ms }", 1, 19, "whole seconds"},
    {"summary { every = 2d }", 1, 19, "up to one day"},
    {"summary { to = stdot }", 1, 16, "did you mean \"stdout\"?"},
    {"summary { }\nsummary { }", 2, 1, "second section \"summary\""},
    {"alert a { preset = netdat }", 1, 20, "did you mean \"netdata\"?"},
    {"alert a { on = 6xx }", 1, 16, "unknown kind of error \"6xx\"; did you mean \"5xx\"?"},
    {"alert a { by = {source, hots} }", 1, 25, "unknown series \"hots\"; did you mean \"host\"?"},
    {"alert a { warning = 2 }", 1, 21, "\"2\" is no ratio"},
    {"alert a { min_requests = many }", 1, 26, "no number of requests"},
    {"alert a { preset = none }", 1, 7, "needs a limit"},
    {"alert a { false_alarms = \"often\" }", 1, 26, "like \"1 per 30d\""},
    {"alert a { false_alarms = \"100 per 1h\" }", 1, 26, "at most \"1 per 1h\""},
    {"alert a { preset = netdata false_alarms = \"1 per 1d\" }", 1, 43, "only preset = spike"},
    {"alert a { objective = 99.9 critical = 2% }", 1, 39,
     "a burn rate rule finds its limits itself"},
    {"alert a { objective = 85 }", 1, 23, "from 90 to below 100"},
    {"alert a { preset = spike objective = 99 }", 1, 38, "only preset = sre"},
    {"alert a { preset = spike learn = 1d }", 1, 34, "only preset = first has learn"},
    {"alert a { preset = first learn = 31d }", 1, 34, "whole seconds up to 30 days"},
    {"alert a { preset = first critical = 2% }", 1, 37, "it has no critical"},
    {"alert a { preset = spike warning = 2% }", 1, 36, "finds its limits itself"},
    {"alert a { warning = 6% critical = 5% }", 1, 7, "must not be above critical"},
    {"alert a { on = {5xx, upstraem} }", 1, 22, "did you mean \"upstream\"?"},
    {"alert a { preset = silent on = 5xx }", 1, 32, "it has no on"},
    {"alert a { preset = gone on = 5xx }", 1, 30, "it has no on"},
    {"alert a { preset = gone critical = 5% }", 1, 36, "a traffic rule finds its limits itself"},
    {"alert a { preset = silent warning = 1% }", 1, 37, "a silence rule finds its limits itself"},
    {"alert a { preset = silent window = 2d }", 1, 36, "up to one day"},
    {"alert a { on = {unparsed, 5xx} }", 1, 7, "counts nothing else"},
    {"alert a { preset = drift by = host }", 1, 7, "by source only"},
    {"alert a { on = 301 }", 1, 16, "301 is neither"},
    {"alert a { on = none }", 1, 16, "unknown kind of error"},
    {"alert a { off = maybe }", 1, 17, "no switch"},
    {"alert a { off = true warning = 1x }", 1, 32, "no ratio"},
    {"notify a { }", 1, 8, "tells nobody"},
    {"notify a { exec = {\"mail\", \"-s\"} }", 1, 20, "whole path, like \"/usr/bin/mail\""},
    {"notify a { mail = {\"a@example.org\", \"-oQ/tmp\"} }", 1, 37, "no mail address"},
    {"notify a { mail = \"a@example.org, b\" }", 1, 19, "no mail address"},
    {"notify a { mail = \"a@example.org\" style = slack }", 1, 43, "there is no webhook"},
    {"notify a { webhook = \"hooks.example\" }", 1, 22, "no http:// or https://"},
    {"notify a { webhook = \"http://a\" style = slakc }", 1, 41, "unknown style"},
    {"stats { mode = 0999 }", 1, 16, "no file mode"},
    {"stats { listen = {\"unix:/a\", \"tcp:x\"} }", 1, 30, "host:port"},
    {"stats { listen = \"tcp:[::]:9418\" }", 1, 18, "can be reached from other machines"},
    {"stats { token = a token_file = b }", 1, 32, "one is enough"},
    {"stats { token = \"a b\" }", 1, 17, "visible ASCII"},
    {"stats { token_file = \"/nonexistent/x\" }", 1, 22, "No such file"},
    {"store { path = x keep = 400d }", 1, 25, "up to 366 days"},
    {"store { path = x checkpoint_every = 5ms }", 1, 37, "from 100ms to 1h"},
    {"dimensions = {host, rout}", 1, 21, "unknown dimension \"rout\"; did you mean \"route\"?"},
    {"source a { path = x", 1, 10, "\"{\" is not closed"},
    {"\nsource a { path = {x }\nlateness = 2s", 2, 10, "\"{\" is not closed"},
    {"lateness = ", 1, 1, "ends too early"},
    {"source a { path = \"x }\n", 1, 19, "string is not closed"},
    {"lateness = 1s /* x", 1, 15, "comment is not closed"},
    {"source a { path = /var/log/*.log }", 1, 28, "must stand in quotes"},
    {"source a { path = {x y} }", 1, 22, "unexpected token 'y'"},
    {"}", 1, 1, "unexpected closing brace"},
    {"maintenance a { }", 1, 13, "from must be a moment"},
    {"maintenance a { from = \"2026-02-30T22:00\" to = 2026-12-01T22:00 }", 1, 24,
     "from must be a moment"},
    {"maintenance a { days = sat from = 2026-12-01T22:00 }", 1, 35,
     "from must be a time of the day"},
    {"maintenance a { days = sat from = 02:00 to = 24:00 }", 1, 46, "to must be a time of the day"},
    {"maintenance a { days = sat from = 02:00 to = 02:00 }", 1, 46, "to must be after from"},
    {"maintenance a { days = {sat, sunday} }", 1, 30, "unknown day"},
    {"maintenance a { days = sat from = 02:00 to = 04:00 zone = CET }", 1, 59, "zone must be like"},
    {"maintenance a { rule = spyke days = sat from = 02:00 to = 04:00 }\n"
     "alert spike { preset = spike }",
     1, 24, "did you mean \"spike\"?"},
    {"notify a { webhook = \"http://a.example/\" style = alertmanager repeat = 1h }", 1, 72,
     "Alertmanager repeats by itself"},
    {"notify a { journal = true repeat = 31d }", 1, 36, "up to 30 days"},
    {"alert a { samples = all }", 1, 21, "there is: clean, raw, none"},
    {"notify a { webhook_file = /nowhere/url }", 1, 27, "webhook_file /nowhere/url: No such file"},
    {"notify a { webhook_file = /dev/null }", 1, 27, "no http:// or https:// address"},
    {"notify a { webhook = \"http://a.example/\" webhook_file = /dev/null }", 1, 57,
     "one is enough"},
    {"notify a { webhook = \"http://a.example/\" token_file = /dev/null }", 1, 55,
     "1 to 4096 visible ASCII"},
    {"notify a { journal = true token_file = /dev/null }", 1, 40, "a token is for a webhook"},
    {"lateness 1s", 1, 1, "missing equal sign"},
    {"\"\" x", 1, 1, "can't be understood"},
};

static void maintenance_is_once_or_weekly(void **state)
{
    (void)state;
    struct config c = parsed(
        "maintenance move { from = \"2026-12-01 22:00\" to = \"2026-12-02T02:00:30+01:00\" zone = \"-02:00\" }\n"
        "maintenance backup { days = {sat, sun} from = 23:30 to = 04:00 rule = {spike} "
        "series = {\"a.log\", \"10.0.0.7:80\"} }\n"
        "alert spike { preset = spike }");
    assert_int_equal(c.n_maintenances, 2);
    const struct maintenance *m = c.maintenances;
    assert_true(m[0].from == 1796169600); /* 2026-12-02T00:00:00Z */
    assert_true(m[0].to == 1796169600 + 3600 + 30);
    assert_int_equal(m[0].days, 0);
    assert_int_equal(m[1].days, 3 << 5);
    assert_int_equal(m[1].from, 23 * 3600 + 1800);
    assert_int_equal(m[1].to, 4 * 3600);
    assert_string_equal(m[1].rules[0], "spike");
    assert_int_equal(m[1].n_series, 2);
    assert_string_equal(m[1].series[1], "10.0.0.7:80");
    config_done(&c);
}

static void every_mistake_has_its_place_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        const struct mistake *m = &mistakes[i];
        struct config c;
        struct problem why = {.file = ""};
        config_init(&c);
        assert_int_equal(config_parse(&c, m->text, "t.conf", &why), -EINVAL);
        print_message("%s\n  %s:%d:%d: %s\n", m->text, why.file, why.line, why.column, why.text);
        assert_string_equal(why.file, "t.conf");
        assert_non_null(strstr(why.text, m->says));
        assert_int_equal(why.line, m->line);
        assert_int_equal(why.column, m->column);
        assert_int_equal(c.n_sources, 0);
        assert_int_equal(c.n_rules, 1);
        config_done(&c);
    }
}

/* libConfuse's lexer is one for the whole process: what it was left in must not reach the next
 * file. */
static void a_broken_file_does_not_spoil_the_next_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct config c;
        config_init(&c);
        assert_int_equal(config_parse(&c, mistakes[i].text, "t.conf", NULL), -EINVAL);
        config_done(&c);
        c = parsed(S);
        assert_int_equal(c.n_sources, 1);
        config_done(&c);
    }
}

static void a_second_reading_replaces_the_first(void **state)
{
    (void)state;
    struct config c = parsed(S "store { path = x }");
    assert_int_equal(config_parse(&c, "source b { path = y }", "t.conf", NULL), 0);
    assert_int_equal(c.n_sources, 1);
    assert_string_equal(c.sources[0].name, "b");
    assert_null(c.store_path);
    config_done(&c);
}

static void tcp_outside_loopback_wants_a_token_or_a_word(void **state)
{
    (void)state;
    struct config c = parsed("stats { listen = \"tcp:0.0.0.0:1\" insecure = true }");
    assert_true(c.insecure);
    config_done(&c);
    c = parsed("stats { listen = {\"tcp:127.0.0.1:1\", \"tcp:[::1]:1\"} }");
    assert_string_equal(c.listens[1], "tcp:[::1]:1");
    config_done(&c);
}

/* Writes bytes to a new file; its name goes to `path`. */
static void write_file(char *path, size_t size, struct span bytes)
{
    snprintf(path, size, "/tmp/teapot_config_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    close(fd);
}

static void a_file_is_read_and_remembered(void **state)
{
    (void)state;
    char path[64];
    struct config c;
    write_file(path, sizeof(path), SPAN(S));
    config_init(&c);
    assert_int_equal(config_read(&c, path, NULL), 0);
    assert_string_equal(c.file, path);
    assert_int_equal(c.n_sources, 1);
    config_done(&c);
    unlink(path);
}

static void a_token_may_stand_in_its_own_file(void **state)
{
    (void)state;
    char path[64], text[128];
    write_file(path, sizeof(path), SPAN("sesame\r\n# not this\n"));
    snprintf(text, sizeof(text), "stats { token_file = \"%s\" }", path);
    struct config c = parsed(text);
    assert_string_equal(c.token, "sesame");
    config_done(&c);
    unlink(path);
}

static void what_is_no_text_file_is_refused_by_name(void **state)
{
    (void)state;
    char path[64];
    static char large[CONFIG_FILE_BYTES + 1];
    const struct span contents[] = {SPAN("a = \0b"), {large, sizeof(large)}};
    memset(large, '#', sizeof(large));
    for (size_t i = 0; i < 2; i++) {
        struct config c;
        struct problem why = {.file = ""};
        write_file(path, sizeof(path), contents[i]);
        config_init(&c);
        assert_int_equal(config_read(&c, path, &why), i ? -EFBIG : -EINVAL);
        assert_string_equal(why.file, path);
        assert_true(why.text[0]);
        config_done(&c);
        unlink(path);
    }
}

static void a_file_that_can_not_be_read_is_named(void **state)
{
    (void)state;
    struct config c;
    struct problem why = {.file = ""};
    config_init(&c);
    assert_int_equal(config_read(&c, "/nonexistent/teapotd.conf", &why), -ENOENT);
    assert_string_equal(why.file, "/nonexistent/teapotd.conf");
    assert_int_equal(why.line, 0);
    assert_int_equal(config_read(&c, "/", &why), -EISDIR);
    config_done(&c);
}

static void dimensions_are_a_list_of_words(void **state)
{
    (void)state;
    unsigned keep = 99;
    struct problem why = {.file = ""};
    assert_int_equal(config_dimensions(SPAN("host, client"), &keep, &why), 0);
    assert_int_equal(keep, CONFIG_KEEP_HOST | CONFIG_KEEP_CLIENT);
    assert_int_equal(config_dimensions(SPAN("host,rout"), &keep, &why), -EINVAL);
    assert_non_null(strstr(why.text, "did you mean \"route\"?"));
    assert_int_equal(config_dimensions(SPAN(""), &keep, &why), -EINVAL);
    assert_int_equal(config_dimensions(SPAN("host,"), &keep, &why), -EINVAL);
    assert_int_equal(keep, CONFIG_KEEP_HOST | CONFIG_KEEP_CLIENT);
}

/* The folder of the shipped files, beside that of this test. */
static void shipped(char *out, size_t size, const char *name)
{
    struct span here = span_of(__FILE__);
    while (here.len && here.ptr[here.len - 1] != '/') {
        here.len--;
    }
    snprintf(out, size, "%.*s../conf/%s", (int)here.len, here.ptr, name);
}

static void the_shipped_files_are_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t sources, rules;
    } files[] = {{"teapotd.conf", 4, 1},
                 {"examples/minimal.conf", 1, 1},
                 {"examples/usual.conf", 2, 1},
                 {"examples/everything.conf", 2, 9}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct config c;
        struct problem why = {.file = ""};
        char path[1024];
        shipped(path, sizeof(path), files[i].name);
        config_init(&c);
        int bad = config_read(&c, path, &why);
        print_message("%s:%d:%d: %s\n", path, why.line, why.column, why.text);
        assert_int_equal(bad, 0);
        assert_int_equal(c.n_sources, files[i].sources);
        assert_int_equal(c.n_rules, files[i].rules);
        config_done(&c);
    }
}

/* A default that the shipped file states in a comment must be the one that config_init gives. */
static void the_shipped_file_states_the_real_rule(void **state)
{
    (void)state;
    struct config c = parsed("alert errors { preset = netdata on = 5xx by = source window = 60s "
                             "min_requests = 120 warning = 2% warning_clear = 1% critical = 5% "
                             "critical_clear = 2% for = 0s clear_for = 0s }");
    struct config defaults = parsed("");
    assert_true(rule_equal(&c.rules[0], &defaults.rules[0]));
    config_done(&defaults);
    config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(a_source_is_taken_with_all_its_settings),
        cmocka_unit_test(single_quotes_keep_dollars_and_backslashes),
        cmocka_unit_test(a_source_may_have_several_formats),
        cmocka_unit_test(an_empty_list_of_dimensions_keeps_none),
        cmocka_unit_test(double_quotes_read_the_environment),
        cmocka_unit_test(all_other_sections_are_taken),
        cmocka_unit_test(alert_sections_replace_the_default_rule),
        cmocka_unit_test(a_budget_of_false_alarms_makes_a_spike_rule),
        cmocka_unit_test(an_objective_is_written_in_percent_or_as_a_ratio),
        cmocka_unit_test(a_rule_names_what_it_counts),
        cmocka_unit_test(one_limit_alone_keeps_the_proportion_of_the_preset),
        cmocka_unit_test(a_rule_that_is_off_leaves_no_rule),
        cmocka_unit_test(a_relative_store_is_in_the_state_directory),
        cmocka_unit_test(maintenance_is_once_or_weekly),
        cmocka_unit_test(every_mistake_has_its_place_and_reason),
        cmocka_unit_test(a_broken_file_does_not_spoil_the_next_one),
        cmocka_unit_test(a_second_reading_replaces_the_first),
        cmocka_unit_test(tcp_outside_loopback_wants_a_token_or_a_word),
        cmocka_unit_test(a_file_is_read_and_remembered),
        cmocka_unit_test(a_token_may_stand_in_its_own_file),
        cmocka_unit_test(what_is_no_text_file_is_refused_by_name),
        cmocka_unit_test(a_file_that_can_not_be_read_is_named),
        cmocka_unit_test(dimensions_are_a_list_of_words),
        cmocka_unit_test(the_shipped_files_are_accepted),
        cmocka_unit_test(the_shipped_file_states_the_real_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
