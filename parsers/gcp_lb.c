/*
 * Entries of Google Cloud Logging with an HTTP request, one a line, as a sink exports them: load
 * balancers, Cloud Run, App Engine.
 *
 *     {"httpRequest":{"requestMethod":"GET","requestUrl":"https://shop.example/tea","status":502,
 *      "latency":"0.504213s","remoteIp":"192.0.2.7"},"jsonPayload":{"statusDetails":"…"}, …}
 */
#include "parsers/lang/records.h"

static const struct records_key gcp_lb_keys[] = {
    {"httpRequest.status", FIELD_STATUS},         {"timestamp", FIELD_TIME_ANY},
    {"httpRequest.latency", FIELD_DURATION_TEXT}, {"httpRequest.responseSize", FIELD_BYTES},
    {"httpRequest.remoteIp", FIELD_CLIENT},       {"httpRequest.requestMethod", FIELD_METHOD},
    {"httpRequest.requestUrl", FIELD_TARGET},     {"labels.backend_service_name", FIELD_UPSTREAM},
    {"jsonPayload.statusDetails", FIELD_FLAG},    {NULL, FIELD_SKIP},
};

/* Only such lines have one of these. */
static const char *const gcp_lb_signs[] = {"logName", "insertId", "receiveTimestamp", NULL};

static int open_gcp_lb(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, gcp_lb_keys, gcp_lb_signs, why);
}

const struct parser parser_gcp_lb = {
    .name = "gcp-lb",
    .summary = "Google Cloud load balancers and Cloud Run, log entries",
    .sample =
        "{\"httpRequest\":{\"requestMethod\":\"GET\",\"requestUrl\":\"https://shop.example/tea\",\"status\":502,\"latency\":\"0.504213s\",\"remoteIp\":\"192.0.2.7\",\"responseSize\":\"447\"},\"jsonPayload\":{\"statusDetails\":\"failed_to_connect_to_backend\"},\"logName\":\"projects/p/logs/requests\",\"resource\":{\"labels\":{\"backend_service_name\":\"tea\"}},\"timestamp\":\"2026-11-22T16:43:42.123456789Z\"}",
    .server = SERVER_GCP_LB,
    .weight = 8,
    .state_size = sizeof(struct records_state),
    .open = open_gcp_lb,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
