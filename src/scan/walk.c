/*
 * A step's text ends at the first place where its literal stands, and the literal's rarest byte is
 * marked beforehand, so nothing is searched for, and where one field ends is no branch. The first
 * such place is taken, though template_read goes on to the next one when the variable behind does
 * not fit there. When it does not, or the line ends too early, or anything else is odd, the walk
 * ends before that line, and it is read the careful way. So there is no second set of rules here,
 * only a way through the usual case.
 *
 * A shape that ends by itself (a time, a status, a number) is read where it stands, without asking
 * where the line ends: no literal has a newline in it, so none is found across one, and in the end
 * every line must have been read no further than to its end.
 */
#include "scan/walk.h"

#include "scan/shape.h"

enum {
    STATUS_DIGITS = 3,
};

/* The loops over lines are made once for each kind of sink. */
#define WALK_INLINE inline __attribute__((always_inline))

static enum walk_pace mark_pace(const struct template_step *s)
{
    return s->literal_len > sizeof(s->word) ? WALK_LONG : WALK_MARK;
}

static enum walk_pace pace_of(const struct template *t, const struct template_step *s)
{
    bool blank = s->literal_len && t->literals[s->literal] == ' ';
    bool is_long = s->literal_len > sizeof(s->word);
    switch ((enum template_shape)s->shape) {
    case TEMPLATE_STATUS: return is_long ? WALK_STEP : WALK_STATUS;
    case TEMPLATE_NUMBER: return is_long ? WALK_STEP : WALK_NUMBER;
    case TEMPLATE_CLF: return WALK_CLF;
    case TEMPLATE_ISO:
    case TEMPLATE_CAPS:
    case TEMPLATE_BLANKS: return WALK_STEP;
    case TEMPLATE_TIMERS: return is_long ? WALK_STEP : WALK_TIMERS;
    case TEMPLATE_WORD: return s->literal_len && !is_long ? WALK_WORD : WALK_STEP;
    case TEMPLATE_LIST:
        /* A list ends at a blank; with another literal it is text up to that (template.c). */
        return s->literal_len == 0 || blank ? WALK_STEP : mark_pace(s);
    case TEMPLATE_TEXT:
    case TEMPLATE_TAIL: return s->literal_len ? mark_pace(s) : WALK_REST;
    }
    return WALK_STEP;
}

/* Adds a byte to the set; false when it is full. */
static bool add_mark(char *bytes, unsigned *n, char byte)
{
    if (memchr(bytes, byte, *n)) {
        return true;
    }
    if (*n == MARKS_BYTES) {
        return false;
    }
    bytes[(*n)++] = byte;
    return true;
}

/* Is there a byte in the literals that the walk's rules don't allow? A backslash that stands in the
 * format protects no quote in a value. */
static bool has_odd_literal(const struct template *t)
{
    return memchr(t->literals, '\\', t->literals_len) ||
           memchr(t->literals, '\n', t->literals_len) || memchr(t->literals, '\r', t->literals_len);
}

void walk_prepare(struct template *t)
{
    char bytes[MARKS_BYTES] = {'\n'};
    unsigned n = 1;
    bool has_stamp = false;
    t->can_walk = !has_odd_literal(t);
    for (unsigned i = 0; i < t->n_needed; i++) {
        struct template_step *s = &t->steps[i];
        enum walk_pace pace = pace_of(t, s);
        if (pace == WALK_CLF && !has_stamp) {
            pace = s->literal_len <= sizeof(s->word) ? WALK_STAMP : WALK_CLF;
            has_stamp = true;
        }
        s->pace = (uint8_t)pace;
        bool ends_blank = pace == WALK_WORD && t->literals[s->literal] == ' ';
        s->mark = ends_blank ? ' ' : t->literals[s->literal + s->anchor];
        if (pace == WALK_MARK || pace == WALK_WORD) {
            t->can_walk = add_mark(bytes, &n, s->mark) && t->can_walk;
        }
    }
    t->can_walk =
        t->can_walk && t->status_at < t->n_needed && t->steps[t->status_at].pace == WALK_STATUS;
    marks_set_init(&t->marks, bytes, n, t->escape == TEMPLATE_BACKSLASH);
    marks_set_use_rows(&t->marks);
}

