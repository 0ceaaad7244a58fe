/*
 * Envoy's access log as JSON lines, as Istio and Envoy Gateway configure it:
 *
 *     {"start_time":"2026-11-22T16:43:42.123Z","method":"GET","path":"/tea","response_code":503,
 *      "response_flags":"UF","duration":12,"upstream_host":"10.0.0.7:8080","authority":"shop.example"}
 *
 * The code is 0 where no answer was begun. Durations are milliseconds; null and "-" say nothing.
 */
#include "parsers/lang/records.h"

static const struct records_key envoy_json_keys[] = {
    {"response_code", FIELD_STATUS},
    {"start_time", FIELD_TIME_ANY},
    {"duration", FIELD_DURATION_MS},
    {"bytes_sent", FIELD_BYTES},
    {"authority", FIELD_HOST},
    {":authority", FIELD_HOST},
    {"x-envoy-origin-path", FIELD_TARGET},
    {"path", FIELD_TARGET},
    {"downstream_remote_address", FIELD_CLIENT_PORT},
    {"upstream_host", FIELD_UPSTREAM},
    {"response_flags", FIELD_FLAG},
    {"response_code_details", FIELD_FLAG_MORE},
    {NULL, FIELD_SKIP},
};

/* Only such lines have one of these. */
static const char *const envoy_json_signs[] = {"response_flags", "response_code_details",
                                               "upstream_cluster", "route_name", NULL};

static int open_envoy_json(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, envoy_json_keys, envoy_json_signs, why);
}

const struct parser parser_envoy_json = {
    .name = "envoy-json",
    .summary = "Envoy's and Istio's access log, JSON",
    .sample =
        "{\"authority\":\"shop.example\",\"bytes_sent\":91,\"downstream_remote_address\":\"192.0.2.7:50112\",\"duration\":12,\"method\":\"GET\",\"path\":\"/tea\",\"response_code\":503,\"response_flags\":\"UF\",\"start_time\":\"2026-11-22T16:43:42.123Z\",\"upstream_host\":\"10.0.0.7:8080\"}",
    .server = SERVER_ENVOY,
    .weight = 8,
    .state_size = sizeof(struct records_state),
    .open = open_envoy_json,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
