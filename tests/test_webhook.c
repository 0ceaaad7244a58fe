#include "output/webhook.h"
#include "webhook_receiver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A loop with a receiver and a sender to it. */
struct post {
    uv_loop_t loop;
    struct receiver receiver;
    struct webhook *hook;
};

static int set_up(void **state)
{
    static const int ok[] = {200};
    struct post *post = alloc_zero(1, sizeof *post);
    setenv("no_proxy", "127.0.0.1", 1);
    uv_loop_init(&post->loop);
    post->receiver.statuses = ok;
    post->receiver.n_statuses = 1;
    receiver_bind(&post->receiver, &post->loop, 0);
    char *url = alloc_printf("http://127.0.0.1:%d/hook", post->receiver.port);
    post->hook = webhook_start(&post->loop, "ops", url, NULL);
    free(url);
    webhook_set_backoff_ms(post->hook, 1);
    *state = post;
    return post->hook ? 0 : -1;
}

static int tear_down(void **state)
{
    struct post *post = *state;
    webhook_stop(post->hook);
    receiver_close(&post->receiver);
    uv_run(&post->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&post->loop); /* a handle that was not closed fails the test */
    receiver_done(&post->receiver);
    free(post);
    return left;
}

static void script(struct post *post, const int *statuses, size_t n)
{
    post->receiver.statuses = statuses;
    post->receiver.n_statuses = n;
    assert_int_equal(receiver_listen(&post->receiver), 0);
}

static void run_until_done(struct post *post)
{
    while (outbox_stats(webhook_outbox(post->hook)).waiting > 0) {
        uv_run(&post->loop, UV_RUN_ONCE);
    }
}

static void run_until_got(struct post *post, size_t n)
{
    while (post->receiver.n_got < n) {
        uv_run(&post->loop, UV_RUN_ONCE);
    }
}

static void body_arrives_as_json_post(void **state)
{
    struct post *post = *state;
    static const int ok[] = {204};
    script(post, ok, 1);
    webhook_send(post->hook, SPAN("{\"id\":\"1\"}"));
    run_until_done(post);
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).sent, 1);
    assert_string_equal(post->receiver.got[0], "{\"id\":\"1\"}");
    assert_non_null(strstr(post->receiver.head.data, "POST /hook HTTP/1.1\r\n"));
    assert_non_null(strstr(post->receiver.head.data, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(post->receiver.head.data, "User-Agent: teapotd/"));
}

static void bodies_arrive_in_order(void **state)
{
    struct post *post = *state;
    static const int statuses[] = {200, 503, 200};
    script(post, statuses, 3);
    for (int i = 0; i < 20; i++) {
        char *body = alloc_printf("{\"n\":%d}", i);
        webhook_send(post->hook, span_of(body));
        free(body);
    }
    run_until_done(post);
    assert_int_equal(post->receiver.n_got, 21);
    assert_string_equal(post->receiver.got[1], "{\"n\":1}");
    assert_string_equal(post->receiver.got[2], "{\"n\":1}"); /* the retry, before the others */
    assert_string_equal(post->receiver.got[20], "{\"n\":19}");
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).sent, 20);
}

static void passing_faults_are_tried_again(void **state)
{
    struct post *post = *state;
    static const int statuses[] = {500, 429, 408, 503, 200};
    script(post, statuses, 5);
    webhook_send(post->hook, SPAN("{}"));
    run_until_done(post);
    struct outbox_stats stats = outbox_stats(webhook_outbox(post->hook));
    assert_int_equal(stats.sent, 1);
    assert_int_equal(stats.failed, 0);
    assert_int_equal(stats.retried, 4);
}

static void other_answers_are_final(void **state)
{
    struct post *post = *state;
    static const int statuses[] = {400, 404, 200};
    script(post, statuses, 3);
    webhook_send(post->hook, SPAN("{}"));
    webhook_send(post->hook, SPAN("{}"));
    webhook_send(post->hook, SPAN("{}"));
    run_until_done(post);
    struct outbox_stats stats = outbox_stats(webhook_outbox(post->hook));
    assert_int_equal(stats.failed, 2);
    assert_int_equal(stats.sent, 1);
    assert_int_equal(stats.retried, 0);
}

