/*
 * nginx: its built-in combined, or any log_format as argument, with an escape= in front if it has
 * one:
 *
 *     --format nginx:'$remote_addr [$time_local] "$request" $status $request_time'
 *     --format nginx:'escape=json {"time":"$time_iso8601","status":"$status"}'
 */
#include "parsers/lang/text.h"

static int open_nginx(void *state, struct span args, struct problem *why)
{
    struct span format = SPAN(
        "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" "
        "\"$http_user_agent\"");
    return text_open_nginx(state, args.len ? args : format, true, why);
}

const struct parser parser_nginx = {
    .name = "nginx",
    .summary = "nginx combined, or nginx:'log_format'",
    .sample =
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 499 0 \"-\" \"curl/7.88.1\"",
    .server = SERVER_NGINX,
    .state_size = sizeof(struct text_state),
    .open = open_nginx,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
