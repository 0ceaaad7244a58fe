/*
 * The stats socket on a real loop. Clients are plain sockets of this process; the loop is driven
 * until what is waited for has happened, with a limit that only a failure reaches.
 */
#define _GNU_SOURCE
#include "base/alloc.h"
#include "base/clock.h"
#include "serve/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

enum {
    LIMIT_MS = 20000, /* of waiting for anything; only a failure gets here */
    SHORT_MS = 40,    /* a deadline that a test waits for */
};

struct fixture {
    uv_loop_t loop;
    uv_timer_t tick; /* so that a turn of the loop always ends */
    char folder[64], path[96], spec[128];
    struct serve *serve;
    struct serve_request asked; /* the last one; args in asked_args */
    char asked_args[256];
    int n_asked;
    int status;     /* to answer with */
    size_t padding; /* bytes to add to the answer */
    const char *text;
};

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static int answer(const struct serve_request *request, struct buf *out, void *ctx)
{
    struct fixture *f = ctx;
    f->asked = *request;
    snprintf(f->asked_args, sizeof(f->asked_args), "%.*s", (int)request->args.len,
             request->args.len ? request->args.ptr : "");
    f->n_asked++;
    buf_text(out, f->text ? f->text : "answer");
    char *room = buf_room(out, f->padding);
    memset(room, 'x', f->padding);
    out->len += f->padding;
    return f->status;
}

