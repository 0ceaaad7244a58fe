/*
 * nginx.conf: words up to a semicolon or an opening brace, as ngx_conf_file.c reads them. Of all
 * directives only include, log_format and access_log count, and the blocks that they stand in:
 * access_log in a block replaces those of the block around it (ngx_http_log_module). A log that
 * nobody inherits is not read.
 */
#include "base/alloc.h"
#include "config/found.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

enum {
    WORDS = 64,
    BLOCKS = 32, /* in one another */
};

/* A named log_format, as an argument of the format nginx. */
struct layout {
    char *name, *text;
};

/* An access_log of http, kept until it is known whether anybody inherits it. */
struct own {
    char *path, *format;
    struct found_place at;
};

struct block {
    char kind[16]; /* "http", "server", "location" …; "" at the top */
    bool has_log;  /* an access_log of its own */
};

struct nginx {
    struct found *found;
    char *folder, *prefix; /* where relative includes and logs begin */
    struct layout *layouts;
    size_t n_layouts;
    struct own *owns;
    size_t n_owns;
    bool has_server, is_inherited; /* a server without an access_log of its own */
    struct block blocks[BLOCKS];
    unsigned depth, files;
};

/* A file while it is read. */
struct text {
    struct nginx *nginx;
    const char *at, *end, *name;
    const char *row; /* where the line begins that `at` is in */
    int line;
    char *words[WORDS];
    unsigned n;
};

/* Something is wrong with the byte before the next one. */
static int refuse(struct text *t, const char *what)
{
    problem_set(t->nginx->found->why, "%s", what);
    problem_at(t->nginx->found->why, t->name, t->line, t->at > t->row ? (int)(t->at - t->row) : 1);
    return -EINVAL;
}

static struct found_place here(const struct text *t)
{
    return (struct found_place){t->name, t->line};
}

static void next_byte(struct text *t)
{
    if (*t->at++ == '\n') {
        t->line++;
        t->row = t->at;
    }
}

/* Blanks, line ends and comments. */
static void skip_gap(struct text *t)
{
    while (t->at < t->end && (isspace((unsigned char)*t->at) || *t->at == '#')) {
        if (*t->at == '#') {
            while (t->at < t->end && *t->at != '\n') {
                t->at++;
            }
        } else {
            next_byte(t);
        }
    }
}

/* A backslash protects quotes and itself and makes tabs and line ends; before anything else it is
 * one. */
static void take_escaped(struct text *t, struct buf *word)
{
    t->at++;
    char c = t->at < t->end ? *t->at : '\\';
    bool is_special = c == '"' || c == '\'' || c == '\\' || c == 't' || c == 'r' || c == 'n';
    if (!is_special) {
        buf_byte(word, '\\');
    }
    buf_byte(word, !is_special ? c : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'n' ? '\n' : c);
    if (t->at < t->end) {
        next_byte(t);
    }
}

static bool ends_word(const struct text *t, char quote, char before)
{
    char c = *t->at;
    return quote ? c == quote
                 : isspace((unsigned char)c) || c == ';' || (c == '{' && before != '$');
}

static int take_word(struct text *t)
{
    struct buf word = {0};
    char quote = *t->at == '"' || *t->at == '\'' ? *t->at : '\0', before = '\0';
    t->at += quote != '\0';
    struct text begin = *t;
    while (t->at < t->end && !ends_word(t, quote, before)) {
        before = *t->at;
        if (before == '\\') {
            take_escaped(t, &word);
        } else {
            buf_byte(&word, before);
            next_byte(t);
        }
    }
    if (quote && t->at == t->end) {
        buf_done(&word);
        return refuse(&begin, "a quote has no end");
    }
    t->at += quote != '\0';
    buf_byte(&word, '\0');
    if (t->n == WORDS) {
        free(t->words[--t->n]); /* of a list that is none of ours */
    }
    t->words[t->n++] = word.data;
    return 0;
}

static void drop_words(struct text *t)
{
    while (t->n) {
        free(t->words[--t->n]);
    }
}

/* Goes behind the next `end`, or to the end of the file. A backslash protects the byte behind it.
 */
static void skip_to(struct text *t, struct span end)
{
    while (t->at < t->end) {
        if (span_starts((struct span){t->at, (size_t)(t->end - t->at)}, end)) {
            t->at += end.len - 1;
            next_byte(t);
            return;
        }
        if (*t->at == '\\' && t->at + 1 < t->end) {
            next_byte(t);
        }
        next_byte(t);
    }
}

/* Lua up to its closing brace, which may be in no string, comment or long bracket (Lua
 * manual, 3.1).
 */
static void skip_code(struct text *t)
{
    static const struct {
        const char *begin, *end;
    } quotes[] = {{"--[[", "]]"}, {"--", "\n"}, {"[[", "]]"}, {"\"", "\""}, {"'", "'"}};
    for (int depth = 1; t->at < t->end && depth;) {
        struct span rest = {t->at, (size_t)(t->end - t->at)};
        size_t i = 0, n = sizeof(quotes) / sizeof(quotes[0]);
        while (i < n && !span_starts(rest, span_of(quotes[i].begin))) {
            i++;
        }
        if (i < n) {
            t->at += strlen(quotes[i].begin);
            skip_to(t, span_of(quotes[i].end));
        } else {
            depth += *t->at == '{' ? 1 : *t->at == '}' ? -1 : 0;
            next_byte(t);
        }
    }
}

