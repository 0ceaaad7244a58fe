/*
 * Reading is a walk over the steps. A variable ends where the literal behind it begins; when the
 * variable after that has a shape of its own (a status, a time, a number), the place must fit that
 * shape too, or the search goes on. That is what keeps a user name with " [" in it or a request
 * with `" 503 ` in it from being taken for the end. A quote that a backslash protects is no end,
 * unless the format is raw.
 */
#include "scan/template.h"

#include "scan/find.h"
#include "scan/shape.h"

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
    return shape == TEMPLATE_STATUS || shape == TEMPLATE_NUMBER || shape == TEMPLATE_BLANKS;
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

static bool must_fit(const struct template *t, uint8_t shape)
{
    return shape == TEMPLATE_STATUS || shape == TEMPLATE_NUMBER || shape == TEMPLATE_CLF ||
           shape == TEMPLATE_TIMERS || shape == TEMPLATE_CAPS ||
           (t->is_strict && shape == TEMPLATE_ISO);
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
        s->next_fits = i + 1 == t->n_steps || !must_fit(t, t->steps[i + 1].shape);
        if (s->slot || i == t->status_at || !t->open_end || t->is_strict) {
            t->n_needed = (uint8_t)(i + 1);
        }
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

/* shape_status, but 0 for a word that a cut line may have lost digits of: 50 may have been 502. */
static inline size_t whole_status_len(const struct template *t, const struct template_step *s,
                                      const char *at, const char *end)
{
    size_t n = shape_status(at, end);
    return at + n == end && (s->literal_len > 0 || t->is_strict) && n < 3 ? 0 : n;
}

/* Does the text of `s` end at `stop`, so that its literal or the line's end follows? Of a strict
 * format that is closed, the last one ends with the line. */
static inline bool ends_at(const struct template *t, const struct template_step *s,
                           const char *stop, const char *end)
{
    bool is_open = !t->is_strict || t->open_end || s != &t->steps[t->n_steps - 1];
    return stop == end || (s->literal_len ? template_literal_at(t, s, stop, end) : is_open);
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
        stop += whole_status_len(t, s, at, end);
        if (stop == at) {
            return false;
        }
        break;
    case TEMPLATE_NUMBER:
        stop += shape_number(at, end);
        if (t->is_strict && stop == at) {
            return false;
        }
        break;
    case TEMPLATE_TIMERS:
        stop += shape_timers(at, end);
        if (stop == at) {
            return false;
        }
        break;
    case TEMPLATE_CLF:
        if (!shape_is_clf(at, end)) {
            return false;
        }
        if (shape_has_usual_zone(at, end) && template_literal_at(t, s, at + SHAPE_CLF_LEN, end)) {
            *next = at + SHAPE_CLF_LEN;
            return true;
        }
        /* A user may be called "x [22/Nov/2026:16:29:32] y": the literal must follow, too. */
        return ends_at(t, s, shape_clf_end(at, end), end);
    case TEMPLATE_CAPS:
        stop = shape_caps_end(at, end);
        if (stop == at) {
            return false;
        }
        break;
    case TEMPLATE_ISO:
        if (!t->is_strict) {
            return true;
        }
        stop = shape_iso_end(at, end);
        if (stop == at) {
            return false;
        }
        break;
    case TEMPLATE_WORD:
    case TEMPLATE_TEXT:
    case TEMPLATE_LIST:
    case TEMPLATE_BLANKS:
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
        from = find_byte(from, end, anchor);
        if (!from) {
            return NULL;
        }
        const char *stop = from - s->anchor;
        if (!template_literal_at(t, s, stop, end) || (s->quoted && is_protected(stop, at))) {
            continue;
        }
        if (s->next_fits || fits(t, i + 1, stop + s->literal_len, end, next)) {
            return stop;
        }
    }
    return NULL;
}

const char *template_step_end(const struct template *t, unsigned i, const char *at, const char *end,
                              const char **next)
{
    const struct template_step *s = &t->steps[i];
    const char *stop = end;
    switch ((enum template_shape)s->shape) {
    case TEMPLATE_STATUS:
        stop = at + whole_status_len(t, s, at, end);
        return stop > at && ends_at(t, s, stop, end) ? stop : NULL;
    case TEMPLATE_TIMERS:
        stop = at + shape_timers(at, end);
        return stop > at && ends_at(t, s, stop, end) ? stop : NULL;
    case TEMPLATE_CAPS:
        stop = shape_caps_end(at, end);
        return stop > at && ends_at(t, s, stop, end) ? stop : NULL;
    case TEMPLATE_BLANKS: return shape_blanks_end(at, end);
    case TEMPLATE_NUMBER: stop = at + shape_number(at, end); break;
    case TEMPLATE_LIST: stop = shape_list_end(at, end); break;
    case TEMPLATE_ISO: stop = shape_iso_end(at, end); break;
    case TEMPLATE_CLF:
        if (shape_is_clf(at, end) && shape_has_usual_zone(at, end) &&
            template_literal_at(t, s, at + SHAPE_CLF_LEN, end)) {
            return at + SHAPE_CLF_LEN;
        }
        stop = shape_is_clf(at, end) ? shape_clf_end(at, end) : NULL;
        if (t->is_strict || (stop && ends_at(t, s, stop, end))) {
            return stop && ends_at(t, s, stop, end) ? stop : NULL;
        }
        return s->literal_len ? find_end(t, i, at, end, next) : stop;
    case TEMPLATE_WORD:
        stop = s->literal_len ? find_end(t, i, at, end, next) : end;
        return stop && !memchr(at, ' ', (size_t)(stop - at)) ? stop : NULL;
    case TEMPLATE_TEXT:
    case TEMPLATE_TAIL: return s->literal_len ? find_end(t, i, at, end, next) : end;
    }
    if (t->is_strict && (s->shape == TEMPLATE_NUMBER || s->shape == TEMPLATE_ISO)) {
        return stop > at && ends_at(t, s, stop, end) ? stop : NULL;
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
        const struct template_step *s = &t->steps[i];
        const char *stop = known;
        known = NULL;
        stop = stop ? stop : template_step_end(t, i, at, end, &known);
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

/* Where the text of step `i` would end if only its literal were asked for: a text also has to end
 * where the next variable fits, and then it is that one which does not. NULL when it stands
 * nowhere.
 */
static const char *literal_behind(const struct template *t, unsigned i, const char *at,
                                  const char *end)
{
    const struct template_step *s = &t->steps[i];
    while (s->literal_len && at < end && !template_literal_at(t, s, at, end)) {
        at++;
    }
    return s->literal_len && at < end ? at + s->literal_len : NULL;
}

unsigned template_reach(const struct template *t, struct span line, size_t *offset)
{
    const char *at = line.ptr, *end = line.ptr + line.len, *next;
    *offset = 0;
    if (line.len < t->head_len || (t->head_len && memcmp(at, t->literals, t->head_len) != 0)) {
        return 0;
    }
    at += t->head_len;
    for (unsigned i = 0; i < t->n_needed; i++) {
        const char *stop = template_step_end(t, i, at, end, &next);
        *offset = (size_t)(at - line.ptr);
        if (!stop || (stop == end && t->steps[i].literal_len)) {
            const char *behind = literal_behind(t, i, at, end);
            *offset = (size_t)((behind ? behind : at) - line.ptr);
            return i + (behind != NULL);
        }
        at = stop + t->steps[i].literal_len;
    }
    *offset = (size_t)(at - line.ptr);
    return t->n_needed;
}
