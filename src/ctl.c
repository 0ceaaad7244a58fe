/*
 * teapotctl asks a running teapotd through its stats socket: one command line, the answer, the end.
 * Over TCP with a token it asks by HTTP, since a command line has no place for one. `explain` needs
 * no daemon. Exit status: 0 done, 1 it failed or the daemon is not well, 2 wrong usage.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/diag.h"
#include "codes/codes.h"
#include "codes/details.h"
#include "output/json.h"
#include "output/report.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef TEAPOT_VERSION
#define TEAPOT_VERSION "unknown"
#endif

enum {
    DONE = 0,
    FAILED = 1,
    USAGE = 2,
    SILENCE_S = 30,         /* so long the daemon may say nothing */
    ANSWER_BYTES = 1 << 30, /* no honest answer is longer */
    TOKEN_BYTES = 1024,
};

/* What the command line says. */
struct ctl {
    const char *socket;
    const char *token_file; /* or NULL */
    const char *format;     /* of explain, or NULL */
    bool json;
    const struct verb *verb;
    int argc; /* what stands behind the command */
    char **argv;
};

/* A command as the table has it; it checks its own number of arguments. */
struct verb {
    const char *name, *args, *help;
    int least, most; /* number of arguments */
    bool local_only; /* never over TCP */
    int (*run)(const struct ctl *ctl);
    const char *path, *keys[2]; /* by HTTP: its path, and the query's keys for its arguments */
};

static int run_ask(const struct ctl *ctl);
static int run_health(const struct ctl *ctl);
static int run_explain(const struct ctl *ctl);

static const struct verb verbs[] = {
    {.name = "summary",
     .args = "[DURATION]",
     .run = run_ask,
     .most = 1,
     .path = "/summary",
     .keys = {"last"},
     .help = "totals since the beginning, or of the last DURATION (90s, 10m, 2h)"},
    {.name = "metrics",
     .args = "",
     .run = run_ask,
     .path = "/metrics",
     .help = "all counts in Prometheus' text format"},
    {.name = "alerts",
     .args = "",
     .run = run_ask,
     .path = "/alerts",
     .help = "alerts that are firing or were"},
    {.name = "sources",
     .args = "",
     .run = run_ask,
     .path = "/sources",
     .help = "what is read, as which format, and how far"},
    {.name = "history",
     .args = "[DURATION]",
     .run = run_ask,
     .most = 1,
     .path = "/history",
     .keys = {"last"},
     .help = "counts of the last DURATION (default 1d) by minute, over more than 2d by hour"},
    {.name = "top",
     .args = "[hosts|routes|upstreams|clients] [N]",
     .run = run_ask,
     .most = 2,
     .path = "/top",
     .keys = {"by", "n"},
     .help = "where most errors are"},
    {.name = "explain",
     .args = "CODE [FORMAT]",
     .run = run_explain,
     .least = 1,
     .most = 2,
     .help = "what a status code means; asks no daemon"},
    {.name = "silence",
     .args = "RULE [SERIES] DURATION",
     .run = run_ask,
     .least = 2,
     .most = 3,
     .local_only = true,
     .help = "tell nobody of a rule's alerts for a while"},
    {.name = "reload",
     .args = "",
     .run = run_ask,
     .local_only = true,
     .help = "read the configuration again"},
    {.name = "health",
     .args = "",
     .run = run_health,
     .path = "/healthz",
     .help = "\"ok\", or what is wrong and exit status 1"},
};

enum {
    VERBS = sizeof(verbs) / sizeof(verbs[0]),
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Not diag_say: that speaks as "teapotd". */
static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("teapotctl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* Writes all of it. A reader that went away (`teapotctl metrics | head`) is no failure. */
static int put(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            int error = errno;
            if (error != EPIPE) {
                say("can't write: %s", strerror(error));
            }
            return error == EPIPE ? DONE : FAILED;
        }
        bytes = span_after(bytes, (size_t)n);
    }
    return DONE;
}

/* Everything else is a path. */
static bool is_tcp(const struct ctl *ctl)
{
    return span_starts(span_of(ctl->socket), SPAN("tcp:"));
}

/* A connected descriptor or a negative errno. */
static int connect_unix(const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(un.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(un.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&un, sizeof(un)) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd >= 0 ? fd : -errno;
}

/* Connects to "host:port" or "[::1]:port", to the first address that answers. */
static int connect_tcp(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (!colon) {
        return -EINVAL;
    }
    struct span name = {text, (size_t)(colon - text)};
    if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']') {
        name = (struct span){name.ptr + 1, name.len - 2};
    }
    char *host = alloc_text(name);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    int rc = getaddrinfo(host, colon + 1, &hints, &all) == 0 ? -ECONNREFUSED : -EHOSTUNREACH;
    free(host);
    for (const struct addrinfo *a = all; a && rc < 0; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        rc = fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) < 0 ? -errno : fd;
        if (rc < 0 && fd >= 0) {
            close(fd);
        }
    }
    if (all) {
        freeaddrinfo(all);
    }
    return rc;
}

