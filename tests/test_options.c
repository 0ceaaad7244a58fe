/* The command line: what each option does, what goes together, and what --help looks like. */
#include "config/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    WORDS = 8,
};

/* Reads a command line of which each word stands in `words`, NULL at the end. */
static int read_words(struct options *o, const char *const *words, struct problem *why)
{
    static char copies[WORDS][512];
    char *argv[WORDS + 1] = {NULL};
    int argc = 1;
    argv[0] = copies[0];
    for (; words[argc - 1]; argc++) {
        snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc - 1]);
        argv[argc] = copies[argc];
    }
    return options_read(o, argc, argv, why);
}

static struct options good(const char *const *words)
{
    struct options o;
    struct problem why = {.file = ""};
    if (read_words(&o, words, &why)) {
        fail_msg("%s", why.text);
    }
    return o;
}

#define GOOD(...) good((const char *const[WORDS]){__VA_ARGS__})

static void files_become_sources_by_their_path(void **state)
{
    (void)state;
    struct options o = GOOD("a.log", "-", "dir/b.gz");
    assert_int_equal(o.action, OPTIONS_SCAN);
    assert_int_equal(o.output, OPTIONS_AUTO);
    assert_int_equal(o.config.n_sources, 3);
    assert_string_equal(o.config.sources[0].name, "a.log");
    assert_string_equal(o.config.sources[0].paths[0], "a.log");
    assert_null(o.config.sources[0].paths[1]);
    assert_string_equal(o.config.sources[0].format, "auto");
    assert_string_equal(o.config.sources[1].paths[0], "-");
    assert_string_equal(o.config.sources[2].name, "dir/b.gz");
    assert_string_equal(o.config.summary_to, "stdout");
    assert_int_equal(o.config.n_rules, 1);
    assert_false(o.no_files);
    options_done(&o);
}

static void no_file_means_standard_input(void **state)
{
    (void)state;
    struct options o = GOOD("--json");
    assert_true(o.no_files);
    assert_int_equal(o.config.n_sources, 1);
    assert_string_equal(o.config.sources[0].paths[0], "-");
    assert_int_equal(o.output, OPTIONS_JSON);
    options_done(&o);
}

static void what_is_said_once_is_for_every_source(void **state)
{
    (void)state;
    struct options o = GOOD("a", "--format", "combined", "--vendor=nginx", "b");
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(o.config.sources[i].format, "combined");
        assert_string_equal(o.config.sources[i].vendor, "nginx");
    }
    assert_string_equal(o.format, "combined");
    assert_string_equal(o.vendor, "nginx");
    options_done(&o);
}

static void all_options_of_reading_are_taken(void **state)
{
    (void)state;
    struct options o =
        GOOD("-f", "--every", "5m", "--by=client,host", "--threads=3", "--fail-on-alert", "--text");
    assert_int_equal(o.action, OPTIONS_FOLLOW);
    assert_int_equal(o.config.every_s, 300);
    assert_int_equal(o.config.keep, CONFIG_KEEP_CLIENT | CONFIG_KEEP_HOST);
    assert_int_equal(o.threads, 3);
    assert_true(o.fail_on_alert);
    assert_int_equal(o.output, OPTIONS_TEXT);
    options_done(&o);
}

static void the_last_of_two_counts(void **state)
{
    (void)state;
    struct options o = GOOD("--text", "--json", "--threads", "2", "--threads", "4");
    assert_int_equal(o.output, OPTIONS_JSON);
    assert_int_equal(o.threads, 4);
    options_done(&o);
}

static void the_daemon_is_written_in_any_manner(void **state)
{
    (void)state;
    const char *const manners[][WORDS] = {
        {"-c", "x.conf"}, {"-cx.conf"}, {"--config", "x.conf"}, {"--config=x.conf"}};
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
        struct options o = good(manners[i]);
        assert_int_equal(o.action, OPTIONS_DAEMON);
        assert_string_equal(o.config_file, "x.conf");
        assert_int_equal(o.config.n_sources, 0);
        options_done(&o);
    }
    struct options o = GOOD("--check", "-c", "x.conf");
    assert_int_equal(o.action, OPTIONS_CHECK);
    options_done(&o);
}

static void a_code_may_look_like_an_option(void **state)
{
    (void)state;
    struct options o = GOOD("--explain", "-1", "--format", "combined");
    assert_int_equal(o.action, OPTIONS_EXPLAIN);
    assert_string_equal(o.explain, "-1");
    options_done(&o);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct options o = GOOD("-f", "--", "--json", "-x");
    assert_int_equal(o.config.n_sources, 2);
    assert_string_equal(o.config.sources[0].name, "--json");
    assert_int_equal(o.output, OPTIONS_AUTO);
    options_done(&o);
}

