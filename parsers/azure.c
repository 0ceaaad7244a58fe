/*
 * Access logs of Azure's Front Door, Application Gateway and App Service, one record a line:
 *
 *     {"time":"2026-11-22T16:43:42.1Z","category":"FrontDoorAccessLog","properties":{"httpMethod":"GET",
 *      "requestUri":"https://shop.example/tea","httpStatusCode":"503","timeTaken":"30.004", …}}
 *
 * The status is what the client got; serverStatus, what the server behind said. Other categories
 * have no status. Durations are in seconds, but in whole milliseconds in the first generation of
 * the gateway and in App Service. Event Hubs put several records into a line (lang/bundle.h).
 */
#include "parsers/lang/records.h"

static const struct records_key azure_keys[] = {
    {"properties.httpStatusCode", FIELD_STATUS},
    {"properties.httpStatus", FIELD_STATUS},
    {"properties.ScStatus", FIELD_STATUS},
    {"time", FIELD_TIME_ANY},
    {"timeStamp", FIELD_TIME_ANY},
    {"timestamp", FIELD_TIME_ANY},
    {"properties.timeTaken", FIELD_DURATION_POINT},
    {"properties.TimeTaken", FIELD_DURATION_POINT},
    {"properties.sentBytes", FIELD_BYTES},
    {"properties.responseBytes", FIELD_BYTES},
    {"properties.clientIp", FIELD_CLIENT},
    {"properties.clientIP", FIELD_CLIENT},
    {"properties.CIp", FIELD_CLIENT},
    {"properties.host", FIELD_HOST},
    {"properties.CsHost", FIELD_HOST},
    {"properties.hostName", FIELD_HOST},
    {"properties.originalHost", FIELD_HOST},
    {"properties.httpMethod", FIELD_METHOD},
    {"properties.CsMethod", FIELD_METHOD},
    {"properties.requestUri", FIELD_TARGET},
    {"properties.CsUriStem", FIELD_TARGET},
    {"properties.backendHostname", FIELD_UPSTREAM},
    {"properties.originName", FIELD_UPSTREAM},
    {"properties.serverRouted", FIELD_UPSTREAM},
    {"properties.serverStatus", FIELD_ORIGIN},
    {"properties.errorInfo", FIELD_FLAG},
    {"properties.ErrorInfo", FIELD_FLAG},
    {"properties.error_info", FIELD_FLAG},
    {NULL, FIELD_SKIP},
};

/* Only such lines have one of these. */
static const char *const azure_signs[] = {"category", "Category", "operationName", "resourceId",
                                          NULL};

static int open_azure(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, azure_keys, azure_signs, why);
}

const struct parser parser_azure = {
    .name = "azure",
    .summary = "Azure Front Door, Application Gateway and App Service, access logs",
    .sample =
        "{\"time\":\"2026-11-22T16:43:42.1230000Z\",\"category\":\"FrontDoorAccessLog\",\"properties\":{\"httpMethod\":\"GET\",\"requestUri\":\"https://shop.example:443/tea\",\"httpStatusCode\":\"503\",\"timeTaken\":\"30.004\",\"clientIp\":\"192.0.2.7\",\"originName\":\"tea.example:443\"}}",
    .weight = 8,
    .state_size = sizeof(struct records_state),
    .open = open_azure,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
