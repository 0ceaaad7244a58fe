/*
 * haproxy.cfg: sections of lines (Configuration Manual, 2.1). A frontend or listen writes in the
 * format that it or its defaults say last, "option httplog" or "log-format", to the targets of its
 * "log" lines. Most are syslog's, so the file is looked up in rsyslog's configuration.
 */
#include "base/alloc.h"
#include "config/found.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WORDS = 32,
    NAME = 64,
};

/* What a section says about logs; a frontend begins with its defaults'. */
struct section {
    char name[NAME];
    char kind[16];  /* "defaults", "frontend" …; "": none yet */
    char *format;   /* for --format, or NULL: lines without a status */
    char *target;   /* of the first log line that is no "global", or NULL */
    bool is_global; /* "log global" */
    struct found_place at;
};

struct haproxy {
    struct found *found;
    const char *file;
    int line;
    struct section now, defaults[WORDS];
    unsigned n_defaults;
    char *global; /* the first target of the section global */
    unsigned n_added;
    char *words[WORDS];
    unsigned n;
};

static void set(char **old, const char *text)
{
    char *mine = text ? alloc_text(span_of(text)) : NULL; /* before: it may be the old one */
    free(*old);
    *old = mine;
}

static void copy_section(struct section *to, const struct section *from)
{
    set(&to->format, from->format);
    set(&to->target, from->target);
    to->is_global = from->is_global;
}

static void section_done(struct section *s)
{
    set(&s->format, NULL);
    set(&s->target, NULL);
}

/* Words end at blanks; quotes may begin anywhere in one, and a backslash protects the next byte but
 * in single quotes. False at the end of the line or at a comment. */
static bool take_word(struct haproxy *x, struct span *rest)
{
    struct buf word = {0};
    char quote = '\0';
    *rest = span_trim(*rest);
    if (rest->len == 0 || rest->ptr[0] == '#' || x->n == WORDS) {
        return false;
    }
    size_t i = 0;
    for (; i < rest->len && (quote || !isspace((unsigned char)rest->ptr[i])); i++) {
        char c = rest->ptr[i];
        bool is_quote = quote ? c == quote : c == '"' || c == '\'';
        if (c == '\\' && quote != '\'' && i + 1 < rest->len) {
            buf_byte(&word, rest->ptr[++i]);
        } else if (is_quote) {
            quote = quote ? '\0' : c;
        } else {
            buf_byte(&word, c);
        }
    }
    *rest = span_after(*rest, i);
    buf_byte(&word, '\0');
    x->words[x->n++] = word.data;
    return true;
}

static const char *word(const struct haproxy *x, unsigned i)
{
    return i < x->n ? x->words[i] : "";
}

static bool is_word(const struct haproxy *x, unsigned i, const char *text)
{
    return strcmp(word(x, i), text) == 0;
}

/* A file that a line of rsyslog's names: "/var/log/haproxy.log", "-/var/…" or file="/var/…". */
static struct span rsyslog_path(struct span line)
{
    for (size_t i = 0; i < line.len; i++) {
        bool begins = line.ptr[i] == '/' && (i == 0 || strchr(" \t-\"", line.ptr[i - 1]) != NULL);
        if (begins) {
            size_t n = i;
            while (n < line.len && !isspace((unsigned char)line.ptr[n]) && line.ptr[n] != '"' &&
                   line.ptr[n] != ';') {
                n++;
            }
            return (struct span){line.ptr + i, n - i};
        }
    }
    return (struct span){line.ptr, 0};
}

struct syslog_search {
    struct found *found;
    char *path; /* NULL until it is found */
};

/* The first file after a condition that speaks of haproxy. */
static int look_into_rsyslog(void *ctx, const char *file)
{
    struct syslog_search *s = ctx;
    struct buf text = {0};
    bool is_ours = false;
    bool is_there = found_try(s->found, file, &text);
    for (struct span rest = buf_span(&text); is_there && rest.len && !s->path;) {
        struct span line = span_trim(span_head(rest, span_find(rest, '\n')));
        rest = span_after(rest, span_find(rest, '\n') + 1);
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == '$') {
            continue;
        }
        bool names_it = span_has(line, SPAN("programname")) && span_has(line, SPAN("haproxy"));
        is_ours = (is_ours && line.ptr[0] != ':') || names_it;
        struct span path = is_ours ? rsyslog_path(line) : (struct span){line.ptr, 0};
        s->path = path.len ? alloc_text(path) : NULL;
        is_ours = is_ours && line.ptr[0] != '}';
    }
    buf_done(&text);
    return s->path != NULL;
}

static char *syslog_file(struct found *f)
{
    struct syslog_search s = {.found = f};
    char *pattern = found_path(f, SPAN("/etc/rsyslog.d/*.conf"));
    found_each(pattern, look_into_rsyslog, &s);
    free(pattern);
    return s.path ? s.path : alloc_text(SPAN("/var/log/haproxy.log"));
}

static bool is_stream(const char *target)
{
    return strcmp(target, "stdout") == 0 || strcmp(target, "stderr") == 0 ||
           strncmp(target, "fd@", 3) == 0 || strncmp(target, "ring@", 5) == 0;
}

