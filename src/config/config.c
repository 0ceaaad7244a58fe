/*
 * The configuration file. libConfuse reads its grammar; every setting is declared to it as text, so
 * that all values are checked in one manner (kinds.c) and every error has its place.
 *
 * The text is cleaned first (place.h): libConfuse miscounts lines in comments, and writes to stdout
 * what it can't place. It hands its error function no pointer of ours, so the first option of each
 * of its tables is a dummy whose value's address is our struct reading.
 */
#include "config/config.h"

#include "base/alloc.h"
#include "config/kinds.h"
#include "config/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <confuse.h>

enum {
    KINDS = 16,         /* kinds of section at most */
    OPTIONS_BEFORE = 1, /* the dummy */
};

struct reading {
    struct stanza_file file;
    bool failed; /* the problem is filled: only the first one counts */
};

/* Default texts are allocated like any others, so that config_done may free them all. */
void config_init(struct config *c)
{
    *c = (struct config){.keep = CONFIG_KEEP_HOST | CONFIG_KEEP_UPSTREAM | CONFIG_KEEP_ROUTE,
                         .every_s = 10,
                         .summary_to = alloc_text(SPAN("none")),
                         .listens = alloc_zero(1, sizeof(char *)),
                         .mode = 0660,
                         .checkpoint_every_ms = 1000,
                         .history_s = 30 * 86400,
                         .lateness_ms = 2000};
    rule_preset(settings_add_rule(c, "errors"), SPAN("netdata"));
}

void config_done(struct config *c)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        settings_free_list(c->sources[i].paths);
        settings_free_list(c->sources[i].exclude);
        settings_free_list(c->sources[i].rotated);
        free(c->sources[i].format);
        free(c->sources[i].vendor);
    }
    for (size_t i = 0; i < c->n_notifies; i++) {
        free(c->notifies[i].webhook);
        free(c->notifies[i].token);
        settings_free_list(c->notifies[i].exec);
        settings_free_list(c->notifies[i].mail);
    }
    free(c->sources);
    free(c->rules);
    free(c->maintenances);
    free(c->notifies);
    settings_free_list(c->listens);
    free(c->file);
    free(c->summary_to);
    free(c->group);
    free(c->token);
    free(c->store_path);
    *c = (struct config){0};
}

/* An empty list is one empty word, and refused as such. */
int config_dimensions(struct span list, unsigned *keep, struct problem *why)
{
    unsigned bits = 0;
    bool more = true;
    while (more) {
        size_t comma = span_find(list, ',');
        int bad = kinds_dimension(span_trim(span_head(list, comma)), &bits, why);
        if (bad) {
            return bad;
        }
        more = comma < list.len;
        list = span_after(list, comma + 1);
    }
    *keep = bits;
    return 0;
}

/* The name can't be written as a setting's: place_clean refuses quotes there. */
static cfg_opt_t dummy_option(struct reading *r)
{
    void *address = r;
    return (cfg_opt_t){
        .name = "{}", .type = CFGT_PTR, .flags = CFGF_NODEFAULT, .simple_value = {.ptr = address}};
}

/* Every table begins with the dummy, so each cfg_t leads back to what it is read for. */
static struct reading *reading_of(const cfg_t *cfg)
{
    void *address = cfg->opts[0].simple_value.ptr;
    return address;
}

/* Which settings could have been meant: those of the section where the unknown one stands. */
static void unknown_setting(struct reading *r, const cfg_t *cfg, struct span word)
{
    const char *names[STANZA_KEYS + KINDS] = {NULL};
    for (size_t i = 0; cfg->opts[OPTIONS_BEFORE + i].name; i++) {
        names[i] = cfg->opts[OPTIONS_BEFORE + i].name;
    }
    char what[48] = "section or setting";
    if (strcmp(cfg->name, "root") != 0) {
        snprintf(what, sizeof(what), "setting of %s", cfg->name);
    }
    choice_unknown(word, names, what, r->file.why);
}

