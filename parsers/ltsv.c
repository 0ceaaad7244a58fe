/*
 * Labelled tab-separated values (ltsv.org): "label:value" joined by tabs, the first colon divides.
 * Labels are found by the names in common use; "host" is the client there, as the LTSV site
 * proposes.
 */
#include "parsers/lang/keys.h"
#include "parsers/parser.h"

static enum field ltsv_field(struct keys_state *s, struct span label)
{
    if (span_is(label, "host")) {
        return FIELD_CLIENT;
    }
    if (span_is(label, "time")) {
        return FIELD_TIME_ANY;
    }
    return keys_field(s, (struct span){0}, label);
}

/* A single label is not enough: too many lines of other formats have a colon. */
static enum parse_result parse_ltsv(void *state, struct span line, struct event *out)
{
    bool has_tab = span_find(line, '\t') < line.len;
    while (has_tab && line.len) {
        size_t tab = span_find(line, '\t');
        struct span pair = span_head(line, tab);
        size_t colon = span_find(pair, ':');
        if (colon == pair.len) {
            out->is_partial = tab == line.len; /* cut in its last label */
            return out->is_partial && out->status != STATUS_NONE ? PARSE_OK : PARSE_BAD;
        }
        field_store(out, ltsv_field(state, span_head(pair, colon)), span_after(pair, colon + 1));
        line = span_after(line, tab + 1);
    }
    return out->status == STATUS_NONE ? PARSE_BAD : PARSE_OK;
}

const struct parser parser_ltsv = {
    .name = "ltsv",
    .summary = "Labelled tab-separated values",
    .sample =
        "time:22/Nov/2026:16:43:42 +0000\thost:127.0.0.1\treq:GET /tea HTTP/1.1\tstatus:404\tsize:150\t"
        "reqtime:0.002\tvhost:shop.example",
    .weight = 6,
    .state_size = sizeof(struct keys_state),
    .parse = parse_ltsv,
};
