/*
 * JSON lines, one object a request, as nginx (escape=json), Apache (in all but name), HAProxy and
 * application frameworks write them. Keys are found by the names in common use (event/field.c), or
 * given:
 *
 *     --format json:'status=http_code,time=when,host=site'
 */
#include "parsers/lang/records.h"

#include <errno.h>

/* Takes one "field=key" of the arguments. */
static int give_key(struct keys_state *s, struct span pair, struct problem *why)
{
    size_t eq = span_find(pair, '=');
    struct span name = span_trim(span_head(pair, eq)), key = span_trim(span_after(pair, eq + 1));
    enum field field = field_of_key(name);
    if (eq == pair.len || key.len == 0 || field == FIELD_SKIP) {
        problem_set(
            why,
            "\"%.*s\" is no field=key; fields are status, time, host, method, path, client, upstream, "
            "bytes, duration, request",
            (int)pair.len, pair.ptr);
        return -EINVAL;
    }
    if (!keys_give(s, key, field)) {
        problem_set(why, "\"%.*s\" is given twice", (int)key.len, key.ptr);
        return -EINVAL;
    }
    return 0;
}

/* Without arguments the usual names are all there is. */
static int open_json(void *state, struct span args, struct problem *why)
{
    struct records_state *s = state;
    int r = 0;
    while (r == 0 && args.len) {
        size_t comma = span_find(args, ',');
        r = give_key(&s->keys, span_head(args, comma), why);
        args = span_after(args, comma + 1);
    }
    return r;
}

const struct parser parser_json = {
    .name = "json",
    .summary = "JSON lines; keys by their usual names, or json:status=KEY,time=KEY",
    .sample =
        "{\"time\":\"2026-11-22T16:43:42+00:00\",\"host\":\"shop.example\",\"request\":\"GET /tea HTTP/1.1\","
        "\"status\":\"503\",\"bytes\":\"150\",\"request_time\":\"0.012\"}",
    .weight = 4,
    .state_size = sizeof(struct records_state),
    .open = open_json,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
