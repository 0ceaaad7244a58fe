/*
 * The service manager's protocols against a stand-in: a datagram socket instead of systemd's, a
 * process that gets its sockets as systemd hands them over, and a journal in a mount namespace of
 * its own.
 */
#define _GNU_SOURCE
#include "base/alloc.h"
#include "base/clock.h"
#include "run/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SKIPPED = 77, /* a child's exit status: this machine does not allow the test */
};

struct fixture {
    char folder[64];
    int notify;
};

/* Binds a datagram socket to a path, or to an abstract name that begins with '@'. */
static int bind_datagram(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(un.sun_path, name, len + 1);
    if (name[0] == '@') {
        un.sun_path[0] = '\0';
    }
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&un, bytes) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int set_up(void **state)
{
    struct fixture *f = alloc_zero(1, sizeof(*f));
    snprintf(f->folder, sizeof(f->folder), "/tmp/test_systemd_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    char *path = alloc_printf("%s/notify", f->folder);
    f->notify = bind_datagram(path);
    assert_true(f->notify >= 0);
    setenv("NOTIFY_SOCKET", path, 1);
    free(path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
                                        "LISTEN_FDS",    "LISTEN_PID",    "JOURNAL_STREAM"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unsetenv(names[i]);
    }
    char *path = alloc_printf("%s/notify", f->folder);
    unlink(path);
    free(path);
    close(f->notify);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

/* The next message, or "" when there is none: sending is finished before the call returns. */
static const char *next(int fd, char out[1024])
{
    ssize_t n = recv(fd, out, 1023, 0);
    out[n > 0 ? n : 0] = '\0';
    return out;
}

static void each_state_is_told_to_the_service_manager(void **state)
{
    struct fixture *f = *state;
    char got[1024];
    systemd_ready("watching 3 files");
    assert_string_equal(next(f->notify, got), "READY=1\nSTATUS=watching 3 files");
    systemd_status("watching 4 files");
    assert_string_equal(next(f->notify, got), "STATUS=watching 4 files");
    systemd_alive();
    assert_string_equal(next(f->notify, got), "WATCHDOG=1");
    systemd_stopping();
    assert_string_equal(next(f->notify, got), "STOPPING=1");
    assert_string_equal(next(f->notify, got), "");
}

static void reloading_carries_a_time_that_is_not_before_the_call(void **state)
{
    struct fixture *f = *state;
    char got[1024];
    uint64_t before = (uint64_t)clock_mono_ms() * 1000, us = 0;
    systemd_reloading();
    next(f->notify, got);
    assert_int_equal(strncmp(got, "RELOADING=1\n", 12), 0);
    assert_int_equal(sscanf(got + 12, "MONOTONIC_USEC=%" SCNu64, &us), 1);
    assert_true(us > before);
}

static void a_status_can_not_smuggle_in_a_message_of_its_own(void **state)
{
    struct fixture *f = *state;
    char got[1024];
    systemd_status("a log named x\nMAINPID=1");
    assert_string_equal(next(f->notify, got), "STATUS=a log named x MAINPID=1");
}

/* Then what comes is lost, and nobody waits. */
static void a_manager_that_reads_nothing_holds_nobody_up(void **state)
{
    struct fixture *f = *state;
    char got[1024], last[1024] = "";
    for (int i = 0; i < 3000; i++) {
        systemd_status("watching");
        systemd_alive();
    }
    while (*next(f->notify, got)) {
        strcpy(last, got);
    }
    assert_int_equal(strncmp(last, "STATUS=", 7) * strncmp(last, "WATCHDOG=1", 10), 0);
    systemd_stopping();
    assert_string_equal(next(f->notify, got), "STOPPING=1");
}

static void an_abstract_socket_is_told_too(void **state)
{
    (void)state;
    char got[1024];
    char *name = alloc_printf("@test_systemd_%d", (int)getpid());
    int fd = bind_datagram(name);
    assert_true(fd >= 0);
    setenv("NOTIFY_SOCKET", name, 1);
    systemd_alive();
    assert_string_equal(next(fd, got), "WATCHDOG=1");
    close(fd);
    free(name);
}

static void nothing_happens_without_a_service_manager(void **state)
{
    (void)state;
    int fd = 0;
    unsetenv("NOTIFY_SOCKET");
    systemd_ready("x");
    systemd_reloading();
    assert_int_equal(systemd_alive_every_ms(), 0);
    assert_int_equal(systemd_sockets(&fd, 1), 0);
    assert_false(systemd_has_journal());
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
    (void)state;
    setenv("WATCHDOG_USEC", "3000000", 1);
    assert_int_equal(systemd_alive_every_ms(), 1500);
    setenv("WATCHDOG_USEC", "1", 1);
    assert_int_equal(systemd_alive_every_ms(), 1);
    setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
    assert_int_equal(systemd_alive_every_ms(), 0);
}

/* Runs in a child of its own and returns what it returned. */
static int in_child(int (*run)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(run());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Descriptor 3: a listening stream socket, 4: one that does not listen, 5: a file. */
static int take_sockets(void)
{
    char pid[16];
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_STREAM, 0), idle = socket(AF_UNIX, SOCK_STREAM, 0);
    /* An address of the family alone gives an abstract name of the kernel's choice. */
    if (bind(listening, (struct sockaddr *)&un, sizeof(sa_family_t)) < 0 ||
        listen(listening, 1) < 0) {
        return 2;
    }
    int high[3] = {fcntl(listening, F_DUPFD, 10), fcntl(idle, F_DUPFD, 10),
                   fcntl(open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD, 10)};
    for (int i = 0; i < 3; i++) {
        dup2(high[i], 3 + i);
    }
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "3", 1);
    int fds[4] = {-1, -1, -1, -1};
    if (systemd_sockets(fds, 0) != 0) {
        return 3;
    }
    if (systemd_sockets(fds, 4) != 1 || fds[0] != 3) {
        return 4;
    }
    return fcntl(3, F_GETFD) & FD_CLOEXEC ? 0 : 5;
}

static void only_listening_sockets_are_taken(void **state)
{
    (void)state;
    assert_int_equal(in_child(take_sockets), 0);
}

static void the_journal_reads_stderr_only_when_it_is_that_very_file(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    char *name = alloc_printf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    char *other = alloc_printf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + 1);
    setenv("JOURNAL_STREAM", name, 1);
    assert_true(systemd_has_journal());
    setenv("JOURNAL_STREAM", other, 1);
    assert_false(systemd_has_journal());
    setenv("JOURNAL_STREAM", "garbage", 1);
    assert_false(systemd_has_journal());
    free(name);
    free(other);
}

