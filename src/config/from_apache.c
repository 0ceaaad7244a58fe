/*
 * apache2.conf or httpd.conf: a directive a line, as httpd's core reads them. What counts is
 * Include, Define, ServerRoot, LogFormat, CustomLog, TransferLog, and the sections VirtualHost,
 * IfDefine, IfModule and Macro. A virtual host without a log of its own writes to those of the main
 * server (mod_log_config), which are always read. ${NAME} comes from Define, or from Debian's
 * envvars.
 */
#include "base/alloc.h"
#include "config/found.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

enum {
    WORDS = 16,
    BLOCKS = 32,
};

/* A name and its text: a variable, or a format with a nickname. */
struct named {
    char *name, *text;
};

struct named_list {
    struct named *items;
    size_t n;
};

/* A CustomLog, kept to the end: nicknames may be given after it. */
struct custom {
    char *target, *format;
    struct found_place at;
};

/* A <Macro> (mod_macro): its parameters are replaced in its lines where it is used. */
struct macro {
    char *name;
    char *params[WORDS];
    unsigned n;
    struct buf body;
    struct found_place at;
};

struct apache {
    struct found *found;
    char *root; /* ServerRoot */
    struct named_list variables, formats, modules;
    char *transfer; /* the format of TransferLog */
    struct custom *customs;
    size_t n_customs;
    struct macro *macros;
    size_t n_macros;
    bool is_macro;           /* the last one is not at its end yet */
    unsigned depth, skipped; /* sections; those that don't hold, and all in them */
    unsigned files;
};

struct text {
    struct apache *apache;
    const char *name;
    int line;
    char *words[WORDS];
    unsigned n;
};

static struct found_place here(const struct text *t)
{
    return (struct found_place){t->name, t->line};
}

static void name_text(struct named_list *list, const char *name, struct span text)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            free(list->items[i].text);
            list->items[i].text = alloc_text(text);
            return;
        }
    }
    list->items = alloc_resize(list->items, list->n + 1, sizeof(list->items[0]));
    list->items[list->n++] = (struct named){alloc_text(span_of(name)), alloc_text(text)};
}

static const char *named_text(const struct named_list *list, struct span name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (span_is(name, list->items[i].name)) {
            return list->items[i].text;
        }
    }
    return NULL;
}

static void named_done(struct named_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i].name);
        free(list->items[i].text);
    }
    free(list->items);
}

/* What is not defined stays as it is, as httpd has it. */
static void expand(const struct apache *x, struct span line, struct buf *out)
{
    while (line.len) {
        size_t close = span_starts(line, SPAN("${")) ? span_find(line, '}') : line.len;
        const char *text =
            close < line.len ? named_text(&x->variables, span_head(span_after(line, 2), close - 2))
                             : NULL;
        if (text) {
            buf_text(out, text);
            line = span_after(line, close + 1);
        } else {
            buf_byte(out, line.ptr[0]);
            line = span_after(line, 1);
        }
    }
    buf_byte(out, '\0');
}

/* In quotes a backslash protects the quote and itself; elsewhere it is a byte like any other. */
static const char *take_word(struct text *t, const char *at)
{
    struct buf word = {0};
    char quote = *at == '"' || *at == '\'' ? *at : '\0';
    at += quote != '\0';
    while (*at && (quote ? *at != quote : !isspace((unsigned char)*at))) {
        at += quote && *at == '\\' && (at[1] == quote || at[1] == '\\');
        buf_byte(&word, *at++);
    }
    at += quote && *at == quote;
    buf_byte(&word, '\0');
    if (t->n < WORDS) {
        t->words[t->n++] = word.data;
    } else {
        buf_done(&word);
    }
    return at;
}

static void cut_words(struct text *t, const char *at)
{
    for (;;) {
        while (isspace((unsigned char)*at)) {
            at++;
        }
        if (!*at) {
            return;
        }
        at = take_word(t, at);
    }
}

static void drop_words(struct text *t)
{
    while (t->n) {
        free(t->words[--t->n]);
    }
}

static const char *word(const struct text *t, unsigned i)
{
    return i < t->n ? t->words[i] : "";
}

static bool is_word(const struct text *t, const char *name)
{
    return strcasecmp(word(t, 0), name) == 0;
}

/* Does an IfDefine or IfModule hold? Modules may be built in, which no file tells: so only what is
 * asked for not to be there, and was loaded, is known to fail. */
