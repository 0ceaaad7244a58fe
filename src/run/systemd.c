/*
 * What sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3) and sd_journal_sendv(3) ask for. All
 * of it is quiet where no service manager is: NOTIFY_SOCKET, WATCHDOG_USEC and LISTEN_FDS are not
 * set then.
 */
#include "run/systemd.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

enum {
    STATUS_BYTES = 256,
    NOTIFY_WAIT_MS = 1000, /* for room in the manager's queue, when the message must come through */
    JOURNAL_WAIT_MS = 50, /* for room in the journal's queue; then the alert is not written there */
};

static const char journal_socket[] = "/run/systemd/journal/socket";

/* What all alerts have in the journal, and nothing else: journalctl MESSAGE_ID=… finds them. */
static const char message_id[] = "MESSAGE_ID=09a0e7b6f53ab0798c1ff3df76577ee3";

/* A line end in a status would begin a message of its own to the service manager. */
static char *one_line(const char *text, char out[STATUS_BYTES])
{
    snprintf(out, STATUS_BYTES, "%s", text ? text : "");
    for (char *p = out; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
    return out;
}

enum room {
    ROOM_NOBODY, /* nobody is there */
    ROOM_FULL,
    ROOM_FREE,
};

/* The library's calls wait without limit when the receiver does not read, so this looks first
 * whether there is room, for so long. Others may take that room in between; a receiver that hangs
 * just then is the one case left in which the loop would wait. */
static enum room room_at(const struct sockaddr_un *address, socklen_t bytes, int wait_ms)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return ROOM_FULL;
    }
    enum room room = ROOM_NOBODY;
    if (connect(fd, (const struct sockaddr *)address, bytes) == 0) {
        struct pollfd writable = {.fd = fd, .events = POLLOUT};
        room = poll(&writable, 1, wait_ms) > 0 ? ROOM_FREE : ROOM_FULL;
    }
    close(fd);
    return room;
}

/* Where a container hands its own NOTIFY_SOCKET on, nobody may ever read it. */
static void notify(int wait_ms, const char *message)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = name ? strlen(name) : 0;
    if (len < 2 || len >= sizeof to.sun_path) {
        return;
    }
    memcpy(to.sun_path, name, len);
    to.sun_path[0] = name[0] == '@' ? '\0' : name[0];
    if (room_at(&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len), wait_ms) ==
        ROOM_FREE) {
        sd_notify(0, message);
    }
}

static void notify_status(int wait_ms, const char *before, const char *status)
{
    char line[STATUS_BYTES], message[STATUS_BYTES + 32];
    snprintf(message, sizeof message, "%sSTATUS=%s", before, one_line(status, line));
    notify(wait_ms, message);
}

void systemd_ready(const char *status)
{
    notify_status(NOTIFY_WAIT_MS, "READY=1\n", status);
}

void systemd_status(const char *status)
{
    notify_status(0, "", status);
}

void systemd_reloading(void)
{
    /* It must not be earlier than the request to reload, which our milliseconds could round it to.
     */
    uint64_t now_us = ((uint64_t)clock_mono_ms() + 1) * 1000;
    char message[64];
    snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us);
    notify(NOTIFY_WAIT_MS, message);
}

void systemd_stopping(void)
{
    notify(NOTIFY_WAIT_MS, "STOPPING=1");
}

void systemd_alive(void)
{
    notify(0, "WATCHDOG=1");
}

/* Half the limit, as sd_watchdog_enabled(3) recommends; 0 when nobody watches. */
uint64_t systemd_alive_every_ms(void)
{
    uint64_t limit_us = 0;
    if (sd_watchdog_enabled(0, &limit_us) <= 0) {
        return 0;
    }
    uint64_t half_ms = limit_us / 2000;
    return half_ms ? half_ms : 1;
}

/* A manager may hand over anything (sd_listen_fds(3)); what is no listening stream socket is left
 * alone. */
