/*
 * Lines are cut into cells: at tabs, bars, semicolons or commas if there are enough of them in most
 * lines, else at blanks, with quotes, brackets and times kept together. A cell is its text and what
 * stands around it ("rt=", quotes). From the left on, columns count as long as most lines have the
 * same around them; then each is told from its texts. Nothing is guessed from one line: a column is
 * what nine of ten of its texts are.
 */
#include "parsers/lang/learn.h"

#include "base/alloc.h"
#include "scan/shape.h"

#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS = 40,
    CUTS_LEAST = 3, /* of a separator in a line, for it to be the one */
};

struct cell {
    struct span before, text, after; /* `after` with the separator */
};

struct row {
    struct cell cells[COLUMNS];
    unsigned n;
    bool is_alive; /* so far it is laid out as most */
};

/* What the texts of a column are, the surest first. */
enum kind {
    KIND_CLF,
    KIND_ISO,
    KIND_EPOCH,
    KIND_REQUEST,
    KIND_STATUS,
    KIND_METHOD,
    KIND_TARGET,
    KIND_CLIENT,
    KIND_CLIENT_PORT, /* also an upstream */
    KIND_HOST,
    KIND_SECONDS,
    KIND_BYTES,
    KIND_OTHER,
    KINDS = KIND_OTHER,
};

struct sample {
    struct row *rows; /* LEARN_LINES */
    unsigned n, alive;
    char separator; /* ' ' also stands for the rules of quotes and times */
    unsigned n_columns;
    struct cell columns[COLUMNS]; /* what is around them */
    bool is[COLUMNS][KINDS];
};

static bool is_digits(struct span s)
{
    return s.len && find_digits(s.ptr, s.ptr + s.len) == s.len;
}

static bool is_dash(struct span s)
{
    return s.len == 1 && s.ptr[0] == '-';
}

/* Codes that servers send: those that IANA lists, and those of vendors that are often seen. */
static bool is_code(struct span s)
{
    if (s.len != 3 || !is_digits(s)) {
        return false;
    }
    int code = (s.ptr[0] - '0') * 100 + (s.ptr[1] - '0') * 10 + (s.ptr[2] - '0');
    return (code >= 100 && code <= 104) || (code >= 200 && code <= 208) || code == 226 ||
           (code >= 300 && code <= 308) || (code >= 400 && code <= 431) || code == 440 ||
           code == 444 || code == 449 || code == 451 || code == 460 ||
           (code >= 494 && code <= 511) || (code >= 520 && code <= 530);
}

/* The word in front of the first blank is the name of a method. */
static bool is_method(struct span s)
{
    static const char *const methods[] = {"GET",     "POST",  "HEAD",    "PUT",   "DELETE",
                                          "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND",
                                          "REPORT",  "MKCOL", "MOVE",    "COPY",  "LOCK",
                                          "UNLOCK",  "PURGE", "SEARCH",  "PRI"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (span_is(s, methods[i])) {
            return true;
        }
    }
    return false;
}

static bool is_target(struct span s)
{
    return s.len &&
           (s.ptr[0] == '/' || span_starts(s, SPAN("http://")) || span_starts(s, SPAN("https://")));
}

static bool is_request(struct span s)
{
    size_t blank = span_find(s, ' ');
    return blank < s.len && is_method(span_head(s, blank)) && is_target(span_after(s, blank + 1));
}

static bool is_epoch(struct span s)
{
    size_t whole = span_find(s, '.');
    bool has_good_end = whole == s.len || is_digits(span_after(s, whole + 1));
    return is_digits(span_head(s, whole)) && has_good_end && (whole == 10 || whole == 13) &&
           (s.ptr[0] == '1' || s.ptr[0] == '2');
}

static bool is_clf(struct span s)
{
    return shape_is_clf(s.ptr, s.ptr + s.len) &&
           shape_clf_end(s.ptr, s.ptr + s.len) == s.ptr + s.len;
}

static bool is_iso(struct span s)
{
    return s.len && shape_iso_end(s.ptr, s.ptr + s.len) == s.ptr + s.len;
}

static bool is_ipv4(struct span s)
{
    unsigned dots = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool is_dot = s.ptr[i] == '.';
        dots += is_dot;
        if (!is_dot && (s.ptr[i] < '0' || s.ptr[i] > '9')) {
            return false;
        }
    }
    return dots == 3 && s.len >= 7 && s.len <= 15;
}

