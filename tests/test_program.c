/* Programs that are told of alerts, as they may be. */
#include "base/alloc.h"
#include "run/program.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct stage {
    uv_loop_t loop;
    struct program *program;
    char file[64]; /* that the program may write */
};

static int set_up(void **state)
{
    struct stage *s = alloc_zero(1, sizeof(*s));
    signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    uv_loop_init(&s->loop);
    snprintf(s->file, sizeof(s->file), "/tmp/test_program.XXXXXX");
    close(mkstemp(s->file));
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    program_stop(s->program);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&s->loop); /* a handle that was not closed fails the test */
    unlink(s->file);
    free(s);
    return left;
}

/* "$1" in it is the file. */
static void start_shell(struct stage *s, const char *script, uint64_t limit_ms)
{
    const char *argv[] = {"/bin/sh", "-c", script, "test", s->file, NULL};
    s->program = program_start(&s->loop, "page", argv);
    program_set_times(s->program, limit_ms, 1);
}

static struct outbox_stats stats_of(const struct stage *s)
{
    return outbox_stats(program_outbox(s->program));
}

static void run_until_done(struct stage *s)
{
    while (stats_of(s).waiting > 0) {
        uv_run(&s->loop, UV_RUN_ONCE);
    }
}

static void assert_wrote(const struct stage *s, const char *want)
{
    char got[256] = "";
    FILE *file = fopen(s->file, "r");
    assert_non_null(file);
    got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, want);
}

static void texts_come_on_standard_input_one_after_the_other(void **state)
{
    struct stage *s = *state;
    start_shell(s, "cat >>\"$1\"; echo . >>\"$1\"", PROGRAM_LIMIT_MS);
    program_send(s->program, SPAN("one"));
    program_send(s->program, SPAN("two; rm \"$(x)\""));
    run_until_done(s);
    assert_wrote(s, "one.\ntwo; rm \"$(x)\".\n");
    assert_int_equal(stats_of(s).sent, 2);
}

static void a_run_that_fails_is_tried_again(void **state)
{
    struct stage *s = *state;
    start_shell(s, "echo x >>\"$1\"; test $(wc -l <\"$1\") = 3", PROGRAM_LIMIT_MS);
    program_send(s->program, SPAN("alert"));
    run_until_done(s);
    assert_wrote(s, "x\nx\nx\n");
    assert_int_equal(stats_of(s).sent, 1);
    assert_int_equal(stats_of(s).retried, 2);
}

/* More than a pipe holds: the write is under way when the program ends. */
static void a_program_need_not_read(void **state)
{
    struct stage *s = *state;
    size_t len = 1 << 20;
    char *text = alloc_zero(len, 1);
    memset(text, 'x', len);
    start_shell(s, "exit 0", PROGRAM_LIMIT_MS);
    program_send(s->program, (struct span){text, len});
    free(text);
    run_until_done(s);
    assert_int_equal(stats_of(s).sent, 1);
}

/* A child of the shell's own holds a lock: it is gone, too, when that can be had. */
static void one_that_hangs_is_killed_with_its_children(void **state)
{
    struct stage *s = *state;
    start_shell(s, "flock \"$1\" sleep 1000 & wait", 50);
    program_send(s->program, SPAN("alert"));
    while (stats_of(s).retried == 0) {
        uv_run(&s->loop, UV_RUN_ONCE);
    }
    program_stop(s->program);
    s->program = NULL;
    char *command = alloc_printf("flock '%s' true", s->file);
    assert_int_equal(system(command), 0);
    free(command);
}

static void one_that_is_not_there_waits_for_it(void **state)
{
    struct stage *s = *state;
    const char *argv[] = {s->file, NULL};
    s->program = program_start(&s->loop, "page", argv); /* not executable */
    program_set_times(s->program, PROGRAM_LIMIT_MS, 1);
    program_send(s->program, SPAN("alert"));
    while (stats_of(s).retried == 0) {
        uv_run(&s->loop, UV_RUN_ONCE);
    }
    FILE *file = fopen(s->file, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\nexit 0\n", file);
    fclose(file);
    assert_int_equal(chmod(s->file, 0700), 0);
    run_until_done(s);
    assert_int_equal(stats_of(s).sent, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_come_on_standard_input_one_after_the_other),
        TEST(a_run_that_fails_is_tried_again),
        TEST(a_program_need_not_read),
        TEST(one_that_hangs_is_killed_with_its_children),
        TEST(one_that_is_not_there_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
