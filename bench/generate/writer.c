/* HAProxy, IIS, Caddy, and the table of all formats. */
#include "bench/generate/writer.h"

#include <string.h>

/* HAProxy's option httplog, bare (without syslog header). */
static void put_haproxy(struct out *o, struct request *r)
{
    writer_address(o, r);
    out_char(o, ':');
    out_number(o, 20000 + r->id);
    out_text(o, " [");
    out_stamp(o, OUT_CLF, r->second);
    out_char(o, '.');
    out_padded(o, r->millisecond, 3);
    out_text(o, "] web bk_shop/s");
    out_char(o, r->upstream[8]);
    out_text(o, " 0/0/1/");
    out_number(o, r->duration_ms);
    out_char(o, '/');
    out_number(o, r->duration_ms + 1);
    out_char(o, ' ');
    out_number(o, r->status);
    out_char(o, ' ');
    out_number(o, r->bytes);
    out_text(o, r->status == 504 ? " - - sH-- 120/118/7/3/0 0/0 " : " - - ---- 120/118/7/3/0 0/0 ");
    writer_request_line(o, r);
}

/* The same as it arrives over syslog (RFC 3164). */
static void put_syslog(struct out *o, struct request *r)
{
    out_text(o, "<134>");
    out_stamp(o, OUT_SYSLOG, r->second);
    out_text(o, " web1 haproxy[2876]: ");
    put_haproxy(o, r);
}

static void put_w3c_head(struct out *o, int64_t second)
{
    out_text(o, "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: ");
    out_stamp(o, OUT_ISO, second);
    out_text(o, "\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username "
                "c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes "
                "time-taken\n");
}

/* IIS writes '+' for a blank. */
static void put_plus(struct out *o, const char *text)
{
    for (; *text; text++) {
        out_char(o, *text == ' ' ? '+' : *text);
    }
}

/* Path and query are fields of their own. */
static void put_stem_query(struct out *o, const struct request *r)
{
    size_t start = o->len;
    writer_path(o, r);
    char *mark = memchr(o->bytes + start, '?', o->len - start);
    if (mark) {
        *mark = ' ';
    } else {
        out_text(o, " -");
    }
}

static void put_w3c(struct out *o, struct request *r)
{
    out_stamp(o, OUT_ISO, r->second);
    out_text(o, " 192.0.2.1 ");
    out_text(o, r->method);
    out_char(o, ' ');
    put_stem_query(o, r);
    out_text(o, " 443 - ");
    writer_address(o, r);
    out_char(o, ' ');
    put_plus(o, r->agent);
    out_char(o, ' ');
    out_text(o, r->referer);
    out_char(o, ' ');
    out_number(o, r->status);
    out_text(o, " 0 0 ");
    out_number(o, r->bytes);
    out_char(o, ' ');
    out_number(o, r->duration_ms);
}

static void put_caddy_request(struct out *o, const struct request *r)
{
    out_text(o, "\"request\":{\"remote_ip\":\"");
    writer_address(o, r);
    out_text(o, "\",\"remote_port\":\"");
    out_number(o, 20000 + r->id);
    out_text(o, "\",\"proto\":\"HTTP/2.0\",\"method\":\"");
    out_text(o, r->method);
    out_text(o, "\",\"host\":\"");
    out_text(o, r->host);
    out_text(o, "\",\"uri\":\"");
    writer_path(o, r);
    out_text(o, "\",\"headers\":{\"User-Agent\":[\"");
    out_text(o, r->agent);
    out_text(o, "\"],\"Accept\":[\"*/*\"],\"Accept-Encoding\":[\"gzip, deflate, br\"]},"
                "\"tls\":{\"resumed\":false,"
                "\"version\":772,\"cipher_suite\":4865,\"proto\":\"h2\",\"server_name\":\"");
    out_text(o, r->host);
    out_text(o, "\"}}");
}

static void put_caddy(struct out *o, struct request *r)
{
    out_text(o, "{\"level\":\"info\",\"ts\":");
    out_number(o, (uint64_t)r->second);
    out_char(o, '.');
    out_padded(o, r->millisecond, 3);
    out_text(o, "0471,\"logger\":\"http.log.access.log0\",\"msg\":\"handled request\",");
    put_caddy_request(o, r);
    out_text(o, ",\"user_id\":\"\",\"duration\":");
    out_seconds(o, r->duration_ms);
    out_text(o, ",\"size\":");
    out_number(o, r->bytes);
    out_text(o, ",\"status\":");
    out_number(o, r->status);
    out_text(o, ",\"resp_headers\":{\"Server\":[\"Caddy\"],"
                "\"Content-Type\":[\"text/html; charset=utf-8\"]}}");
}

static const struct writer writers[] = {
    {"combined", "nginx and Apache", writer_combined, NULL},
    {"timed", "nginx with times and upstreams", writer_timed, NULL},
    {"vhost", "Apache's vhost_combined, with escapes and garbage", writer_vhost, NULL},
    {"strange", "the same, with hosts, paths and agents that come once", writer_strange, NULL},
    {"haproxy", "HAProxy's option httplog", put_haproxy, NULL},
    {"syslog", "the same over syslog, RFC 3164", put_syslog, NULL},
    {"w3c", "Microsoft IIS", put_w3c, put_w3c_head},
    {"caddy", "Caddy's JSON", put_caddy, NULL},
    {"short", "common, the shortest lines", writer_short, NULL},
    {"long", "combined, lines of 4 to 100 KiB", writer_long, NULL},
    {NULL, NULL, NULL, NULL},
};

const struct writer *writer_find(const char *name)
{
    const struct writer *w = writers;
    while (w->name && strcmp(w->name, name) != 0) {
        w++;
    }
    return w->name ? w : NULL;
}

const struct writer *writer_all(void)
{
    return writers;
}