/* A mount namespace whose /run has a journal that nobody but the test reads; -1: not allowed here.
 */
static int own_journal(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/run", "tmpfs", 0, "size=1m") < 0 || mkdir("/run/systemd", 0755) < 0 ||
        mkdir("/run/systemd/journal", 0755) < 0) {
        return -1;
    }
    return bind_datagram("/run/systemd/journal/socket");
}

static bool has_field(const char *datagram, const char *field)
{
    const char *at = strstr(datagram, field);
    return at && (at == datagram || at[-1] == '\n') && at[strlen(field)] == '\n';
}

static int log_to_journal(void)
{
    static const char *const fields[] = {
        "MESSAGE=web1: 502?[2J from nginx",
        "PRIORITY=2",
        "TEAPOTD_RULE=spike",
        "TEAPOTD_STATE=firing",
        "TEAPOTD_SEVERITY=critical",
        "TEAPOTD_SOURCE=site",
        "TEAPOTD_HOST=shop.example",
        "TEAPOTD_ID=abc",
        "TEAPOTD_SINCE=2026-11-22T16:43:42Z",
        "SYSLOG_IDENTIFIER=teapotd",
        "MESSAGE_ID=09a0e7b6f53ab0798c1ff3df76577ee3",
    };
    struct alert a = {.id = "abc",
                      .rule = "spike",
                      .state = ALERT_FIRING,
                      .severity = RULE_CRITICAL,
                      .source = "site",
                      .host = "shop.example",
                      .since = 1795365822,
                      .summary = "web1: 502\033[2J from nginx"};
    char got[4096] = "";
    int fd = own_journal();
    if (fd < 0) {
        return SKIPPED;
    }
    systemd_log_alert(&a);
    ssize_t n = recv(fd, got, sizeof(got) - 1, 0);
    got[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!has_field(got, fields[i])) {
            fprintf(stderr, "no %s in: %s\n", fields[i], got);
            return 1;
        }
    }
    a.severity = RULE_WARNING;
    systemd_log_alert(&a);
    n = recv(fd, got, sizeof(got) - 1, 0);
    got[n > 0 ? n : 0] = '\0';
    if (!has_field(got, "PRIORITY=4")) {
        return 2;
    }
    a.state = ALERT_RESOLVED;
    a.summary[0] = '\0';
    systemd_log_alert(&a);
    n = recv(fd, got, sizeof(got) - 1, 0);
    got[n > 0 ? n : 0] = '\0';
    return has_field(got, "PRIORITY=5") && has_field(got, "MESSAGE=spike: resolved") ? 0 : 3;
}

/* A journal that takes nothing any more must not hold up the caller for good. */
static int log_to_a_full_journal(void)
{
    const struct alert a = {.rule = "spike", .state = ALERT_FIRING, .severity = RULE_WARNING};
    int fd = own_journal();
    if (fd < 0) {
        return SKIPPED;
    }
    for (int i = 0; i < 4096; i++) {
        systemd_log_alert(&a);
        struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
        int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        ssize_t sent = sendto(probe, "x", 1, 0, (struct sockaddr *)&un, sizeof(un));
        close(probe);
        if (sent < 0 && errno == EAGAIN) {
            systemd_log_alert(&a); /* comes back */
            return 0;
        }
    }
    return 1;
}

static void an_alert_is_written_to_the_journal_with_its_fields(void **state)
{
    (void)state;
    int rc = in_child(log_to_journal);
    if (rc == SKIPPED) {
        print_message("skipped: no mount namespace allowed here\n");
        skip();
    }
    assert_int_equal(rc, 0);
}

static void a_full_journal_does_not_hold_up_the_daemon(void **state)
{
    (void)state;
    int rc = in_child(log_to_a_full_journal);
    if (rc == SKIPPED) {
        print_message("skipped: no mount namespace allowed here\n");
        skip();
    }
    assert_int_equal(rc, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_state_is_told_to_the_service_manager),
        TEST(reloading_carries_a_time_that_is_not_before_the_call),
        TEST(a_status_can_not_smuggle_in_a_message_of_its_own),
        TEST(a_manager_that_reads_nothing_holds_nobody_up),
        TEST(an_abstract_socket_is_told_too),
        TEST(nothing_happens_without_a_service_manager),
        TEST(the_watchdog_is_fed_at_half_its_time),
        TEST(only_listening_sockets_are_taken),
        TEST(the_journal_reads_stderr_only_when_it_is_that_very_file),
        TEST(an_alert_is_written_to_the_journal_with_its_fields),
        TEST(a_full_journal_does_not_hold_up_the_daemon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
