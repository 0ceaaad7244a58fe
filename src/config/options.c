/*
 * We walk over the arguments ourselves: getopt_long keeps its place in a global, prints its own
 * errors, and knows no "did you mean". What the options are is in switches.c.
 */
#include "config/options.h"

#include "format/format.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
    HELP_COLUMN = 24, /* where the explanations begin */
    HELP_WIDTH = 80,
    MAX_ROWS = 64,
};

/* The command line while it is read. */
struct line {
    struct options *options;
    struct problem *why;
    char **argv;
    int argc, at;
    const struct switches_row *rows;
    size_t n_rows;
    uint64_t given;  /* bits: rows that were there */
    bool only_files; /* after "--" */
    bool done;       /* --help or --version: the rest does not matter */
};

/* A FILE becomes a source of its own, with its path as name. */
static int take_file(struct line *l, const char *path)
{
    if (!*path) {
        problem_set(l->why, "the name of a FILE is empty");
        return -EINVAL;
    }
    struct config_source *source = settings_add_source(&l->options->config);
    settings_add_text(&source->paths, span_of(path));
    /* The end of a long path tells more than its beginning. No character is cut in two. */
    struct span tail = span_of(path);
    bool cut = tail.len >= sizeof(source->name);
    if (cut) {
        tail = span_after(tail, tail.len - (sizeof(source->name) - 4));
        while (tail.len && ((unsigned char)*tail.ptr & 0xc0) == 0x80) {
            tail = span_after(tail, 1);
        }
        memcpy(source->name, "...", 3);
    }
    memcpy(source->name + (cut ? 3 : 0), tail.ptr, tail.len);
    return 0;
}

/* `offset` is that of a char * within struct options. */
static void keep_argument(struct options *o, size_t offset, const char *argument)
{
    char **text = (char **)(void *)((char *)o + offset);
    settings_replace(text, argument);
}

/* An empty argument is refused for all alike: "--config=" is a variable that was not set. */
static int take_row(struct line *l, size_t number, const char *argument)
{
    const struct switches_row *row = &l->rows[number];
    struct options *o = l->options;
    l->given |= UINT64_C(1) << number;
    if (row->argument && !*argument) {
        problem_set(l->why, "--%s needs its %s", row->name, row->argument);
        return -EINVAL;
    }
    int bad = row->take ? row->take(o, argument, l->why) : 0;
    if (bad) {
        return bad;
    }
    if (row->keep) {
        keep_argument(o, row->keep, argument);
    }
    /* Actions go up in rank: of --config and --check the latter says what is to be done. */
    o->action = row->action > o->action ? row->action : o->action;
    o->output = row->output ? row->output : o->output;
    l->done = o->action >= OPTIONS_HELP;
    return 0;
}

/* The argument of an option that is not written in one word with it. */
static int take_next(struct line *l, size_t row)
{
    if (!l->rows[row].argument) {
        return take_row(l, row, NULL);
    }
    if (l->at >= l->argc) {
        problem_set(l->why, "--%s needs its %s", l->rows[row].name, l->rows[row].argument);
        return -EINVAL;
    }
    return take_row(l, row, l->argv[l->at++]);
}

/* Single letters with one dash are looked up too: "-follow" is meant as "--follow". */
static int unknown_option(struct line *l, struct span name)
{
    const char *names[MAX_ROWS + 1] = {NULL};
    for (size_t i = 0; i < l->n_rows; i++) {
        names[i] = l->rows[i].name;
    }
    const char *near = choice_nearest(name, names);
    const char *word = l->argv[l->at - 1];
    if (near) {
        problem_set(l->why, "unknown option \"%.*s\"; did you mean --%s?", CHOICE_SHOWN, word,
                    near);
    } else {
        problem_set(l->why, "unknown option \"%.*s\"", CHOICE_SHOWN, word);
    }
    return -EINVAL;
}

