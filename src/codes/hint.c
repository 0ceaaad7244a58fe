/*
 * The table of hints is read from its front: the first row whose condition holds wins. Facts by the
 * vendors' documents: Exchange ActiveSync and EWS paths (MS-ASHTTP, MS-ASCMD), WebDAV methods (RFC
 * 4918, 5323), CloudLinux LVE's 508, resumable uploads of Google's APIs, paths of ArcGIS Server,
 * headers of the answers of Cloudflare, Tencent EdgeOne, Azure, Fastly, Pantheon and Alibaba Cloud.
 */
#include "codes/hint.h"

enum hint_kind {
    HINT_PATH,   /* the target has the text in it, ASCII case ignored */
    HINT_METHOD, /* the method is one of the words of the text */
    HINT_HOST,   /* the host is the text or ends with a dot and it */
    HINT_BY,     /* the answer has a header of one of `by` */
};

enum {
    EVERYWHERE = -1,
    IIS_ONLY = 1 << SERVER_IIS,
    APACHE_ONLY = 1 << SERVER_APACHE,
    ESRI_TOO = 1 << SERVER_IIS | 1 << SERVER_APACHE | 1 << SERVER_TOMCAT,
};

static const struct hint {
    uint16_t status;
    int servers; /* bits 1 << enum server */
    enum hint_kind kind;
    const char *text;
    const char *owner;
    uint8_t by; /* enum event_by */
} hints[] = {
    {308, EVERYWHERE, HINT_PATH, "uploadType=resumable", "google", 0},
    {308, EVERYWHERE, HINT_PATH, "upload_id=", "google", 0},
    {308, EVERYWHERE, HINT_HOST, "googleapis.com", "google", 0},
    {420, EVERYWHERE, HINT_METHOD, "PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH",
     "webdav-draft", 0},
    {449, IIS_ONLY, HINT_PATH, "/Microsoft-Server-ActiveSync", "microsoft-exchange", 0},
    {451, IIS_ONLY, HINT_PATH, "/Microsoft-Server-ActiveSync", "microsoft-exchange", 0},
    {456, IIS_ONLY, HINT_PATH, "/Microsoft-Server-ActiveSync", "microsoft-exchange", 0},
    {456, IIS_ONLY, HINT_PATH, "/EWS/", "microsoft-exchange", 0},
    {499, ESRI_TOO, HINT_PATH, "/arcgis/", "esri", 0},
    {499, ESRI_TOO, HINT_PATH, "/rest/services", "esri", 0},
    {508, APACHE_ONLY, HINT_METHOD, "PROPFIND SEARCH COPY MOVE LOCK", "ietf", 0},
    {508, APACHE_ONLY, HINT_METHOD, "GET POST HEAD PUT DELETE PATCH OPTIONS", "cloudlinux", 0},
    {529, EVERYWHERE, HINT_HOST, "anthropic.com", "anthropic", 0},
    {999, EVERYWHERE, HINT_HOST, "yahoo.com", "yahoo", 0},
    {418, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {423, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {499, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {520, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {521, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {522, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {523, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {524, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {525, EVERYWHERE, HINT_BY, "", "tencent-edgeone", EVENT_BY_EDGEONE},
    {499, EVERYWHERE, HINT_BY, "", "microsoft-azure", EVENT_BY_AZURE},
    {520, EVERYWHERE, HINT_BY, "", "microsoft-azure", EVENT_BY_AZURE},
    {499, EVERYWHERE, HINT_BY, "", "heroku", EVENT_BY_HEROKU},
    {530, EVERYWHERE, HINT_BY, "", "pantheon", EVENT_BY_PANTHEON},
    {550, EVERYWHERE, HINT_BY, "", "fastly", EVENT_BY_FASTLY},
    {801, EVERYWHERE, HINT_BY, "", "fastly", EVENT_BY_FASTLY},
    {598, EVERYWHERE, HINT_BY, "", "alibaba-edgeroutine", EVENT_BY_ALIBABA},
    {599, EVERYWHERE, HINT_BY, "", "alibaba-edgeroutine", EVENT_BY_ALIBABA},
    {460, EVERYWHERE, HINT_BY, "", "aws-elb", EVENT_BY_AWS_ELB},
    {463, EVERYWHERE, HINT_BY, "", "aws-elb", EVENT_BY_AWS_ELB},
    {464, EVERYWHERE, HINT_BY, "", "aws-elb", EVENT_BY_AWS_ELB},
    {561, EVERYWHERE, HINT_BY, "", "aws-elb", EVENT_BY_AWS_ELB},
    {499, EVERYWHERE, HINT_BY, "", "cloudflare", EVENT_BY_CLOUDFLARE},
};

/* Is the word one of those that blanks divide? */
static bool is_among(struct span word, const char *words)
{
    struct span rest = span_of(words);
    while (word.len && rest.len) {
        size_t n = span_find(rest, ' ');
        if (span_equal(span_head(rest, n), word)) {
            return true;
        }
        rest = span_after(rest, n + 1);
    }
    return false;
}

static bool is_host(struct span host, const char *domain)
{
    struct span wanted = span_of(domain);
    host = span_head(host, span_find(host, ':'));
    bool is_within = host.len > wanted.len && host.ptr[host.len - wanted.len - 1] == '.';
    return host.len >= wanted.len && (host.len == wanted.len || is_within) &&
           span_equal_nocase(span_after(host, host.len - wanted.len), wanted);
}

static bool holds(const struct hint *h, const struct event *e)
{
    switch (h->kind) {
    case HINT_PATH: return span_has_nocase(e->target, span_of(h->text));
    case HINT_METHOD: return is_among(e->method, h->text);
    case HINT_HOST: return is_host(e->host, h->text);
    case HINT_BY: return (e->by & h->by) != 0;
    }
    return false;
}

bool hint_may_matter(uint16_t status, enum server server)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (hints[i].status == status && (hints[i].servers & 1 << server)) {
            return true;
        }
    }
    return false;
}

const char *hint_owner(const struct event *e, enum server server)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        const struct hint *h = &hints[i];
        if (h->status == e->status && (h->servers & 1 << server) && holds(h, e)) {
            return h->owner;
        }
    }
    return NULL;
}
