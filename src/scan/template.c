/*
 * Reading is a walk over the steps. A variable ends where the literal behind it begins; when the
 * variable after that has a shape of its own (a status, a time, a number), the place must fit that
 * shape too, or the search goes on. That is what keeps a user name with " [" in it or a request
 * with `" 503 ` in it from being taken for the end. A quote that a backslash protects is no end,
 * unless the format is raw.
 */
#include "scan/template.h"

#include "scan/find.h"

#include <errno.h>

void template_init(struct template *t, enum template_escape escape)
{
    *t = (struct template){.escape = (uint8_t)escape, .status_at = TEMPLATE_STEPS};
}

int template_add_literal(struct template *t, struct span text, struct problem *why)
{
    struct template_step *last = t->n_steps ? &t->steps[t->n_steps - 1] : NULL;
    size_t len = text.len + (last ? last->literal_len : t->head_len);
    if (len > UINT8_MAX || t->literals_len + text.len > sizeof(t->literals)) {
        problem_set(why, "the format has too much text between its variables");
        return -E2BIG;
    }
    if (text.len == 0) {
        return 0;
    }
    memcpy(t->literals + t->literals_len, text.ptr, text.len);
    if (!last) {
        t->head_len = (uint8_t)len;
    } else {
        if (last->literal_len == 0) {
            last->literal = t->literals_len;
        }
        last->literal_len = (uint8_t)len;
    }
    t->literals_len = (uint16_t)(t->literals_len + text.len);
    return 0;
}

static bool has_own_end(enum template_shape shape)
{
    return shape == TEMPLATE_STATUS || shape == TEMPLATE_NUMBER;
}

int template_add_field(struct template *t, uint8_t slot, enum template_shape shape,
                       struct problem *why)
{
    struct template_step *last = t->n_steps ? &t->steps[t->n_steps - 1] : NULL;
    if (last && last->literal_len == 0 && !has_own_end(last->shape)) {
        /* Two variables without anything between can't be told apart: they become one. */
        if (shape == TEMPLATE_STATUS) {
            problem_set(why, "nothing stands between the status and the variable before it");
            return -EINVAL;
        }
        last->slot = shape == TEMPLATE_TAIL ? last->slot : last->shape == TEMPLATE_TAIL ? slot : 0;
        last->shape = TEMPLATE_TEXT;
        return 0;
    }
    if (t->n_steps == TEMPLATE_STEPS) {
        problem_set(why, "the format has more than %d variables", TEMPLATE_STEPS);
        return -E2BIG;
    }
    if (shape == TEMPLATE_STATUS && t->status_at == TEMPLATE_STEPS) {
        t->status_at = t->n_steps;
    }
    t->steps[t->n_steps++] = (struct template_step){.slot = slot, .shape = (uint8_t)shape};
    return 0;
}