static int set_up(void **state)
{
    struct fixture *f = alloc_zero(1, sizeof(*f));
    uv_loop_init(&f->loop);
    uv_timer_init(&f->loop, &f->tick);
    uv_timer_start(&f->tick, on_tick, 2, 2);
    snprintf(f->folder, sizeof(f->folder), "/tmp/test_serve_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/s.sock", f->folder);
    snprintf(f->spec, sizeof(f->spec), "unix:%s", f->path);
    f->status = 200;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->serve) {
        serve_stop(f->serve);
    }
    uv_close((uv_handle_t *)&f->tick, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

/* Starts with the given options; without listeners in them, on the fixture's unix socket. */
static void start(struct fixture *f, struct serve_options options)
{
    const char *const own[] = {f->spec, NULL};
    struct problem why = {0};
    if (!options.listens) {
        options.listens = own;
    }
    f->serve = serve_start(&f->loop, &options, answer, f, &why);
    if (!f->serve) {
        fail_msg("%s", why.text);
    }
}

/* Starts, which must fail, and returns why. */
static struct problem start_refused(struct fixture *f, struct serve_options options)
{
    struct problem why = {0};
    f->serve = serve_start(&f->loop, &options, answer, f, &why);
    assert_null(f->serve);
    assert_true(why.text[0] != '\0');
    return why;
}

static void start_tcp(struct fixture *f, struct serve_options options)
{
    options.listens = (const char *const[]){"tcp:127.0.0.1:0", NULL};
    start(f, options);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int connect_tcp(int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void turn(struct fixture *f, int64_t began)
{
    assert_true(clock_mono_ms() - began < LIMIT_MS);
    uv_run(&f->loop, UV_RUN_ONCE);
}

/* Turns the loop until the condition holds, and does what follows before each turn. */
#define WHILE_NOT(f, condition) for (int64_t began = clock_mono_ms(); !(condition); turn(f, began))

#define UNTIL(f, condition)     \
    do {                        \
        WHILE_NOT(f, condition) \
        {                       \
        }                       \
    } while (0)

/* Reads what is there into `got`. True when the other end has closed, in order or not. */
static bool has_ended(int fd, struct buf *got)
{
    ssize_t n = 0;
    while ((n = recv(fd, buf_room(got, 65536), 65536, 0)) > 0) {
        got->len += (size_t)n;
        got->data[got->len] = '\0';
    }
    got->data[got->len] = '\0';
    return n == 0 || (errno != EAGAIN && errno != EINTR);
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Sends a request on a connected socket, drives the loop to the answer's end, closes. */
static struct buf talk(struct fixture *f, int fd, const char *request)
{
    struct buf got = {0};
    if (request[0]) {
        send_text(fd, request);
    }
    UNTIL(f, has_ended(fd, &got));
    close(fd);
    return got;
}

static struct buf ask(struct fixture *f, const char *request)
{
    return talk(f, connect_unix(f->path), request);
}

static void assert_answer(struct fixture *f, const char *request, const char *wanted)
{
    struct buf got = ask(f, request);
    assert_string_equal(got.data, wanted);
    buf_done(&got);
}

static void assert_holds(const struct buf *got, const char *piece)
{
    if (!strstr(got->data, piece)) {
        fail_msg("no \"%s\" in: %s", piece, got->data);
    }
}

static void assert_answer_holds(struct fixture *f, const char *request, const char *piece)
{
    struct buf got = ask(f, request);
    assert_holds(&got, piece);
    buf_done(&got);
}

/* ---- one command line ---- */

static void a_command_line_is_answered_and_the_connection_closed(void **state)
{
    static const struct {
        const char *line, *args;
        enum serve_topic topic;
        int last_s;
        bool text;
    } cases[] = {
        {"summary\n", "", SERVE_SUMMARY, 0, false},
        {"summary 10m\n", "", SERVE_SUMMARY, 600, false},
        {"\n", "", SERVE_SUMMARY, 0, false},
        {"\r\n", "", SERVE_SUMMARY, 0, false},
        {"  metrics \r\n", "", SERVE_METRICS, 0, true},
        {"alerts\n", "", SERVE_ALERTS, 0, false},
        {"sources\n", "", SERVE_SOURCES, 0, false},
        {"top hosts 5\n", "hosts 5", SERVE_TOP, 0, false},
        {"explain\t499   nginx\n", "499   nginx", SERVE_EXPLAIN, 0, true},
        {"silence spike web 1h\n", "spike web 1h", SERVE_SILENCE, 0, true},
        {"reload\n", "", SERVE_RELOAD, 0, true},
        {"health\nsummary\n", "", SERVE_HEALTH, 0, true},
    };
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_answer(f, cases[i].line, "answer\n");
        assert_int_equal(f->asked.topic, cases[i].topic);
        assert_string_equal(f->asked_args, cases[i].args);
        assert_int_equal(f->asked.last_s, cases[i].last_s);
        assert_int_equal(f->asked.text, cases[i].text);
        assert_true(f->asked.owner);
    }
    assert_int_equal(serve_stats(f->serve).answered, sizeof(cases) / sizeof(cases[0]));
    UNTIL(f, serve_stats(f->serve).clients == 0);
}

static void end_of_input_ends_the_command_line(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    for (int i = 0; i < 2; i++) {
        int fd = connect_unix(f->path);
        send_text(fd, i ? "alerts" : "");
        shutdown(fd, SHUT_WR);
        struct buf got = talk(f, fd, "");
        assert_string_equal(got.data, "answer\n");
        assert_int_equal(f->asked.topic, i ? SERVE_ALERTS : SERVE_SUMMARY);
        buf_done(&got);
    }
}

static void a_line_that_comes_byte_by_byte_is_one_line(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    int fd = connect_unix(f->path);
    for (const char *p = "top routes"; *p; p++) {
        assert_int_equal(send(fd, p, 1, 0), 1);
        turn(f, clock_mono_ms());
    }
    struct buf got = talk(f, fd, "\n");
    assert_string_equal(got.data, "answer\n");
    assert_string_equal(f->asked_args, "routes");
    buf_done(&got);
}

static void wrong_lines_get_an_error_and_are_not_asked(void **state)
{
    static const struct {
        const char *line, *wanted;
    } cases[] = {
        {"sumary\n", "error: unknown command \"sumary\"; did you mean \"summary\"?; try help\n"},
        {"SUMMARY\n", "error: unknown command \"SUMMARY\"; did you mean \"summary\"?; try help\n"},
        {"frobnicate now\n", "error: unknown command \"frobnicate\"; try help\n"},
        {"sum\033[2Jmary\n",
         "error: this is no command: it holds bytes that are no text; try help\n"},
        {"summary soon\n",
         "error: summary: a duration is wanted, such as 90s, 10m or 2h: summary [DURATION]\n"},
        {"reload now\n", "error: reload: it takes no arguments: reload\n"},
        {"explain\n", "error: explain: a status code is wanted: explain CODE [FORMAT]\n"},
    };
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_answer(f, cases[i].line, cases[i].wanted);
    }
    assert_int_equal(f->n_asked, 0);
    assert_int_equal(serve_stats(f->serve).refused, sizeof(cases) / sizeof(cases[0]));
}

static void help_lists_the_commands(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    assert_answer_holds(f, "help\n", "silence RULE [SERIES] DURATION");
    assert_answer_holds(f, "help\n", "summary [DURATION]");
    assert_int_equal(f->n_asked, 0);
}

static void a_failure_is_marked_unless_it_is_json_or_health(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    f->status = 400;
    f->text = "no such rule";
    assert_answer(f, "silence x 1h\n", "error: no such rule\n");
    f->text = "{\"error\":\"no\"}";
    assert_answer(f, "summary\n", "{\"error\":\"no\"}\n");
    f->text = "";
    assert_answer(f, "sources\n", "error: it could not be done\n");
    f->status = 503;
    f->text = "2 sources can't be read";
    assert_answer(f, "health\n", "2 sources can't be read\n");
}

static void a_line_without_end_is_refused(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    int fd = connect_unix(f->path);
    char *much = alloc_zero(SERVE_REQUEST_BYTES + 4097, 1);
    memset(much, 'a', SERVE_REQUEST_BYTES + 4096);
    struct buf got = talk(f, fd, much);
    assert_string_equal(got.data, "error: the command line is too long\n");
    assert_int_equal(f->n_asked, 0);
    buf_done(&got);
    free(much);
}

static void a_client_that_never_stops_sending_is_cut_off(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    int fd = connect_unix(f->path);
    char much[4096];
    memset(much, 'a', sizeof(much));
    size_t sent = 0;
    ssize_t n = 0;
    WHILE_NOT(f, (n = send(fd, much, sizeof(much), MSG_NOSIGNAL)) < 0 && errno != EAGAIN)
    {
        sent += n > 0 ? (size_t)n : 0;
    }
    assert_true(sent < 8 << 20);
    UNTIL(f, serve_stats(f->serve).clients == 0);
    close(fd);
}

/* ---- HTTP ---- */

static void every_path_is_answered_by_http(void **state)
{
    static const struct {
        const char *target, *type, *args;
        enum serve_topic topic;
        int last_s;
    } cases[] = {
        {"/summary", "application/json\r\n", "", SERVE_SUMMARY, 0},
        {"/summary?last=10m", "application/json\r\n", "", SERVE_SUMMARY, 600},
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8\r\n", "", SERVE_METRICS, 0},
        {"/alerts", "application/json\r\n", "", SERVE_ALERTS, 0},
        {"/sources", "application/json\r\n", "", SERVE_SOURCES, 0},
        {"/top?by=routes&n=3", "application/json\r\n", "routes 3", SERVE_TOP, 0},
        {"/explain?code=499&format=nginx", "application/json\r\n", "499 nginx", SERVE_EXPLAIN, 0},
        {"/healthz", "text/plain; charset=utf-8\r\n", "", SERVE_HEALTH, 0},
    };
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char request[160], type[120];
        snprintf(request, sizeof(request),
                 "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", cases[i].target);
        snprintf(type, sizeof(type), "Content-Type: %s", cases[i].type);
        struct buf got = ask(f, request);
        assert_holds(&got, "HTTP/1.1 200 ");
        assert_holds(&got, type);
        assert_holds(&got, "Cache-Control: no-store\r\n");
        assert_holds(&got, "X-Content-Type-Options: nosniff\r\n");
        assert_holds(&got, "Content-Length: 7\r\n");
        assert_holds(&got, "\r\n\r\nanswer\n");
        assert_int_equal(f->asked.topic, cases[i].topic);
        assert_string_equal(f->asked_args, cases[i].args);
        assert_int_equal(f->asked.last_s, cases[i].last_s);
        buf_done(&got);
    }
    assert_int_equal(serve_stats(f->serve).answered, sizeof(cases) / sizeof(cases[0]));
    UNTIL(f, serve_stats(f->serve).clients == 0);
}

static void openmetrics_are_sent_to_those_who_prefer_them(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    assert_answer_holds(
        f,
        "GET /metrics HTTP/1.0\r\nAccept: application/openmetrics-text;version=1.0.0,"
        "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        "\r\n\r\n",
        "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n");
    assert_true(f->asked.open_metrics);
}

static void head_is_get_without_the_body(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    struct buf got = ask(f, "HEAD /summary HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_holds(&got, "HTTP/1.1 200 ");
    assert_holds(&got, "Content-Length: 7\r\n");
    assert_null(strstr(got.data, "answer"));
    buf_done(&got);
}

static void what_http_does_not_serve_is_refused_with_its_status(void **state)
{
    static const struct {
        const char *request, *status, *more;
    } cases[] = {
        {"GET /nothing HTTP/1.0\r\n\r\n", "404", "{\"error\":\"there is nothing at this path"},
        {"GET /silence?x HTTP/1.0\r\n\r\n", "404", "application/json"},
        {"GET /reload HTTP/1.0\r\n\r\n", "404", "application/json"},
        {"POST /summary HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "405", "Allow: GET, HEAD\r\n"},
        {"DELETE /summary HTTP/1.0\r\n\r\n", "405", "Allow: GET, HEAD\r\n"},
        {"OPTIONS * HTTP/1.0\r\n\r\n", "405", "Allow: GET, HEAD\r\n"},
        {"GET /summary HTTP/1.0\r\nContent-Length: 9999999\r\n\r\n", "413", "no body"},
        {"GET /summary?last=soon HTTP/1.0\r\n\r\n", "400", "a duration is wanted"},
        {"GET /explain HTTP/1.0\r\n\r\n", "400", "a status code is wanted"},
        {"GET /top?by=a%20b HTTP/1.0\r\n\r\n", "400", "a value of the query"},
    };
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf got = ask(f, cases[i].request);
        assert_int_equal(strncmp(got.data + 9, cases[i].status, 3), 0);
        assert_holds(&got, cases[i].more);
        buf_done(&got);
    }
    assert_int_equal(f->n_asked, 0);
    assert_int_equal(serve_stats(f->serve).refused, sizeof(cases) / sizeof(cases[0]));
}

static void the_root_lists_the_paths(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    assert_answer_holds(f, "GET / HTTP/1.0\r\n\r\n", "/summary?last=10m");
    assert_answer_holds(f, "GET / HTTP/1.0\r\n\r\n", "/healthz");
}

static void a_failure_keeps_its_status(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    f->status = 503;
    f->text = "not ok";
    assert_answer_holds(f, "GET /healthz HTTP/1.0\r\n\r\n", " 503 ");
    f->text = "";
    assert_answer_holds(f, "GET /metrics HTTP/1.0\r\n\r\n",
                        "{\"error\":\"it could not be done\"}\n");
}

static void a_giant_head_is_refused(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    for (size_t bytes = SERVE_REQUEST_BYTES; bytes <= 8 * SERVE_REQUEST_BYTES; bytes *= 8) {
        char *value = alloc_zero(bytes + 1, 1);
        memset(value, 'a', bytes);
        char *request =
            alloc_printf("GET /summary HTTP/1.1\r\nHost: x\r\nX-Big: %s\r\n\r\n", value);
        int fd = connect_unix(f->path);
        struct buf got = {0};
        size_t sent = 0;
        WHILE_NOT(f, has_ended(fd, &got))
        {
            ssize_t n = send(fd, request + sent, strlen(request + sent), MSG_NOSIGNAL);
            sent += n > 0 ? (size_t)n : 0;
        }
        assert_int_equal(strncmp(got.data + 9, "431", 3), 0);
        close(fd);
        buf_done(&got);
        free(request);
        free(value);
    }
    assert_int_equal(f->n_asked, 0);
}

static void a_connection_may_be_used_again(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    int fd = connect_unix(f->path);
    struct buf got = {0};
    send_text(fd, "GET /summary HTTP/1.1\r\nHost: x\r\n\r\n");
    UNTIL(f, !has_ended(fd, &got) && strstr(got.data, "answer\n"));
    buf_clear(&got);
    send_text(fd, "GET /alerts HTTP/1.1\r\nHost: x\r\n\r\n");
    UNTIL(f, !has_ended(fd, &got) && strstr(got.data, "answer\n"));
    assert_int_equal(f->asked.topic, SERVE_ALERTS);
    close(fd);
    UNTIL(f, serve_stats(f->serve).clients == 0);
    assert_int_equal(serve_stats(f->serve).accepted, 1);
    buf_done(&got);
}

static void http_that_comes_byte_by_byte_is_http(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    int fd = connect_unix(f->path);
    for (const char *p = "GET /sources HTTP/1.0\r\n\r"; *p; p++) {
        assert_int_equal(send(fd, p, 1, 0), 1);
        turn(f, clock_mono_ms());
    }
    struct buf got = talk(f, fd, "\n");
    assert_holds(&got, "\r\n\r\nanswer\n");
    buf_done(&got);
}

/* ---- slow, many, huge ---- */

static void clients_that_do_not_finish_asking_are_dropped(void **state)
{
    static const char *const beginnings[] = {"", "summ", "GET /summary HTTP/1.1\r\nHost:", "GE"};
    struct fixture *f = *state;
    start(f, (struct serve_options){.deadline_ms = SHORT_MS});
    for (size_t i = 0; i < 4; i++) {
        struct buf got = ask(f, beginnings[i]);
        assert_int_equal(got.len, 0);
        UNTIL(f, serve_stats(f->serve).timed_out == i + 1);
        assert_int_equal(serve_stats(f->serve).clients, 0);
        buf_done(&got);
    }
    assert_int_equal(f->n_asked, 0);
}

static void dripping_bytes_does_not_extend_the_deadline(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){.deadline_ms = SHORT_MS});
    for (int http = 0; http < 2; http++) {
        int fd = connect_unix(f->path);
        struct buf got = {0};
        int64_t last = 0;
        send_text(fd, http ? "GET /" : "top ");
        WHILE_NOT(f, has_ended(fd, &got))
        {
            if (clock_mono_ms() > last) {
                send(fd, "a", 1, MSG_NOSIGNAL);
                last = clock_mono_ms();
            }
        }
        close(fd);
        buf_done(&got);
    }
    assert_int_equal(serve_stats(f->serve).timed_out, 2);
}