static bool is_ipv6(struct span s)
{
    unsigned colons = 0;
    bool is_short = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        colons += c == ':';
        is_short = is_short || (c == ':' && i && s.ptr[i - 1] == ':');
        if (!is_hex && c != ':' && c != '.') {
            return false;
        }
    }
    return colons == 7 || (is_short && colons >= 2); /* a time has two, but not in a row */
}

static bool is_client(struct span s)
{
    return is_ipv4(s) || is_ipv6(s);
}

static bool is_client_port(struct span s)
{
    size_t at = s.len;
    while (at > 0 && s.ptr[at - 1] != ':') {
        at--;
    }
    if (at < 2 || !is_digits(span_after(s, at))) {
        return false;
    }
    struct span address = span_head(s, at - 1);
    bool has_brackets = address.len > 2 && address.ptr[0] == '[';
    return is_ipv4(address) ||
           (has_brackets && is_ipv6(span_head(span_after(address, 1), address.len - 2)));
}

/* Names with a dot in them, or localhost, and maybe a port. */
static bool is_host(struct span s)
{
    struct span name = span_head(s, span_find(s, ':'));
    bool has_good_port = name.len == s.len || is_digits(span_after(s, name.len + 1));
    unsigned dots = 0, letters = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        letters += is_letter;
        dots += c == '.';
        if (!is_letter && c != '.' && c != '-' && c != '_' && !(c >= '0' && c <= '9')) {
            return false;
        }
    }
    return has_good_port && letters && (dots || span_is(name, "localhost"));
}

/* Seconds as nginx and most others write them: to the millisecond at least. */
static bool is_seconds(struct span s)
{
    size_t point = span_find(s, '.');
    return point < s.len && s.len - point > 3 && is_digits(span_head(s, point)) &&
           is_digits(span_after(s, point + 1));
}

static bool is_kind(enum kind kind, struct span s)
{
    switch (kind) {
    case KIND_CLF: return is_clf(s);
    case KIND_ISO: return is_iso(s);
    case KIND_EPOCH: return is_epoch(s);
    case KIND_REQUEST: return is_request(s);
    case KIND_STATUS: return is_code(s);
    case KIND_METHOD: return is_method(s);
    case KIND_TARGET: return is_target(s);
    case KIND_CLIENT: return is_client(s);
    case KIND_CLIENT_PORT: return is_client_port(s);
    case KIND_HOST: return is_host(s);
    case KIND_SECONDS: return is_seconds(s);
    case KIND_BYTES: return is_digits(s);
    case KIND_OTHER: break;
    }
    return true;
}

/* The byte that separates columns: one that most lines have, and blanks otherwise. */
static char find_separator(struct span lines)
{
    static const char bytes[] = "\t|;,";
    for (size_t k = 0; bytes[k]; k++) {
        struct span rest = lines;
        unsigned n = 0, with = 0;
        for (; rest.len && n < LEARN_LINES; n++) {
            struct span line = span_head(rest, span_find(rest, '\n'));
            unsigned cuts = 0;
            rest = span_after(rest, line.len + 1);
            for (size_t i = 0; i + 1 < line.len; i++) { /* behind a comma of prose is a blank */
                cuts += line.ptr[i] == bytes[k] && (bytes[k] != ',' || line.ptr[i + 1] != ' ');
            }
            with += cuts >= CUTS_LEAST;
        }
        if (10 * with >= 9 * n) {
            return bytes[k];
        }
    }
    return ' ';
}

/* "rt=", "time:" in front of a value; `text` begins there. */
static size_t key_len(struct span text)
{
    size_t n = 0;
    while (n < text.len &&
           ((text.ptr[n] >= 'a' && text.ptr[n] <= 'z') ||
            (text.ptr[n] >= 'A' && text.ptr[n] <= 'Z') || text.ptr[n] == '_' ||
            (n && ((text.ptr[n] >= '0' && text.ptr[n] <= '9') || text.ptr[n] == '-')))) {
        n++;
    }
    return n && n < text.len && text.ptr[n] == '=' ? n + 1 : 0;
}

/* The quote or bracket that ends what `open` begins; 0: it begins nothing. */
static char closing(char open)
{
    return open == '"' || open == '\'' ? open : open == '[' ? ']' : open == '(' ? ')' : '\0';
}