static void add_section(struct haproxy *x, const struct section *s)
{
    const char *target = s->target ? s->target : s->is_global ? x->global : NULL;
    if (!target) {
        found_note(x->found, s->at, "%s %s logs nowhere: it has no \"log\" line", s->kind, s->name);
    } else if (!s->format) {
        found_note(x->found, s->at, "the lines of %s %s have no status: \"option httplog\" has one",
                   s->kind, s->name);
    } else if (is_stream(target)) {
        found_note(x->found, s->at, "%s %s logs to %s: pipe that into teapotd --format '%s'",
                   s->kind, s->name, target, s->format);
    } else {
        char *path = syslog_file(x->found);
        found_add(x->found, s->at, span_of(path), span_of(s->format));
        free(path);
    }
    x->n_added++;
}

static void end_section(struct haproxy *x)
{
    struct section *s = &x->now;
    if (strcmp(s->kind, "frontend") == 0 || strcmp(s->kind, "listen") == 0) {
        add_section(x, s);
    } else if (strcmp(s->kind, "defaults") == 0 && x->n_defaults < WORDS) {
        x->defaults[x->n_defaults] = *s;
        x->defaults[x->n_defaults].format = NULL;
        x->defaults[x->n_defaults].target = NULL;
        copy_section(&x->defaults[x->n_defaults++], s);
    }
    section_done(s);
}

/* The defaults that "from NAME" means, else the last ones before. */
static const struct section *find_defaults(const struct haproxy *x)
{
    for (unsigned i = 1; i + 1 < x->n; i++) {
        for (unsigned k = 0; is_word(x, i, "from") && k < x->n_defaults; k++) {
            if (is_word(x, i + 1, x->defaults[k].name)) {
                return &x->defaults[k];
            }
        }
    }
    return x->n_defaults ? &x->defaults[x->n_defaults - 1] : NULL;
}

static bool begins_section(const struct haproxy *x)
{
    static const char *const kinds[] = {
        "global",      "defaults",  "frontend",    "backend",   "listen", "peers",
        "mailers",     "resolvers", "userlist",    "cache",     "ring",   "program",
        "http-errors", "fcgi-app",  "log-forward", "crt-store", "traces"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (is_word(x, 0, kinds[i])) {
            return true;
        }
    }
    return false;
}

static void begin_section(struct haproxy *x)
{
    end_section(x);
    const struct section *defaults = find_defaults(x);
    x->now = (struct section){.at = {x->file, x->line}};
    snprintf(x->now.kind, sizeof(x->now.kind), "%s", word(x, 0));
    snprintf(x->now.name, sizeof(x->now.name), "%s", word(x, 1));
    bool inherits = is_word(x, 0, "frontend") || is_word(x, 0, "listen") ||
                    (is_word(x, 0, "defaults") && is_word(x, 2, "from"));
    if (inherits && defaults) {
        copy_section(&x->now, defaults);
    }
}

static void take_log(struct haproxy *x)
{
    struct section *s = &x->now;
    if (strcmp(s->kind, "global") == 0) {
        set(&x->global, x->global ? x->global : word(x, 1));
    } else if (is_word(x, 1, "global")) {
        s->is_global = true;
    } else {
        set(&s->target, word(x, 1));
    }
}

/* What is in quotes in the configuration is the format, with nothing left to be resolved. */
static void take_format(struct haproxy *x)
{
    char *format = alloc_printf("haproxy:%s", word(x, 1));
    set(&x->now.format, format);
    free(format);
}

static void take_line(struct haproxy *x)
{
    struct section *s = &x->now;
    bool is_option = is_word(x, 0, "option");
    if (begins_section(x)) {
        begin_section(x);
    } else if (is_word(x, 0, "log") && x->n > 1) {
        take_log(x);
    } else if (is_word(x, 0, "no") && is_word(x, 1, "log")) {
        set(&s->target, NULL);
        s->is_global = false;
    } else if (is_option && (is_word(x, 1, "httplog") || is_word(x, 1, "httpslog"))) {
        set(&s->format, "haproxy");
    } else if (is_option && is_word(x, 1, "tcplog")) {
        set(&s->format, NULL);
    } else if (is_word(x, 0, "log-format") && x->n > 1) {
        take_format(x);
    }
    while (x->n) {
        free(x->words[--x->n]);
    }
}

/* A configuration without frontends, as a new one is, shows by its defaults what they will write.
 */
static void end_file(struct haproxy *x)
{
    end_section(x);
    for (unsigned i = 0; x->n_added == 0 && i < x->n_defaults; i++) {
        add_section(x, &x->defaults[i]);
    }
    for (unsigned i = 0; i < x->n_defaults; i++) {
        section_done(&x->defaults[i]);
    }
    free(x->global);
}

int from_haproxy(struct found *f)
{
    static const char *const places[] = {
        "/etc/haproxy/haproxy.cfg", "/usr/local/etc/haproxy/haproxy.cfg", "/haproxy.cfg", NULL};
    char *path = found_first(f, places);
    if (!path) {
        return -ENOENT;
    }
    struct haproxy *x = alloc_zero(1, sizeof(*x));
    struct buf text = {0};
    x->found = f;
    int r;
    x->file = found_read(f, path, &text, &r);
    for (struct span rest = buf_span(&text); x->file && rest.len;) {
        struct span line = span_head(rest, span_find(rest, '\n'));
        rest = span_after(rest, line.len + 1);
        x->line++;
        while (take_word(x, &line)) {
        }
        take_line(x);
    }
    end_file(x);
    buf_done(&text);
    free(x);
    free(path);
    return r;
}