static void those_who_do_not_read_their_answer_are_dropped(void **state)
{
    static const char *const requests[] = {"summary\n", "GET /summary HTTP/1.1\r\nHost: x\r\n\r\n"};
    struct fixture *f = *state;
    start(f, (struct serve_options){.deadline_ms = SHORT_MS});
    f->padding = 8 << 20;
    for (size_t i = 0; i < 2; i++) {
        int fd = connect_unix(f->path);
        send_text(fd, requests[i]);
        UNTIL(f, serve_stats(f->serve).timed_out == i + 1);
        UNTIL(f, serve_stats(f->serve).clients == 0);
        close(fd);
    }
}

static void a_big_answer_arrives_whole_at_a_reader_that_takes_its_time(void **state)
{
    static const char *const requests[] = {"summary\n", "GET /summary HTTP/1.0\r\n\r\n"};
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    f->padding = 8 << 20;
    for (size_t i = 0; i < 2; i++) {
        int fd = connect_unix(f->path);
        struct buf got = {0};
        ssize_t n = -1;
        send_text(fd, requests[i]);
        WHILE_NOT(f, n == 0)
        {
            n = recv(fd, buf_room(&got, 30000), 30000, 0);
            got.len += n > 0 ? (size_t)n : 0;
        }
        assert_true(got.len >= f->padding + 7);
        assert_int_equal(got.data[got.len - 1], '\n');
        assert_int_equal(got.data[got.len - 2], 'x');
        buf_done(&got);
        close(fd);
    }
}