static const char *word(const struct text *t, unsigned i)
{
    return i < t->n ? t->words[i] : "";
}

static const char *block_kind(const struct nginx *x)
{
    return x->depth ? x->blocks[x->depth - 1].kind : "";
}

static bool is_inside(const struct nginx *x, const char *kind)
{
    for (unsigned i = 0; i < x->depth; i++) {
        if (strcmp(x->blocks[i].kind, kind) == 0) {
            return true;
        }
    }
    return false;
}

/* As the format's language has it, where a backslash stands for itself only when it is doubled. */
static void take_layout(struct text *t)
{
    struct nginx *x = t->nginx;
    struct buf out = {0};
    buf_text(&out, "nginx:");
    for (unsigned i = 2; i < t->n; i++) {
        bool is_escape = i == 2 && strncmp(t->words[i], "escape=", 7) == 0;
        for (const char *c = t->words[i]; *c; c++) {
            buf_text(&out, *c == '\\' ? "\\\\" : *c == '\n' ? "\\n" : "");
            if (*c != '\\' && *c != '\n') {
                buf_byte(&out, *c);
            }
        }
        buf_text(&out, is_escape ? " " : "");
    }
    buf_byte(&out, '\0');
    x->layouts = alloc_resize(x->layouts, x->n_layouts + 1, sizeof(x->layouts[0]));
    x->layouts[x->n_layouts++] = (struct layout){alloc_text(span_of(word(t, 1))), out.data};
}

/* The path with a "*" for each variable, from the prefix on when it is relative. */
static char *log_path(const struct nginx *x, const char *path)
{
    struct buf out = {0};
    while (*path) {
        if (*path != '$') {
            buf_byte(&out, *path++);
            continue;
        }
        bool has_brace = *++path == '{';
        path += has_brace;
        while (isalnum((unsigned char)*path) || *path == '_') {
            path++;
        }
        path += has_brace && *path == '}';
        buf_byte(&out, '*');
    }
    char *joined = found_join(span_of(x->prefix), buf_span(&out));
    buf_done(&out);
    return joined;
}

static const char *find_layout(const struct nginx *x, const char *name)
{
    for (size_t i = x->n_layouts; i-- > 0;) {
        if (strcmp(x->layouts[i].name, name) == 0) {
            return x->layouts[i].text;
        }
    }
    return strcmp(name, "combined") == 0 ? "nginx" : NULL;
}

static void keep_own(struct nginx *x, struct found_place at, const char *path, const char *format)
{
    x->owns = alloc_resize(x->owns, x->n_owns + 1, sizeof(x->owns[0]));
    x->owns[x->n_owns++] = (struct own){alloc_text(span_of(path)), alloc_text(span_of(format)), at};
}

/* access_log path [format [parameter=value …]]; "off" only says that nothing is inherited. */
static void take_log(struct text *t)
{
    struct nginx *x = t->nginx;
    const char *path = word(t, 1), *name = "combined";
    if (x->depth) {
        x->blocks[x->depth - 1].has_log = true;
    }
    for (unsigned i = 2; i < t->n; i++) {
        bool is_option = strchr(t->words[i], '=') || strcmp(t->words[i], "gzip") == 0;
        name = i == 2 && !is_option ? t->words[i] : name;
    }
    const char *format = find_layout(x, name);
    if (strcmp(path, "off") == 0) {
        return;
    }
    if (is_inside(x, "stream")) {
        found_note(x->found, here(t), "%s is of a stream: it has sessions, not requests", path);
    } else if (strncmp(path, "syslog:", 7) == 0) {
        found_note(x->found, here(t),
                   "a log goes to %s: add a source for the file that syslog writes", path);
    } else if (strncmp(path, "/dev/", 5) == 0) {
        found_note(x->found, here(t), "a log goes to %s: pipe it into teapotd", path);
    } else if (!format) {
        found_note(x->found, here(t), "%s is left out: there is no log_format \"%s\" before it",
                   path, name);
    } else {
        char *whole = log_path(x, path);
        if (strcmp(block_kind(x), "http") == 0) {
            keep_own(x, here(t), whole, format);
        } else {
            found_add(x->found, here(t), span_of(whole), span_of(format));
        }
        free(whole);
    }
}

static int read_file(void *ctx, const char *path);

/* A pattern that matches nothing is fine; a file that is not there is not. */
static int take_include(struct text *t)
{
    struct nginx *x = t->nginx;
    char *path = found_join(span_of(x->folder), span_of(word(t, 1)));
    char *mine = found_path(x->found, span_of(path));
    bool is_pattern = strpbrk(mine, "*?[") != NULL;
    int r = x->files > FOUND_DEPTH ? refuse(t, "files include one another without end")
            : is_pattern           ? found_each(mine, read_file, x)
                                   : read_file(x, mine);
    free(path);
    free(mine);
    return r;
}