/* Only whole names: an abbreviation in a script would break when an option is added. */
static int take_long(struct line *l, struct span word)
{
    size_t equals = span_find(word, '=');
    struct span name = span_head(word, equals);
    for (size_t i = 0; i < l->n_rows; i++) {
        if (!span_is(name, l->rows[i].name)) {
            continue;
        }
        if (equals == word.len) {
            return take_next(l, i);
        }
        if (!l->rows[i].argument) {
            problem_set(l->why, "--%s takes no argument", l->rows[i].name);
            return -EINVAL;
        }
        return take_row(l, i, word.ptr + equals + 1);
    }
    return unknown_option(l, name);
}

/* Letters in one word: "-fc FILE", "-cFILE". */
static int take_letters(struct line *l, const char *letters)
{
    for (const char *at = letters; *at && !l->done; at++) {
        size_t i = 0;
        while (i < l->n_rows && l->rows[i].letter != *at) {
            i++;
        }
        if (i == l->n_rows) {
            return unknown_option(l, span_of(letters));
        }
        if (l->rows[i].argument && at[1]) {
            return take_row(l, i, at + 1);
        }
        int bad = take_next(l, i);
        if (bad) {
            return bad;
        }
    }
    return 0;
}

/* "-" alone is standard input, as everywhere. */
static int take_word(struct line *l, const char *word)
{
    if (l->only_files || word[0] != '-' || !word[1]) {
        return take_file(l, word);
    }
    if (word[1] != '-') {
        return take_letters(l, word + 1);
    }
    if (!word[2]) {
        l->only_files = true;
        return 0;
    }
    return take_long(l, span_of(word + 2));
}

/* What stands beside each other must have a meaning together; an option is never ignored silently.
 */
static int check_together(const struct line *l)
{
    static const char *const actions[] = {
        [OPTIONS_SCAN] = "reading to the end", [OPTIONS_DETECT] = "--detect",
        [OPTIONS_FOLLOW] = "--follow",         [OPTIONS_DAEMON] = "--config",
        [OPTIONS_CHECK] = "--check",           [OPTIONS_EXPLAIN] = "--explain",
        [OPTIONS_FORMATS] = "--formats",       [OPTIONS_FROM] = "--from"};
    const struct options *o = l->options;
    for (size_t i = 0; i < l->n_rows; i++) {
        if ((l->given >> i & 1) && !(l->rows[i].goes & 1U << o->action)) {
            if (o->action == OPTIONS_SCAN) {
                problem_set(l->why, "--%s needs --%s", l->rows[i].name,
                            l->rows[i].goes & SWITCHES_FROM ? "from" : "follow");
            } else {
                problem_set(l->why, "--%s does not go with %s", l->rows[i].name,
                            actions[o->action]);
            }
            return -EINVAL;
        }
    }
    if (o->action == OPTIONS_CHECK && !o->config_file) {
        problem_set(l->why, "--check needs --config FILE");
        return -EINVAL;
    }
    if (o->action > OPTIONS_FOLLOW && o->config.n_sources) {
        problem_set(l->why, "\"%.*s\": no FILE goes with %s", CHOICE_SHOWN,
                    o->config.sources[0].paths[0], actions[o->action]);
        return -EINVAL;
    }
    return 0;
}

/* A mistake is named before any file is opened. What --explain takes is the name of a server, too.
 */
static int check_format(const struct line *l)
{
    struct format format = {0};
    const struct options *o = l->options;
    if (!o->format || o->action > OPTIONS_FOLLOW) {
        return 0;
    }
    int bad = format_read(&format, span_of(o->format), l->why);
    if (!bad) {
        format_done(&format);
    }
    return bad;
}

/* Every source gets what was said once for all of them. */
static void finish_sources(struct line *l)
{
    struct options *o = l->options;
    o->no_files = o->config.n_sources == 0;
    if (o->no_files) {
        take_file(l, "-");
    }
    for (size_t i = 0; i < o->config.n_sources; i++) {
        struct config_source *source = &o->config.sources[i];
        if (o->format) {
            settings_replace(&source->format, o->format);
        }
        if (o->vendor) {
            settings_replace(&source->vendor, o->vendor);
        }
    }
}

