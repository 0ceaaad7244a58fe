/* Lists grow one by one: they are short, and made once. */
#include "config/settings.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

/* Walks to the end each time: lists have a few entries, and no count beside them can go wrong. */
void settings_add_text(char ***list, struct span text)
{
    size_t n = 0;
    while (*list && (*list)[n]) {
        n++;
    }
    *list = alloc_resize(*list, n + 2, sizeof(**list));
    (*list)[n] = alloc_text(text);
    (*list)[n + 1] = NULL;
}

void settings_free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++) {
        free(list[i]);
    }
    free(list);
}

/* `text` must not be a part of `*old`, which is freed first. */
void settings_replace(char **old, const char *text)
{
    free(*old);
    *old = alloc_text(span_of(text));
}

/* The pointer is good until the next source is added; so it is with the lists below. */
struct config_source *settings_add_source(struct config *c)
{
    c->sources = alloc_resize(c->sources, c->n_sources + 1, sizeof(*c->sources));
    struct config_source *source = &c->sources[c->n_sources++];
    *source = (struct config_source){.paths = alloc_zero(1, sizeof(char *)),
                                     .exclude = alloc_zero(1, sizeof(char *)),
                                     .format = alloc_text(SPAN("auto"))};
    return source;
}

struct rule *settings_add_rule(struct config *c, const char *name)
{
    c->rules = alloc_resize(c->rules, c->n_rules + 1, sizeof(*c->rules));
    struct rule *rule = &c->rules[c->n_rules++];
    *rule = (struct rule){.by = RULE_BY_SOURCE, .window_s = 60, .group_s = RULE_GROUP_S};
    snprintf(rule->name, sizeof(rule->name), "%s", name);
    return rule;
}

struct maintenance *settings_add_maintenance(struct config *c)
{
    c->maintenances =
        alloc_resize(c->maintenances, c->n_maintenances + 1, sizeof(*c->maintenances));
    struct maintenance *m = &c->maintenances[c->n_maintenances++];
    *m = (struct maintenance){.zone_s = 0};
    return m;
}

struct config_notify *settings_add_notify(struct config *c)
{
    c->notifies = alloc_resize(c->notifies, c->n_notifies + 1, sizeof(*c->notifies));
    struct config_notify *notify = &c->notifies[c->n_notifies++];
    *notify = (struct config_notify){.style = NOTIFY_GENERIC};
    return notify;
}
