/*
 * Common or combined behind the virtual host without a port, as nginx's
 * '$host $remote_addr - $remote_user …' and Apache's "%v %h %l %u …" write it:
 *
 *     host client identd user [time] "request" status bytes …
 */
#include "event/field.h"
#include "parsers/lang/text.h"

static bool has_letter(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)(s.ptr[i] | 0x20);
        if (c >= 'g' && c <= 'z') { /* no digit of an IPv6 address */
            return true;
        }
    }
    return false;
}

/* A name, then an address: two words in a row are else a client and its identd. */
static bool has_host_and_client(struct event *e)
{
    bool is_address = span_find(e->client, ':') < e->client.len ||
                      (e->client.len > 6 && span_find(e->client, '.') < e->client.len);
    bool has_port = span_find(e->host, ':') < e->host.len; /* that is vhost_combined's */
    return has_letter(e->host) && !has_port && is_address && !has_letter(e->client);
}

static int open_vhost_first(void *state, struct span args, struct problem *why)
{
    struct text_state *s = state;
    if (args.len) {
        return text_refuse(args, why);
    }
    s->check = has_host_and_client;
    return text_open_apache(state, SPAN("%v %h %l %u %t \"%r\" %>s %b"), true, why);
}

/* What tells it from combined is never left out. */
static void drop_vhost_first(void *state, int field)
{
    if (field != FIELD_HOST && field != FIELD_CLIENT) {
        text_drop(state, field);
    }
}

const struct parser parser_vhost_first = {
    .name = "vhost_first",
    .summary = "common or combined behind the virtual host, which has no port",
    .sample =
        "shop.example 192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET /tea HTTP/1.1\" 404 13 \"-\" \"curl/7.88.1\"",
    .weight = 5,
    .state_size = sizeof(struct text_state),
    .open = open_vhost_first,
    .drop = drop_vhost_first,
    .parse = text_parse,
    .reach = text_reach,
    .marks = text_marks,
    .parse_lines = text_parse_lines,
};