int options_read(struct options *o, int argc, char **argv, struct problem *why)
{
    *o = (struct options){.action = OPTIONS_SCAN};
    config_init(&o->config);
    settings_replace(&o->config.summary_to, "stdout");
    struct problem mine = {.file = ""};
    struct line l = {.options = o, .why = why ? why : &mine, .argv = argv, .argc = argc, .at = 1};
    l.rows = switches_all(&l.n_rows);
    assert(l.n_rows <= MAX_ROWS);
    while (l.at < argc && !l.done) {
        int bad = take_word(&l, argv[l.at++]);
        if (bad) {
            return bad;
        }
    }
    if (l.done) {
        return 0;
    }
    int bad = check_together(&l);
    bad = bad ? bad : check_format(&l);
    if (!bad && o->action <= OPTIONS_FOLLOW) {
        finish_sources(&l);
    }
    return bad;
}

void options_done(struct options *o)
{
    config_done(&o->config);
    free(o->config_file);
    free(o->explain);
    free(o->format);
    free(o->vendor);
    free(o->from);
    free(o->root);
    *o = (struct options){0};
}

/* How many columns a text takes: bytes that don't continue a character of UTF-8. */
static size_t width_of(struct span text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.len; i++) {
        columns += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    }
    return columns;
}

/* Appends a text in the right column, broken at blanks; the cursor stands at `column`. */
static void add_wrapped(struct buf *out, struct span text, size_t column)
{
    while (text.len) {
        struct span word = span_head(text, span_find(text, ' '));
        text = span_after(text, word.len + 1);
        size_t width = width_of(word);
        if (column < HELP_COLUMN) {
            buf_printf(out, "%*s", (int)(HELP_COLUMN - column), "");
            column = HELP_COLUMN;
        } else if (column + 1 + width > HELP_WIDTH) {
            buf_printf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else {
            buf_byte(out, ' ');
            column++;
        }
        buf_add(out, word);
        column += width;
    }
    buf_byte(out, '\n');
}

/* One option of --help: how it is written, then what it does from HELP_COLUMN on. */
static void add_row(struct buf *out, const struct switches_row *row)
{
    if (row->group) {
        buf_printf(out, "\n%s:\n", row->group);
    }
    char letter[] = {'-', row->letter, ',', '\0'};
    buf_printf(out, "  %3s --%s", row->letter ? letter : "", row->name);
    size_t column = 8 + strlen(row->name);
    if (row->argument) {
        buf_printf(out, " %s", row->argument);
        column += 1 + strlen(row->argument);
    }
    add_wrapped(out, span_of(row->help), column);
}

void options_usage(struct buf *out)
{
    buf_text(out, "Usage: teapotd [OPTION]... [FILE|-]...    read logs, then report\n"
                  "       teapotd -f [OPTION]... [FILE|-]... keep reading\n"
                  "       teapotd -c FILE [--check]          the daemon\n"
                  "Try teapotd --help, or teapotd /var/log/nginx/access.log\n");
}

void options_help(struct buf *out)
{
    buf_text(out, "Usage: teapotd [OPTION]... [FILE|-]...\n"
                  "       teapotd --config FILE [--check]\n"
                  "       teapotd --from nginx|apache|haproxy|caddy [--root DIR]\n"
                  "\n"
                  "Counts the status codes in web-server logs, says what they mean and who has to\n"
                  "act, and raises an alert when errors spike. Without FILE, or with -, it reads\n"
                  "standard input. Files packed with gzip or zstd are read as they are.\n");
    size_t n = 0;
    const struct switches_row *rows = switches_all(&n);
    for (size_t i = 0; i < n; i++) {
        add_row(out, &rows[i]);
    }
    buf_text(out, "\n"
                  "Durations: 500ms, 10s, 5m, 1h, 30d.\n"
                  "\n"
                  "Examples:\n"
                  "  teapotd /var/log/nginx/access.log\n"
                  "  zcat old.gz | teapotd --json\n"
                  "  teapotd -f --every 5s /var/log/apache2/access.log\n"
                  "  teapotd --format nginx:'$remote_addr \"$request\" $status' app.log\n"
                  "  teapotd --explain 499 --format nginx\n"
                  "  teapotd -c /etc/teapotd/teapotd.conf --check\n"
                  "\n"
                  "Exit status: 0 done; 1 something could not be read or written; 2 usage or\n"
                  "configuration; 3 an alert fired, with --fail-on-alert.\n"
                  "More in teapotd(8).\n");
}
