/* The checks that every kind of section shares, so that they are worded and placed alike. */
#include "config/stanza.h"

#include "base/choice.h"
#include "config/place.h"
#include "config/settings.h"
#include "config/value.h"

#include <errno.h>

/* Adds to what is wrong where it stands: value `index` of a setting, or (`key` NULL) the title. */
int stanza_refuse(const struct stanza *s, const char *key, size_t index)
{
    struct place_of what = {.section = s->kind, .n = s->n, .key = key, .index = index};
    struct place at = place_find(s->file->text, what);
    problem_at(s->file->why, s->file->name, at.line, at.column);
    return -EINVAL;
}

/* A setting that is not there has no values, so callers need not ask twice. */
struct stanza_setting stanza_get(const struct stanza *s, const char *key)
{
    for (size_t i = 0; i < s->n_settings; i++) {
        if (strcmp(s->settings[i].key, key) == 0) {
            return s->settings[i];
        }
    }
    return (struct stanza_setting){.key = key};
}

/* Of several values the last one counts. */
const char *stanza_text(const struct stanza *s, const char *key)
{
    struct stanza_setting setting = stanza_get(s, key);
    return setting.n_values ? setting.values[setting.n_values - 1] : NULL;
}

static int refuse_text(const struct stanza *s, const char *key, const char *wanted)
{
    problem_set(s->file->why, "\"%.*s\" is no %s", CHOICE_SHOWN, stanza_text(s, key), wanted);
    return stanza_refuse(s, key, 0);
}

/* Names stand in labels of metrics and in lines of text, so they are kept plain. */
int stanza_name(const struct stanza *s, char *out, size_t size)
{
    struct span title = span_of(s->title);
    bool good = title.len > 0 && title.len < size;
    for (size_t i = 0; good && i < title.len; i++) {
        unsigned char c = (unsigned char)title.ptr[i];
        good = c > ' ' && c < 0x7f && c != '"' && c != '\\';
    }
    if (!good) {
        problem_set(s->file->why,
                    "the name of a section has 1 to %zu ASCII characters without blanks and quotes",
                    size - 1);
        return stanza_refuse(s, NULL, 0);
    }
    memcpy(out, title.ptr, title.len + 1);
    return 0;
}

/* Here and below, a setting that is not there leaves `*out` as it was: the default stays. */
int stanza_duration(const struct stanza *s, const char *key, struct stanza_bounds bounds, int *out)
{
    int64_t ms = 0;
    const char *text = stanza_text(s, key);
    if (!text) {
        return 0;
    }
    if (!value_duration(span_of(text), &ms)) {
        return refuse_text(s, key, "duration (500ms, 10s, 2m, 1h, 30d)");
    }
    if (ms < bounds.least_ms || ms > bounds.most_ms || ms % bounds.unit_ms) {
        problem_set(s->file->why, "%s must be %s, not %.*s", key, bounds.words, CHOICE_SHOWN, text);
        return stanza_refuse(s, key, 0);
    }
    *out = (int)(ms / bounds.unit_ms);
    return 0;
}

int stanza_ratio(const struct stanza *s, const char *key, double *out)
{
    const char *text = stanza_text(s, key);
    if (text && !value_ratio(span_of(text), out)) {
        return refuse_text(s, key, "ratio from 0 % to 100 % (2%, 0.5%, 0.02)");
    }
    return 0;
}

int stanza_switch(const struct stanza *s, const char *key, bool *out)
{
    const char *text = stanza_text(s, key);
    if (text && !value_switch(span_of(text), out)) {
        return refuse_text(s, key, "switch (true, false)");
    }
    return 0;
}

/* The number of the word that the setting holds; `*out` is untouched when it is not there. */
int stanza_choice(const struct stanza *s, const char *key, const char *const *words, int *out)
{
    const char *text = stanza_text(s, key);
    int which = text ? choice_find(span_of(text), words, key, s->file->why) : *out;
    if (which < 0) {
        return stanza_refuse(s, key, 0);
    }
    *out = which;
    return 0;
}

/* A text without control bytes that is not empty. */
int stanza_take(const struct stanza *s, const char *key, char **out)
{
    const char *text = stanza_text(s, key);
    if (!text) {
        return 0;
    }
    bool good = *text != '\0';
    for (const char *c = text; *c; c++) {
        good = good && (unsigned char)*c >= ' ' && *c != 0x7f;
    }
    if (!good) {
        problem_set(s->file->why, "%s must not be empty, nor hold control bytes", key);
        return stanza_refuse(s, key, 0);
    }
    settings_replace(out, text);
    return 0;
}

/* Adds to what `*out` holds, and begins no new list. */
int stanza_list(const struct stanza *s, const char *key, char ***out)
{
    struct stanza_setting setting = stanza_get(s, key);
    for (size_t i = 0; i < setting.n_values; i++) {
        if (!*setting.values[i]) {
            problem_set(s->file->why, "%s must not be empty", key);
            return stanza_refuse(s, key, i);
        }
        settings_add_text(out, span_of(setting.values[i]));
    }
    return 0;
}

int stanza_mode(const struct stanza *s, const char *key, int *out)
{
    const char *text = stanza_text(s, key);
    if (text && !value_mode(span_of(text), out)) {
        return refuse_text(s, key, "file mode in octal digits from 0 to 0777");
    }
    return 0;
}

int stanza_count(const struct stanza *s, const char *key, uint64_t *out)
{
    const char *text = stanza_text(s, key);
    uint64_t count = 0;
    if (!text) {
        return 0;
    }
    if (!span_to_u64(span_of(text), &count) || count > UINT32_MAX) {
        return refuse_text(s, key, "number of requests");
    }
    *out = count;
    return 0;
}
