/*
 * Lines of W3C logs, many at once. What divides the columns is marked beforehand, so a line is cut
 * by going along its marks, whatever its columns are; then each column that is wanted is read in
 * all lines before the next one is, in short loops with nothing to decide in them. Whatever is not
 * as usual ends the row before its line and is read the careful way, which also has the last word
 * on what a line means: nothing here may give anything else.
 */
#include "base/digits.h"
#include "event/field.h"
#include "parsers/lang/w3c.h"
#include "scan/find.h"

enum {
    DATE_LEN = 10,
    TIME_LEN = 8,
    TIME_MOST = 20,
    STATUS_DIGITS = 3,
};

/* A text: offsets from the piece's start. */
struct cell {
    uint16_t from, to;
};

/* Lines that were cut into columns. Column k of line i begins one byte behind before[i][k] and ends
 * at end[i][k]: both are the line's marks themselves when nothing in it is odd, else places that
 * were found one by one. */
struct rows {
    const char *base;
    unsigned n; /* lines at the front that are as usual so far */
    unsigned n_columns;
    struct cell lines[W3C_LINES];
    const uint16_t *before[W3C_LINES], *end[W3C_LINES];
    const uint16_t *last[W3C_LINES]; /* the last column's end, which has no mark of its own … */
    uint16_t last_end[W3C_LINES];    /* … but is here */
    const uint16_t *next[W3C_LINES]; /* the first mark that is not of that line */
    uint16_t found[W3C_LINES][2][W3C_COLUMNS];
};

const struct marks_set *w3c_lines_marks(void *state)
{
    const struct w3c_state *s = state;
    return s->status_at < W3C_COLUMNS ? &s->marks : NULL;
}

/* As w3c_parse has it: a tab before the first blank divides by tabs. `mark` is a line's first. */
static inline char separator_of(const char *base, const uint16_t *mark)
{
    while (base[*mark] == '"') {
        mark++;
    }
    return base[*mark] == '\t' ? '\t' : ' ';
}

/* The mark of the quote that ends the value whose first quote is at `mark`; NULL when none does. */
static const uint16_t *closing_quote(const char *base, const uint16_t *mark)
{
    for (mark++; base[*mark] != '\n'; mark++) {
        const char *at = base + *mark;
        if (*at != '"') {
            continue;
        }
        if (at[1] == ' ' || at[1] == '\n' || (at[1] == '\r' && at[2] == '\n')) {
            return mark;
        }
        mark += at[1] == '"';
    }
    return NULL;
}

/* The end of line i has its mark at `mark`, behind what is left of it from `from` on: its last
 * column, or nothing when that ended with a separator, as in Tomcat's logs. */
static inline bool end_line(struct rows *r, unsigned i, const uint16_t *mark, uint32_t from,
                            bool is_last)
{
    uint32_t end = *mark;
    if (r->base[end] != '\n') {
        return false;
    }
    end -= end > from && r->base[end - 1] == '\r';
    r->lines[i].to = (uint16_t)end;
    r->next[i] = mark + 1;
    if (is_last) {
        r->last_end[i] = (uint16_t)end;
    }
    return is_last || from == end;
}

/* Cuts line i, whose first mark is at `mark`, when quotes are in it. False when it has other
 * columns than it should. */
static __attribute__((noinline)) bool cut_odd_line(struct rows *r, unsigned i, const uint16_t *mark)
{
    const char *base = r->base;
    const unsigned n = r->n_columns;
    const char separator = separator_of(base, mark);
    uint16_t *before = r->found[i][0], *end = r->found[i][1];
    uint32_t from = r->lines[i].from;
    unsigned k = 0;
    r->before[i] = before;
    r->end[i] = end;
    for (; k < n && base[*mark] != '\n'; mark++) {
        uint32_t stop = *mark;
        before[k] = (uint16_t)(from - 1);
        if (base[stop] == separator) {
            end[k++] = (uint16_t)stop;
            from = stop + 1;
        } else if (base[stop] == '"' && stop == from && separator == ' ') {
            mark = closing_quote(base, mark);
            if (!mark) {
                return false;
            }
            before[k] = (uint16_t)stop;
            end[k++] = *mark;
            bool goes_on = base[*mark + 1] == ' ';
            from = *mark + 1U + goes_on;
            mark += goes_on;
        }
    }
    if (k + 1 == n) {
        before[k] = (uint16_t)(from - 1);
        return end_line(r, i, mark, from, true);
    }
    if (k < n) {
        return false;
    }
    r->last_end[i] = end[n - 1];
    return end_line(r, i, mark, from, false);
}

