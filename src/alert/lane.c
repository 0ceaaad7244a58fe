/*
 * Open counts are a sorted array with a head that moves: sources in step add at its end, one that
 * lags adds near its head, and both cost little. A second is closed by adding its counts to their
 * series and ticking all that are active; a series is active from its first count until it is
 * settled. While none is, the clock jumps to the next count.
 */
#include "alert/lane.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    ONE_SLOTS = 2, /* of a lane with one series, as most are */
    FIRST_SLOTS = 8,
    FIRST_ENTRIES = 1,
    FIRST_ACTIVE = 1,
    SWEEP_EVERY_S = 600,
};

struct lane *lane_new(void)
{
    struct lane *lane = alloc_zero(1, sizeof *lane);
    lane->next = lane->swept = INT64_MIN;
    return lane;
}

void lane_free(struct lane *lane, struct label_table *labels)
{
    if (!lane) {
        return;
    }
    for (size_t i = 0; i < lane->n_slots; i++) {
        if (lane->slots[i]) {
            series_free(lane->slots[i], labels);
        }
    }
    answers_done(&lane->answers, labels);
    free(lane->slots);
    free(lane->active);
    free(lane->entries);
    free(lane);
}

/* Open addressing: an empty slot ends the search, and at least half of them are. Their number is
 * a power of two. */
struct series *lane_find(const struct lane *lane, uint64_t hash, const struct series_key *key)
{
    for (size_t at = hash; lane->n_slots; at++) {
        struct series *s = lane->slots[at & (lane->n_slots - 1)];
        if (!s || (s->hash == hash && series_is(s, key))) {
            return s;
        }
    }
    return NULL;
}

static void put(struct series **slots, size_t n_slots, struct series *s)
{
    size_t at = s->hash;
    while (slots[at & (n_slots - 1)]) {
        at++;
    }
    slots[at & (n_slots - 1)] = s;
}

/* Moves the series to a table of `n_slots`. */
static void rehash(struct lane *lane, uint32_t n_slots)
{
    struct series **slots = alloc_zero(n_slots, sizeof(struct series *));
    for (size_t i = 0; i < lane->n_slots; i++) {
        if (lane->slots[i]) {
            put(slots, n_slots, lane->slots[i]);
        }
    }
    free(lane->slots);
    lane->slots = slots;
    lane->n_slots = n_slots;
}

static uint32_t slots_for_more(const struct lane *lane)
{
    if (lane->n_slots < FIRST_SLOTS) {
        return lane->n_slots ? FIRST_SLOTS : ONE_SLOTS;
    }
    return lane->n_slots * 2;
}

/* `number` gives the entries of a second an order that does not depend on addresses. */
struct series *lane_create(struct lane *lane, const struct lane_owner *owner, uint64_t hash,
                           const struct series_key *key)
{
    if (lane->n_series >= lane->n_slots / 2) {
        rehash(lane, slots_for_more(lane));
    }
    struct series *s = series_new(hash, key);
    s->number = lane->created++;
    put(lane->slots, lane->n_slots, s);
    lane->n_series++;
    ++*owner->n_series;
    return s;
}

static bool is_before(const struct lane_entry *a, const struct lane_entry *b)
{
    return a->second != b->second ? a->second < b->second : a->series->number < b->series->number;
}

/* Makes an empty place before entry `at`, moving whichever side is cheaper. */
static struct lane_entry *open_place(struct lane *lane, size_t at)
{
    struct lane_entry *e = lane->entries;
    size_t behind = lane->n_entries - at;
    if (lane->head > 0 && at < behind) {
        memmove(&e[lane->head - 1], &e[lane->head], at * sizeof *e);
        lane->head--;
    } else {
        if (lane->head + lane->n_entries == lane->cap_entries &&
            lane->head > lane->cap_entries / 2) {
            memmove(e, &e[lane->head], lane->n_entries * sizeof *e);
            lane->head = 0;
        } else if (lane->head + lane->n_entries == lane->cap_entries) {
            lane->cap_entries = lane->cap_entries ? lane->cap_entries * 2 : FIRST_ENTRIES;
            e = lane->entries = alloc_resize(e, lane->cap_entries, sizeof *e);
        }
        memmove(&e[lane->head + at + 1], &e[lane->head + at], behind * sizeof *e);
    }
    lane->n_entries++;
    return &e[lane->head + at];
}

