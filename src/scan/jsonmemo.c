/*
 * A slot is found by following the one before it, or by the first bytes of its text, and believed
 * only when its text stands here, in the same object.
 */
#include "scan/jsonmemo.h"

enum {
    OUTERMOST = 2, /* path of the outermost object; all paths are even */
    FRESH = 1,     /* added to the path in front of an object's first member: no comma there */
    HEAD = 16,     /* bytes of a text by which it is found */
    WAYS = 4,      /* slots where a text may be kept */
    LAST = 254,    /* kind and tag of the text that ends a line */
};

/* Texts and values are read in pieces that may reach behind the line, but never further than lines
 * that were taken with lines_take allow: a piece begins at the newline at most. */
_Static_assert((int)FIND_TEXT <= (int)LINES_SLACK && (int)FIND_BARE <= (int)LINES_SLACK,
               "reads behind the lines");

/* Once for each member and small: a call would cost as much as what it does. */
#define INLINE inline __attribute__((always_inline))

/* Where the walk is. */
struct place {
    const char *at;       /* NULL: what stands there is unusual */
    const uint16_t *mark; /* of the next quote */
};

void jsonmemo_begin(struct jsonmemo *memo)
{
    memo->start.depth = 1;
    memo->last = &memo->start;
    memo->path = OUTERMOST | FRESH;
    memo->paths[1] = OUTERMOST;
}

void jsonmemo_forget(struct jsonmemo *memo)
{
    *memo = (struct jsonmemo){0};
}

static uint64_t path_of(uint64_t parent, struct span key)
{
    uint64_t path = (span_hash(key) ^ parent * 31) & ~(uint64_t)FRESH;
    return path + (path == 0 ? OUTERMOST : 0);
}

static inline struct jsonmemo_slot *next_of(struct jsonmemo *memo, const struct jsonmemo_slot *slot)
{
    return (void *)((char *)memo->slots + slot->next);
}

static void link_to(const struct jsonmemo *memo, struct jsonmemo_slot *from,
                    const struct jsonmemo_slot *to)
{
    from->next = (uint32_t)((size_t)(to - memo->slots) * sizeof(*to));
}

/* The first of the WAYS slots where a text at `at` may be kept. */
static struct jsonmemo_slot *home_of(struct jsonmemo *memo, const char *at, uint64_t path)
{
    uint64_t head[2];
    memcpy(head, at, HEAD);
    uint64_t hash = (head[0] ^ path) * 0x9fb21c651e98df25u;
    hash = (hash ^ hash >> 32 ^ head[1]) * 0xc4ceb9fe1a85ec53u;
    return &memo->slots[((hash >> 32) * (JSONMEMO_SLOTS / WAYS) >> 32) * WAYS];
}

/* Does the text of the slot stand at `at`? FIND_TEXT bytes are there. */
static inline bool stands(const struct jsonmemo_slot *slot, const char *at, uint64_t path)
{
    return slot->path == path && find_text(at, slot->text, slot->mask);
}

/* The slot of the text at `at`, which is not the one expected behind `last`; NULL when it is new.
 */
static struct jsonmemo_slot *look_for(struct jsonmemo *memo, struct jsonmemo_slot *last,
                                      const char *at, uint64_t path)
{
    struct jsonmemo_slot *home = home_of(memo, at, path);
    for (unsigned i = 0; i < WAYS; i++) {
        if (stands(&home[i], at, path)) {
            link_to(memo, last, &home[i]);
            return &home[i];
        }
    }
    return NULL;
}

/* The slot that a new text gets: a free one, or any, since those that are needed come back. */
static struct jsonmemo_slot *make_room(struct jsonmemo *memo, const char *at, uint64_t path)
{
    struct jsonmemo_slot *home = home_of(memo, at, path);
    for (unsigned i = 0; i < WAYS; i++) {
        if (home[i].path == 0 || stands(&home[i], at, path)) {
            return &home[i];
        }
    }
    return &home[memo->replaced++ % WAYS];
}

/* Can the text be told by its bytes alone, and are its quotes all marks? Not when there is garbage
 * before the key, which goes on up to a comma or a brace, or an escape in it. */
static bool is_plain(struct span text, uint64_t path)
{
    bool is_behind = !(path & FRESH), has_comma = false;
    size_t n = 0;
    for (; n < text.len && text.ptr[n] != '"'; n++) {
        if (text.ptr[n] != ' ' && text.ptr[n] != ',' && text.ptr[n] != '}') {
            return false;
        }
        has_comma = has_comma || text.ptr[n] != ' ';
    }
    return (has_comma || !is_behind) && span_find(text, '\\') == text.len &&
           span_find(text, '\n') == text.len;
}