void walk_begin(struct walk *w, const struct template *t, const struct lines *lines, size_t max)
{
    const char *base = lines->base;
    const uint16_t *mark = lines->mark;
    uint32_t start = (uint32_t)(lines->at - base), end = (uint32_t)(lines->end - base);
    unsigned n = 0;
    for (; n < max && n < WALK_LINES && start < end; n++, mark++) {
        uint32_t stop = *mark;
        w->at[n] = start;
        start = stop + 1;
        w->end[n] = stop - (stop > w->at[n] && base[stop - 1] == '\r');
    }
    w->t = t;
    w->lines = lines;
    w->n = n;
}

void walk_end(struct lines *lines, unsigned n)
{
    if (n) {
        lines->mark += n;
        lines->at = lines->base + lines->mark[-1] + 1;
    }
}

/* A step while it is taken, out of the way of what is written to sinks: to the compiler, that may
 * be anything that is not local. */
struct taker {
    const char *base;
    uint32_t *at;
    const uint32_t *end;
    struct template_step step;
    struct walk_sink sink;
    unsigned n;
};

static inline struct taker taker_of(struct walk *w, const struct template_step *s,
                                    const struct walk_sink *sink)
{
    return (struct taker){w->lines->base, w->at, w->end, *s, *sink, w->n};
}

