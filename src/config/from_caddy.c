/*
 * A Caddyfile: words, with line ends and braces that count (caddyconfig/caddyfile of Caddy). Each
 * "log" block, of a site, of a snippet or of the global options, names one log; "import" brings in
 * files or snippets. Caddy writes JSON unless told otherwise, and to standard error unless a block
 * says where.
 */
#include "base/alloc.h"
#include "config/found.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum {
    WORDS = 32,
};

/* A log block while it is read. */
struct log {
    unsigned depth; /* of the block around it; 0: none is read */
    char *path;     /* or NULL: to a stream */
    bool is_silent; /* output discard */
    const char *format;
    struct found_place at;
};

struct caddy {
    struct found *found;
    char *folder;
    unsigned depth, files;
    struct log log;
};

struct text {
    struct caddy *caddy;
    const char *at, *end, *name;
    int line;
    char *words[WORDS];
    unsigned n;
};

static struct found_place here(const struct text *t)
{
    return (struct found_place){t->name, t->line};
}

static const char *word(const struct text *t, unsigned i)
{
    return i < t->n ? t->words[i] : "";
}

static bool is_word(const struct text *t, unsigned i, const char *text)
{
    return strcmp(word(t, i), text) == 0;
}

/* Blanks and comments; not line ends, but for those that a backslash protects. */
static void skip_gap(struct text *t)
{
    while (t->at < t->end) {
        bool is_joined = *t->at == '\\' && t->end - t->at > 1 && t->at[1] == '\n';
        if (is_joined) {
            t->at += 2;
            t->line++;
        } else if (*t->at == '#') {
            while (t->at < t->end && *t->at != '\n') {
                t->at++;
            }
        } else if (*t->at != '\n' && isspace((unsigned char)*t->at)) {
            t->at++;
        } else {
            return;
        }
    }
}

/* In double quotes a backslash protects a quote; between backticks nothing is special. */
static void take_word(struct text *t)
{
    struct buf out = {0};
    char quote = *t->at == '"' || *t->at == '`' ? *t->at : '\0';
    t->at += quote != '\0';
    while (t->at < t->end && (quote ? *t->at != quote : !isspace((unsigned char)*t->at))) {
        t->at += quote == '"' && *t->at == '\\' && t->end - t->at > 1 && t->at[1] == '"';
        t->line += *t->at == '\n';
        buf_byte(&out, *t->at++);
    }
    t->at += quote && t->at < t->end;
    buf_byte(&out, '\0');
    if (t->n < WORDS) {
        t->words[t->n++] = out.data;
    } else {
        buf_done(&out);
    }
}

static void drop_words(struct text *t)
{
    while (t->n) {
        free(t->words[--t->n]);
    }
}

/* "{$NAME:default}" becomes its default, and any other placeholder a "*". */
static char *log_path(const struct caddy *x, const char *path)
{
    struct buf out = {0};
    for (const char *close; *path; path++) {
        if (*path != '{' || !(close = strchr(path, '}'))) {
            buf_byte(&out, *path);
            continue;
        }
        struct span inner = {path + 1, (size_t)(close - path - 1)};
        size_t colon = span_starts(inner, SPAN("$")) ? span_find(inner, ':') : inner.len;
        if (colon < inner.len) {
            buf_add(&out, span_after(inner, colon + 1));
        } else {
            buf_byte(&out, '*');
        }
        path = close;
    }
    char *joined = found_join(span_of(x->folder), buf_span(&out));
    buf_done(&out);
    return joined;
}

/* Formats of plugins are not known: the lines themselves have to show them. */
static void take_format(struct text *t)
{
    bool is_known = is_word(t, 1, "json") || is_word(t, 1, "console") || is_word(t, 1, "filter") ||
                    is_word(t, 1, "append");
    t->caddy->log.format = is_known ? "caddy" : "auto";
}

static void take_output(struct text *t)
{
    struct log *log = &t->caddy->log;
    free(log->path);
    log->path = is_word(t, 1, "file") && t->n > 2 ? log_path(t->caddy, word(t, 2)) : NULL;
    log->is_silent = is_word(t, 1, "discard");
    log->at = here(t);
}

static void end_log(struct caddy *x)
{
    struct log *log = &x->log;
    if (log->path) {
        found_add(x->found, log->at, span_of(log->path), span_of(log->format));
    } else if (!log->is_silent) {
        found_note(x->found, log->at,
                   "a log goes to Caddy's standard error, so mostly to the journal: pipe it into "
                   "teapotd --format %s, or give it an \"output file\"",
                   log->format);
    }
    free(log->path);
    *log = (struct log){0};
}

static int read_file(void *ctx, const char *path);

/* What is no snippet's name looks like a file. */
static int take_import(struct text *t)
{
    struct caddy *x = t->caddy;
    const char *what = word(t, 1);
    if (!strpbrk(what, "/*.") || x->files > FOUND_DEPTH) {
        return 0;
    }
    char *path = found_join(found_folder(t->name), span_of(what));
    char *mine = found_path(x->found, span_of(path));
    int r = found_each(mine, read_file, x);
    free(path);
    free(mine);
    return r;
}

static int take_line(struct text *t)
{
    struct caddy *x = t->caddy;
    bool opens = t->n && strcmp(t->words[t->n - 1], "{") == 0;
    int r = 0;
    if (x->log.depth && is_word(t, 0, "output") && x->depth == x->log.depth) {
        take_output(t);
    } else if (x->log.depth && is_word(t, 0, "format") && x->depth == x->log.depth) {
        take_format(t);
    } else if (!x->log.depth && is_word(t, 0, "log")) {
        x->log = (struct log){.depth = x->depth + 1, .format = "caddy", .at = here(t)};
    } else if (is_word(t, 0, "import")) {
        r = take_import(t);
    }
    x->depth += opens;
    if (is_word(t, 0, "}") && x->depth) {
        x->depth--;
    }
    if (x->log.depth > x->depth) {
        end_log(x); /* it has ended, or had no block at all */
    }
    drop_words(t);
    return r;
}

static int read_lines(struct text *t)
{
    int r = 0;
    while (t->at < t->end && r == 0) {
        for (skip_gap(t); t->at < t->end && *t->at != '\n'; skip_gap(t)) {
            take_word(t);
        }
        r = take_line(t);
        t->line++;
        t->at += t->at < t->end;
    }
    return r;
}

static int read_file(void *ctx, const char *path)
{
    struct caddy *x = ctx;
    struct buf text = {0};
    int r;
    const char *name = found_read(x->found, path, &text, &r);
    if (name) {
        struct text t = {
            .caddy = x, .at = text.data, .end = text.data + text.len, .name = name, .line = 1};
        x->files++;
        r = read_lines(&t);
        x->files--;
    }
    buf_done(&text);
    return r;
}

int from_caddy(struct found *f)
{
    static const char *const places[] = {"/etc/caddy/Caddyfile", "/usr/local/etc/caddy/Caddyfile",
                                         "/Caddyfile", NULL};
    char *path = found_first(f, places);
    if (!path) {
        return -ENOENT;
    }
    struct caddy x = {.found = f, .folder = alloc_text(found_folder(path))};
    int r = read_file(&x, path);
    if (r == 0 && x.depth) {
        problem_set(f->why, "a \"{\" has no \"}\"");
        problem_at(f->why, path, 0, 0);
        r = -EINVAL;
    }
    free(x.log.path);
    free(x.folder);
    free(path);
    return r;
}
