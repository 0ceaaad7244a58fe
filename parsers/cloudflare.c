/*
 * Cloudflare's Logpush (and Logpull) of HTTP requests, JSON lines with the keys that a job selects:
 *
 *     {"ClientIP":"192.0.2.7","EdgeStartTimestamp":1795365822123000000,"EdgeResponseStatus":522,
 *      "OriginResponseStatus":0, …}
 *
 * EdgeResponseStatus is what the client got. OriginResponseStatus is 0 where no origin was asked,
 * and CacheResponseStatus the cache's own business. Times are nanoseconds, seconds or RFC 3339.
 */
#include "parsers/lang/records.h"

static const struct records_key cloudflare_keys[] = {
    {"EdgeResponseStatus", FIELD_STATUS},
    {"EdgeStartTimestamp", FIELD_TIME_ANY},
    {"EdgeEndTimestamp", FIELD_TIME_ANY},
    {"EdgeTimeToFirstByteMs", FIELD_DURATION_MS},
    {"EdgeResponseBytes", FIELD_BYTES},
    {"ClientIP", FIELD_CLIENT},
    {"ClientRequestHost", FIELD_HOST},
    {"ClientRequestMethod", FIELD_METHOD},
    {"ClientRequestURI", FIELD_TARGET},
    {"ClientRequestPath", FIELD_TARGET},
    {"OriginIP", FIELD_UPSTREAM},
    {"OriginResponseStatus", FIELD_ORIGIN},
    {NULL, FIELD_SKIP},
};

static int open_cloudflare(void *state, struct span args, struct problem *why)
{
    return records_open(state, args, cloudflare_keys, NULL, why);
}

const struct parser parser_cloudflare = {
    .name = "cloudflare",
    .summary = "Cloudflare Logpush, HTTP requests",
    .sample =
        "{\"ClientIP\":\"192.0.2.7\",\"ClientRequestHost\":\"shop.example\",\"ClientRequestMethod\":\"GET\",\"ClientRequestURI\":\"/tea\",\"EdgeResponseBytes\":150,\"EdgeResponseStatus\":522,\"EdgeStartTimestamp\":1795365822123000000,\"OriginResponseStatus\":0}",
    .server = SERVER_CLOUDFLARE,
    .weight = 8,
    .state_size = sizeof(struct records_state),
    .open = open_cloudflare,
    .drop = keys_drop,
    .parse = records_parse,
    .marks = keys_marks,
    .parse_lines = records_parse_lines,
};