static bool can_keep(const struct jsonmemo *memo, struct span text)
{
    return text.len > 0 && text.len <= FIND_TEXT && is_plain(text, memo->path);
}

/* Keeps what jsonscan has just made of the text: a member, or the line's end when `m` is NULL. */
static struct jsonmemo_slot *learn(struct jsonmemo *memo, const struct jsonscan *s,
                                   struct span text, const struct jsonscan_member *m)
{
    struct jsonmemo_slot *slot = &memo->slots[JSONMEMO_SLOTS];
    struct jsonmemo_slot seen = {.kind = LAST, .tag = LAST, .depth = (uint8_t)s->depth};
    if (m) {
        bool is_object = m->kind == JSONSCAN_OBJECT;
        seen.kind = (uint8_t)m->kind;
        seen.tag = JSONMEMO_NEW;
        seen.path_behind = memo->paths[s->depth] | (is_object ? FRESH : 0);
    }
    if (can_keep(memo, text)) {
        seen.path = memo->path;
        slot = make_room(memo, text.ptr, seen.path);
        memcpy(seen.text, text.ptr, text.len);
        seen.mask = (uint32_t)(((uint64_t)1 << text.len) - 1);
        seen.len = (uint8_t)text.len;
    }
    link_to(memo, memo->last, slot);
    *slot = seen;
    memo->last = slot;
    memo->path = slot->path_behind;
    return slot;
}

/* Asks jsonscan, and keeps what it says. NULL at the end of the outermost object, or when the text
 * fails. */
static struct jsonmemo_slot *ask(struct jsonmemo *memo, struct jsonscan *s,
                                 struct jsonscan_member *m)
{
    struct span text = {s->at, 0};
    s->depth = memo->last->depth;
    s->is_behind = !(memo->path & FRESH);
    if (!jsonscan_next(s, m)) {
        text.len = (size_t)(s->at - text.ptr);
        if (!s->failed) {
            learn(memo, s, text, NULL);
        }
        return NULL;
    }
    const char *end = m->value.ptr; /* NULL for an object that is too deep to be entered */
    if (m->kind == JSONSCAN_OBJECT) {
        end = s->at;
        memo->paths[s->depth] = path_of(memo->paths[s->depth - 1], m->key);
    } else if (m->kind == JSONSCAN_ARRAY) {
        end++;
    }
    text.len = end ? (size_t)(end - text.ptr) : 0;
    return learn(memo, s, text, m);
}

/* Steps over an array of strings from behind its opening bracket. Each byte is looked at only when
 * the one before was not the line's end. */
static INLINE struct place skip_strings(const char *base, const uint16_t *mark)
{
    for (mark++;; mark += 2) {
        const char *close = base + *mark;
        if (close[0] != '"') {
            return (struct place){NULL, mark};
        }
        if (close[1] == ']') {
            return (struct place){close + 2, mark + 1};
        }
        bool has_next = close[1] == ',' && close[2] == '"';
        if (!has_next && !(close[1] == ',' && close[2] == ' ' && close[3] == '"')) {
            return (struct place){NULL, mark};
        }
    }
}

/* The end of a number or word at `at`; NULL when it does not end as usual. */
static INLINE const char *skip_bare(const char *at)
{
    size_t n = FIND_BARE;
    if ((*at | 0x20) == '{') { /* or '[' */
        return NULL;
    }
    for (; n == FIND_BARE; at += n) {
        n = find_bare(at);
    }
    return *at == ',' || *at == '}' ? at : NULL;
}

/* Steps over a value of that kind at `at`; `key` is the mark of its key. */
static INLINE struct place skip_value(const struct jsonscan *s, unsigned kind, const char *at,
                                      const uint16_t *key)
{
    if (kind == JSONSCAN_STRING) {
        const char *close = s->base + key[3];
        return (struct place){*close == '"' ? close + 1 : NULL, key + 4};
    }
    if (kind == JSONSCAN_BARE) {
        return (struct place){skip_bare(at), key + 2};
    }
    if (kind == JSONSCAN_ARRAY && *at != ']') {
        return *at == '"' ? skip_strings(s->base, key + 2) : (struct place){NULL, key};
    }
    return (struct place){at + (kind == JSONSCAN_ARRAY), kind == LAST ? key : key + 2};
}