static void the_quietest_goes_when_there_are_too_many(void **state)
{
    enum { MAX = 8, ALL = 20 };
    struct fixture *f = *state;
    start(f, (struct serve_options){.clients = MAX});
    int fds[ALL];
    for (size_t i = 0; i < ALL; i++) {
        fds[i] = connect_unix(f->path);
        send_text(fds[i], i % 2 ? "GET /" : "summ");
        UNTIL(f, serve_stats(f->serve).accepted == i + 1);
        turn(f, clock_mono_ms());
        turn(f, clock_mono_ms());
    }
    assert_int_equal(serve_stats(f->serve).clients, MAX);
    assert_int_equal(serve_stats(f->serve).refused, ALL - MAX);
    struct buf got = {0};
    for (size_t i = 0; i < ALL - MAX; i++) {
        UNTIL(f, has_ended(fds[i], &got));
        close(fds[i]);
    }
    assert_int_equal(got.len, 0);
    buf_done(&got);
    got = talk(f, fds[ALL - 2], "ary\n");
    assert_string_equal(got.data, "answer\n");
    buf_done(&got);
    for (size_t i = ALL - MAX; i < ALL; i++) {
        if (i != ALL - 2) {
            close(fds[i]);
        }
    }
}

static void answers_that_wait_are_bounded_in_sum(void **state)
{
    static const char *const requests[] = {"summary\n", "GET /summary HTTP/1.0\r\n\r\n"};
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    f->padding = SERVE_HELD_BYTES / 2;
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = connect_unix(f->path);
        send_text(fds[i], requests[i % 2]);
        UNTIL(f, f->n_asked == i + 1);
    }
    assert_int_equal(serve_stats(f->serve).refused, 2);
    UNTIL(f, serve_stats(f->serve).clients == 1);
    struct buf got = {0};
    UNTIL(f, has_ended(fds[2], &got));
    assert_int_equal(got.len, f->padding + 7);
    buf_done(&got);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
}

