/*
 * The lexical rules are libConfuse's, found out by trying (3.3): words end at blanks and at any of
 * #"'={}()+,* (and libConfuse echoes a lone * or + to stdout, so neither may get that far);
 * comments are
 * #, // and slash-star, only where a word could begin; in single quotes only \' and \\ are special.
 */
#include "config/place.h"

#include <errno.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_QUOTED,
    TOKEN_MARK,   /* { } ( ) , = or += */
    TOKEN_BROKEN, /* `text` says why */
};

struct token {
    enum token_kind kind;
    struct span text; /* with its quotes */
    struct place at;
};

struct walk {
    struct span text;
    size_t at, line_start;
    int line;
};

static struct walk walk_over(struct span text)
{
    return (struct walk){.text = text, .line = 1};
}

/* The byte that stands `ahead` of the next one; at the end a NUL, which fits no rule. */
static char peek(const struct walk *w, size_t ahead)
{
    return ahead < w->text.len - w->at ? w->text.ptr[w->at + ahead] : '\0';
}

static bool at_end(const struct walk *w)
{
    return w->at >= w->text.len;
}

/* The only place where lines are counted; marks are skipped without it, as none is a line end. */
static void step(struct walk *w)
{
    if (w->text.ptr[w->at++] == '\n') {
        w->line++;
        w->line_start = w->at;
    }
}

static struct place walk_place(const struct walk *w)
{
    int column = 1;
    for (size_t i = w->line_start; i < w->at; i++) {
        column += ((unsigned char)w->text.ptr[i] & 0xc0) != 0x80; /* bytes that begin a character */
    }
    return (struct place){w->line, column};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool ends_word(char c)
{
    return is_blank(c) || memchr("#\"'={}()+,*", c, 11);
}

/* Goes over a comment that begins here. False when it has no end. */
static bool skip_comment(struct walk *w)
{
    if (peek(w, 0) == '/' && peek(w, 1) == '*') {
        step(w);
        step(w);
        while (!at_end(w) && !(peek(w, 0) == '*' && peek(w, 1) == '/')) {
            step(w);
        }
        if (at_end(w)) {
            return false;
        }
        step(w);
        step(w);
        return true;
    }
    while (!at_end(w) && peek(w, 0) != '\n') {
        step(w);
    }
    return true;
}

/* Goes over blanks and comments. False when a comment has no end; `*at` is then its beginning. */
static bool skip_gap(struct walk *w, struct place *at)
{
    for (;;) {
        while (!at_end(w) && is_blank(peek(w, 0))) {
            step(w);
        }
        bool slashes = peek(w, 0) == '/' && (peek(w, 1) == '/' || peek(w, 1) == '*');
        if (!slashes && (at_end(w) || peek(w, 0) != '#')) {
            return true;
        }
        *at = walk_place(w);
        if (!skip_comment(w)) {
            return false;
        }
    }
}

/* Goes over a string that begins here. False when it has no end. */
static bool skip_quoted(struct walk *w)
{
    char quote = peek(w, 0);
    step(w);
    while (!at_end(w) && peek(w, 0) != quote) {
        if (peek(w, 0) == '\\' && w->at + 1 < w->text.len) {
            step(w);
        }
        step(w);
    }
    if (at_end(w)) {
        return false;
    }
    step(w);
    return true;
}

/* An environment variable, ${NAME}, is a word of its own and may hold any byte before its brace. */
static void skip_word(struct walk *w)
{
    size_t brace = span_find(span_after(w->text, w->at), '}');
    if (peek(w, 0) == '$' && peek(w, 1) == '{' && brace < w->text.len - w->at) {
        for (size_t i = 0; i <= brace; i++) {
            step(w);
        }
        return;
    }
    while (!at_end(w) && !ends_word(peek(w, 0))) {
        step(w);
    }
}

/* One token at a time and nothing kept: a file is walked over again only when it has a mistake. */
static struct token next_token(struct walk *w)
{
    struct token t = {.kind = TOKEN_END};
    if (!skip_gap(w, &t.at)) {
        t.kind = TOKEN_BROKEN;
        t.text = SPAN("this comment is not closed");
        return t;
    }
    t.at = walk_place(w);
    size_t from = w->at;
    char c = peek(w, 0);
    if (at_end(w)) {
        return t;
    }
    if (c == '"' || c == '\'') {
        t.kind = skip_quoted(w) ? TOKEN_QUOTED : TOKEN_BROKEN;
    } else if (c == '*' || (c == '+' && peek(w, 1) != '=')) {
        t.kind = TOKEN_BROKEN;
        t.text = SPAN("a word with \"*\" or \"+\" in it must stand in quotes");
        return t;
    } else if (ends_word(c)) {
        t.kind = TOKEN_MARK;
        w->at += c == '+' ? 2 : 1;
    } else {
        t.kind = TOKEN_WORD;
        skip_word(w);
    }
    t.text = (struct span){w->text.ptr + from, w->at - from};
    if (t.kind == TOKEN_BROKEN) {
        t.text = SPAN("this string is not closed");
    }
    return t;
}

/* The first byte is enough, so "+" stands for "+=". */
static bool is_mark(const struct token *t, char mark)
{
    return t->kind == TOKEN_MARK && t->text.ptr[0] == mark;
}

/* "=" or "+=". */
static bool is_assignment(const struct token *t)
{
    return is_mark(t, '=') || is_mark(t, '+');
}

static struct span unquoted(const struct token *t)
{
    return t->kind == TOKEN_QUOTED ? span_head(span_after(t->text, 1), t->text.len - 2) : t->text;
}

static int broken(struct place at, struct span text, struct problem *why)
{
    problem_set(why, "%.*s", (int)text.len, text.ptr);
    problem_at(why, NULL, at.line, at.column);
    return -EINVAL;
}

/* libConfuse takes "a|b" and quoted text for a setting's name, and then means other things by it.
 */
static bool is_name(const struct token *t)
{
    return t->kind != TOKEN_QUOTED && span_find(t->text, '|') == t->text.len;
}

/* The copy is as long as the text, with blanks for all that is no token, so that every line and
 * column is the same in both. */
int place_clean(struct span text, struct buf *out, struct problem *why)
{
    char *copy = buf_room(out, text.len);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = text.ptr[i] == '\n' ? '\n' : ' ';
    }
    copy[text.len] = '\0';
    out->len += text.len;
    struct walk w = walk_over(text);
    struct token before = {.kind = TOKEN_END};
    struct place opened = {1, 1};
    int depth = 0;
    for (struct token t = next_token(&w); t.kind != TOKEN_END; t = next_token(&w)) {
        if (t.kind == TOKEN_BROKEN) {
            return broken(t.at, t.text, why);
        }
        opened = is_mark(&t, '{') && depth == 0 ? t.at : opened;
        depth += is_mark(&t, '{') - is_mark(&t, '}');
        if (is_assignment(&t) && !is_name(&before)) {
            return broken(before.at, SPAN("a setting's name is a plain word without quotes"), why);
        }
        memcpy(copy + (t.text.ptr - text.ptr), t.text.ptr, t.text.len);
        before = t;
    }
    /* libConfuse takes the end of the file for the end of a section. */
    return depth > 0 ? broken(opened, SPAN("this \"{\" is not closed"), why) : 0;
}