/* Connects, and says what a person can do when that fails. */
static int open_socket(const struct ctl *ctl)
{
    const char *where = ctl->socket;
    bool named = span_starts(span_of(where), SPAN("unix:"));
    int fd = is_tcp(ctl) ? connect_tcp(where + 4) : connect_unix(named ? where + 5 : where);
    if (fd == -EACCES) {
        say("can't connect to %s: %s; its group or root may", where, strerror(-fd));
    } else if (fd == -ENOENT || fd == -ECONNREFUSED) {
        say("can't connect to %s: %s: is teapotd running?", where, strerror(-fd));
    } else if (fd < 0) {
        say("can't connect to %s: %s", where, strerror(-fd));
    }
    return fd;
}

/* A daemon that closed already is an error here, and no signal. */
static bool send_all(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes = span_after(bytes, n > 0 ? (size_t)n : 0);
    }
    return true;
}

/* Reads to the end of the connection. False with errno when it breaks off. */
static bool receive_all(int fd, struct buf *out)
{
    while (out->len < ANSWER_BYTES) {
        ssize_t n = recv(fd, buf_room(out, 65536), 65536, 0);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return false;
        }
        out->len += n > 0 ? (size_t)n : 0;
    }
    errno = EMSGSIZE;
    return false;
}

/* Sends a request and takes the whole answer. False when that was said to have failed. */
static bool exchange(const struct ctl *ctl, const struct buf *request, struct buf *answer)
{
    int fd = open_socket(ctl);
    if (fd < 0) {
        return false;
    }
    const struct timeval patience = {.tv_sec = SILENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    /* A daemon that refuses at once may close before it has read everything: its answer still
     * counts. */
    bool sent = send_all(fd, buf_span(request));
    bool got = receive_all(fd, answer);
    if (!got && errno == EAGAIN) {
        say("%s: no answer in %d seconds", ctl->socket, (int)SILENCE_S);
    } else if (!got) {
        say("%s: the answer broke off: %s", ctl->socket, strerror(errno));
    } else if (!sent && answer->len == 0) {
        say("%s: the request could not be sent", ctl->socket);
        got = false;
    }
    close(fd);
    return got;
}

/* The first line of a file, so that the token is in no list of processes. */
static bool read_token(const char *path, char token[TOKEN_BYTES])
{
    FILE *file = fopen(path, "re");
    if (!file || !fgets(token, TOKEN_BYTES, file)) {
        say("%s: %s", path, file ? "there is no token in it" : strerror(errno));
        if (file) {
            fclose(file);
        }
        return false;
    }
    fclose(file);
    token[strcspn(token, "\r\n")] = '\0';
    return true;
}

/* Adds "?key=value" of each argument, everything but letters, digits and a few others as %HH. */
static void add_query(struct buf *out, const struct ctl *ctl)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (int i = 0; i < ctl->argc && i < 2 && ctl->verb->keys[i]; i++) {
        buf_printf(out, "%c%s=", i ? '&' : '?', ctl->verb->keys[i]);
        for (const char *p = ctl->argv[i]; *p; p++) {
            if (strchr(plain, *p)) {
                buf_byte(out, *p);
            } else {
                buf_printf(out, "%%%02X", (unsigned)(unsigned char)*p);
            }
        }
    }
}

/* Splits an HTTP answer. The status, or 0 when it is none; `answer` keeps the body. */
static int take_head(struct buf *answer)
{
    struct span all = buf_span(answer);
    uint64_t status = 0;
    if (!span_starts(all, SPAN("HTTP/1.")) ||
        !span_to_u64(span_head(span_after(all, 9), 3), &status)) {
        return 0;
    }
    for (size_t i = 0; i + 4 <= all.len; i++) {
        if (memcmp(all.ptr + i, "\r\n\r\n", 4) == 0) {
            buf_drop(answer, i + 4);
            return (int)status;
        }
    }
    return 0;
}

/* Asks by HTTP/1.0, so that the end of the connection is the end of the answer. */
static int ask_http(const struct ctl *ctl, struct buf *answer)
{
    char token[TOKEN_BYTES];
    if (!read_token(ctl->token_file, token)) {
        return FAILED;
    }
    struct buf request = {0};
    buf_printf(&request, "GET %s", ctl->verb->path);
    add_query(&request, ctl);
    buf_printf(&request, " HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n", token);
    bool got = exchange(ctl, &request, answer);
    buf_done(&request);
    int status = got ? take_head(answer) : 0;
    if (got && status == 0) {
        say("%s: this is no teapotd", ctl->socket);
    }
    return status >= 200 && status < 300 ? DONE : FAILED;
}