static bool holds(const struct text *t)
{
    const struct apache *x = t->apache;
    char *what = alloc_text(span_of(word(t, 1)));
    size_t n = strlen(what);
    if (n && what[n - 1] == '>') {
        what[--n] = '\0';
    }
    bool is_negated = what[0] == '!';
    struct span name = {what + is_negated, n - is_negated};
    bool is_there = true;
    if (is_word(t, "<IfDefine")) {
        is_there = named_text(&x->variables, name) != NULL;
    } else if (is_word(t, "<IfModule") && is_negated) {
        is_there = named_text(&x->modules, name) != NULL || span_starts(name, SPAN("mod_log_")) ||
                   span_starts(name, SPAN("log_"));
    }
    free(what);
    return is_there != is_negated;
}

static void enter_section(struct text *t)
{
    struct apache *x = t->apache;
    x->depth++;
    x->skipped += x->skipped || !holds(t);
}

static void leave_section(struct apache *x)
{
    x->depth -= x->depth > 0;
    x->skipped -= x->skipped > 0;
}

static void keep_custom(struct text *t, const char *target, const char *format)
{
    struct apache *x = t->apache;
    x->customs = alloc_resize(x->customs, x->n_customs + 1, sizeof(x->customs[0]));
    x->customs[x->n_customs++] =
        (struct custom){alloc_text(span_of(target)), alloc_text(span_of(format)), here(t)};
}

/* A format without a nickname is that of the TransferLogs that follow. */
static void take_format(struct text *t)
{
    struct apache *x = t->apache;
    const char *known = named_text(&x->formats, span_of(word(t, 1)));
    if (t->n > 2) {
        name_text(&x->formats, word(t, 2), span_of(word(t, 1)));
    } else {
        free(x->transfer);
        x->transfer = alloc_text(span_of(known ? known : word(t, 1)));
    }
}

static int read_file(void *ctx, const char *path);

static int take_include(struct text *t, bool is_optional)
{
    struct apache *x = t->apache;
    if (x->files > FOUND_DEPTH) {
        problem_set(x->found->why, "files include one another without end");
        problem_at(x->found->why, t->name, t->line, 0);
        return -EINVAL;
    }
    char *path = found_join(span_of(x->root), span_of(word(t, 1)));
    char *mine = found_path(x->found, span_of(path));
    bool is_pattern = is_optional || strpbrk(mine, "*?[");
    int r = is_pattern ? found_each(mine, read_file, x) : read_file(x, mine);
    free(path);
    free(mine);
    return r;
}

/* Of a module both its names count: log_config_module, and mod_log_config.c for its file. */
static void take_module(struct text *t)
{
    const char *slash = strrchr(word(t, 2), '/');
    struct span file = span_of(slash ? slash + 1 : word(t, 2));
    char *source =
        alloc_printf("%.*s.c", (int)(file.len - span_ends(file, SPAN(".so")) * 3), file.ptr);
    name_text(&t->apache->modules, word(t, 1), SPAN("loaded"));
    name_text(&t->apache->modules, source, SPAN("loaded"));
    free(source);
}

/* <Macro name parameter …> */
static void begin_macro(struct text *t)
{
    struct apache *x = t->apache;
    char *last = t->words[t->n - 1];
    size_t n = strlen(last);
    if (n && last[n - 1] == '>') {
        last[n - 1] = '\0';
    }
    x->macros = alloc_resize(x->macros, x->n_macros + 1, sizeof(x->macros[0]));
    struct macro *m = &x->macros[x->n_macros++];
    *m = (struct macro){.name = alloc_text(span_of(word(t, 1))), .at = here(t)};
    for (unsigned i = 2; i < t->n; i++) {
        if (t->words[i][0]) {
            m->params[m->n++] = alloc_text(span_of(t->words[i]));
        }
    }
    x->is_macro = true;
}

static void take_macro_line(struct apache *x, struct span line)
{
    struct macro *m = &x->macros[x->n_macros - 1];
    struct span word = span_head(span_trim(line), strlen("</Macro"));
    if (span_equal_nocase(word, SPAN("</Macro"))) {
        x->is_macro = false;
        return;
    }
    buf_add(&m->body, line);
    buf_byte(&m->body, '\n');
}

/* The lines of a macro with values for its parameters, of which the longest name that fits counts.
 */
