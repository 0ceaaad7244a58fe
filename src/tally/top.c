/*
 * Names stand one after another in `bytes`, in the order of their entries, and an open hash table
 * finds them. When a new name meets a full table, the smaller half goes: it costs a pass over the
 * table once in 512 new names. A name that is let go had at most `floor`, so whoever comes new may
 * have been let go before and starts there; in a merge a name that one side lacks had at most that
 * side's floor.
 */
#include "tally/top.h"

#include "base/alloc.h"

#include <stdlib.h>

_Static_assert(2 * TOP_NAMES * TOP_NAME_BYTES < 1 << 20 && TOP_NAME_BYTES < 1 << 12,
               "a place and a length fit into their bits");
_Static_assert(TOP_RECENT == 64, "recent_of gives six bits");

enum {
    TOP_FIRST = 4,            /* entries that a new table has room for */
    TOP_MOST = 2 * TOP_NAMES, /* held for a moment while merging */
    TOP_FIRST_BYTES = 64,
};

/* By what entries are ranked. */
enum rank {
    BY_REQUESTS,
    BY_ERRORS,    /* 4xx and 5xx together */
    BY_5XX_FIRST, /* and without those that have no error */
};

/* Entries being ranked: a heap with the lowest rank on top while it is filled. */
struct ranking {
    const struct top *top;
    enum rank by;
    const struct top_entry **at;
    size_t n, max;
};

struct top *top_new(void)
{
    return alloc_zero(1, sizeof(struct top));
}

void top_free(struct top *t)
{
    if (t) {
        free(t->entries);
        free(t->slots);
        free(t->bytes);
        free(t);
    }
}

void top_clear(struct top *t)
{
    if (t->n_entries) {
        memset(t->slots, 0, t->n_slots * sizeof t->slots[0]);
    }
    t->n_entries = t->len_bytes = 0;
    memset(t->recent, 0, sizeof t->recent);
    memset(t->floor, 0, sizeof t->floor);
}

struct span top_name(const struct top *t, const struct top_entry *e)
{
    return (struct span){t->bytes + e->name, e->len};
}

/* The slot of a name, or the free one where it belongs. There is always a free one, since there are
 * twice as many slots as entries. Whoever makes names collide on purpose gets a walk over one
 * table, which is small. */
static uint32_t *slot_of(const struct top *t, struct span name, uint64_t hash)
{
    uint32_t mask = t->n_slots - 1;
    uint32_t at = (uint32_t)hash & mask;
    while (t->slots[at]) {
        const struct top_entry *e = &t->entries[t->slots[at] - 1];
        if (e->hash == hash && span_equal(top_name(t, e), name)) {
            break;
        }
        at = (at + 1) & mask;
    }
    return &t->slots[at];
}

static struct top_entry *find(const struct top *t, struct span name, uint64_t hash)
{
    uint32_t number = t->n_slots ? *slot_of(t, name, hash) : 0;
    return number ? &t->entries[number - 1] : NULL;
}

static void fill_slots(struct top *t)
{
    memset(t->slots, 0, t->n_slots * sizeof t->slots[0]);
    for (uint32_t i = 0; i < t->n_entries; i++) {
        *slot_of(t, top_name(t, &t->entries[i]), t->entries[i].hash) = i + 1;
    }
}