static void without_descriptors_the_listener_rests_and_goes_on_later(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int fd = connect_unix(f->path);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int turns = 0;
    for (int64_t began = clock_mono_ms(); clock_mono_ms() - began < 50; turns++) {
        turn(f, clock_mono_ms());
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(serve_stats(f->serve).accepted, 0);
    assert_true(turns <
                1000); /* the tick alone makes about 25; a listener that spins, many thousands */
    struct buf got = talk(f, fd, "summary\n");
    assert_string_equal(got.data, "answer\n");
    buf_done(&got);
}

static void stopping_closes_clients_of_both_manners(void **state)
{
    static const char *const requests[] = {"summ", "GET /summ", "summary\n",
                                           "GET /alerts HTTP/1.0\r\n\r\n"};
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    f->padding = 4 << 20;
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        fds[i] = connect_unix(f->path);
        send_text(fds[i], requests[i]);
    }
    UNTIL(f, f->n_asked == 2 && serve_stats(f->serve).clients == 4);
    serve_stop(f->serve);
    f->serve = NULL;
    for (size_t i = 0; i < 4; i++) {
        struct buf got = {0};
        UNTIL(f, has_ended(fds[i], &got));
        buf_done(&got);
        close(fds[i]);
    }
    assert_int_equal(access(f->path, F_OK), -1);
}

