/*
 * A list that is searched: there is one item for each format that the configuration names, and for
 * each one that takes part in guessing. States without arguments stay when nobody holds them: each
 * guess opens all of them.
 */
#include "format/states.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

struct states_item {
    const struct parser *parser;
    char *args;
    void *state;
    size_t holders;
};

void *states_new(const struct parser *p, struct span args, const enum field *dropped)
{
    struct problem ignored; /* format_read has tried it */
    void *state = p->state_size ? alloc_zero(1, p->state_size) : NULL;
    if (p->open) {
        p->open(state, args, &ignored);
    }
    for (const enum field *f = dropped; f && *f != FIELD_SKIP && p->drop; f++) {
        p->drop(state, (int)*f);
    }
    return state;
}

void states_free(const struct parser *p, void *state)
{
    if (p->close) {
        p->close(state);
    }
    free(state);
}

static void free_item(struct states_item *item)
{
    states_free(item->parser, item->state);
    free(item->args);
}

void states_done(struct states *s)
{
    for (size_t i = 0; i < s->n_items; i++) {
        assert(s->items[i].holders == 0);
        free_item(&s->items[i]);
    }
    free(s->items);
    *s = (struct states){0};
}

void *states_take(struct states *s, const struct parser *p, struct span args)
{
    assert(p->memory_size == 0);
    if (p->state_size == 0) {
        return NULL;
    }
    for (size_t i = 0; i < s->n_items; i++) {
        if (s->items[i].parser == p && span_is(args, s->items[i].args)) {
            s->items[i].holders++;
            return s->items[i].state;
        }
    }
    s->items = alloc_resize(s->items, s->n_items + 1, sizeof(s->items[0]));
    struct states_item *item = &s->items[s->n_items++];
    *item = (struct states_item){p, alloc_text(args), states_new(p, args, s->dropped), 1};
    return item->state;
}

void states_drop(struct states *s, void *state)
{
    for (size_t i = 0; state && i < s->n_items; i++) {
        struct states_item *item = &s->items[i];
        if (item->state == state) {
            item->holders--;
            if (item->holders == 0 && item->args[0]) {
                free_item(item);
                *item = s->items[--s->n_items];
            }
            return;
        }
    }
}