/* A failure says so with its first word, or as JSON where JSON was asked for. */
static int ask_line(const struct ctl *ctl, struct buf *answer)
{
    struct buf request = {0};
    buf_text(&request, ctl->verb->name);
    for (int i = 0; i < ctl->argc; i++) {
        buf_printf(&request, " %s", ctl->argv[i]);
    }
    buf_byte(&request, '\n');
    bool got = exchange(ctl, &request, answer);
    buf_done(&request);
    if (!got) {
        return FAILED;
    }
    if (answer->len == 0) {
        say("%s: there was no answer", ctl->socket);
        return FAILED;
    }
    struct span text = buf_span(answer);
    return span_starts(text, SPAN("error: ")) || span_starts(text, SPAN("{\"error\":")) ? FAILED
                                                                                        : DONE;
}

/* Over TCP without a token a command line will do, unless the daemon wants one and says so. */
static int ask(const struct ctl *ctl, struct buf *answer)
{
    return is_tcp(ctl) && ctl->token_file ? ask_http(ctl, answer) : ask_line(ctl, answer);
}

/* The answer to stdout, an error to stderr: a script must not take one for the other. */
static int run_ask(const struct ctl *ctl)
{
    struct buf answer = {0};
    int rc = ask(ctl, &answer);
    if (rc == DONE) {
        rc = put(STDOUT_FILENO, buf_span(&answer));
    } else if (answer.len) {
        struct span text = buf_span(&answer);
        fputs("teapotctl: ", stderr);
        put(STDERR_FILENO, span_after(text, span_starts(text, SPAN("error: ")) ? 7 : 0));
    }
    buf_done(&answer);
    return rc;
}

/* For scripts and probes: the exit status tells, the text is for the person. */
static int run_health(const struct ctl *ctl)
{
    struct buf answer = {0};
    int rc = ask(ctl, &answer);
    struct span text = buf_span(&answer);
    bool well = rc == DONE && span_is(span_head(text, span_find(text, '\n')), "ok");
    int written = put(STDOUT_FILENO, text);
    buf_done(&answer);
    return well ? written : FAILED;
}

/* Colours only on a terminal that has them, and not where NO_COLOR is set (no-color.org). */
static struct report_style style_of_terminal(void)
{
    struct report_style style = {.columns = 80};
    struct winsize size;
    if (isatty(STDOUT_FILENO)) {
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
        style.colours = !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col) {
            style.columns = size.ws_col;
        }
    }
    style.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return style;
}