/* What stands between the first and the last single quote of a message. */
static struct span quoted_word(struct span message)
{
    size_t from = span_find(message, '\'') + 1;
    struct span word = span_after(message, from);
    while (word.len && word.ptr[word.len - 1] != '\'') {
        word.len--;
    }
    return span_head(word, word.len ? word.len - 1 : 0);
}

/* The wording is libConfuse's; only what people do most often gets a better one. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format,
                                                           va_list args)
{
    struct reading *r = reading_of(cfg);
    if (r->failed) {
        return;
    }
    r->failed = true;
    char text[256];
    vsnprintf(text, sizeof(text), format, args);
    struct span message = span_of(text), word = quoted_word(message);
    struct place at = place_word(r->file.text, cfg->line, word);
    if (span_starts(message, SPAN("no such option"))) {
        unknown_setting(r, cfg, word);
    } else if (span_starts(message, SPAN("found duplicate title"))) {
        problem_set(r->file.why, "a second section with the name \"%.*s\"", (int)word.len,
                    word.ptr);
    } else if (span_starts(message, SPAN("premature end"))) {
        problem_set(r->file.why, "the file ends too early: a value or a \"}\" is missing");
    } else {
        problem_set(r->file.why, "%s", text);
    }
    problem_at(r->file.why, r->file.name, at.line, at.column);
}

/* The settings of a kind, as libConfuse wants them. Returns how many it wrote. */
static size_t declare_settings(cfg_opt_t *out, const struct kind *kind, struct reading *r)
{
    size_t n = 0;
    out[n++] = dummy_option(r);
    for (size_t i = 0; i < STANZA_KEYS && kind->keys[i].name; i++) {
        out[n++] = (cfg_opt_t){.name = kind->keys[i].name,
                               .type = CFGT_STR,
                               .flags = CFGF_NODEFAULT | (kind->keys[i].list ? CFGF_LIST : 0)};
    }
    return n;
}

/* All that a file can hold, as libConfuse wants it; it copies the tables. */
static cfg_t *declare(struct reading *r)
{
    cfg_opt_t root[STANZA_KEYS + KINDS] = {{0}};
    cfg_opt_t settings[KINDS][STANZA_KEYS + 2] = {{{0}}};
    size_t n = 0, n_kinds = 0;
    const struct kind *kinds = kinds_all(&n_kinds);
    for (size_t i = 0; i < n_kinds; i++) {
        if (!kinds[i].name) {
            n = declare_settings(root, &kinds[i], r);
            continue;
        }
        declare_settings(settings[i], &kinds[i], r);
        cfg_flag_t titled = kinds[i].titled ? CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
        root[n++] = (cfg_opt_t){.name = kinds[i].name,
                                .type = CFGT_SEC,
                                .flags = CFGF_MULTI | titled,
                                .subopts = settings[i]};
    }
    return cfg_init(root, CFGF_NONE);
}

/* CFGF_MODIFIED tells an empty list from one that is not there. */
static void copy_setting(struct stanza *to, cfg_opt_t *option)
{
    struct stanza_setting *setting = &to->settings[to->n_settings++];
    *setting = (struct stanza_setting){.key = cfg_opt_name(option)};
    if (!(option->flags & CFGF_MODIFIED)) {
        return;
    }
    setting->values = alloc_zero(1, sizeof(char *));
    for (unsigned i = 0; i < cfg_opt_size(option); i++) {
        settings_add_text(&setting->values, span_of(cfg_opt_getnstr(option, i)));
    }
    setting->n_values = cfg_opt_size(option);
}

/* The texts are copied out, so that libConfuse stays behind this file. */
static int take_stanza(struct stanza *s, cfg_t *cfg, const struct kind *kind, struct config *c)
{
    s->title = kind->titled ? cfg_title(cfg) : NULL;
    for (size_t i = 0; i < STANZA_KEYS && kind->keys[i].name; i++) {
        copy_setting(s, &cfg->opts[OPTIONS_BEFORE + i]);
    }
    int bad = kind->take(s, c);
    for (size_t i = 0; i < s->n_settings; i++) {
        settings_free_list(s->settings[i].values);
    }
    return bad;
}

/* CFGF_MULTI is set for every kind: without it a second section would silently replace the first.
 */