static void fill_macro(const struct text *t, const struct macro *m, struct buf *out)
{
    for (struct span rest = buf_span(&m->body); rest.len;) {
        size_t longest = 0;
        unsigned which = 0;
        for (unsigned i = 0; i < m->n; i++) {
            struct span name = span_of(m->params[i]);
            if (name.len > longest && span_starts(rest, name)) {
                longest = name.len;
                which = i;
            }
        }
        if (longest) {
            buf_text(out, word(t, which + 2));
        } else {
            buf_byte(out, rest.ptr[0]);
        }
        rest = span_after(rest, longest ? longest : 1);
    }
}

static int read_lines(struct text *t, struct span rest);

/* Use name value … */
static int use_macro(struct text *t)
{
    struct apache *x = t->apache;
    size_t i = x->n_macros;
    while (i > 0 && strcasecmp(x->macros[i - 1].name, word(t, 1)) != 0) {
        i--;
    }
    if (i == 0 || x->files > FOUND_DEPTH) {
        found_note(x->found, here(t), "there is no macro %s before it", word(t, 1));
        return 0;
    }
    const struct found_place at = x->macros[i - 1].at;
    struct text lines = {.apache = x, .name = at.file, .line = at.line};
    struct buf filled = {0};
    fill_macro(t, &x->macros[i - 1], &filled);
    x->files++;
    int r = read_lines(&lines, buf_span(&filled));
    x->files--;
    buf_done(&filled);
    return r;
}

static int take_directive(struct text *t)
{
    struct apache *x = t->apache;
    if (is_word(t, "Include") || is_word(t, "IncludeOptional")) {
        return take_include(t, is_word(t, "IncludeOptional"));
    }
    if (is_word(t, "Define") && t->n > 1) {
        name_text(&x->variables, word(t, 1), span_of(word(t, 2)));
    } else if (is_word(t, "ServerRoot") && t->n > 1) {
        free(x->root);
        x->root = alloc_text(span_of(word(t, 1)));
    } else if (is_word(t, "LoadModule") && t->n > 2) {
        take_module(t);
    } else if (is_word(t, "LogFormat") && t->n > 1) {
        take_format(t);
    } else if ((is_word(t, "CustomLog") || is_word(t, "GlobalLog")) && t->n > 2) {
        keep_custom(t, word(t, 1), word(t, 2));
    } else if (is_word(t, "TransferLog") && t->n > 1) {
        keep_custom(t, word(t, 1), x->transfer ? x->transfer : "%h %l %u %t \"%r\" %>s %b");
    } else if (is_word(t, "Use")) {
        return use_macro(t);
    }
    return 0;
}

static int take_line(struct text *t, struct span line)
{
    struct apache *x = t->apache;
    struct buf whole = {0};
    if (x->is_macro) {
        take_macro_line(x, line);
        return 0;
    }
    expand(x, line, &whole);
    cut_words(t, whole.data);
    buf_done(&whole);
    int r = 0;
    const char *first = word(t, 0);
    if (first[0] == '<' && first[1] == '/') {
        leave_section(x);
    } else if (strcasecmp(first, "<Macro") == 0 && !x->skipped) {
        begin_macro(t);
    } else if (first[0] == '<') {
        enter_section(t);
    } else if (first[0] && first[0] != '#' && !x->skipped) {
        r = take_directive(t);
    }
    drop_words(t);
    return r;
}

/* A line that ends in a backslash goes on with the next one. */
static int read_lines(struct text *t, struct span rest)
{
    struct buf line = {0};
    int r = 0, lines = 0;
    while (rest.len && r == 0) {
        struct span part = span_head(rest, span_find(rest, '\n'));
        rest = span_after(rest, part.len + 1);
        part = span_head(part, part.len - span_ends(part, SPAN("\r")));
        bool goes_on = span_ends(part, SPAN("\\")) && rest.len;
        lines++;
        buf_add(&line, span_head(part, part.len - goes_on));
        if (!goes_on) {
            t->line += lines;
            lines = 0;
            r = take_line(t, buf_span(&line));
            buf_clear(&line);
        }
    }
    buf_done(&line);
    return r;
}

static int read_file(void *ctx, const char *path)
{
    struct apache *x = ctx;
    struct buf text = {0};
    int r;
    struct text t = {.apache = x, .name = found_read(x->found, path, &text, &r)};
    if (t.name) {
        x->files++;
        r = read_lines(&t, buf_span(&text));
        x->files--;
    }
    buf_done(&text);
    return r;
}