/* ---- listeners ---- */

static void the_socket_file_has_its_mode_and_goes_in_the_end(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    start(f, (struct serve_options){.mode = 0620});
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0620);
    serve_stop(f->serve);
    f->serve = NULL;
    assert_int_equal(stat(f->path, &st), -1);
}

static void a_missing_folder_is_made(void **state)
{
    struct fixture *f = *state;
    char spec[128], folder[96];
    snprintf(folder, sizeof(folder), "%s/run", f->folder);
    snprintf(spec, sizeof(spec), "unix:%s/s.sock", folder);
    start(f, (struct serve_options){.listens = (const char *const[]){spec, NULL}});
    serve_stop(f->serve);
    f->serve = NULL;
    assert_int_equal(rmdir(folder), 0);
}

/* Leaves a socket file behind that nobody listens on. */
static void leave_stale(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    close(fd);
}

static void a_stale_socket_file_is_replaced(void **state)
{
    struct fixture *f = *state;
    leave_stale(f->path);
    start(f, (struct serve_options){0});
    assert_answer(f, "summary\n", "answer\n");
}

static void a_socket_that_somebody_listens_on_is_left_alone(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    struct serve *first = f->serve;
    struct problem why =
        start_refused(f, (struct serve_options){.listens = (const char *const[]){f->spec, NULL}});
    f->serve = first;
    assert_non_null(strstr(why.text, "another process listens there"));
    assert_answer(f, "summary\n", "answer\n");
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct fixture *f = *state;
    close(open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    struct problem why =
        start_refused(f, (struct serve_options){.listens = (const char *const[]){f->spec, NULL}});
    assert_non_null(strstr(why.text, "no socket"));
    assert_int_equal(access(f->path, F_OK), 0);
}

static void a_socket_file_of_a_successor_is_not_removed(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){0});
    assert_int_equal(unlink(f->path), 0);
    leave_stale(f->path);
    serve_stop(f->serve);
    f->serve = NULL;
    assert_int_equal(access(f->path, F_OK), 0);
}

static void when_one_listener_fails_none_is_left(void **state)
{
    struct fixture *f = *state;
    const char *const listens[] = {f->spec, "tcp:127.0.0.1:0", "unix:/nowhere/at/all/s.sock", NULL};
    start_refused(f, (struct serve_options){.listens = listens});
    assert_int_equal(access(f->path, F_OK), -1);
}

