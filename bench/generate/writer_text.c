/*
 * The combined format and its relatives, as nginx and Apache write them: also with what strangers
 * send (quotes, bytes that are no text, TLS to a port without it), very short and very long.
 */
#include "bench/generate/writer.h"

#include <string.h>

enum {
    LONG_LEAST = 4096,     /* bytes of a long request; up to twice as many … */
    LONG_MOST = 100 << 10, /* … and now and then this */
};

void writer_address(struct out *o, const struct request *r)
{
    out_text(o, "203.0.");
    out_number(o, r->address / 250);
    out_char(o, '.');
    out_number(o, r->address % 250 + 1);
}

void writer_path(struct out *o, const struct request *r)
{
    const char *mark = strchr(r->path, '#');
    if (!mark) {
        out_text(o, r->path);
        return;
    }
    memcpy(o->bytes + o->len, r->path, (size_t)(mark - r->path));
    o->len += (size_t)(mark - r->path);
    out_number(o, r->id);
    out_text(o, mark + 1);
}

void writer_request_line(struct out *o, const struct request *r)
{
    out_char(o, '"');
    out_text(o, r->method);
    out_char(o, ' ');
    writer_path(o, r);
    out_text(o, " HTTP/1.1\"");
}

static void put_time(struct out *o, const struct request *r)
{
    out_text(o, " - - [");
    out_stamp(o, OUT_CLF, r->second);
    out_text(o, " +0000] ");
}

static void put_status_bytes(struct out *o, const struct request *r)
{
    out_char(o, ' ');
    out_number(o, r->status);
    out_char(o, ' ');
    out_number(o, r->bytes);
}

static void put_referer_agent(struct out *o, const struct request *r)
{
    out_text(o, " \"");
    out_text(o, r->referer);
    out_text(o, "\" \"");
    out_text(o, r->agent);
    out_char(o, '"');
}

void writer_combined(struct out *o, struct request *r)
{
    writer_address(o, r);
    put_time(o, r);
    writer_request_line(o, r);
    put_status_bytes(o, r);
    put_referer_agent(o, r);
}

/* nginx: combined and  rt=$request_time urt="$upstream_response_time" ua="$upstream_addr"
 * host=$host */
void writer_timed(struct out *o, struct request *r)
{
    writer_combined(o, r);
    out_text(o, " rt=");
    out_seconds(o, r->duration_ms);
    out_text(o, " urt=\"");
    out_seconds(o, r->duration_ms);
    out_text(o, "\" ua=\"");
    out_text(o, r->upstream);
    out_text(o, "\" host=");
    out_text(o, r->host);
}

/* What a scanner left that spoke TLS to a port without it: as bytes, when a proxy in front wrote
 * the line, and as Apache writes them. */
static void put_tls(struct out *o)
{
    static const char hello[] = "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\x8f\"\xe1\x5c\"\x1b[2J";
    memcpy(o->bytes + o->len, hello, sizeof(hello) - 1);
    o->len += sizeof(hello) - 1;
}

static void put_client(struct out *o, struct request *r)
{
    if (request_luck(r, 4) > 0) {
        writer_address(o, r);
        return;
    }
    out_text(o, "2001:db8:");
    out_number(o, r->address % 9999);
    out_text(o, "::");
    out_number(o, r->address / 250);
}

/* One request in 32 has quotes and bytes beyond ASCII in it. Apache writes them as \" and \xHH. */
static void put_escaped_request(struct out *o, struct request *r)
{
    if (request_luck(r, 5) > 0) {
        writer_request_line(o, r);
        return;
    }
    out_char(o, '"');
    out_text(o, r->method);
    out_char(o, ' ');
    writer_path(o, r);
    out_text(o, "?q=\\\"caf\\xc3\\xa9\\\" HTTP/1.1\"");
}

static void put_vhost_rest(struct out *o, struct request *r)
{
    put_escaped_request(o, r);
    put_status_bytes(o, r);
    if (request_luck(r, 5) > 0) {
        put_referer_agent(o, r);
    } else {
        out_text(o, " \"-\" \"Mozilla/4.0 (compatible; \\\"MSIE 6.0\\\"; \\xff\\xfe) 500 503\"");
    }
}

/* Debian's other_vhosts_access.log. Of 1,024 lines one is bytes of TLS, one is cut (two writers, or
 * a full disk), two have TLS for a request, and one none at all. */
void writer_vhost(struct out *o, struct request *r)
{
    size_t start = o->len;
    unsigned kind = request_luck(r, 10);
    if (kind == 0) {
        put_tls(o);
        return;
    }
    out_text(o, r->host);
    out_text(o, r->id % 4 ? ":443 " : ":80 ");
    put_client(o, r);
    put_time(o, r);
    if (kind == 2 || kind == 3) {
        out_text(o, "\"\\x16\\x03\\x01\\x02\" 400 484 \"-\" \"-\"");
    } else if (kind == 4) {
        out_text(o, "\"-\" 408 0 \"-\" \"-\"");
    } else {
        put_vhost_rest(o, r);
    }
    if (kind == 1) {
        o->len = start + (o->len - start) * request_luck(r, 8) / 256;
    }
}

/* As vhost_combined, but hosts, paths and agents are new in nearly every line: what bounded tables
 * have to bear. */
void writer_strange(struct out *o, struct request *r)
{
    uint64_t odd = r->luck * 0x9e3779b97f4a7c15u;
    out_text(o, "h");
    out_number(o, odd >> 40);
    out_text(o, ".example:443 ");
    writer_address(o, r);
    put_time(o, r);
    out_char(o, '"');
    out_text(o, r->method);
    out_text(o, " /p");
    out_number(o, odd & 0xffffff);
    out_text(o, "/q");
    out_number(o, odd >> 32 & 0xffff);
    out_text(o, "?id=");
    out_number(o, r->id);
    out_text(o, " HTTP/1.1\"");
    put_status_bytes(o, r);
    out_text(o, " \"-\" \"agent/");
    out_number(o, odd >> 16 & 0xffffffff);
    out_char(o, '"');
}

/* The common format with as little in it as there can be. */
void writer_short(struct out *o, struct request *r)
{
    out_text(o, "::1");
    put_time(o, r);
    out_text(o, "\"GET /\" ");
    out_number(o, r->status);
    out_text(o, " -");
}

/* Combined, with a search or a token of 4 to 8 KiB in each request, and in one of 512 more than
 * teapotd looks at of a line. */
void writer_long(struct out *o, struct request *r)
{
    static const char filler[] =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6InRlYXBvdCJ9-4d_Kx8pQzL0vN2mW6cRtYbHs";
    unsigned extra = request_luck(r, 12);
    size_t left = request_luck(r, 9) ? LONG_LEAST + extra : LONG_MOST;
    writer_address(o, r);
    put_time(o, r);
    out_text(o, "\"GET /search?q=");
    while (left > 0) {
        size_t n = left < sizeof(filler) - 1 ? left : sizeof(filler) - 1;
        memcpy(o->bytes + o->len, filler, n);
        o->len += n;
        left -= n;
    }
    out_text(o, " HTTP/1.1\"");
    put_status_bytes(o, r);
    put_referer_agent(o, r);
}