/* What place_find knows while it walks. */
struct search {
    struct place_of what;
    struct walk walk;
    struct place found;
    size_t sections; /* of the kind, so far */
    size_t values;   /* of the setting, so far */
    int depth;
    bool inside; /* the section that is looked for */
};

/* Counts values over all "+=" of a setting, as a list's index does. */
static void see_value(struct search *s, const struct token *value)
{
    if (value->kind != TOKEN_MARK && s->values++ == s->what.index) {
        s->found = value->at;
    }
}

/* Goes over the value or list of a setting. */
static void see_setting(struct search *s, const struct token *key, const struct token *assignment)
{
    bool wanted = (s->what.section ? s->inside : s->depth == 0) && s->what.key &&
                  span_is(key->text, s->what.key);
    if (wanted && is_mark(assignment, '=')) {
        s->values = 0;
    }
    struct token t = next_token(&s->walk);
    bool list = is_mark(&t, '{');
    while (t.kind != TOKEN_END && t.kind != TOKEN_BROKEN && !is_mark(&t, '}')) {
        if (wanted) {
            see_value(s, &t);
        }
        if (!list) {
            return;
        }
        t = next_token(&s->walk);
    }
}

/* Goes over the head of a section, up to its brace. True when that was what is looked for. */
static bool see_section(struct search *s, const struct token *kind, struct token t)
{
    struct token title = t.kind == TOKEN_MARK ? *kind : t;
    while (t.kind != TOKEN_END && t.kind != TOKEN_BROKEN && !is_mark(&t, '{')) {
        t = next_token(&s->walk);
    }
    s->depth++;
    s->inside =
        s->what.section && span_is(kind->text, s->what.section) && s->sections++ == s->what.n;
    if (s->inside) {
        s->found = title.at; /* and there it stays when the section has no such setting */
    }
    return s->inside && !s->what.key;
}

/* Statement by statement: a setting with its values, the head of a section, or a closing brace. */
struct place place_find(struct span text, struct place_of what)
{
    struct search s = {.what = what, .walk = walk_over(text), .found = {1, 1}};
    for (;;) {
        struct token key = next_token(&s.walk);
        if (key.kind == TOKEN_END || key.kind == TOKEN_BROKEN) {
            return s.found;
        }
        if (key.kind == TOKEN_MARK) {
            s.depth -= is_mark(&key, '}');
            if (is_mark(&key, '}') && s.inside) {
                return s.found;
            }
            continue;
        }
        struct token t = next_token(&s.walk);
        if (is_assignment(&t)) {
            see_setting(&s, &key, &t);
        } else if (see_section(&s, &key, t)) {
            return s.found;
        }
    }
}

struct place place_word(struct span text, int line, struct span word)
{
    struct walk w = walk_over(text);
    struct place first = {line, 1}, match = {0, 0};
    struct token before = {.kind = TOKEN_END};
    for (struct token t = next_token(&w); t.kind != TOKEN_END && t.kind != TOKEN_BROKEN;
         t = next_token(&w)) {
        if (before.at.line >= line && is_assignment(&t) && span_equal(unquoted(&before), word)) {
            return before.at; /* as a setting's name: that is what is asked for most */
        }
        if (t.at.line > line) {
            break;
        }
        if (t.at.line == line && before.at.line < line) {
            first = t.at;
        }
        if (t.at.line == line && !match.line && span_equal(unquoted(&t), word)) {
            match = t.at;
        }
        before = t;
    }
    return match.line ? match : first;
}