size_t systemd_sockets(int *fds, size_t max)
{
    size_t n = 0;
    int handed = sd_listen_fds(0);
    for (int i = 0; i < handed && n < max; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0) {
            fds[n++] = fd;
        }
    }
    return n;
}

bool systemd_has_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device = 0, inode = 0;
    struct stat st;
    /* stderr may have been redirected since: systemd.exec(5) says to compare. */
    return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static enum room room_in_journal(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, journal_socket, sizeof(journal_socket));
    return room_at(&address, sizeof(address), JOURNAL_WAIT_MS);
}

/* As syslog has them; that something is over is worth a notice. */
static int priority_of(const struct alert *a)
{
    if (a->state != ALERT_FIRING) {
        return LOG_NOTICE;
    }
    return a->severity == RULE_CRITICAL ? LOG_CRIT
           : a->severity == RULE_INFO   ? LOG_NOTICE
                                        : LOG_WARNING;
}

/* The journal takes any byte, but programs that print a message should not be driven by one. */
static char *message_of(const struct alert *a)
{
    char *text = a->summary[0] ? alloc_text(span_of(a->summary))
                               : alloc_printf("%s: %s", a->rule, alert_state_name(a->state));
    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *p = '?';
        }
    }
    return text;
}

/* Writes the alert as one entry. Empty fields are written too, so that each entry has all. */
static void send_fields(const struct alert *a, const char *message)
{
    char since[CLOCK_TEXT];
    char *fields[] = {
        alloc_printf("MESSAGE=%s", message),
        alloc_printf("PRIORITY=%d", priority_of(a)),
        alloc_printf("TEAPOTD_RULE=%s", a->rule),
        alloc_printf("TEAPOTD_STATE=%s", alert_state_name(a->state)),
        alloc_printf("TEAPOTD_SEVERITY=%s", rule_severity_name(a->severity)),
        alloc_printf("TEAPOTD_SOURCE=%s", a->source),
        alloc_printf("TEAPOTD_HOST=%s", a->host),
        alloc_printf("TEAPOTD_ROUTE=%s", a->route),
        alloc_printf("TEAPOTD_UPSTREAM=%s", a->upstream),
        alloc_printf("TEAPOTD_ID=%s", a->id),
        alloc_printf("TEAPOTD_SINCE=%s", clock_rfc3339(a->since * 1000, since)),
        alloc_text(SPAN("SYSLOG_IDENTIFIER=teapotd")),
        alloc_text(span_of(message_id)),
    };
    enum { N = sizeof(fields) / sizeof(fields[0]) };
    struct iovec parts[N];
    for (int i = 0; i < N; i++) {
        parts[i] = (struct iovec){fields[i], strlen(fields[i])};
    }
    sd_journal_sendv(parts, N);
    for (int i = 0; i < N; i++) {
        free(fields[i]);
    }
}

/* Without a journal the line goes to syslog. A journal that does not read loses it: the loop must
 * not wait. */
void systemd_log_summary(struct span json)
{
    char *message = alloc_printf("MESSAGE=%.*s", (int)json.len, json.ptr);
    struct iovec parts[] = {
        {message, strlen(message)},
        {(char[]){"PRIORITY=6"}, sizeof("PRIORITY=6") - 1},
        {(char[]){"SYSLOG_IDENTIFIER=teapotd"}, sizeof("SYSLOG_IDENTIFIER=teapotd") - 1}};
    switch (room_in_journal()) {
    case ROOM_FREE: sd_journal_sendv(parts, sizeof(parts) / sizeof(parts[0])); break;
    case ROOM_NOBODY: syslog(LOG_INFO | LOG_DAEMON, "%s", message + strlen("MESSAGE=")); break;
    case ROOM_FULL: break;
    }
    free(message);
}

void systemd_log_alert(const struct alert *a)
{
    char *message = message_of(a);
    switch (room_in_journal()) {
    case ROOM_FREE: send_fields(a, message); break;
    case ROOM_NOBODY: syslog(priority_of(a) | LOG_DAEMON, "%s: %s", a->rule, message); break;
    case ROOM_FULL: break;
    }
    free(message);
}
