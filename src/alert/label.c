/* A hash table with chains, doubled when there are as many labels as slots. */
#include "alert/label.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    FIRST_SLOTS = 64,
    TEXT_MAX = 1024, /* longer names are cut: only a person reads them */
};

static struct label **slot_of(struct label_table *table, uint64_t hash)
{
    return &table->slots[hash & (table->n_slots - 1)];
}

/* A label knows its hash, so no text is read again. */
static void grow(struct label_table *table)
{
    struct label **old = table->slots;
    size_t n_old = table->n_slots;
    table->n_slots = n_old ? n_old * 2 : FIRST_SLOTS;
    table->slots = alloc_zero(table->n_slots, sizeof(struct label *));
    for (size_t i = 0; i < n_old; i++) {
        for (struct label *l = old[i], *next; l; l = next) {
            next = l->next;
            l->next = *slot_of(table, l->hash);
            *slot_of(table, l->hash) = l;
        }
    }
    free(old);
}

/* Cut before it is hashed: names that differ only behind the cut are one label. */
struct label *label_take(struct label_table *table, struct span text)
{
    text = span_head(text, TEXT_MAX);
    if (text.len == 0) {
        return NULL;
    }
    if (table->count >= table->n_slots) {
        grow(table);
    }
    uint64_t hash = span_hash(text);
    struct label **slot = slot_of(table, hash);
    for (struct label *l = *slot; l; l = l->next) {
        if (l->hash == hash && span_equal((struct span){l->text, l->len}, text)) {
            return label_hold(l);
        }
    }
    struct label *l = alloc_zero(1, sizeof *l + text.len);
    l->next = *slot;
    l->hash = hash;
    l->holders = 1;
    l->len = (uint32_t)text.len;
    memcpy(l->text, text.ptr, text.len);
    *slot = l;
    table->count++;
    return l;
}

struct label *label_hold(struct label *label)
{
    if (label) {
        label->holders++;
    }
    return label;
}

/* The label leaves its chain before it is freed. The table itself does not shrink. */
void label_drop(struct label_table *table, struct label *label)
{
    if (!label || --label->holders > 0) {
        return;
    }
    struct label **at = slot_of(table, label->hash);
    while (*at != label) {
        at = &(*at)->next;
    }
    *at = label->next;
    table->count--;
    free(label);
}

/* Labels belong to their holders, who have dropped them all before. */
void label_table_done(struct label_table *table)
{
    free(table->slots);
    *table = (struct label_table){0};
}