/* Steps over a member, but not when it is an object: then there is no mark either. */
static INLINE struct place skip_member(const struct jsonscan *s, struct place key)
{
    const char *close = s->base + key.mark[1], *at;
    if (*key.at != '"' || close[0] != '"' || close[1] != ':') {
        return (struct place){NULL, key.mark};
    }
    at = close + 2;
    at += *at == ' ';
    if (*at == '"') {
        return skip_value(s, JSONSCAN_STRING, at + 1, key.mark);
    }
    if (*at == '[') {
        return skip_value(s, JSONSCAN_ARRAY, at + 1, key.mark);
    }
    return *at == '{' ? (struct place){NULL, NULL} : skip_value(s, JSONSCAN_BARE, at, key.mark);
}

/* Steps over the members of an object from behind its opening brace up to its closing one, as long
 * as all are written as usual. */
static struct place skip_members(const struct jsonscan *s, struct place p)
{
    for (;;) {
        p = skip_member(s, p);
        if (!p.at || *p.at == '}') {
            return p;
        }
        if (*p.at != ',') {
            return (struct place){NULL, p.mark};
        }
        p.at++;
        p.at += *p.at == ' ';
    }
}

/* Goes into an object; `key` is the mark of its key. */
static INLINE void enter(struct jsonmemo *memo, struct jsonscan *s,
                         const struct jsonmemo_slot *slot, const uint16_t *key)
{
    s->keys[slot->depth - 2] = (struct span){s->base + key[0] + 1, (size_t)(key[1] - key[0] - 1)};
    memo->paths[slot->depth] = slot->path_behind & ~(uint64_t)FRESH;
}

/* Goes on as long as texts and values are as they were before, up to a member that somebody wants,
 * and fills its value. NULL when jsonscan must be asked. */
static struct jsonmemo_slot *walk(struct jsonmemo *memo, struct jsonscan *s, struct span *value)
{
    struct jsonmemo_slot *last = memo->last, *found = NULL;
    struct place p = {s->at, s->mark};
    uint64_t path = memo->path;
    while (!found) {
        struct jsonmemo_slot *slot = next_of(memo, last);
        if (!stands(slot, p.at, path)) {
            slot = look_for(memo, last, p.at, path);
            if (!slot) {
                break;
            }
        }
        const char *at = p.at + slot->len;
        struct place behind = skip_value(s, slot->kind, at, p.mark);
        if (!behind.at) {
            break;
        }
        path = slot->path_behind;
        if (slot->kind == JSONSCAN_OBJECT) {
            enter(memo, s, slot, p.mark);
            if (slot->tag == JSONMEMO_BARREN) {
                p = skip_members(s, behind);
                path ^= p.at ? FRESH : 0;
                behind = p.at ? p : behind;
                slot->tag = p.mark ? JSONMEMO_BARREN : JSONMEMO_SKIP; /* no use to try again */
            }
        } else if (slot->tag != JSONMEMO_SKIP) {
            *value = (struct span){at, (size_t)(behind.at - at)};
            found = slot;
        }
        p = behind;
        last = slot;
    }
    s->at = p.at;
    s->mark = p.mark;
    memo->last = last;
    memo->path = path;
    return found;
}

/* Of a line by itself, of which nothing is kept. */
static bool next_alone(struct jsonmemo *memo, struct jsonscan *s, struct jsonscan_member *out,
                       uint8_t **tag)
{
    *tag = &memo->slots[JSONMEMO_SLOTS].tag;
    **tag = JSONMEMO_NEW;
    while (jsonscan_next(s, out)) {
        if (out->kind != JSONSCAN_OBJECT) {
            return true;
        }
    }
    return false;
}

bool jsonmemo_next(struct jsonmemo *memo, struct jsonscan *s, struct jsonscan_member *out,
                   uint8_t **tag)
{
    if (!s->mark) {
        return next_alone(memo, s, out, tag);
    }
    if (s->depth == 0) {
        return false;
    }
    struct jsonmemo_slot *slot = walk(memo, s, &out->value);
    if (slot) {
        out->kind = (enum jsonscan_kind)slot->kind;
        out->value.ptr -= slot->kind == JSONSCAN_ARRAY;
        out->value.len += (size_t)(slot->kind == JSONSCAN_ARRAY);
        out->value.len -= slot->kind == JSONSCAN_STRING;
    } else {
        slot = ask(memo, s, out);
    }
    if (!slot || slot->kind == LAST) {
        s->depth = 0;
        return false;
    }
    *tag = &slot->tag;
    return true;
}
