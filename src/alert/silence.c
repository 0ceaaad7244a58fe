/* A short list, looked through only when an alert fires, gets worse, or waits for its silence to
 * end. */
#include "alert/silence.h"

#include "base/alloc.h"

static void copy(char *to, size_t size, struct span text)
{
    text = span_head(text, size - 1);
    if (text.len) {
        memcpy(to, text.ptr, text.len);
    }
    to[text.len] = '\0';
}

static void take_out(struct silence_list *list, size_t index)
{
    list->n--;
    memmove(&list->items[index], &list->items[index + 1], (list->n - index) * sizeof *list->items);
}

/* Takes out what is over, and what says the same as `s`. */
static void tidy(struct silence_list *list, const struct silence *s, int64_t now)
{
    for (size_t i = list->n; i-- > 0;) {
        const struct silence *old = &list->items[i];
        bool same = strcmp(old->rule, s->rule) == 0 && strcmp(old->series, s->series) == 0;
        if (same || old->until <= now) {
            take_out(list, i);
        }
    }
}

/* A full list gives up the silence that would be missed for the shortest time. */
static size_t first_to_end(const struct silence_list *list)
{
    size_t first = 0;
    for (size_t i = 1; i < list->n; i++) {
        first = list->items[i].until < list->items[first].until ? i : first;
    }
    return first;
}

/* With an end that has passed it only takes back what was set before. */
void silence_set(struct silence_list *list, struct span rule, struct span series, int64_t until,
                 int64_t now)
{
    struct silence s = {.until = until};
    copy(s.rule, sizeof s.rule, rule);
    copy(s.series, sizeof s.series, series);
    tidy(list, &s, now);
    if (until <= now) {
        return;
    }
    if (list->n == SILENCE_MAX) {
        take_out(list, first_to_end(list));
    }
    list->items = alloc_resize(list->items, list->n + 1, sizeof *list->items);
    list->items[list->n++] = s;
}

bool silence_is_of(const struct alert *alert, const char *series)
{
    const char *const names[] = {alert->source, alert->host, alert->route, alert->upstream};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(series, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Without a series a silence covers its whole rule. */
bool silence_covers(const struct silence_list *list, const struct alert *alert, int64_t second)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct silence *s = &list->items[i];
        bool is_meant = !s->series[0] || silence_is_of(alert, s->series);
        if (is_meant && second < s->until && strcmp(s->rule, alert->rule) == 0) {
            return true;
        }
    }
    return false;
}