/* A new entry with nothing counted. Growth is by doubling and ends at TOP_MOST entries. */
static struct top_entry *append(struct top *t, struct span name, uint64_t hash)
{
    if (t->n_entries == t->cap_entries) {
        t->cap_entries = t->cap_entries ? 2 * t->cap_entries : TOP_FIRST;
        t->n_slots = 2 * t->cap_entries;
        t->entries = alloc_resize(t->entries, t->cap_entries, sizeof t->entries[0]);
        t->slots = alloc_resize(t->slots, t->n_slots, sizeof t->slots[0]);
        fill_slots(t);
    }
    while (t->cap_bytes - t->len_bytes < name.len) {
        t->cap_bytes = t->cap_bytes ? 2 * t->cap_bytes : TOP_FIRST_BYTES;
        t->bytes = alloc_resize(t->bytes, t->cap_bytes, 1);
    }
    struct top_entry *e = &t->entries[t->n_entries++];
    *e = (struct top_entry){.hash = hash, .name = t->len_bytes & 0xfffff, .len = name.len & 0xfff};
    if (name.len) {
        memcpy(t->bytes + t->len_bytes, name.ptr, name.len);
    }
    t->len_bytes += e->len;
    *slot_of(t, name, hash) = t->n_entries;
    return e;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Does `a` rank before `b`? Never equal: names differ. */
static bool before(const struct ranking *r, const struct top_entry *a, const struct top_entry *b)
{
    int c = 0;
    if (r->by == BY_REQUESTS) {
        c = order(a->n[TOP_REQUESTS], b->n[TOP_REQUESTS]);
    } else if (r->by == BY_ERRORS) {
        c = order(a->n[TOP_4XX] + a->n[TOP_5XX], b->n[TOP_4XX] + b->n[TOP_5XX]);
    } else {
        c = order(a->n[TOP_5XX], b->n[TOP_5XX]);
        c = c ? c : order(a->n[TOP_4XX], b->n[TOP_4XX]);
    }
    struct span x = top_name(r->top, a), y = top_name(r->top, b);
    size_t shared = x.len < y.len ? x.len : y.len;
    c = c || shared == 0 ? c : -memcmp(x.ptr, y.ptr, shared);
    return c ? c > 0 : x.len < y.len;
}

/* Moves the entry at `i` down until none below it ranks lower. */
static void sift(struct ranking *r, size_t i)
{
    const struct top_entry *moved = r->at[i];
    for (size_t child = 2 * i + 1; child < r->n; child = 2 * i + 1) {
        if (child + 1 < r->n && before(r, r->at[child], r->at[child + 1])) {
            child++;
        }
        if (!before(r, moved, r->at[child])) {
            break;
        }
        r->at[i] = r->at[child];
        i = child;
    }
    r->at[i] = moved;
}

/* Makes a heap of entries in any order (Floyd). */
static void make_heap(struct ranking *r)
{
    for (size_t i = r->n / 2; i-- > 0;) {
        sift(r, i);
    }
}

/* Takes an entry if it ranks among the first so far, in place of the last of them. */
static void offer(struct ranking *r, const struct top_entry *e)
{
    if (r->by == BY_5XX_FIRST && e->n[TOP_4XX] == 0 && e->n[TOP_5XX] == 0) {
        return;
    }
    if (r->n < r->max) {
        r->at[r->n++] = e;
        if (r->n == r->max) {
            make_heap(r);
        }
    } else if (r->max && before(r, e, r->at[0])) {
        r->at[0] = e;
        sift(r, 0);
    }
}

/* Puts the `max` entries of the highest rank into `at`, in order. The heap sorts in place: qsort
 * may allocate, and knows nothing of the table that the names stand in. */
static size_t select_first(struct ranking *r)
{
    for (uint32_t i = 0; i < r->top->n_entries; i++) {
        offer(r, &r->top->entries[i]);
    }
    size_t n = r->n;
    make_heap(r);
    while (r->n > 1) {
        const struct top_entry *lowest = r->at[0];
        r->at[0] = r->at[--r->n];
        r->at[r->n] = lowest;
        sift(r, 0);
    }
    return n;
}

size_t top_largest(const struct top *t, bool by_errors, const struct top_entry **out, size_t max)
{
    struct ranking r = {t, by_errors ? BY_5XX_FIRST : BY_REQUESTS, out, 0, max};
    return select_first(&r);
}

/* Routes and clients are counted on errors only: then errors decide. */
static enum rank rank_of(const struct top *t)
{
    for (uint32_t i = 0; i < t->n_entries; i++) {
        if (t->entries[i].n[TOP_REQUESTS]) {
            return BY_REQUESTS;
        }
    }
    return BY_ERRORS;
}

/* Notes what an entry had that is let go: no name that is not in the table can have had more. */
static void raise_floor(struct top *t, const struct top_entry *gone)
{
    for (size_t c = 0; c < TOP_COLUMNS; c++) {
        t->floor[c] = gone->n[c] > t->floor[c] ? gone->n[c] : t->floor[c];
    }
}

/* Lets all but the `keep` largest entries go. The others stay in their order, so their names can be
 * moved down in place. */
__attribute__((noinline)) static void shrink(struct top *t, size_t keep)
{
    const struct top_entry *first[TOP_NAMES];
    bool kept[TOP_MOST] = {false};
    struct ranking r = {t, rank_of(t), first, 0, keep};
    size_t n = select_first(&r);
    for (size_t i = 0; i < n; i++) {
        kept[first[i] - t->entries] = true;
    }
    uint32_t entries = 0, bytes = 0;
    for (uint32_t i = 0; i < t->n_entries; i++) {
        struct top_entry e = t->entries[i];
        if (!kept[i]) {
            raise_floor(t, &e);
            continue;
        }
        memmove(t->bytes + bytes, t->bytes + e.name, e.len);
        e.name = bytes & 0xfffff;
        bytes += e.len;
        t->entries[entries++] = e;
    }
    t->n_entries = entries;
    t->len_bytes = bytes;
    memset(t->recent, 0, sizeof t->recent);
    fill_slots(t);
}

/* How much too high a count may be that starts from the floor. */
static uint64_t floor_error(const struct top *t)
{
    uint64_t most = 0;
    for (size_t c = 0; c < TOP_COLUMNS; c++) {
        most = t->floor[c] > most ? t->floor[c] : most;
    }
    return most;
}

/* Finds or makes the entry of a name. */
__attribute__((noinline)) static struct top_entry *entry_of(struct top *t, struct span name)
{
    uint64_t hash = span_hash(name);
    struct top_entry *e = find(t, name, hash);
    if (!e) {
        if (t->n_entries >= TOP_NAMES) {
            shrink(t, TOP_NAMES / 2);
        }
        e = append(t, name, hash);
        memcpy(e->n, t->floor, sizeof e->n);
        e->error = floor_error(t);
    }
    return e;
}

/* In which bits do the eight bytes at both places differ? */
static inline uint64_t differ(const char *a, const char *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x ^ y;
}

/* Are the `len` bytes the same? Most names have less than 32, for which a call costs more. The
 * pieces that are compared may overlap. */
static inline bool same_bytes(const char *a, const char *b, size_t len)
{
    if (len < 8 || len > 32) {
        return len == 0 || memcmp(a, b, len) == 0;
    }
    uint64_t all = differ(a, b) | differ(a + len - 8, b + len - 8);
    if (len > 16) {
        all |= differ(a + 8, b + 8) | differ(a + len - 16, b + len - 16);
    }
    return all == 0;
}

/* A log names a few hosts and servers over and over: where the last ones are is kept by a bit of
 * their name, so that those are not hashed. */
static inline unsigned recent_of(struct span name)
{
    uint64_t head = name.len, tail = 0;
    if (name.len >= 8) {
        memcpy(&head, name.ptr, 8);
        memcpy(&tail, name.ptr + name.len - 8, 8);
    } else if (name.len) {
        tail = (uint64_t)(unsigned char)name.ptr[name.len - 1] << 8 | (unsigned char)name.ptr[0];
    }
    return (unsigned)((head * 0x9e3779b97f4a7c15u ^ tail * 0xc2b2ae3d27d4eb4fu) >> 58);
}

static void add_columns(uint64_t to[TOP_COLUMNS], const uint64_t n[TOP_COLUMNS])
{
    for (size_t c = 0; c < TOP_COLUMNS; c++) {
        to[c] += n[c];
    }
}

/* The entry of a name, made when it is new. */
static inline __attribute__((always_inline)) struct top_entry *recent_entry(struct top *t,
                                                                            struct span name)
{
    name = span_head(name, TOP_NAME_BYTES);
    unsigned slot = recent_of(name);
    uint16_t recent = t->recent[slot];
    struct top_entry *e = recent ? &t->entries[recent - 1] : NULL;
    if (!e || e->len != name.len || !same_bytes(t->bytes + e->name, name.ptr, name.len)) {
        e = entry_of(t, name);
        t->recent[slot] = (uint16_t)(e - t->entries + 1);
    }
    return e;
}

void top_add(struct top *t, struct span name, const uint64_t n[TOP_COLUMNS])
{
    add_columns(recent_entry(t, name)->n, n);
}

void top_add_request(struct top *t, struct span name)
{
    recent_entry(t, name)->n[TOP_REQUESTS]++;
}

bool top_add_request_in(struct top *t, struct span name, uint32_t second)
{
    struct top_entry *e = recent_entry(t, name);
    bool is_first = e->second != second;
    e->n[TOP_REQUESTS]++;
    e->second = second;
    return is_first;
}

void top_restore(struct top *t, struct span name, const uint64_t n[TOP_COLUMNS], uint64_t error)
{
    name = span_head(name, TOP_NAME_BYTES);
    uint64_t hash = span_hash(name);
    struct top_entry *e = find(t, name, hash);
    if (!e && t->n_entries < TOP_MOST) {
        e = append(t, name, hash);
    }
    if (e) {
        memcpy(e->n, n, sizeof e->n);
        e->error = error;
    }
}

/* First those that only `into` has, while it has no others; then all that `from` has. */
void top_merge(struct top *into, const struct top *from)
{
    uint64_t into_error = floor_error(into), from_error = floor_error(from);
    for (uint32_t i = 0; i < into->n_entries && from_error; i++) {
        struct top_entry *e = &into->entries[i];
        if (!find(from, top_name(into, e), e->hash)) {
            add_columns(e->n, from->floor);
            e->error += from_error;
        }
    }
    for (uint32_t i = 0; i < from->n_entries; i++) {
        const struct top_entry *f = &from->entries[i];
        struct top_entry *e = find(into, top_name(from, f), f->hash);
        if (!e) {
            e = append(into, top_name(from, f), f->hash);
            memcpy(e->n, into->floor, sizeof e->n);
            e->error = into_error;
        }
        add_columns(e->n, f->n);
        e->error += f->error;
    }
    add_columns(into->floor, from->floor);
    if (into->n_entries > TOP_NAMES) {
        shrink(into, TOP_NAMES);
    }
}
