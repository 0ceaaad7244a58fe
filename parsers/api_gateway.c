/*
 * The access log of Amazon's API Gateway with the keys that its documentation proposes; the
 * operator chooses them, and all values are strings:
 *
 *     {"requestId":"a1","ip":"192.0.2.7","requestTime":"22/Nov/2026:16:43:42
 * +0000","httpMethod":"GET", "routeKey":"GET
 * /tea","status":"504","integrationStatus":"-","responseLatency":"29003"}
 *
 * requestTime is a time here, and not a duration. Latencies are milliseconds.
 */
#include "parsers/lang/records.h"

static const struct records_key api_gateway_keys[] = {
    {"status", FIELD_STATUS},
    {"requestTime", FIELD_TIME_ANY},
    {"requestTimeEpoch", FIELD_TIME_ANY},
    {"responseLatency", FIELD_DURATION_MS},
    {"responseLength", FIELD_BYTES},
    {"domainName", FIELD_HOST},
    {"path", FIELD_TARGET},
    {NULL, FIELD_SKIP},
};

/* Only such lines have one of these. */
static const char *const api_gateway_signs[] = {"routeKey", "resourcePath", "integrationStatus",
                                                "integrationLatency", NULL};

static int open_api_gateway(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, api_gateway_keys, api_gateway_signs, why);
}

const struct parser parser_api_gateway = {
    .name = "api-gateway",
    .summary = "Amazon API Gateway, access log in JSON",
    .sample =
        "{\"requestId\":\"a1\",\"ip\":\"192.0.2.7\",\"requestTime\":\"22/Nov/2026:16:43:42 +0000\",\"httpMethod\":\"GET\",\"routeKey\":\"GET /tea\",\"status\":\"504\",\"integrationStatus\":\"-\",\"responseLatency\":\"29003\",\"responseLength\":\"33\",\"protocol\":\"HTTP/1.1\"}",
    .weight = 6,
    .state_size = sizeof(struct records_state),
    .open = open_api_gateway,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