/* How many of the `most` marks from `mark` on are separators. Four at a time: that is what most of
 * the instructions for a line are. */
static inline unsigned count_separators(const char *base, const uint16_t *mark, unsigned most,
                                        char c)
{
    const uint16_t *at = mark, *end = mark + most;
    while (end - at >= 4 && base[at[0]] == c && base[at[1]] == c && base[at[2]] == c &&
           base[at[3]] == c) {
        at += 4;
    }
    while (at < end && base[*at] == c) {
        at++;
    }
    return (unsigned)(at - mark);
}

/* The same for any line. Marks are looked at one by one up to the newline, which every line here
 * has, and not beyond. `is_first` says that there is no mark before `mark`. */
static inline bool cut_line(struct rows *r, unsigned i, const uint16_t *mark, bool is_first)
{
    const char *base = r->base;
    const unsigned n = r->n_columns;
    const char separator = base[*mark] == '\t' ? '\t' : ' ';
    const unsigned k = count_separators(base, mark, n - 1, separator);
    const char stop = base[mark[k]];
    if (is_first || k + 1 < n || (stop != '\n' && stop != separator)) {
        return cut_odd_line(r, i, mark);
    }
    r->before[i] = mark - 1;
    r->end[i] = mark;
    mark += k;
    if (stop == '\n') {
        return end_line(r, i, mark, mark[-1] + 1U, true);
    }
    r->last_end[i] = *mark;
    return end_line(r, i, mark + 1, *mark + 1U, false);
}

/* Comments and what the framer has to look at are not for us. */
static bool is_line(const char *at)
{
    return *at != '#' && *at != '\0' && *at != '\n';
}

static void cut_lines(struct rows *r, const struct lines *lines, unsigned max)
{
    const char *base = lines->base;
    const uint16_t *mark = lines->mark;
    uint32_t at = (uint32_t)(lines->at - base), end = (uint32_t)(lines->end - base);
    unsigned n = 0;
    r->base = base;
    while (n < max && at < end && is_line(base + at)) {
        r->lines[n].from = (uint16_t)at;
        r->last[n] = &r->last_end[n];
        if (!cut_line(r, n, mark, at == 0)) {
            break;
        }
        mark = r->next[n++];
        at = mark[-1] + 1U;
    }
    r->n = n;
}

static inline struct span text_of(const struct rows *r, struct cell cell)
{
    return (struct span){r->base + cell.from, (size_t)cell.to - cell.from};
}

/* A column while it is read, out of the way of what is written to events: to the compiler, that may
 * be anything that is not local. */
struct column {
    const char *base;
    const uint16_t *const *before, *const *end;
    unsigned at, end_at; /* which of those */
    unsigned n;          /* lines */
};

static inline struct column column_of(const struct rows *r, unsigned at)
{
    bool is_last = at + 1 == r->n_columns;
    return (struct column){r->base, r->before,        is_last ? r->last : r->end,
                           at,      is_last ? 0 : at, r->n};
}

/* The value in line i. */
static inline struct span value_of(const struct column *c, unsigned i)
{
    const char *from = c->base + (uint16_t)(c->before[i][c->at] + 1);
    return (struct span){from, (size_t)(c->base + c->end[i][c->end_at] - from)};
}

/* A status of three digits is never one that was cut. */
static void read_statuses(struct rows *r, unsigned at, struct event *out)
{
    const struct column c = column_of(r, at);
    for (unsigned i = 0; i < c.n; i++) {
        struct span text = value_of(&c, i);
        struct event *e = &out[i];
        event_clear(e);
        e->line = text_of(r, r->lines[i]);
        e->status = text.len == STATUS_DIGITS ? status_slot(text) : STATUS_NONE;
        if (e->status == STATUS_NONE) {
            r->n = i;
            return;
        }
    }
}

/* The date and time of line i, which are one piece of text where they stand side by side. */
static inline struct span join(struct w3c_state *s, unsigned i, struct span date, struct span time)
{
    if (time.ptr == date.ptr + DATE_LEN + 1) {
        return (struct span){date.ptr, DATE_LEN + 1 + time.len};
    }
    char *stamp = s->stamps[i];
    memcpy(stamp, date.ptr, DATE_LEN);
    stamp[DATE_LEN] = ' ';
    memcpy(stamp + DATE_LEN + 1, time.ptr, time.len);
    return (struct span){stamp, DATE_LEN + 1 + time.len};
}