static void listeners_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *spec, *why;
    } cases[] = {
        {"unix:relative", "the path must be absolute"},
        {"tcp:9418", "an address and a port are wanted"},
        {"tcp:example.org:9418", "an address and a port are wanted"},
        {"tcp:127.0.0.1:99999", "an address and a port are wanted"},
        {"tcp:127.0.0.1:", "an address and a port are wanted"},
        {"/run/s.sock", "a listener is unix:/PATH or tcp:ADDRESS:PORT"},
        {"tcp:0.0.0.0:0", "needs a token"},
        {"tcp:[::]:0", "needs a token"},
        {"tcp:192.0.2.1:0", "needs a token"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const listens[] = {cases[i].spec, NULL};
        struct problem why = start_refused(f, (struct serve_options){.listens = listens});
        if (!strstr(why.text, cases[i].why)) {
            fail_msg("%s: %s", cases[i].spec, why.text);
        }
    }
}

static void an_unknown_group_is_refused(void **state)
{
    struct fixture *f = *state;
    struct problem why =
        start_refused(f, (struct serve_options){.listens = (const char *const[]){f->spec, NULL},
                                                .group = "no-such-group-here"});
    assert_non_null(strstr(why.text, "no-such-group-here"));
    assert_int_equal(access(f->path, F_OK), -1);
}

static void every_address_may_be_listened_on_when_that_is_wanted(void **state)
{
    struct fixture *f = *state;
    const char *const listens[] = {"tcp:0.0.0.0:0", NULL};
    start(f, (struct serve_options){.listens = listens, .insecure = true});
    struct buf got = talk(f, connect_tcp(serve_port(f->serve, 0)), "summary\n");
    assert_string_equal(got.data, "answer\n");
    buf_done(&got);
}

/* A listening socket as the service manager would hand it over. */
static int listening_unix(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static void a_socket_handed_over_is_used_and_not_opened_again(void **state)
{
    struct fixture *f = *state;
    int fd = listening_unix(f->path);
    start(f, (struct serve_options){.fds = &fd, .n_fds = 1});
    assert_answer(f, "summary\n", "answer\n");
    serve_stop(f->serve);
    f->serve = NULL;
    assert_int_equal(access(f->path, F_OK), 0); /* the file is the service manager's */
}

static void what_is_no_listening_socket_is_not_taken_over(void **state)
{
    struct fixture *f = *state;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct problem why = start_refused(f, (struct serve_options){.fds = &fd, .n_fds = 1});
    assert_non_null(strstr(why.text, "no listening stream socket"));
}

/* ---- who may ----*/

static void only_the_owner_may_silence_or_reload(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0) {
        print_message("skipped: only root can be somebody else\n");
        skip();
    }
    start(f, (struct serve_options){.mode = 0666});
    chmod(f->folder, 0755);
    static const char *const lines[] = {"reload\n", "silence spike 1h\n"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seteuid(65534), 0);
        int fd = connect_unix(f->path);
        assert_int_equal(seteuid(0), 0);
        struct buf got = talk(f, fd, lines[i]);
        assert_string_equal(got.data, "error: only root and the daemon's own user may do this\n");
        buf_done(&got);
    }
    assert_int_equal(f->n_asked, 0);
    assert_int_equal(seteuid(65534), 0);
    int fd = connect_unix(f->path);
    assert_int_equal(seteuid(0), 0);
    struct buf got = talk(f, fd, "summary\n");
    assert_string_equal(got.data, "answer\n");
    assert_false(f->asked.owner);
    buf_done(&got);
}

static void nothing_is_changed_over_tcp(void **state)
{
    struct fixture *f = *state;
    start_tcp(f, (struct serve_options){0});
    struct buf got = talk(f, connect_tcp(serve_port(f->serve, 0)), "reload\n");
    assert_string_equal(got.data, "error: not over TCP: only the unix socket takes this command\n");
    assert_int_equal(f->n_asked, 0);
    buf_done(&got);
    got = talk(f, connect_tcp(serve_port(f->serve, 0)), "alerts\n");
    assert_string_equal(got.data, "answer\n");
    assert_false(f->asked.owner);
    buf_done(&got);
}