static void help_and_version_win_over_what_follows(void **state)
{
    (void)state;
    struct options o = GOOD("-f", "--help", "--bogus");
    assert_int_equal(o.action, OPTIONS_HELP);
    options_done(&o);
    o = GOOD("-V");
    assert_int_equal(o.action, OPTIONS_VERSION);
    options_done(&o);
}

/* The name is cut at its front, where paths are alike, and never inside a character. */
static void a_long_path_gives_its_end_as_name(void **state)
{
    (void)state;
    char path[400] = "";
    for (size_t at = 0; at + 3 < sizeof(path); at += 2) {
        memcpy(path + at, "\xc3\xa4", 3);
    }
    struct options o = GOOD(path);
    const char *name = o.config.sources[0].name;
    assert_string_equal(o.config.sources[0].paths[0], path);
    assert_true(strlen(name) < CONFIG_NAME_BYTES && strlen(name) > CONFIG_NAME_BYTES - 4);
    assert_memory_equal(name, "...\xc3\xa4", 5);
    options_done(&o);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS], *says;
    } cases[] = {
        {{"--folow"}, "unknown option \"--folow\"; did you mean --follow?"},
        {{"-follow"}, "did you mean --follow?"},
        {{"--fail_on_alert"}, "did you mean --fail-on-alert?"},
        {{"-x"}, "unknown option \"-x\""},
        {{"--xyzzy=1"}, "unknown option \"--xyzzy=1\""},
        {{"--format", "cmbined"}, "unknown format \"cmbined\"; did you mean \"combined\"?"},
        {{"--format"}, "--format needs its SPEC"},
        {{"-c"}, "--config needs its FILE"},
        {{"--config="}, "--config needs its FILE"},
        {{"--json=yes"}, "--json takes no argument"},
        {{"--threads", "0"}, "from 1 to 1024"},
        {{"--threads", "1025"}, "from 1 to 1024"},
        {{"--threads", "many"}, "from 1 to 1024"},
        {{"-f", "--every", "1500ms"}, "whole seconds"},
        {{"-f", "--every", "fast"}, "not \"fast\""},
        {{"--every", "10s"}, "--every needs --follow"},
        {{"--by", "clients"}, "did you mean \"client\"?"},
        {{"-c", "x", "a.log"}, "\"a.log\": no FILE goes with --config"},
        {{"-f", "-c", "x"}, "--follow does not go with --config"},
        {{"-c", "x", "--by", "host"}, "--by does not go with --config"},
        {{"--check"}, "--check needs --config FILE"},
        {{"--explain", "499", "a.log"}, "no FILE goes with --explain"},
        {{"--formats", "--threads", "2"}, "--threads does not go with --formats"},
        {{"--formats", "--json"}, "--json does not go with --formats"},
        {{""}, "FILE is empty"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;
        struct problem why = {.file = ""};
        print_message("%s\n", cases[i].words[0]);
        assert_int_equal(read_words(&o, cases[i].words, &why), -EINVAL);
        print_message("  %s\n", why.text);
        assert_non_null(strstr(why.text, cases[i].says));
        options_done(&o);
    }
}

/* Columns of the longest line; continuation bytes of UTF-8 take none. */
static size_t widest(const char *text)
{
    size_t most = 0, now = 0;
    for (; *text; text++) {
        now = *text == '\n' ? 0 : now + (((unsigned char)*text & 0xc0) != 0x80);
        most = now > most ? now : most;
    }
    return most;
}

static void help_names_every_option_in_80_columns(void **state)
{
    (void)state;
    struct buf help = {0};
    size_t n = 0;
    options_help(&help);
    const struct switches_row *rows = switches_all(&n);
    assert_int_equal(n, 19);
    for (size_t i = 0; i < n; i++) {
        char option[64];
        snprintf(option, sizeof(option), " --%s%s%s ", rows[i].name, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        print_message("%s\n", option);
        assert_non_null(strstr(help.data, option));
    }
    assert_in_range(widest(help.data), 60, 80);
    buf_clear(&help);
    options_usage(&help);
    assert_in_range(widest(help.data), 40, 80);
    buf_done(&help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_become_sources_by_their_path),
        cmocka_unit_test(no_file_means_standard_input),
        cmocka_unit_test(what_is_said_once_is_for_every_source),
        cmocka_unit_test(all_options_of_reading_are_taken),
        cmocka_unit_test(the_last_of_two_counts),
        cmocka_unit_test(the_daemon_is_written_in_any_manner),
        cmocka_unit_test(a_code_may_look_like_an_option),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(help_and_version_win_over_what_follows),
        cmocka_unit_test(a_long_path_gives_its_end_as_name),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(help_names_every_option_in_80_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