static void redirects_are_not_followed(void **state)
{
    struct post *post = *state;
    static const int statuses[] = {307, 200};
    post->receiver.extra = "Location: /elsewhere\r\n";
    script(post, statuses, 2);
    webhook_send(post->hook, SPAN("{}"));
    run_until_done(post);
    assert_int_equal(post->receiver.n_got, 1);
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).failed, 1);
}

static void refused_connection_is_tried_again(void **state)
{
    struct post *post = *state;
    webhook_send(post->hook, SPAN("{}"));
    while (outbox_stats(webhook_outbox(post->hook)).retried == 0) {
        uv_run(&post->loop, UV_RUN_ONCE);
    }
    static const int ok[] = {200};
    script(post, ok, 1);
    run_until_done(post);
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).sent, 1);
}

static void full_queue_drops_the_oldest_that_waits(void **state)
{
    struct post *post = *state;
    static const int ok[] = {200};
    for (int i = 0; i < OUTBOX_QUEUE + 4; i++) {
        char *body = alloc_printf("%d", i);
        webhook_send(post->hook, span_of(body));
        free(body);
    }
    struct outbox_stats stats = outbox_stats(webhook_outbox(post->hook));
    assert_int_equal(stats.dropped, 3);
    assert_int_equal(stats.waiting, OUTBOX_QUEUE + 1); /* one is on its way */
    script(post, ok, 1);
    run_until_done(post);
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).sent, OUTBOX_QUEUE + 1);
    assert_string_equal(post->receiver.got[0], "0");
    assert_string_equal(post->receiver.got[1], "4");
}

static void stopping_does_not_wait_for_a_receiver_that_hangs(void **state)
{
    struct post *post = *state;
    static const int never[] = {0};
    script(post, never, 1);
    webhook_send(post->hook, SPAN("{}"));
    webhook_send(post->hook, SPAN("{}"));
    run_until_got(post, 1);
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).waiting, 2); /* tear_down stops it */
}

static void stopping_in_the_wait_for_a_retry_is_clean(void **state)
{
    struct post *post = *state;
    static const int busy[] = {503};
    post->receiver.extra = "Retry-After: 3000\r\n";
    script(post, busy, 1);
    webhook_send(post->hook, SPAN("{}"));
    run_until_got(post, 1);
    while (uv_run(&post->loop, UV_RUN_NOWAIT) && post->receiver.n_got == 1 &&
           uv_backend_timeout(&post->loop) < 2000000) {
        /* Runs until nothing but the long wait is left: Retry-After is obeyed. */
    }
    assert_true(uv_backend_timeout(&post->loop) > 2000000);
    assert_int_equal(outbox_stats(webhook_outbox(post->hook)).waiting, 1);
}

static void other_protocols_are_refused(void **state)
{
    struct post *post = *state;
    struct webhook *hook = webhook_start(&post->loop, "ops", "file:///etc/passwd", NULL);
    webhook_set_backoff_ms(hook, 1);
    webhook_send(hook, SPAN("{}"));
    while (outbox_stats(webhook_outbox(hook)).waiting > 0) {
        uv_run(&post->loop, UV_RUN_ONCE);
    }
    assert_int_equal(outbox_stats(webhook_outbox(hook)).failed, 1);
    assert_int_equal(outbox_stats(webhook_outbox(hook)).retried, 0);
    webhook_stop(hook);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(body_arrives_as_json_post),
        TEST(bodies_arrive_in_order),
        TEST(passing_faults_are_tried_again),
        TEST(other_answers_are_final),
        TEST(redirects_are_not_followed),
        TEST(refused_connection_is_tried_again),
        TEST(full_queue_drops_the_oldest_that_waits),
        TEST(stopping_does_not_wait_for_a_receiver_that_hangs),
        TEST(stopping_in_the_wait_for_a_retry_is_clean),
        TEST(other_protocols_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