/* The number of the first entry that is not before `entry`. */
static size_t find_place(const struct lane *lane, const struct lane_entry *entry)
{
    const struct lane_entry *e = lane->n_entries ? &lane->entries[lane->head] : NULL;
    size_t low = 0, high = lane->n_entries;
    if (high && is_before(&e[high - 1], entry)) {
        return high; /* the usual case: later than all */
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&e[middle], entry)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A lane with too many open entries closes its oldest second early: a source with wild stamps may
 * cost accuracy, but never memory without end. */
void lane_add(struct lane *lane, const struct lane_owner *owner, const struct lane_entry *entry)
{
    size_t at = find_place(lane, entry);
    struct lane_entry *same = at < lane->n_entries ? &lane->entries[lane->head + at] : NULL;
    if (same && !is_before(entry, same)) {
        same->requests += entry->requests;
        same->errors += entry->errors;
    } else {
        *open_place(lane, at) = *entry;
    }
    struct series *s = entry->series;
    s->last_seen = entry->second > s->last_seen ? entry->second : s->last_seen;
    s->known_from = entry->second < s->known_from ? entry->second : s->known_from;
    if (lane->n_entries > LANE_OPEN) {
        lane_close(lane, owner, lane->entries[lane->head].second + 1);
    }
}

void lane_activate(struct lane *lane, struct series *s)
{
    if (s->is_active) {
        return;
    }
    if (lane->n_active == lane->cap_active) {
        lane->cap_active = lane->cap_active ? lane->cap_active * 2 : FIRST_ACTIVE;
        lane->active = alloc_resize(lane->active, lane->cap_active, sizeof(struct series *));
    }
    s->is_active = true;
    lane->active[lane->n_active++] = s;
}

/* The head goes on instead of moving what is left. */
static void take_entries(struct lane *lane, int64_t second)
{
    while (lane->n_entries && lane->entries[lane->head].second == second) {
        struct lane_entry *e = &lane->entries[lane->head];
        e->series->requests += e->requests;
        e->series->errors += e->errors;
        lane_activate(lane, e->series);
        lane->head++;
        lane->n_entries--;
    }
    if (lane->n_entries == 0) {
        lane->head = 0;
    }
}

/* Also closes the gaps in the list: a series that is settled leaves it, and comes back with its
 * next count. */
static void tick_all(struct lane *lane, const struct lane_owner *owner, int64_t second)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < lane->n_active; i++) {
        struct series *s = lane->active[i];
        struct rule_finding finding;
        enum series_change change = series_tick(s, owner->rule, second, &finding);
        if (change != SERIES_SAME) {
            owner->on_change(s, change, second, &finding, &lane->answers, owner->ctx);
        }
        if (series_is_settled(s, owner->rule)) {
            s->is_active = false;
        } else {
            lane->active[kept++] = s;
        }
    }
    lane->n_active = kept;
}

/* Drops series that were quiet for so long that a new one would know as much. That makes room under
 * the cap for other hosts. */
static void sweep(struct lane *lane, const struct lane_owner *owner)
{
    uint32_t dropped = 0;
    int memory_s = series_detector(owner->rule)->memory_s + owner->rule->window_s;
    lane->swept = lane->next;
    for (size_t i = 0; i < lane->n_slots; i++) {
        struct series *s = lane->slots[i];
        if (s && !s->is_active && s->last_seen < lane->next - memory_s) {
            series_free(s, owner->labels);
            lane->slots[i] = NULL;
            dropped++;
        }
    }
    lane->n_series -= dropped;
    *owner->n_series -= dropped;
    if (dropped) {
        rehash(lane, lane->n_slots); /* a hole would end a search too early */
    }
}

/* Without an active series nothing can change between two counts, so those seconds are skipped,
 * however many they are. */
void lane_close(struct lane *lane, const struct lane_owner *owner, int64_t limit)
{
    while (lane->next < limit) {
        if (lane->n_active == 0) {
            int64_t first = lane->n_entries ? lane->entries[lane->head].second : limit;
            lane->next = first < limit ? first : limit;
            if (lane->next == limit) {
                break;
            }
        }
        int64_t second = lane->next;
        take_entries(lane, second);
        tick_all(lane, owner, second);
        lane->next = second + 1;
    }
    bool never = lane->swept == INT64_MIN;
    if (lane->next != INT64_MIN && (never || lane->next - lane->swept >= SWEEP_EVERY_S)) {
        sweep(lane, owner);
    }
}

bool lane_can_wait(const struct lane *lane, const struct rule *rule)
{
    bool can_wait = lane->n_entries == 0;
    for (size_t i = 0; can_wait && i < lane->n_active; i++) {
        can_wait = series_can_wait(lane->active[i], rule);
    }
    return can_wait;
}

void lane_pack(struct lane *lane, const struct rule *rule)
{
    for (size_t i = 0; i < lane->n_slots; i++) {
        if (lane->slots[i]) {
            series_pack(lane->slots[i], rule);
        }
    }
}

/* A lane that never closed a second has no series. */
void lane_rest(struct lane *lane, const struct rule *rule, struct label_table *labels)
{
    free(lane->entries);
    lane->entries = NULL;
    lane->cap_entries = lane->head = 0;
    if (lane->n_active == 0) {
        free(lane->active);
        lane->active = NULL;
    } else if (lane->n_active < lane->cap_active) {
        lane->active = alloc_resize(lane->active, lane->n_active, sizeof(struct series *));
    }
    lane->cap_active = lane->n_active;
    int64_t oldest = lane->next == INT64_MIN ? INT64_MIN : lane->next - rule->window_s;
    answers_rest(&lane->answers, labels, oldest);
    for (size_t i = 0; i < lane->n_slots; i++) {
        if (lane->slots[i]) {
            series_rest(lane->slots[i], rule, labels, oldest);
        }
    }
}