static int take_directive(struct text *t)
{
    const char *name = word(t, 0);
    int r = 0;
    if (strcmp(name, "include") == 0) {
        r = take_include(t);
    } else if (strcmp(name, "log_format") == 0 && !is_inside(t->nginx, "stream")) {
        take_layout(t);
    } else if (strcmp(name, "access_log") == 0) {
        take_log(t);
    }
    drop_words(t);
    return r;
}

static int enter_block(struct text *t)
{
    struct nginx *x = t->nginx;
    const char *name = word(t, 0);
    size_t n = strlen(name);
    if (n > 13 && strcmp(name + n - 13, "_by_lua_block") == 0) {
        skip_code(t);
    } else if (x->depth == BLOCKS) {
        return refuse(t, "too many blocks in one another");
    } else {
        struct block *b = &x->blocks[x->depth++];
        size_t keep = n < sizeof(b->kind) - 1 ? n : sizeof(b->kind) - 1;
        *b = (struct block){.has_log = false};
        memcpy(b->kind, name, keep);
    }
    drop_words(t);
    return 0;
}

static int leave_block(struct text *t)
{
    struct nginx *x = t->nginx;
    if (x->depth == 0) {
        return refuse(t, "a \"}\" closes nothing");
    }
    const struct block *b = &x->blocks[--x->depth];
    if (strcmp(b->kind, "server") == 0 && !is_inside(x, "stream")) {
        x->has_server = true;
        x->is_inherited = x->is_inherited || !b->has_log;
    }
    return 0;
}

static int read_text(struct text *t)
{
    int r = 0;
    for (skip_gap(t); t->at < t->end && r == 0; skip_gap(t)) {
        char c = *t->at;
        t->at += c == ';' || c == '{' || c == '}';
        r = c == ';'   ? take_directive(t)
            : c == '{' ? enter_block(t)
            : c == '}' ? leave_block(t)
                       : take_word(t);
    }
    if (r == 0 && t->n) {
        r = refuse(t, "the file ends in the midst of a directive");
    }
    drop_words(t);
    return r;
}

static int read_file(void *ctx, const char *path)
{
    struct nginx *x = ctx;
    struct buf text = {0};
    int r;
    const char *name = found_read(x->found, path, &text, &r);
    if (name) {
        struct text t = {.nginx = x,
                         .at = text.data,
                         .end = text.data + text.len,
                         .row = text.data,
                         .name = name,
                         .line = 1};
        x->files++;
        r = read_text(&t);
        x->files--;
    }
    buf_done(&text);
    return r;
}

/* Those of http are written when a server has none of its own; without any there is the one that
 * is built in. */
static void add_inherited(struct nginx *x, const char *file)
{
    if (x->has_server && !x->is_inherited) {
        return;
    }
    for (size_t i = 0; i < x->n_owns; i++) {
        found_add(x->found, x->owns[i].at, span_of(x->owns[i].path), span_of(x->owns[i].format));
    }
    if (x->n_owns == 0 && x->is_inherited) {
        found_add(x->found, (struct found_place){file, 0}, SPAN("/var/log/nginx/access.log"),
                  SPAN("nginx"));
    }
}

static void nginx_done(struct nginx *x)
{
    for (size_t i = 0; i < x->n_layouts; i++) {
        free(x->layouts[i].name);
        free(x->layouts[i].text);
    }
    for (size_t i = 0; i < x->n_owns; i++) {
        free(x->owns[i].path);
        free(x->owns[i].format);
    }
    free(x->layouts);
    free(x->owns);
    free(x->folder);
    free(x->prefix);
}

/* Where relative paths of logs begin is fixed when nginx is built: /usr/share/nginx in Debian, and
 * the folder above "conf" as nginx itself has it. */
static char *find_prefix(const struct found *f, struct span folder)
{
    if (span_ends(folder, SPAN("/etc/nginx"))) {
        return found_path(f, SPAN("/usr/share/nginx"));
    }
    return alloc_text(span_ends(folder, SPAN("/conf")) ? span_head(folder, folder.len - 5)
                                                       : folder);
}

int from_nginx(struct found *f)
{
    static const char *const places[] = {"/etc/nginx/nginx.conf",
                                         "/usr/local/nginx/conf/nginx.conf",
                                         "/usr/local/etc/nginx/nginx.conf",
                                         "/etc/openresty/nginx.conf",
                                         "/usr/local/openresty/nginx/conf/nginx.conf",
                                         "/nginx.conf",
                                         "/conf/nginx.conf",
                                         NULL};
    char *path = found_first(f, places);
    if (!path) {
        return -ENOENT;
    }
    struct nginx x = {.found = f, .folder = alloc_text(found_folder(path))};
    x.prefix = find_prefix(f, span_of(x.folder));
    int r = read_file(&x, path);
    if (r == 0 && x.depth) {
        problem_set(f->why, "a block has no end");
        problem_at(f->why, path, 0, 0);
        r = -EINVAL;
    }
    if (r == 0) {
        add_inherited(&x, path);
    }
    nginx_done(&x);
    free(path);
    return r;
}
