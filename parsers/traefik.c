/*
 * Traefik's access log as JSON lines (accessLog.format = json):
 *
 *     {"ClientHost":"192.0.2.7","DownstreamStatus":502,"OriginStatus":502,"Duration":3034764, …}
 *
 * DownstreamStatus is what the client got; OriginStatus, what the server behind said, is no count
 * of ours. Durations are nanoseconds. Messages of Traefik itself have no status.
 */
#include "parsers/lang/records.h"

static const struct records_key traefik_keys[] = {
    {"DownstreamStatus", FIELD_STATUS},
    {"StartUTC", FIELD_TIME_ANY},
    {"time", FIELD_TIME_ANY},
    {"Duration", FIELD_DURATION_NS},
    {"DownstreamContentSize", FIELD_BYTES},
    {"ClientHost", FIELD_CLIENT},
    {"RequestHost", FIELD_HOST},
    {"ServiceAddr", FIELD_UPSTREAM},
    {"BackendAddr", FIELD_UPSTREAM},
    {NULL, FIELD_SKIP},
};

static int open_traefik(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, traefik_keys, NULL, why);
}

const struct parser parser_traefik = {
    .name = "traefik",
    .summary = "Traefik's access log, JSON",
    .sample =
        "{\"ClientHost\":\"192.0.2.7\",\"DownstreamContentSize\":11,\"DownstreamStatus\":502,\"Duration\":3034764,\"OriginStatus\":502,\"RequestHost\":\"shop.example\",\"RequestMethod\":\"GET\",\"RequestPath\":\"/tea\",\"ServiceAddr\":\"10.0.0.7:8080\",\"StartUTC\":\"2026-11-22T16:43:42.123456789Z\"}",
    .server = SERVER_TRAEFIK,
    .weight = 8,
    .state_size = sizeof(struct records_state),
    .open = open_traefik,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