static int take_kind(struct reading *r, cfg_t *root, const struct kind *kind, struct config *c)
{
    size_t n = kind->name ? cfg_size(root, kind->name) : 1;
    for (size_t i = 0; i < n; i++) {
        struct stanza s = {.file = &r->file, .kind = kind->name, .n = i};
        if (i && !kind->titled) {
            problem_set(r->file.why, "a second section \"%s\"", kind->name);
            return stanza_refuse(&s, NULL, 0);
        }
        cfg_t *cfg = kind->name ? cfg_getnsec(root, kind->name, (unsigned)i) : root;
        int bad = take_stanza(&s, cfg, kind, c);
        if (bad) {
            return bad;
        }
    }
    return 0;
}

/* The first mistake ends it: those after it are often only its consequences. */
static int take_all(struct reading *r, cfg_t *root, struct config *c)
{
    size_t n = 0;
    const struct kind *kinds = kinds_all(&n);
    for (size_t i = 0; i < n; i++) {
        int bad = take_kind(r, root, &kinds[i], c);
        if (bad) {
            return bad;
        }
    }
    return 0;
}

/* Grammar first, then values: so a slip in the braces is not reported as a missing setting. */
static int parse(struct config *c, struct reading *r, const char *cleaned)
{
    cfg_t *root = declare(r);
    cfg_set_error_function(root, on_error);
    int bad = cfg_parse_buf(root, cleaned) == CFG_SUCCESS ? take_all(r, root, c) : -EINVAL;
    if (bad && !r->file.why->text[0]) {
        /* libConfuse says nothing, not even where, about a name that is an empty string. */
        problem_set(r->file.why, "the file can't be understood: is there an empty name in it?");
        problem_at(r->file.why, r->file.name, 1, 1);
    }
    cfg_free(root);
    return bad;
}

/* The problem is kept here until the end: `why` may be NULL, and stays untouched when all is well.
 */
int config_parse(struct config *c, const char *text, const char *name, struct problem *why)
{
    struct problem mine = {.file = ""};
    struct reading r = {.file = {.name = name, .text = span_of(text), .why = &mine}};
    struct buf cleaned = {0};
    config_done(c);
    config_init(c);
    int bad = place_clean(r.file.text, &cleaned, &mine);
    if (bad) {
        problem_at(&mine, name, mine.line, mine.column);
    } else {
        bad = parse(c, &r, cleaned.data);
    }
    buf_done(&cleaned);
    if (bad) {
        config_done(c);
        config_init(c);
        if (why) {
            *why = mine;
        }
    }
    return bad;
}

/* Reads at most CONFIG_FILE_BYTES; the file may be a FIFO, so its size is not asked for. */
static int read_all(int fd, struct buf *out)
{
    while (out->len <= CONFIG_FILE_BYTES) {
        ssize_t got = read(fd, buf_room(out, 16384), 16384);
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            return 0;
        }
        out->len += (size_t)got;
    }
    return -EFBIG;
}

/* A NUL would end the text for libConfuse, and the rest would be ignored without a word. */
static int read_file(const char *path, struct buf *out, struct problem *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int bad = fd < 0 ? -errno : read_all(fd, out);
    if (fd >= 0) {
        close(fd);
    }
    if (!bad && span_find(buf_span(out), '\0') < out->len) {
        problem_set(why, "holds a NUL byte, so it is no text");
        bad = -EINVAL;
    } else if (bad) {
        problem_set(why, "%s", bad == -EFBIG ? "larger than 1 MiB" : strerror(-bad));
    }
    if (bad) {
        problem_at(why, path, 0, 0);
    }
    return bad;
}

/* After a failure the defaults are in it, so it may be used and freed like any other. */
int config_read(struct config *c, const char *path, struct problem *why)
{
    struct buf text = {0};
    int bad = read_file(path, &text, why);
    if (bad) {
        config_done(c);
        config_init(c);
    } else {
        buf_byte(&text, '\0'); /* also ends the text of an empty file */
        bad = config_parse(c, text.data, path, why);
    }
    if (!bad) {
        settings_replace(&c->file, path);
    }
    buf_done(&text);
    return bad;
}
