/*
 * The log of the Kubernetes ingress controller for nginx (its upstreaminfo format):
 *
 *     … "user agent" length seconds [upstream name] [alternative] address length seconds status id
 */
#include "parsers/lang/text.h"

static int open_nginx_ingress(void *state, struct span args, struct problem *why)
{
    if (args.len) {
        return text_refuse(args, why);
    }
    struct span format = SPAN(
        "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" "
        "\"$http_user_agent\" $request_length $request_time [$proxy_upstream_name] "
        "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length "
        "$upstream_response_time $upstream_status $req_id");
    return text_open_nginx(state, format, false, why);
}

const struct parser parser_nginx_ingress = {
    .name = "nginx-ingress",
    .summary = "ingress-nginx, upstreaminfo",
    .sample =
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 502 150 \"-\" \"curl/7.88.1\" 129 0.001 "
        "[default-tea-80] [] 127.0.0.1:1, 127.0.0.1:2 0, 150 0.000, 0.001 502, 502 751ce5450cbead73",
    .server = SERVER_NGINX,
    .weight = 6,
    .state_size = sizeof(struct text_state),
    .open = open_nginx_ingress,
    .drop = text_drop,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