/* The byte of a literal that is searched for: a sign is rarer in text than a blank or a letter. */
static uint8_t rarest(const char *literal, uint8_t len)
{
    uint8_t best = 0, best_rank = 0;
    for (uint8_t i = 0; i < len; i++) {
        char c = literal[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        uint8_t rank = c == '"' || c == '[' || c == ']' || c == '\t' || c == '|' ? 4
                       : c == ' '                                                ? 2
                       : letter                                                  ? 1
                                                                                 : 3;
        if (rank > best_rank) {
            best_rank = rank;
            best = i;
        }
    }
    return best;
}

static void make_word(struct template_step *s, const char *literal)
{
    char bytes[sizeof(s->word)] = {0}, mask[sizeof(s->mask)] = {0};
    for (unsigned i = 0; i < s->literal_len && i < sizeof(bytes); i++) {
        bytes[i] = literal[i];
        mask[i] = (char)0xff;
    }
    s->word_room = s->literal_len <= sizeof(bytes) ? (int32_t)sizeof(bytes) : INT32_MAX;
    memcpy(&s->word, bytes, sizeof(s->word));
    memcpy(&s->mask, mask, sizeof(s->mask));
}

static bool must_fit(uint8_t shape)
{
    return shape == TEMPLATE_STATUS || shape == TEMPLATE_NUMBER || shape == TEMPLATE_CLF;
}

/* Of two variables in a row that nobody wants, the first need not be found: the search for the end
 * of the second passes over it. */
static void join_unwanted(struct template *t)
{
    for (unsigned i = t->n_steps; i-- > 1;) {
        const struct template_step *s = &t->steps[i - 1], *next = &t->steps[i];
        bool is_free = s->slot == 0 && (s->shape == TEMPLATE_TEXT || s->shape == TEMPLATE_WORD);
        bool next_is_free =
            next->slot == 0 && next->shape == TEMPLATE_TEXT && next->literal_len > 1;
        if (is_free && next_is_free && s->literal_len == 1) {
            memmove(&t->steps[i - 1], &t->steps[i], (t->n_steps - i) * sizeof(t->steps[0]));
            t->n_steps--;
            t->status_at = (uint8_t)(t->status_at - (t->status_at >= i));
        }
    }
}

/* How the reader takes a step. Nearly all lines of nearly all logs consist of the first four, so
 * those are done in place, two steps at once where the first one's end depends on the shape of the
 * second; when a line is not as usual, the general way (step_end) finds out what it is. */
enum pace {
    PACE_PLAIN,       /* text up to one byte */
    PACE_TEXT_CLF,    /* text up to a literal that a CLF time follows */
    PACE_TEXT_STATUS, /* quoted or other text up to a literal that a status follows */
    PACE_NUMBER,
    PACE_GENERAL,
};

/* Can the literal of a step be compared as one word? */
static bool is_short(const struct template_step *s)
{
    return s->literal_len > 0 && s->literal_len <= sizeof(s->word);
}

static enum pace pace_of(const struct template *t, unsigned i)
{
    const struct template_step *s = &t->steps[i], *next = s + 1;
    bool is_text = s->shape == TEMPLATE_TEXT && is_short(s);
    bool is_word = s->shape == TEMPLATE_WORD && t->literals[s->literal] == ' ';
    if (is_text && i + 1U < t->n_needed && is_short(next)) {
        if (next->shape == TEMPLATE_CLF && !s->quoted) {
            return PACE_TEXT_CLF;
        }
        if (next->shape == TEMPLATE_STATUS) {
            return PACE_TEXT_STATUS;
        }
    }
    if (s->literal_len == 1 && s->next_fits && !s->quoted && (is_text || is_word)) {
        return PACE_PLAIN;
    }
    return s->shape == TEMPLATE_NUMBER && is_short(s) ? PACE_NUMBER : PACE_GENERAL;
}

/* Works out what reading needs to know of each step. */
static void prepare(struct template *t)
{
    join_unwanted(t);
    t->n_needed = 0;
    for (uint8_t i = 0; i < t->n_steps; i++) {
        struct template_step *s = &t->steps[i];
        const char *literal = t->literals + s->literal;
        s->anchor = rarest(literal, s->literal_len);
        make_word(s, literal);
        s->quoted = s->literal_len && literal[0] == '"' && t->escape == TEMPLATE_BACKSLASH;
        s->next_fits = i + 1 == t->n_steps || !must_fit(t->steps[i + 1].shape);
        if (s->slot || i == t->status_at || !t->open_end) {
            t->n_needed = (uint8_t)(i + 1);
        }
    }
    for (unsigned i = 0; i < t->n_needed; i++) {
        t->steps[i].pace = (uint8_t)pace_of(t, i);
    }
}

int template_finish(struct template *t, bool open_end, struct problem *why)
{
    if (t->status_at == TEMPLATE_STEPS) {
        problem_set(why, "the format has no status code in it");
        return -EINVAL;
    }
    t->open_end = open_end;
    prepare(t);
    return 0;
}

void template_drop(struct template *t, uint8_t slot)
{
    for (unsigned i = 0; i < t->n_steps; i++) {
        if (t->steps[i].slot == slot) {
            t->steps[i].slot = 0;
        }
    }
    prepare(t);
}

/* How many bytes at `at` are a status word; 0: none. */
static inline size_t status_len(const char *at, const char *end)
{
    if (at < end && *at == '-') {
        return at + 1 < end && at[1] == '1' ? 2 : 1;
    }
    size_t n = find_digits(at, end);
    return n <= 3 ? n : 0;
}

static inline size_t number_len(const char *at, const char *end)
{
    const char *p = at + (at < end && (*at == '-' || *at == '+'));
    p += find_digits(p, end);
    if (p < end && *p == '.') {
        p++;
        p += find_digits(p, end);
    }
    return (size_t)(p - at);
}

enum {
    CLF_SECONDS = 20, /* "22/Nov/2026:16:29:32" */
    ISO_SECONDS = 19, /* "2026-11-22T16:29:32" */
    CLF_LEN = 26,     /* "22/Nov/2026:16:29:32 +0000" */
};

static bool looks_clf(const char *at, const char *end)
{
    return end - at >= CLF_SECONDS && at[2] == '/' && at[6] == '/' && at[11] == ':';
}

/* Of what looks_clf: is it of the usual length, with a zone? */
static bool has_usual_zone(const char *at, const char *end)
{
    return end - at > CLF_LEN && at[CLF_SECONDS] == ' ' &&
           (at[CLF_SECONDS + 1] == '+' || at[CLF_SECONDS + 1] == '-');
}

/* The end of what looks_clf, with the fraction and the zone if they are there. */
static const char *clf_end(const char *at, const char *end)
{
    const char *p = at + CLF_SECONDS;
    if (p < end && *p == '.') {
        p += 1 + find_digits(p + 1, end);
    }
    bool has_zone =
        end - p >= 6 && p[0] == ' ' && (p[1] == '+' || p[1] == '-') && find_digits(p + 2, end) == 4;
    bool has_name = end - p >= 4 && (memcmp(p, " UTC", 4) == 0 || memcmp(p, " GMT", 4) == 0);
    return has_zone ? p + 6 : has_name ? p + 4 : p;
}

/* The end of a time in ISO notation, `at` itself when there is none. */
static const char *iso_end(const char *at, const char *end)
{
    const char *p = at + ISO_SECONDS;
    if (end - at < ISO_SECONDS || at[4] != '-' || at[7] != '-' || at[13] != ':') {
        return at;
    }
    if (end - p >= 2 && (*p == '.' || *p == ',')) {
        p += 1 + find_digits(p + 1, end);
    }
    const char *zone = p + (end - p >= 2 && *p == ' ');
    if (end - zone >= 5 && (*zone == '+' || *zone == '-')) {
        return zone + (zone[3] == ':' && end - zone >= 6 ? 6 : 5);
    }
    return p + (p < end && *p == 'Z');
}

/* Does the literal of a step stand at `at`? */
static inline bool literal_at(const struct template *t, const struct template_step *s,
                              const char *at, const char *end)
{
    uint64_t here;
    if (end - at >= s->word_room) {
        memcpy(&here, at, sizeof(here));
        return ((here ^ s->word) & s->mask) == 0;
    }
    return end - at >= s->literal_len && memcmp(at, t->literals + s->literal, s->literal_len) == 0;
}

/* status_len, but 0 for a word that a cut line may have lost digits of: 50 may have been 502. */
static inline size_t whole_status_len(const struct template_step *s, const char *at,
                                      const char *end)
{
    size_t n = status_len(at, end);
    return at + n == end && s->literal_len > 0 && n < 3 ? 0 : n;
}

/* Does the text of `s` from `at` on end at `stop`, so that its literal or the line's end follows?
 */
static inline bool ends_at(const struct template *t, const struct template_step *s,
                           const char *stop, const char *end)
{
    return stop == end || s->literal_len == 0 || literal_at(t, s, stop, end);
}

/* Can step `i` begin at `at`? Then `*next` becomes the end of its text where that is known already.
 */
static inline bool fits(const struct template *t, unsigned i, const char *at, const char *end,
                        const char **next)
{
    const struct template_step *s = &t->steps[i];
    const char *stop = at;
    switch ((enum template_shape)s->shape) {
    case TEMPLATE_STATUS:
        stop += whole_status_len(s, at, end);
        if (stop == at) {
            return false;
        }
        break;
    case TEMPLATE_NUMBER: stop += number_len(at, end); break;
    case TEMPLATE_CLF:
        if (!looks_clf(at, end)) {
            return false;
        }
        if (has_usual_zone(at, end) && literal_at(t, s, at + CLF_LEN, end)) {
            *next = at + CLF_LEN;
            return true;
        }
        /* A user may be called "x [22/Nov/2026:16:29:32] y": the literal must follow, too. */
        return ends_at(t, s, clf_end(at, end), end);
    case TEMPLATE_WORD:
    case TEMPLATE_TEXT:
    case TEMPLATE_ISO:
    case TEMPLATE_LIST:
    case TEMPLATE_TAIL: return true;
    }
    if (!ends_at(t, s, stop, end)) {
        return false;
    }
    *next = stop;
    return true;
}

static bool is_protected(const char *quote, const char *start)
{
    const char *p = quote;
    while (p > start && p[-1] == '\\') {
        p--;
    }
    return (quote - p) & 1;
}

/* Where the text of step `i` ends, by search for its literal; NULL when it never does. `*next`
 * becomes the end of the next step's text where looking for this one's has found it out. */
static const char *find_end(const struct template *t, unsigned i, const char *at, const char *end,
                            const char **next)
{
    const struct template_step *s = &t->steps[i];
    char anchor = t->literals[s->literal + s->anchor];
    for (const char *from = at + s->anchor; from < end; from++) {
        from = s->quoted ? find_byte_wide(from, end, anchor) : find_byte(from, end, anchor);
        if (!from) {
            return NULL;
        }
        const char *stop = from - s->anchor;
        if (!literal_at(t, s, stop, end) || (s->quoted && is_protected(stop, at))) {
            continue;
        }
        if (s->next_fits || fits(t, i + 1, stop + s->literal_len, end, next)) {
            return stop;
        }
    }
    return NULL;
}

/* The end of a list "a, b : c": blanks belong to it behind a comma and around a colon. */
static const char *list_end(const char *at, const char *end)
{
    const char *p = at;
    while (p < end && *p != ' ') {
        p++;
        if (end - p >= 2 && p[-1] == ',' && *p == ' ') {
            p++;
        } else if (end - p >= 3 && p[0] == ' ' && p[1] == ':' && p[2] == ' ') {
            p += 3;
        }
    }
    return p;
}

/* The end of the text of step `i`, whatever its shape. */
static __attribute__((noinline)) const char *step_end(const struct template *t, unsigned i,
                                                      const char *at, const char *end,
                                                      const char **next)
{
    const struct template_step *s = &t->steps[i];
    const char *stop = end;
    switch ((enum template_shape)s->shape) {
    case TEMPLATE_STATUS:
        stop = at + whole_status_len(s, at, end);
        return stop > at && ends_at(t, s, stop, end) ? stop : NULL;
    case TEMPLATE_NUMBER: stop = at + number_len(at, end); break;
    case TEMPLATE_LIST: stop = list_end(at, end); break;
    case TEMPLATE_ISO: stop = iso_end(at, end); break;
    case TEMPLATE_CLF:
        if (looks_clf(at, end) && has_usual_zone(at, end) && literal_at(t, s, at + CLF_LEN, end)) {
            return at + CLF_LEN;
        }
        stop = looks_clf(at, end) ? clf_end(at, end) : NULL;
        return stop && ends_at(t, s, stop, end) ? stop
               : s->literal_len                 ? find_end(t, i, at, end, next)
                                                : stop;
    case TEMPLATE_WORD:
        stop = s->literal_len ? find_end(t, i, at, end, next) : end;
        return stop && !memchr(at, ' ', (size_t)(stop - at)) ? stop : NULL;
    case TEMPLATE_TEXT:
    case TEMPLATE_TAIL: return s->literal_len ? find_end(t, i, at, end, next) : end;
    }
    /* A shape that ends by itself: what follows must be the literal, or the search is for that. A
     * list may have taken a quote at the end of the line along. */
    if (stop < end || s->shape != TEMPLATE_LIST || s->literal_len == 0 ||
        t->literals[s->literal] == ' ') {
        return ends_at(t, s, stop, end) ? stop : find_end(t, i, at, end, next);
    }
    stop = find_end(t, i, at, end, next);
    return stop ? stop : end;
}

/* Is the literal of `s` at `at`? It is short, and eight bytes are there. */
static inline bool word_at(const struct template_step *s, const char *at)
{
    uint64_t here;
    memcpy(&here, at, sizeof(here));
    return ((here ^ s->word) & s->mask) == 0;
}

/* PACE_TEXT_CLF: where the time begins; NULL when the line is not as usual. */
static inline const char *usual_clf(const struct template *t, const struct template_step *s,
                                    const char *at, const char *end)
{
    const char *found = find_byte_near(at, end, t->literals[s->literal + s->anchor]);
    if (!found || found - at < s->anchor || end - found < 2 * CLF_LEN) {
        return NULL;
    }
    const char *time = found - s->anchor + s->literal_len;
    bool is_time =
        word_at(s, found - s->anchor) && looks_clf(time, end) && has_usual_zone(time, end);
    return is_time && word_at(s + 1, time + CLF_LEN) ? time : NULL;
}

enum {
    STATUS_DIGITS = 3,
};

/* PACE_TEXT_STATUS: where a status of three digits begins; NULL when the line is not as usual. */
static inline const char *usual_status(const struct template *t, const struct template_step *s,
                                       const char *at, const char *end)
{
    const char *found = find_byte_wide(at, end, t->literals[s->literal + s->anchor]);
    if (!found || found - at < s->anchor || end - found < 32) {
        return NULL;
    }
    const char *stop = found - s->anchor, *status = stop + s->literal_len;
    bool is_protected = s->quoted && stop > at && stop[-1] == '\\';
    bool is_status = word_at(s, stop) && !is_protected && find_digits(status, end) == STATUS_DIGITS;
    return is_status && word_at(s + 1, status + STATUS_DIGITS) ? status : NULL;
}

/* Takes step `*i`, or that and the next one, from `at` on in one of the usual ways. Returns where
 * what is behind begins, `*i` being the last step that was taken; NULL when it can't be done so. */
static inline const char *take_usual(const struct template *t, unsigned *i, const char *at,
                                     const char *end, struct span *out)
{
    const struct template_step *s = &t->steps[*i];
    const char *stop = NULL, *next = NULL;
    size_t n = 0;
    switch ((enum pace)s->pace) {
    case PACE_PLAIN: stop = find_byte(at, end, t->literals[s->literal]); break;
    case PACE_TEXT_CLF:
        next = usual_clf(t, s, at, end);
        n = CLF_LEN;
        break;
    case PACE_TEXT_STATUS:
        next = usual_status(t, s, at, end);
        n = STATUS_DIGITS;
        break;
    case PACE_NUMBER:
        n = find_digits(at, end);
        stop = n > 0 && literal_at(t, s, at + n, end) ? at + n : NULL;
        break;
    case PACE_GENERAL: break;
    }
    if (next) {
        out[*i] = (struct span){at, (size_t)(next - at) - s->literal_len};
        *i += 1;
        out[*i] = (struct span){next, n};
        return next + n + t->steps[*i].literal_len;
    }
    if (stop) {
        out[*i] = (struct span){at, (size_t)(stop - at)};
        return stop + s->literal_len;
    }
    return NULL;
}

/* The status is there, and what follows is garbage or missing: the steps from `i` on have no text.
 */
static enum template_result end_early(const struct template *t, unsigned i, const char *end,
                                      struct span out[TEMPLATE_STEPS])
{
    if (i <= t->status_at) {
        return TEMPLATE_NONE;
    }
    for (; i < t->n_needed; i++) {
        out[i] = (struct span){end, 0};
    }
    return TEMPLATE_PART;
}

enum template_result template_read(const struct template *t, struct span line,
                                   struct span out[TEMPLATE_STEPS])
{
    const char *at = line.ptr, *end = line.ptr + line.len;
    if (line.len < t->head_len || (t->head_len && memcmp(at, t->literals, t->head_len) != 0)) {
        return TEMPLATE_NONE;
    }
    at += t->head_len;
    bool is_cut = false;
    const char *known = NULL;
    for (unsigned i = 0; i < t->n_needed; i++) {
        const char *behind = known ? NULL : take_usual(t, &i, at, end, out);
        if (behind) {
            at = behind;
            continue;
        }
        const struct template_step *s = &t->steps[i];
        const char *stop = known;
        known = NULL;
        stop = stop ? stop : step_end(t, i, at, end, &known);
        if (!stop) {
            return end_early(t, i, end, out);
        }
        out[i] = (struct span){at, (size_t)(stop - at)};
        bool ends_here = stop == end && s->literal_len > 0;
        is_cut = is_cut || ends_here;
        at = ends_here ? end : stop + s->literal_len;
    }
    return !is_cut && (t->open_end || at == end) ? TEMPLATE_WHOLE : TEMPLATE_PART;
}
