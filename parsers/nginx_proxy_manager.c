/*
 * Nginx Proxy Manager: hosts that are proxied have the cache's and the upstream's status in front:
 *
 *     [time] cache upstream-status status - method scheme host "URI" [Client a] [Length n] [Gzip r]
 * … [time] status - method scheme host "URI" [Client a] [Length n] [Gzip r] "user agent" "referer"
 */
#include "event/status.h"
#include "parsers/lang/variants.h"

/* A host that is not proxied always has a status; a dash is what a line of the other kind begins
 * with. */
static bool has_status(struct event *e)
{
    return e->status != STATUS_DASH;
}

static int open_nginx_proxy_manager(void *state, struct span args, struct problem *why)
{
    static const char *const formats[] = {
        "[<clf>] <word> <list> <status> - <method> <word> <host> \"<target>\" [Client <client>] "
        "[Length <bytes>] [Gzip ",
        "[<clf>] <status> - <method> <word> <host> \"<target>\" [Client <client>] [Length <bytes>] "
        "[Gzip ",
        NULL,
    };
    struct variants_state *s = state;
    s->formats[1].check = has_status;
    return variants_open(s, formats, args, why);
}

const struct parser parser_nginx_proxy_manager = {
    .name = "nginx-proxy-manager",
    .summary = "Nginx Proxy Manager",
    .sample =
        "[22/Nov/2026:16:43:42 +0000] - 502 502 - GET https shop.example \"/tea\" [Client 192.0.2.7] [Length 150] [Gzip -] [Sent-to 10.0.0.1] \"curl/7.88.1\" \"-\"",
    .server = SERVER_NGINX,
    .weight = 8,
    .state_size = sizeof(struct variants_state),
    .open = open_nginx_proxy_manager,
    .drop = variants_drop,
    .parse = variants_parse,
    .marks = variants_marks,
    .parse_lines = variants_parse_lines,
};