/* Eight bytes, the first one in the lowest bits. */
static inline uint64_t load_little(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint64_t load_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

/* Is the literal, or its first eight bytes, at `at`? There is always enough behind a line to be
 * looked at. */
static inline bool is_at(const struct taker *k, const char *at)
{
    return ((load_word(at) ^ k->step.word) & k->step.mask) == 0;
}

/* Line i's text is `len` bytes long; what comes behind it and its literal is next. */
static WALK_INLINE void put(const struct taker *k, unsigned i, uint32_t len, enum walk_kind kind)
{
    uint32_t place = k->at[i];
    const char *at = k->base + place;
    k->at[i] = place + len + k->step.literal_len;
    if (kind == WALK_TEXT || (kind == WALK_NAME && (len != 1 || at[0] != '-'))) {
        char *to = k->sink.to + i * k->sink.stride;
        struct span text = {at, len};
        memcpy(to, &text, sizeof(text));
    }
}

/* Is there a blank in the first `len` bytes? */
static inline bool has_blank(const char *at, uint32_t len)
{
    const char *blank = find_byte(at, at + (len < 16 ? 16 : len), ' ');
    return blank && blank < at + len;
}

/* The first mark from `found` on where the literal is; UINT32_MAX when there is none. */
static __attribute__((noinline)) uint32_t search_mark(const struct taker *k, const uint64_t *row,
                                                      unsigned i)
{
    uint32_t end = k->end[i], found = marks_next(row, k->at[i] + k->step.anchor, end);
    while (found < end && !is_at(k, k->base + found - k->step.anchor)) {
        found = marks_next(row, found + 1, end);
    }
    return found < end ? found : UINT32_MAX;
}

/* Returns, as all takers do, how many lines are as usual so far. */
static WALK_INLINE unsigned take_to_mark(const struct taker *taker, const uint64_t *row,
                                         enum walk_kind kind, bool is_word)
{
    const struct taker k = *taker;
    for (unsigned i = 0; i < k.n; i++) {
        uint32_t from = k.at[i] + k.step.anchor, found = marks_near(row, from);
        if (found >= k.end[i] || !is_at(&k, k.base + found - k.step.anchor)) {
            found = search_mark(&k, row, i);
            if (found == UINT32_MAX) {
                return i;
            }
        }
        if (is_word && has_blank(k.base + k.at[i], found - from)) {
            return i;
        }
        put(&k, i, found - from, kind);
    }
    return k.n;
}

/* Words up to a literal that begins with the blank. */
static WALK_INLINE unsigned take_words_as(const struct taker *taker, const uint64_t *row,
                                          enum walk_kind kind)
{
    const struct taker k = *taker;
    for (unsigned i = 0; i < k.n; i++) {
        uint32_t at = k.at[i], found = marks_near(row, at);
        if (found >= k.end[i] || !is_at(&k, k.base + found)) {
            return i;
        }
        put(&k, i, found - at, kind);
    }
    return k.n;
}

static unsigned take_words(const struct taker *k, const uint64_t *row)
{
    return k->sink.kind == WALK_NOWHERE ? take_words_as(k, row, WALK_NOWHERE)
                                        : take_words_as(k, row, k->sink.kind);
}

static unsigned take_marks(struct walk *w, const struct template_step *s,
                           const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    const uint64_t *row = w->lines->rows.of[marks_set_row(w->lines->set, s->mark)];
    /* A word that ends with a blank ends at its first one, or is none. */
    if (s->pace == WALK_WORD) {
        return s->mark == ' ' ? take_words(&k, row) : take_to_mark(&k, row, sink->kind, true);
    }
    return sink->kind == WALK_NOWHERE ? take_to_mark(&k, row, WALK_NOWHERE, false)
           : sink->kind == WALK_NAME  ? take_to_mark(&k, row, WALK_NAME, false)
                                      : take_to_mark(&k, row, WALK_TEXT, false);
}

static const char *clf_end(const char *at, const char *end)
{
    if (!shape_is_clf(at, end)) {
        return NULL;
    }
    return shape_has_usual_zone(at, end) ? at + SHAPE_CLF_LEN : shape_clf_end(at, end);
}

/* The end of line i's text whatever its pace; NULL when it is not as usual. */
static __attribute__((noinline)) const char *careful_end(const struct walk *w,
                                                         const struct template_step *s, unsigned i)
{
    const struct template *t = w->t;
    const char *at = w->lines->base + w->at[i], *end = w->lines->base + w->end[i];
    const char *stop = NULL, *next = NULL;
    switch ((enum walk_pace)s->pace) {
    case WALK_NUMBER:
        stop = at + shape_number(at, end);
        stop = stop == at && t->is_strict ? NULL : stop;
        break;
    case WALK_STAMP:
    case WALK_CLF: stop = clf_end(at, end); break;
    case WALK_LONG:
    case WALK_STEP: stop = template_step_end(t, (unsigned)(s - t->steps), at, end, &next); break;
    case WALK_WORD:
    case WALK_REST:
    case WALK_TIMERS:
    case WALK_STATUS:
    case WALK_MARK: break;
    }
    return stop && template_literal_at(t, s, stop, end) ? stop : NULL;
}

static unsigned take_rests(struct walk *w, const struct template_step *s,
                           const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    for (unsigned i = 0; i < k.n; i++) {
        put(&k, i, k.end[i] - k.at[i], sink->kind);
    }
    return k.n;
}

static unsigned take_carefully(struct walk *w, const struct template_step *s,
                               const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    for (unsigned i = 0; i < k.n; i++) {
        const char *stop = careful_end(w, s, i);
        if (!stop) {
            return i;
        }
        put(&k, i, (uint32_t)(stop - (k.base + k.at[i])), sink->kind);
    }
    return k.n;
}

/* The stamp of the line before: to its end, or to its seconds only when there is a fraction. */
struct stamp {
    const char *last;
    size_t len;
    bool has_fraction;
};

/* The end of a stamp that begins as the one before: at its end, or, with a fraction, behind that.
 * NULL when it is another. */
static inline const char *known_stamp(const struct stamp *stamp, const char *at)
{
    if (!stamp->last || !find_same(stamp->last, at, stamp->len)) {
        return NULL;
    }
    return stamp->has_fraction ? at + stamp->len + find_digits16(at + stamp->len)
                               : at + SHAPE_CLF_LEN;
}

static struct stamp stamp_of(const char *at, const char *stop, size_t literal_len)
{
    size_t len = SHAPE_CLF_LEN + literal_len;
    if (stop == at + SHAPE_CLF_LEN && len <= 32) {
        return (struct stamp){at, len, false};
    }
    bool has_fraction = stop > at + SHAPE_CLF_SECONDS + 1 && at[SHAPE_CLF_SECONDS] == '.' &&
                        stop[-1] >= '0' && stop[-1] <= '9' && stop < at + SHAPE_CLF_LEN;
    return (struct stamp){has_fraction ? at : NULL, SHAPE_CLF_SECONDS + 1, has_fraction};
}

/* Lines of one second come in rows: the time, and the literal behind it, are those of the line
 * before, or differ in the fraction only. */
static WALK_INLINE unsigned take_stamps_as(struct walk *w, const struct template_step *s,
                                           const struct walk_sink *sink, enum walk_kind kind)
{
    const struct taker k = taker_of(w, s, sink);
    char *same = w->same;
    const size_t stride = w->stride;
    struct stamp stamp = {0};
    for (unsigned i = 0; i < k.n; i++, same += stride) {
        const char *at = k.base + k.at[i], *stop = known_stamp(&stamp, at);
        if (stop && (!stamp.has_fraction || is_at(&k, stop))) {
            *(bool *)same = !stamp.has_fraction;
            stamp.last = at;
        } else {
            stop = careful_end(w, s, i);
            if (!stop) {
                return i;
            }
            stamp = stamp_of(at, stop, s->literal_len);
        }
        put(&k, i, (uint32_t)(stop - at), kind);
    }
    return k.n;
}

static unsigned take_stamps(struct walk *w, const struct template_step *s,
                            const struct walk_sink *sink)
{
    return sink->kind == WALK_TEXT ? take_stamps_as(w, s, sink, WALK_TEXT)
                                   : take_stamps_as(w, s, sink, sink->kind);
}

/* Are the first three bytes digits? A byte that is '0' to '9' becomes 0 to 9 without its '0', and
 * only those stay below 128 when 118 is added. */
static inline bool has_three_digits(uint64_t word)
{
    uint64_t three = (word ^ 0x303030) & 0xffffff;
    return ((three | (three + 0x767676)) & 0x808080) == 0;
}

/* The word is compared as a whole: three digits, and behind them the literal, or else no fourth. */
static unsigned take_statuses(struct walk *w, const struct template_step *s,
                              const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    const bool is_code = sink->kind == WALK_CODE, is_text = sink->kind == WALK_TEXT;
    const bool is_last = s->literal_len == 0;
    for (unsigned i = 0; i < k.n; i++) {
        const char *at = k.base + k.at[i];
        uint64_t word = load_little(at);
        if (!has_three_digits(word) || !is_at(&k, at + STATUS_DIGITS) ||
            (is_last && (word >> 24 & 0xff) - '0' <= 9)) {
            return i;
        }
        if (is_code) {
            uint16_t code =
                (uint16_t)((word & 15) * 100 + (word >> 8 & 15) * 10 + (word >> 16 & 15));
            memcpy(k.sink.to + i * k.sink.stride, &code, sizeof(code));
        } else if (is_text) {
            struct span text = {at, STATUS_DIGITS};
            memcpy(k.sink.to + i * k.sink.stride, &text, sizeof(text));
        }
        k.at[i] += STATUS_DIGITS + (uint32_t)k.step.literal_len;
    }
    return k.n;
}

/* A whole number of up to fifteen digits at the front of `text`; -1 for "-". Returns how many bytes
 * it has, 0 when it is something else. */
static __attribute__((noinline)) size_t read_number(struct span text, int64_t *value)
{
    size_t n = find_digits(text.ptr, text.ptr + text.len);
    *value = -1;
    if (n == 0) {
        return text.len && text.ptr[0] == '-';
    }
    if (n > 15) {
        return 0;
    }
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        *value = *value * 10 + (text.ptr[i] - '0');
    }
    return n;
}

