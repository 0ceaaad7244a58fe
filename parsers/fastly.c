/*
 * Fastly's real-time logs in JSON, with the keys of its documentation's template:
 *
 *     {"timestamp":"2026-11-22T16:43:42+0000","client_ip":"192.0.2.7","host":"shop.example",
 *      "url":"/tea","request_method":"GET","response_status":503,"fastly_server":"cache-…"}
 */
#include "parsers/lang/records.h"

static const struct records_key fastly_keys[] = {
    {"response_status", FIELD_STATUS},
    {"response_body_size", FIELD_BYTES},
    {"time_elapsed", FIELD_DURATION_US},
    {NULL, FIELD_SKIP},
};

/* Only such lines have one of these. */
static const char *const fastly_signs[] = {"fastly_server", "fastly_is_edge", "response_state",
                                           NULL};

static int open_fastly(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, fastly_keys, fastly_signs, why);
}

const struct parser parser_fastly = {
    .name = "fastly",
    .summary = "Fastly, JSON as its log templates propose",
    .sample =
        "{\"timestamp\":\"2026-11-22T16:43:42+0000\",\"client_ip\":\"192.0.2.7\",\"host\":\"shop.example\",\"url\":\"/tea\",\"request_method\":\"GET\",\"response_state\":\"MISS\",\"response_status\":503,\"response_body_size\":564,\"fastly_server\":\"cache-cdg20764-CDG\"}",
    .weight = 7,
    .state_size = sizeof(struct records_state),
    .open = open_fastly,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