/* Where the closing byte stands that a separator, or the end, follows; `end` when there is none. */
static const char *find_closing(const char *at, const char *end, char close, char separator)
{
    for (; at < end; at++) {
        if (*at == '\\' && close == '"') {
            at++;
        } else if (*at == close && (at + 1 == end || at[1] == separator)) {
            return at;
        }
    }
    return end;
}

/* The end of a bare text: at the separator, but behind it in a time. */
static const char *find_end(const char *at, const char *end, char separator)
{
    if (shape_is_clf(at, end)) {
        return shape_clf_end(at, end);
    }
    const char *iso = shape_iso_end(at, end);
    if (iso > at && (iso == end || *iso == separator)) {
        return iso;
    }
    const char *cut = at < end ? memchr(at, separator, (size_t)(end - at)) : NULL;
    return cut ? cut : end;
}

static void cut_cell(struct cell *c, struct span *rest, char separator)
{
    const char *at = rest->ptr, *end = at + rest->len, *text = at + key_len(*rest);
    char close = text < end ? closing(*text) : '\0';
    const char *stop = close ? find_closing(text + 1, end, close, separator) : end;
    bool is_closed = close && stop < end;
    text += is_closed;
    stop = is_closed ? stop : find_end(text, end, separator);
    const char *behind = stop + is_closed;
    while (behind < end && (*behind == separator || (separator != ' ' && *behind == ' '))) {
        behind++;
        if (separator != ' ' && (behind == end || *behind != ' ')) {
            break; /* two tabs have an empty column between them */
        }
    }
    *c = (struct cell){
        {at, (size_t)(text - at)}, {text, (size_t)(stop - text)}, {stop, (size_t)(behind - stop)}};
    *rest = (struct span){behind, (size_t)(end - behind)};
}

static void cut_lines(struct sample *s, struct span lines)
{
    s->separator = find_separator(lines);
    while (lines.len && s->n < LEARN_LINES) {
        struct span line = span_head(lines, span_find(lines, '\n'));
        struct row *row = &s->rows[s->n++];
        lines = span_after(lines, line.len + 1);
        row->is_alive = true;
        while (line.len && row->n < COLUMNS) {
            cut_cell(&row->cells[row->n++], &line, s->separator);
        }
    }
    s->alive = s->n;
}

static bool is_around(const struct cell *a, const struct cell *b)
{
    return span_equal(a->before, b->before) && span_equal(a->after, b->after);
}

/* How many living rows have in a column the same around the text as `like`. */
static unsigned count_alike(const struct sample *s, unsigned column, const struct cell *like)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++) {
        const struct row *row = &s->rows[i];
        n += row->is_alive && row->n > column && is_around(&row->cells[column], like);
    }
    return n;
}

/* What is around most texts of a column. False when that is not around most of all the lines. */
static bool find_column(struct sample *s, unsigned column)
{
    const struct cell *best = NULL;
    unsigned most = 0;
    for (unsigned i = 0; i < s->n; i++) {
        const struct row *row = &s->rows[i];
        unsigned n =
            row->is_alive && row->n > column ? count_alike(s, column, &row->cells[column]) : 0;
        if (n > most) {
            most = n;
            best = &row->cells[column];
        }
    }
    if (!best || 5 * most < 4 * s->n || most < LEARN_LEAST ||
        memchr(best->before.ptr, '<', best->before.len) ||
        memchr(best->after.ptr, '<', best->after.len)) {
        return false;
    }
    s->columns[column] = *best;
    for (unsigned i = 0; i < s->n; i++) {
        struct row *row = &s->rows[i];
        row->is_alive = row->is_alive && row->n > column && is_around(&row->cells[column], best);
    }
    s->alive = most;
    return true;
}

/* Is a column what nine of ten of its texts are? Requests and what is in them may be garbage more
 * often; "-" says nothing of it, but not all may be that. */