/* Formats that don't tell whose codes they show; the other names are servers and vendors. */
static bool is_open_format(struct span name)
{
    static const char *const names[] = {"common", "combined", "vhost_combined",
                                        "json",   "ltsv",     "logfmt"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* The dictionary is built in. The second word is a server's name, or a vendor's, which need not be
 * the same: a code of Cloudflare's may stand in nginx's log. */
static int run_explain(const struct ctl *ctl)
{
    uint16_t status = status_slot(span_of(ctl->argv[0]));
    struct span name = span_of(ctl->argc > 1 ? ctl->argv[1] : ctl->format), vendor = {NULL, 0};
    enum server server = SERVER_UNKNOWN;
    size_t detail;
    bool is_detail = status == STATUS_NONE && details_find(span_of(ctl->argv[0]), &detail);
    if (status == STATUS_NONE && !is_detail) {
        say("\"%s\" is no status code", ctl->argv[0]);
        return USAGE;
    }
    if (name.len && !server_find(name, &server) && !is_open_format(name)) {
        vendor = name;
    }
    if (vendor.len && !codes_is_owner(vendor)) {
        say("\"%s\" is no server or vendor that the dictionary knows", vendor.ptr);
        return USAGE;
    }
    struct buf out = {0};
    if (ctl->json) {
        is_detail ? json_explain_detail(&out, detail) : json_explain(&out, status, server, vendor);
        buf_byte(&out, '\n');
    } else if (is_detail) {
        report_explain_detail(&out, detail, style_of_terminal());
    } else {
        report_explain(&out, status, server, vendor, style_of_terminal());
    }
    int rc = put(STDOUT_FILENO, buf_span(&out));
    buf_done(&out);
    return rc;
}

static void print_help(void)
{
    puts("Usage: teapotctl [-s SOCKET] [--token-file FILE] COMMAND [ARGUMENTS]\n"
         "       teapotctl explain CODE [FORMAT] [--json]\n\n"
         "Asks a running teapotd.\n");
    for (size_t i = 0; i < VERBS; i++) {
        char usage[80];
        snprintf(usage, sizeof(usage), "%s %s", verbs[i].name, verbs[i].args);
        printf("  %-44s %s\n", usage, verbs[i].help);
    }
    puts("\n"
         "  -s, --socket SOCKET   PATH, unix:PATH or tcp:HOST:PORT; else TEAPOTD_SOCKET from the\n"
         "                        environment, else /run/teapotd/stats.sock\n"
         "  --token-file FILE     its first line is the token that a TCP listener wants\n"
         "  --format NAME         of explain: the server whose log shows the code\n"
         "  --json                of explain: JSON rather than text\n"
         "  --help, --version\n\n"
         "Exit status: 0 done, 1 it failed or teapotd is not well, 2 wrong usage.");
}

/* The value of an option "NAME VALUE" or "NAME=VALUE" at argv[*i], which goes on over it; NULL when
 * it is another option, or has no value. */
static const char *option(const char *name, int argc, char **argv, int *i)
{
    struct span given = span_of(argv[*i]), wanted = span_of(name);
    if (span_equal(given, wanted)) {
        if (*i + 1 < argc) {
            return argv[++*i];
        }
        return NULL;
    }
    bool assigned =
        given.len > wanted.len && span_starts(given, wanted) && given.ptr[wanted.len] == '=';
    return assigned ? argv[*i] + wanted.len + 1 : NULL;
}

/* Reads one option. False when it is none that we know. */
static bool take_option(struct ctl *ctl, int argc, char **argv, int *i)
{
    const char *value = NULL;
    if (strcmp(argv[*i], "--json") == 0) {
        ctl->json = true;
    } else if ((value = option("-s", argc, argv, i)) ||
               (value = option("--socket", argc, argv, i))) {
        ctl->socket = value;
    } else if ((value = option("--token-file", argc, argv, i))) {
        ctl->token_file = value;
    } else if ((value = option("--format", argc, argv, i))) {
        ctl->format = value;
    } else {
        return false;
    }
    return true;
}

static int usage(const struct verb *verb)
{
    if (verb) {
        say("usage: teapotctl %s%s%s", verb->name, verb->args[0] ? " " : "", verb->args);
    } else {
        say("try teapotctl --help");
    }
    return USAGE;
}

/* A line end in an argument would end the command early. */
static bool is_plain(const char *arg)
{
    for (const char *p = arg; *p; p++) {
        if ((unsigned char)*p <= 0x20 || *p == 0x7f) {
            return false;
        }
    }
    return *arg != '\0';
}

/* What can be seen to be wrong without asking the daemon. */
static int check(const struct ctl *ctl)
{
    if (ctl->argc < ctl->verb->least || ctl->argc > ctl->verb->most) {
        return usage(ctl->verb);
    }
    for (int i = 0; i < ctl->argc; i++) {
        if (!is_plain(ctl->argv[i])) {
            say("an argument must be a word");
            return USAGE;
        }
    }
    if (ctl->verb->local_only && is_tcp(ctl)) {
        say("%s goes only through the unix socket, not over TCP", ctl->verb->name);
        return USAGE;
    }
    return DONE;
}

/* The command of that name, or NULL. */
static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

/* Is this an option? "-" and "-1" behind a command are status words of logs. */
static bool is_option(const struct ctl *ctl, const char *word)
{
    bool status = ctl->verb && (strcmp(word, "-") == 0 || strcmp(word, "-1") == 0);
    return word[0] == '-' && !status;
}

/* Reads the command line into `ctl`, whose argv has room for all words. */
static int read_options(struct ctl *ctl, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (is_option(ctl, argv[i])) {
            if (!take_option(ctl, argc, argv, &i)) {
                say("unknown option, or one without its value: %s", argv[i]);
                return usage(NULL);
            }
        } else if (ctl->verb) {
            ctl->argv[ctl->argc++] = argv[i];
        } else if (!(ctl->verb = find_verb(argv[i]))) {
            say("unknown command \"%s\"", argv[i]);
            return usage(NULL);
        }
    }
    return ctl->verb ? check(ctl) : usage(NULL);
}

/* Of the locale only the character set is taken, for the report; numbers stay as C writes them. */
int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help();
        return DONE;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("teapotctl " TEAPOT_VERSION);
        return DONE;
    }
    const char *socket_env = getenv("TEAPOTD_SOCKET");
    struct ctl ctl = {.socket =
                          socket_env && socket_env[0] ? socket_env : "/run/teapotd/stats.sock"};
    ctl.argv = alloc_zero((size_t)argc + 1, sizeof(*ctl.argv));
    int rc = read_options(&ctl, argc, argv);
    if (rc == DONE) {
        rc = ctl.verb->run(&ctl);
    }
    free(ctl.argv);
    return rc;
}