static void read_stamps(struct w3c_state *s, struct rows *r, struct event *out)
{
    const bool has_column = s->date_at < W3C_COLUMNS;
    const struct column times = column_of(r, s->time_at);
    const struct column dates = column_of(r, s->date_at);
    struct span last = {0};
    if (s->time_at == W3C_COLUMNS || (!has_column && strlen(s->date) != DATE_LEN)) {
        return;
    }
    for (unsigned i = 0; i < times.n; i++) {
        struct span time = value_of(&times, i), date = {s->date, DATE_LEN};
        date = has_column ? value_of(&dates, i) : date;
        if (date.len != DATE_LEN || time.len < TIME_LEN || time.len > TIME_MOST) {
            r->n = i;
            return;
        }
        struct span stamp = join(s, i, date, time);
        out[i].time = stamp;
        out[i].time_kind = LOGTIME_ISO_UTC;
        out[i].same_time = stamp.len == last.len && find_same(stamp.ptr, last.ptr, stamp.len);
        last = stamp;
    }
}

/* `to` is the span of the first event. */
static void read_texts(struct column c, struct span *to)
{
    for (unsigned i = 0; i < c.n; i++) {
        struct span text = value_of(&c, i);
        if (text.len > 1 || (text.len == 1 && text.ptr[0] != '-')) {
            memcpy((char *)to + i * sizeof(struct event), &text, sizeof(text));
        }
    }
}

/* Reads a text of one to eight digits; eight bytes must be there. False when it is anything else.
 */
static inline bool read_digits(struct span text, uint64_t *value)
{
    uint64_t word;
    if (text.len - 1 >= sizeof(word)) {
        return false;
    }
    memcpy(&word, text.ptr, sizeof(word));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    word = (word ^ 0x3030303030303030u) << (8 * (sizeof(word) - text.len));
    *value = digits_eight(word);
    return ((word | (word + 0x7676767676767676u)) & 0x8080808080808080u) == 0;
}

/* Whole numbers, and now and then something else. */
static void read_bytes(struct column c, struct event *out)
{
    uint64_t value;
    for (unsigned i = 0; i < c.n; i++) {
        struct span text = value_of(&c, i);
        if (read_digits(text, &value)) {
            out[i].bytes = (int64_t)value;
        } else {
            field_store(&out[i], FIELD_BYTES, text);
        }
    }
}

static void read_durations(struct column c, enum field field, struct event *out)
{
    const int64_t unit_ns = field == FIELD_DURATION_MS ? 1000000 : 1000000000;
    uint64_t value;
    for (unsigned i = 0; i < c.n; i++) {
        struct span text = value_of(&c, i);
        if (read_digits(text, &value)) {
            out[i].duration_ns = (int64_t)value * unit_ns;
        } else {
            field_store(&out[i], field, text);
        }
    }
}

/* The field's span in an event; NULL when it has none. */
static struct span *text_field(struct event *e, enum field field)
{
    return field == FIELD_METHOD   ? &e->method
           : field == FIELD_TARGET ? &e->target
           : field == FIELD_HOST   ? &e->host
           : field == FIELD_CLIENT ? &e->client
                                   : NULL;
}

/* What tells a cause is asked for on errors, and where it is not the usual. */
static void read_causes(struct column c, enum field field, struct event *out)
{
    for (unsigned i = 0; i < c.n; i++) {
        if (!status_is_plain(out[i].status) || !event_flag_is_usual(value_of(&c, i))) {
            field_store(&out[i], field, value_of(&c, i));
        }
    }
}

/* Of several columns for one field the last value stays, so they are read from left to right. The
 * status is read before all others, and columns that nobody wants never are. */
static void read_column(struct column c, enum field field, struct event *out)
{
    struct span *text = text_field(out, field);
    if (text) {
        read_texts(c, text);
    } else if (field == FIELD_BYTES) {
        read_bytes(c, out);
    } else if (field == FIELD_DURATION_MS || field == FIELD_DURATION_TEXT) {
        read_durations(c, field, out);
    } else if (field >= FIELD_ORIGIN && field < FIELDS) {
        read_causes(c, field, out);
    }
}

size_t w3c_lines_parse(void *state, struct lines *lines, struct event *out, size_t max)
{
    struct w3c_state *s = state;
    struct rows r;
    r.n_columns = s->n_columns;
    cut_lines(&r, lines, max < W3C_LINES ? (unsigned)max : W3C_LINES);
    read_statuses(&r, s->status_at, out);
    read_stamps(s, &r, out);
    for (unsigned k = 0; k < s->n_columns; k++) {
        read_column(column_of(&r, k), (enum field)s->fields[k], out);
    }
    if (r.n) {
        lines->mark = r.next[r.n - 1];
        lines->at = lines->base + lines->mark[-1] + 1;
    }
    return r.n;
}