static void over_tcp_a_token_is_asked_for_where_one_is_set(void **state)
{
    static const struct {
        const char *request, *wanted;
    } cases[] = {
        {"summary\n", "error: a token is needed"},
        {"GET /summary HTTP/1.0\r\n\r\n", " 401 "},
        {"GET /summary HTTP/1.0\r\n\r\n", "WWW-Authenticate: Bearer\r\n"},
        {"GET /summary HTTP/1.0\r\nAuthorization: Bearer wrong!\r\n\r\n", " 401 "},
        {"GET /summary HTTP/1.0\r\nAuthorization: Bearer secre\r\n\r\n", " 401 "},
        {"GET /summary HTTP/1.0\r\nAuthorization: Bearer secretsecret\r\n\r\n", " 401 "},
        {"GET /summary HTTP/1.0\r\nAuthorization: Bearer \r\n\r\n", " 401 "},
        {"GET /summary HTTP/1.0\r\nAuthorization: Basic secret\r\n\r\n", " 401 "},
        {"GET /healthz HTTP/1.0\r\n\r\n", " 401 "},
    };
    struct fixture *f = *state;
    start_tcp(f, (struct serve_options){.token = "secret"});
    int port = serve_port(f->serve, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf got = talk(f, connect_tcp(port), cases[i].request);
        assert_holds(&got, cases[i].wanted);
        buf_done(&got);
    }
    assert_int_equal(f->n_asked, 0);
    struct buf got =
        talk(f, connect_tcp(port), "GET /summary HTTP/1.0\r\nAuthorization: bearer secret\r\n\r\n");
    assert_holds(&got, " 200 ");
    buf_done(&got);
}

static void a_unix_socket_needs_no_token(void **state)
{
    struct fixture *f = *state;
    start(f, (struct serve_options){.token = "secret"});
    assert_answer(f, "summary\n", "answer\n");
    assert_answer_holds(f, "GET /summary HTTP/1.0\r\n\r\n", " 200 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_line_is_answered_and_the_connection_closed),
        TEST(end_of_input_ends_the_command_line),
        TEST(a_line_that_comes_byte_by_byte_is_one_line),
        TEST(wrong_lines_get_an_error_and_are_not_asked),
        TEST(help_lists_the_commands),
        TEST(a_failure_is_marked_unless_it_is_json_or_health),
        TEST(a_line_without_end_is_refused),
        TEST(a_client_that_never_stops_sending_is_cut_off),
        TEST(every_path_is_answered_by_http),
        TEST(openmetrics_are_sent_to_those_who_prefer_them),
        TEST(head_is_get_without_the_body),
        TEST(what_http_does_not_serve_is_refused_with_its_status),
        TEST(the_root_lists_the_paths),
        TEST(a_failure_keeps_its_status),
        TEST(a_giant_head_is_refused),
        TEST(a_connection_may_be_used_again),
        TEST(http_that_comes_byte_by_byte_is_http),
        TEST(clients_that_do_not_finish_asking_are_dropped),
        TEST(dripping_bytes_does_not_extend_the_deadline),
        TEST(those_who_do_not_read_their_answer_are_dropped),
        TEST(a_big_answer_arrives_whole_at_a_reader_that_takes_its_time),
        TEST(the_quietest_goes_when_there_are_too_many),
        TEST(answers_that_wait_are_bounded_in_sum),
        TEST(without_descriptors_the_listener_rests_and_goes_on_later),
        TEST(stopping_closes_clients_of_both_manners),
        TEST(the_socket_file_has_its_mode_and_goes_in_the_end),
        TEST(a_missing_folder_is_made),
        TEST(a_stale_socket_file_is_replaced),
        TEST(a_socket_that_somebody_listens_on_is_left_alone),
        TEST(a_file_that_is_no_socket_is_left_alone),
        TEST(a_socket_file_of_a_successor_is_not_removed),
        TEST(when_one_listener_fails_none_is_left),
        TEST(listeners_that_make_no_sense_are_refused),
        TEST(an_unknown_group_is_refused),
        TEST(every_address_may_be_listened_on_when_that_is_wanted),
        TEST(a_socket_handed_over_is_used_and_not_opened_again),
        TEST(what_is_no_listening_socket_is_not_taken_over),
        TEST(only_the_owner_may_silence_or_reload),
        TEST(nothing_is_changed_over_tcp),
        TEST(over_tcp_a_token_is_asked_for_where_one_is_set),
        TEST(a_unix_socket_needs_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