/* Whole numbers that are to be read. Up to seven digits are found and read in one word; what is not
 * a digit in it has its highest bit set in `others`. */
static unsigned take_values(struct walk *w, const struct template_step *s,
                            const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    for (unsigned i = 0; i < k.n; i++) {
        const char *at = k.base + k.at[i];
        uint64_t digits = load_little(at) ^ 0x3030303030303030u;
        uint64_t others = (digits | (digits + 0x7676767676767676u)) & 0x8080808080808080u;
        size_t bits = others ? (size_t)__builtin_ctzll(others) - 7 : 64, n = bits / 8;
        int64_t value;
        if (bits > 0 && bits < 64) {
            value = (int64_t)digits_eight(digits << (64 - bits));
        } else {
            n = read_number((struct span){at, k.end[i] - k.at[i]}, &value);
        }
        if (n == 0 || !is_at(&k, at + n) || (k.step.literal_len == 0 && at[n] == '.')) {
            return i;
        }
        k.at[i] += (uint32_t)n + k.step.literal_len;
        if (value >= 0) {
            memcpy(k.sink.to + i * k.sink.stride, &value, sizeof(value));
        }
    }
    return k.n;
}

/* Numbers as texts. */
static unsigned take_numbers(struct walk *w, const struct template_step *s,
                             const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    for (unsigned i = 0; i < k.n; i++) {
        const char *at = k.base + k.at[i];
        size_t n = find_digits16(at);
        if (n < 16 && at[n] == '.') {
            n += 1 + find_digits16(at + n + 1);
        }
        if (n == 0 || n >= 16 || !is_at(&k, at + n)) {
            const char *stop = careful_end(w, s, i);
            if (!stop) {
                return i;
            }
            n = (size_t)(stop - at);
        }
        put(&k, i, (uint32_t)n, sink->kind);
    }
    return k.n;
}