static void tell_kinds(struct sample *s, unsigned column)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        bool is_of_client = kind == KIND_REQUEST || kind == KIND_METHOD || kind == KIND_TARGET;
        unsigned fit = 0, n = 0;
        for (unsigned i = 0; i < s->n; i++) {
            if (s->rows[i].is_alive) {
                struct span text = s->rows[i].cells[column].text;
                bool is_silent = is_dash(text) || (kind == KIND_STATUS && span_is(text, "000"));
                n += !is_silent;
                fit += !is_silent && is_kind(kind, text);
            }
        }
        s->is[column][kind] =
            3 * n >= s->alive && (is_of_client ? 5 * fit >= 3 * n : 10 * fit >= 9 * n);
    }
}

/* The first column of a kind from `from` on; COLUMNS: none. */
static unsigned first_of(const struct sample *s, enum kind kind, unsigned from)
{
    while (from < s->n_columns && !s->is[from][kind]) {
        from++;
    }
    return from < s->n_columns ? from : COLUMNS;
}

/* Has the column the unit of a number in front of it? */
static bool is_unit(const struct sample *s, unsigned column, const char *unit)
{
    unsigned n = 0;
    for (unsigned i = 0; column < s->n_columns && i < s->n; i++) {
        n += s->rows[i].is_alive && span_is(s->rows[i].cells[column].text, unit);
    }
    return n && n == s->alive;
}

static void name_column(const char **names, unsigned column, const char *name)
{
    if (column < COLUMNS && !names[column]) {
        names[column] = name;
    }
}

/* Names the columns; each kind once, and a column with the first name that it gets. False when it
 * is no log of requests. */
static bool name_columns(const struct sample *s, const char **names)
{
    unsigned status = first_of(s, KIND_STATUS, 0), clf = first_of(s, KIND_CLF, 0),
             iso = first_of(s, KIND_ISO, 0), epoch = first_of(s, KIND_EPOCH, 0),
             request = first_of(s, KIND_REQUEST, 0), target = first_of(s, KIND_TARGET, 0),
             client = first_of(s, KIND_CLIENT, 0), peer = first_of(s, KIND_CLIENT_PORT, 0);
    bool has_time = clf < COLUMNS || iso < COLUMNS || epoch < COLUMNS;
    bool has_client = client < COLUMNS || peer < COLUMNS;
    if (status == COLUMNS || (request == COLUMNS && target == COLUMNS) ||
        !(has_time || has_client)) {
        return false;
    }
    name_column(names, status, "status");
    name_column(names, clf, "clf");
    name_column(names, clf < COLUMNS ? COLUMNS : iso, "iso");
    name_column(names, clf < COLUMNS || iso < COLUMNS ? COLUMNS : epoch, "epoch");
    name_column(names, request, "request");
    if (request == COLUMNS) {
        name_column(names, first_of(s, KIND_METHOD, 0), "method");
        name_column(names, target, "target");
    }
    name_column(names, client, "client");
    name_column(names, peer, client < COLUMNS ? "upstream" : "client:port");
    if (client == COLUMNS && peer < COLUMNS) {
        name_column(names, first_of(s, KIND_CLIENT_PORT, peer + 1), "upstream");
    }
    name_column(names, first_of(s, KIND_HOST, 0), "host");
    name_column(names, first_of(s, KIND_SECONDS, 0), "s");
    unsigned number = first_of(s, KIND_BYTES, status + 1);
    name_column(names, number, is_unit(s, number + 1, "ms") ? "ms" : "bytes");
    return true;
}

static unsigned write_layout(const struct sample *s, const char *const *names, struct buf *out)
{
    unsigned last = s->n_columns, n = 0;
    while (!names[last - 1]) {
        last--;
    }
    for (unsigned i = 0; i < last; i++) {
        buf_add(out, s->columns[i].before);
        buf_printf(out, "<%s>", names[i] ? names[i] : "text");
        buf_add(out, s->columns[i].after);
        n += names[i] != NULL;
    }
    return n;
}

unsigned learn_layout(struct span lines, struct buf *out)
{
    struct sample *s = alloc_zero(1, sizeof(*s));
    const char *names[COLUMNS] = {NULL};
    s->rows = alloc_zero(LEARN_LINES, sizeof(s->rows[0]));
    cut_lines(s, lines);
    while (s->n_columns < COLUMNS && find_column(s, s->n_columns)) {
        tell_kinds(s, s->n_columns++);
    }
    bool is_found = s->n >= LEARN_LEAST && name_columns(s, names);
    unsigned named = is_found ? write_layout(s, names, out) : 0;
    free(s->rows);
    free(s);
    return named;
}