/* Debian's envvars is a shell script; what counts in it is "export NAME=value". $SUFFIX, empty but
 * for second instances, is left out. */
static void read_environment(struct apache *x, const char *conf)
{
    struct span folder = found_folder(conf);
    char *path = alloc_printf("%.*s/envvars", (int)folder.len, folder.ptr);
    struct buf text = {0};
    bool is_there = found_try(x->found, path, &text);
    for (struct span rest = buf_span(&text); is_there && rest.len;) {
        struct span line = span_trim(span_head(rest, span_find(rest, '\n')));
        rest = span_after(rest, span_find(rest, '\n') + 1);
        size_t equals = span_find(line, '=');
        if (!span_starts(line, SPAN("export ")) || equals == line.len) {
            continue;
        }
        char *name = alloc_text(span_head(span_after(line, 7), equals - 7));
        struct span value = span_after(line, equals + 1);
        name_text(&x->variables, name, span_head(value, span_find(value, '$')));
        free(name);
    }
    buf_done(&text);
    free(path);
}

/* rotatelogs names its files by a time ("%Y"), or puts a number behind the name; cronolog always
 * does the first. The file that is written to is one of those. */
static char *piped_path(const char *command)
{
    const char *tool = strstr(command, "rotatelogs");
    tool = tool ? tool : strstr(command, "cronolog");
    const char *path = tool ? strstr(tool, " /") : NULL;
    if (!path) {
        return NULL;
    }
    struct buf out = {0};
    bool has_time = false;
    for (path++; *path && *path != ' '; path++) {
        has_time = has_time || *path == '%';
        if (*path == '%' && path[1]) {
            path++;
            buf_byte(&out, '*');
        } else {
            buf_byte(&out, *path);
        }
    }
    buf_text(&out, has_time ? "" : ".*");
    buf_byte(&out, '\0');
    return out.data;
}

static void add_custom(struct apache *x, const struct custom *c)
{
    const char *known = named_text(&x->formats, span_of(c->format));
    char *format = alloc_printf("apache:%s", known ? known : c->format);
    char *piped = c->target[0] == '|' ? piped_path(c->target) : NULL;
    char *path = piped ? piped : found_join(span_of(x->root), span_of(c->target));
    if (c->target[0] == '|' && !piped) {
        found_note(x->found, c->at, "a log is piped into %s: add a source for what that writes",
                   c->target + 1);
    } else if (strncmp(c->target, "syslog", 6) == 0 || strncmp(c->target, "journald:", 9) == 0) {
        found_note(x->found, c->at, "a log goes to %s: add a source for the file that is written",
                   c->target);
    } else if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) {
        found_note(x->found, c->at, "a log goes to %s: pipe it into teapotd", path);
    } else if (!known && !strchr(c->format, '%')) {
        found_note(x->found, c->at, "%s is left out: there is no LogFormat \"%s\"", path,
                   c->format);
    } else {
        found_add(x->found, c->at, span_of(path), span_of(format));
    }
    free(path);
    free(format);
}

static void apache_done(struct apache *x)
{
    for (size_t i = 0; i < x->n_customs; i++) {
        free(x->customs[i].target);
        free(x->customs[i].format);
    }
    free(x->customs);
    for (size_t i = 0; i < x->n_macros; i++) {
        struct macro *m = &x->macros[i];
        while (m->n) {
            free(m->params[--m->n]);
        }
        free(m->name);
        buf_done(&m->body);
    }
    free(x->macros);
    named_done(&x->variables);
    named_done(&x->formats);
    named_done(&x->modules);
    free(x->transfer);
    free(x->root);
}

int from_apache(struct found *f)
{
    static const char *const places[] = {"/etc/apache2/apache2.conf",
                                         "/etc/httpd/conf/httpd.conf",
                                         "/etc/apache2/httpd.conf",
                                         "/usr/local/apache2/conf/httpd.conf",
                                         "/usr/local/etc/apache24/httpd.conf",
                                         "/apache2.conf",
                                         "/httpd.conf",
                                         "/conf/httpd.conf",
                                         NULL};
    char *path = found_first(f, places);
    if (!path) {
        return -ENOENT;
    }
    struct apache x = {.found = f, .root = alloc_text(found_folder(path))};
    read_environment(&x, path);
    int r = read_file(&x, path);
    for (size_t i = 0; r == 0 && i < x.n_customs; i++) {
        add_custom(&x, &x.customs[i]);
    }
    apache_done(&x);
    free(path);
    return r;
}