/* Of HAProxy's timers the last one is read, the total. */
static unsigned take_timers(struct walk *w, const struct template_step *s,
                            const struct walk_sink *sink)
{
    const struct taker k = taker_of(w, s, sink);
    for (unsigned i = 0; i < k.n; i++) {
        const char *at = k.base + k.at[i];
        size_t last, n = find_timers16(at, &last);
        uint64_t ms;
        bool is_usual = n > last && n - last <= 8 && k.at[i] >= 8 && is_at(&k, at + n) &&
                        find_number(at + n, n - last, &ms);
        if (!is_usual) {
            return i;
        }
        uint64_t ns = ms * 1000000;
        if (sink->kind == WALK_SECONDS) {
            memcpy(k.sink.to + i * k.sink.stride, &ns, sizeof(ns));
        }
        k.at[i] += (uint32_t)n + k.step.literal_len;
    }
    return k.n;
}

/* Seconds with a fraction, as nanoseconds. */
static unsigned take_seconds(struct walk *w, const struct template_step *s,
                             const struct walk_sink *sink)
{
    static const uint32_t scales[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    const struct taker k = taker_of(w, s, sink);
    for (unsigned i = 0; i < k.n; i++) {
        const char *at = k.base + k.at[i];
        size_t n = find_digits16(at), m = find_digits16(at + n + 1);
        if (k.at[i] < 8 || n == 0 || n > 8 || at[n] != '.' || m == 0 || m > 8 ||
            !is_at(&k, at + n + 1 + m)) {
            return i;
        }
        uint64_t whole, part;
        find_number(at + n, n, &whole);
        find_number(at + n + 1 + m, m, &part);
        uint64_t ns = whole * 1000000000 + part * scales[m];
        memcpy(k.sink.to + i * k.sink.stride, &ns, sizeof(ns));
        k.at[i] += (uint32_t)(n + 1 + m) + k.step.literal_len;
    }
    return k.n;
}

static unsigned take(struct walk *w, const struct template_step *s, const struct walk_sink *sink)
{
    switch ((enum walk_pace)s->pace) {
    case WALK_MARK:
    case WALK_WORD: return take_marks(w, s, sink);
    case WALK_STAMP: return take_stamps(w, s, sink);
    case WALK_STATUS: return take_statuses(w, s, sink);
    case WALK_NUMBER:
        return sink->kind == WALK_VALUE     ? take_values(w, s, sink)
               : sink->kind == WALK_SECONDS ? take_seconds(w, s, sink)
                                            : take_numbers(w, s, sink);
    case WALK_TIMERS: return take_timers(w, s, sink);
    case WALK_REST: return take_rests(w, s, sink);
    case WALK_LONG:
    case WALK_CLF:
    case WALK_STEP: break;
    }
    return take_carefully(w, s, sink);
}

/* The text before the first variable stands in every line. */
static unsigned take_heads(struct walk *w)
{
    const struct template *t = w->t;
    for (unsigned i = 0; i < w->n; i++) {
        const char *at = w->lines->base + w->at[i];
        if (w->end[i] < w->at[i] + t->head_len || memcmp(at, t->literals, t->head_len) != 0) {
            return i;
        }
        w->at[i] += t->head_len;
    }
    return w->n;
}

void walk_steps(struct walk *w, const struct walk_sink sinks[TEMPLATE_STEPS])
{
    const struct template *t = w->t;
    if (t->head_len) {
        w->n = take_heads(w);
    }
    for (unsigned i = 0; i < t->n_needed; i++) {
        w->n = take(w, &t->steps[i], &sinks[i]);
    }
    /* Nothing reads beyond a line's end, since no literal has one in it. */
    for (unsigned i = 0; i < w->n && !t->open_end; i++) {
        if (w->at[i] != w->end[i]) {
            w->n = i;
        }
    }
}
