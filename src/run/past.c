/* History: what was counted since the last checkpoint, and what the store has. */
#include "output/past.h"

#include "base/clock.h"
#include "output/json.h"
#include "run/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_S = 86400,
    MINUTES_S = 2 * 86400, /* up to this an answer is by the minute, above it by the hour */
    AHEAD_S = 86400,       /* stamps further ahead of our clock are no history yet */
};

void past_configure(struct service *s)
{
    int64_t now_s = clock_wall_ms() / 1000;
    s->pipeline.has_history = s->config.store_path && s->config.history_s > 0;
    s->pipeline.history_bounds = (struct history_bounds){.oldest = now_s - STORE_HOURS_S,
                                                         .minutes = now_s - s->config.history_s,
                                                         .newest = now_s + AHEAD_S};
}

void past_take(struct service *s, struct store *out)
{
    out->history = s->pipeline.history;
    out->history_s = s->config.history_s;
    s->pipeline.history = (struct history){0};
}

void past_return(struct service *s, const struct store *unsaved)
{
    history_merge(&s->pipeline.history, &unsaved->history, HISTORY_MINUTE, INT64_MIN, INT64_MAX);
}

void past_join(const struct service *s, struct store *out)
{
    history_merge(&out->history, &s->pipeline.history, HISTORY_MINUTE, INT64_MIN, INT64_MAX);
}

/* A checkpoint may be under way: whether it is in the file already, the file says. */
static int collect(struct service *s, uint32_t width, int64_t from, int64_t to, struct history *out)
{
    int64_t saved_ms = 0;
    int r = store_read_history(s->config.store_path, width, from, to, out, &saved_ms);
    if (s->is_saving && saved_ms != s->saving_ms) {
        history_merge(out, &s->saving.history, width, from, to);
    }
    history_merge(out, &s->pipeline.history, width, from, to);
    history_sort(out);
    return r;
}

int past_answer(struct service *s, int last_s, struct buf *out)
{
    if (!s->pipeline.has_history) {
        json_error(out, "there is no history: it needs a store with a path, and keep above 0");
        return -ENOENT;
    }
    int64_t now_s = clock_wall_ms() / 1000;
    last_s = last_s > 0 ? last_s : DEFAULT_S;
    bool is_short = last_s <= MINUTES_S && last_s <= s->config.history_s;
    uint32_t width = is_short ? HISTORY_MINUTE : HISTORY_HOUR;
    int64_t from = history_step(now_s - last_s, width), to = now_s + AHEAD_S;
    struct history h = {0};
    summaries_fold(s);
    int r = collect(s, width, from, to, &h);
    if (r == 0) {
        past_write(out, &h, width, from, now_s);
    } else {
        char text[128];
        snprintf(text, sizeof(text), "the store can't be read: %s", strerror(-r));
        json_error(out, text);
    }
    history_done(&h);
    return r;
}
