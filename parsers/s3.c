/*
 * Server access logs of Amazon S3; the bucket is the host. More fields follow:
 *
 *     owner bucket [time] client requester request-id operation key "request" status error bytes
 * size total-ms turnaround-ms "referer" "user agent" …
 */
#include "parsers/lang/text.h"

static int open_s3(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "<word> <host> [<clf>] <client> <word> <word> <word> <text> \"<request>\" <status> <word> <bytes> <number> <ms> <number> \"");
    return text_open_plain(state, format, true, why);
}

const struct parser parser_s3 = {
    .name = "s3",
    .summary = "Amazon S3 server access log",
    .sample =
        "79a59df900b949e55d96 tea-bucket [22/Nov/2026:16:43:42 +0000] 192.0.2.7 - 3E57427F3EXAMPLE REST.GET.OBJECT tea.txt \"GET /tea.txt HTTP/1.1\" 404 NoSuchKey 297 - 38 - \"-\" \"curl/7.88.1\" -",
    .server = SERVER_S3,
    .weight = 8,
    .state_size = sizeof(struct text_state),
    .open = open_s3,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
