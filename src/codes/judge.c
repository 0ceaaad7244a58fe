/*
 * Who produced a status is told by a second status, that of the server behind (the origin), or by a
 * word of the server's own (the flag, flags.def). A 5xx that the origin gave is the origin's own
 * fault; one that the proxy made because the origin failed is the upstream's; an origin that was
 * never asked leaves the proxy, its configuration or its client.
 *
 * Sources: nginx, ngx_http_upstream.c (a try that fails is noted as 502 or 504, with "-" for the
 * times of what was not reached); HAProxy Configuration Manual, 8.5; Envoy documentation, "Access
 * logging"; AWS documentation of access logs of both load balancers; Cloudflare documentation,
 * OriginResponseStatus; Apache, mod_proxy_http.c and ap_proxyerror; Traefik documentation,
 * OriginStatus; Squid, src/LogTags.cc; RFC 9209 (Proxy-Status).
 */
#include "codes/judge.h"

#include "codes/details.h"
#include "codes/hint.h"
#include "event/proxy_status.h"

struct cause {
    uint16_t reason;
    bool is_sure;
};

static const struct cause no_cause = {REASON_NONE, false};

static struct cause sure(uint16_t reason)
{
    return (struct cause){reason, reason != REASON_NONE};
}

static struct cause likely(uint16_t reason)
{
    return (struct cause){reason, false};
}

static bool is_5xx(uint16_t status)
{
    return status_class(status) == CLASS_5XX;
}

uint16_t judge_next_try(struct span *list)
{
    size_t n = 0, next;
    while (n < list->len && list->ptr[n] != ',' && list->ptr[n] != ' ') {
        n++;
    }
    for (next = n; next < list->len &&
                   (list->ptr[next] == ',' || list->ptr[next] == ' ' || list->ptr[next] == ':');) {
        next++;
    }
    uint16_t status = status_slot(span_head(*list, n));
    *list = span_after(*list, next);
    return status;
}

/* The status that the last server asked gave; STATUS_DASH when none was or it gave none,
 * STATUS_NONE when the log does not say. */
static uint16_t origin_of(const struct event *e)
{
    struct span list = e->origin;
    uint16_t status = STATUS_NONE;
    while (list.len) {
        status = judge_next_try(&list);
    }
    return status == 1000 || status == 0 ? STATUS_DASH : status; /* "0" and "000" */
}

struct span judge_next_name(struct span *list)
{
    size_t n = span_find(*list, ' '), next = n;
    struct span name = span_head(*list, n);
    while (next < list->len && (list->ptr[next] == ' ' || list->ptr[next] == ':')) {
        next++;
    }
    *list = span_after(*list, next);
    return span_head(name, name.len - span_ends(name, SPAN(",")));
}

/* Names and statuses of all tries stand in the same order in two lists. */
struct masked judge_first_masked(const struct event *e)
{
    struct span statuses = e->origin, names = e->flag.len ? e->flag : e->upstream;
    struct masked masked = {0};
    while (statuses.len) {
        uint16_t status = judge_next_try(&statuses);
        struct span name = names.len ? judge_next_name(&names) : (struct span){0};
        bool is_failed = statuses.len && (status == STATUS_DASH || is_5xx(status));
        if (is_failed && masked.n++ == 0) {
            masked.upstream = name;
            masked.status = status;
        }
    }
    return masked;
}

unsigned judge_masked(const struct event *e)
{
    return judge_first_masked(e).n;
}

/* What the origin answered by itself. */
static struct cause relayed(const struct event *e)
{
    enum status_class class = status_class(e->status);
    return class == CLASS_5XX   ? sure(REASON_UPSTREAM_ERROR)
           : class == CLASS_4XX ? sure(REASON_UPSTREAM_DENIED)
                                : no_cause;
}

/* What a gateway's 502 to 504 mean when it made them itself (RFC 9110, 15.6.3 to 15.6.5). */
static struct cause failed_behind(const struct event *e)
{
    switch (e->status) {
    case 502: return sure(REASON_UPSTREAM_FAILED);
    case 503: return sure(REASON_UPSTREAM_NONE);
    case 504: return sure(REASON_UPSTREAM_TIMEOUT);
    default: return no_cause;
    }
}

/* Times at which clients commonly give up: then the answer was missing, not the client. */
static bool has_given_up(const struct event *e)
{
    int64_t ms = e->duration_ns / 1000000;
    return (ms >= 29500 && ms <= 31000) || (ms >= 59500 && ms <= 61000);
}

/* A name without a port is that of a group: none of its servers was tried (no live upstreams). */
static bool is_group(struct span upstream)
{
    return upstream.len && span_find(upstream, ':') == upstream.len;
}

/* nginx notes 502 and 504 for tries that it gave up itself; the times tell how far they came. */
static struct cause nginx_gateway(const struct event *e)
{
    bool timed_out = e->status == 504;
    if (e->answered == EVENT_DONE) {
        return relayed(e);
    }
    if (is_group(e->upstream)) {
        return sure(REASON_UPSTREAM_NONE);
    }
    if (e->connected == EVENT_FAILED) {
        return timed_out ? sure(REASON_UPSTREAM_CONNECT_TIMEOUT) : likely(REASON_UPSTREAM_REFUSED);
    }
    if (timed_out) {
        return e->connected == EVENT_DONE ? sure(REASON_UPSTREAM_TIMEOUT)
                                          : likely(REASON_UPSTREAM_TIMEOUT);
    }
    return e->connected == EVENT_DONE ? likely(REASON_UPSTREAM_CLOSED)
                                      : likely(REASON_UPSTREAM_FAILED);
}

static struct cause of_nginx(const struct event *e)
{
    uint16_t origin = origin_of(e);
    if (e->status == 499) {
        return has_given_up(e)         ? likely(REASON_UPSTREAM_SLOW)
               : origin == STATUS_NONE ? no_cause
                                       : sure(REASON_CLIENT_LEFT);
    }
    if (origin == STATUS_NONE) {
        return no_cause;
    }
    if (origin == STATUS_DASH) {
        return is_5xx(e->status) ? likely(e->status == 503 ? REASON_LIMIT : REASON_SERVER_ITSELF)
                                 : no_cause;
    }
    if (origin != e->status) {
        return is_5xx(origin) && is_5xx(e->status) ? sure(REASON_UPSTREAM_ERROR) : no_cause;
    }
    return e->status == 502 || e->status == 504 ? nginx_gateway(e) : relayed(e);
}

/* "SH", with two more letters about cookies. */
static struct cause of_haproxy(const struct event *e)
{
    struct span pair = span_head(e->flag, 2);
    if (pair.len < 2) {
        return no_cause;
    }
    bool has_server = e->upstream.len > 0;
    if (span_is(pair, "--")) {
        return has_server ? relayed(e) : no_cause;
    }
    if (span_is(pair, "SC") && !has_server) {
        return sure(REASON_UPSTREAM_NONE);
    }
    /* A rule of HAProxy's own that fails answers 500 (manual, 8.5, PR and PH). */
    if (pair.ptr[0] == 'P' && e->status == 500 && (pair.ptr[1] == 'R' || pair.ptr[1] == 'H')) {
        return likely(REASON_CONFIG);
    }
    if (pair.ptr[0] == 'L' && is_5xx(e->status)) {
        return sure(REASON_SERVER_ITSELF);
    }
    uint16_t reason = reason_of_flag(SERVER_HAPROXY, pair);
    return sure(reason != REASON_NONE ? reason
                                      : reason_of_flag(SERVER_HAPROXY, span_head(pair, 1)));
}

/* Details such as "via_upstream" or "upstream_reset_before_response_started{connection_failure}".
 */
static struct cause of_envoy_details(const struct event *e)
{
    return span_starts(e->flag, SPAN("via_upstream"))      ? relayed(e)
           : span_starts(e->flag, SPAN("route_not_found")) ? sure(REASON_NO_ROUTE)
           : span_starts(e->flag, SPAN("ext_authz_denied")) ||
                   span_starts(e->flag, SPAN("rbac_access_denied")) ||
                   span_starts(e->flag, SPAN("jwt_authn_access_denied"))
               ? sure(REASON_DENIED)
           : span_starts(e->flag, SPAN("direct_response")) ? sure(REASON_SERVER_ITSELF)
                                                           : no_cause;
}

/* Several flags are divided by commas; the first that says something counts. */
static struct cause of_envoy(const struct event *e)
{
    struct span rest = e->flag;
    if (rest.len == 0) {
        return e->upstream.len ? relayed(e) : no_cause;
    }
    while (rest.len) {
        size_t n = span_find(rest, ',');
        struct span flag = span_head(rest, n);
        uint16_t reason = reason_of_flag(SERVER_ENVOY, flag);
        if (reason == REASON_CLIENT_SLOW && e->status == 504) {
            reason = REASON_UPSTREAM_TIMEOUT; /* SI before the answer had begun */
        }
        if (reason != REASON_NONE) {
            return sure(reason);
        }
        rest = span_after(rest, n + 1);
    }
    return of_envoy_details(e);
}

static struct cause of_balancer(const struct event *e)
{
    uint16_t origin = origin_of(e);
    if (e->status == 460) {
        return sure(REASON_CLIENT_LEFT);
    }
    if (e->status == 561) {
        return sure(REASON_DENIED);
    }
    if (origin == STATUS_NONE) {
        return no_cause;
    }
    if (origin != STATUS_DASH) {
        return origin == e->status ? relayed(e)
               : is_5xx(e->status) ? likely(REASON_UPSTREAM_INVALID)
                                   : no_cause;
    }
    if (status_class(e->status) == CLASS_4XX || e->status == 0) {
        return e->status == 401 || e->status == 403 ? sure(REASON_DENIED) : sure(REASON_CLIENT_BAD);
    }
    struct cause cause = failed_behind(e);
    return cause.reason == REASON_NONE && is_5xx(e->status) ? likely(REASON_PROXY_ERROR) : cause;
}

/* 52x are Cloudflare's names for what happened between it and the origin. */
static struct cause of_cloudflare(const struct event *e)
{
    uint16_t origin = origin_of(e);
    if (origin != STATUS_NONE && origin != STATUS_DASH) {
        return origin == e->status ? relayed(e) : no_cause;
    }
    switch (e->status) {
    case 520: return sure(REASON_UPSTREAM_INVALID);
    case 521: return sure(REASON_UPSTREAM_REFUSED);
    case 522: return sure(REASON_UPSTREAM_CONNECT_TIMEOUT);
    case 523: return sure(REASON_UPSTREAM_UNREACHABLE);
    case 524: return sure(REASON_UPSTREAM_TIMEOUT);
    case 525:
    case 526: return sure(REASON_UPSTREAM_TLS);
    case 530: return likely(REASON_UPSTREAM_DNS);
    case 499: return sure(REASON_CLIENT_LEFT);
    case 429: return sure(REASON_CLIENT_LIMITED);
    case 403: return sure(REASON_CLIENT_BLOCKED);
    default:
        return origin == STATUS_DASH && is_5xx(e->status) ? likely(REASON_UPSTREAM_FAILED)
                                                          : no_cause;
    }
}

/* The text format has one status, and the server's URL when one was asked. */
static struct cause of_traefik_text(const struct event *e)
{
    struct cause cause = no_cause;
    if (e->upstream.len && is_5xx(e->status)) {
        cause = e->status == 502 || e->status == 504 ? failed_behind(e) : relayed(e);
    } else if (e->status == 404) {
        cause = e->upstream.len ? relayed(e) : likely(REASON_NO_ROUTE);
    } else if (e->status == 503) {
        cause = likely(REASON_UPSTREAM_NONE);
    }
    cause.is_sure = false;
    return cause;
}

/* Traefik writes its own 502 and 504 as the origin's, too, so those stay a guess. */
static struct cause of_traefik(const struct event *e)
{
    uint16_t origin = origin_of(e);
    if (e->status == 499) {
        return sure(REASON_CLIENT_LEFT);
    }
    if (origin == STATUS_NONE) {
        return of_traefik_text(e);
    }
    if (e->status == 502 || e->status == 504) {
        struct cause cause = failed_behind(e);
        cause.is_sure = origin == STATUS_DASH;
        return cause;
    }
    if (origin != STATUS_DASH) {
        return origin == e->status ? relayed(e) : no_cause;
    }
    return e->status == 404   ? sure(REASON_NO_ROUTE)
           : e->status == 429 ? sure(REASON_CLIENT_LIMITED)
           : e->status == 503 ? sure(REASON_UPSTREAM_NONE)
           : e->status == 500 ? likely(REASON_PROXY_ERROR)
                              : no_cause;
}

/* Endings win over what stands before them (Squid, LogTags). */
static struct cause of_squid(const struct event *e)
{
    struct span tag = e->flag;
    if (tag.len == 0) {
        return no_cause;
    }
    if (span_ends(tag, SPAN("_ABORTED"))) {
        return is_5xx(e->status) ? sure(REASON_UPSTREAM_CUT) : sure(REASON_CLIENT_LEFT);
    }
    if (span_ends(tag, SPAN("_TIMEDOUT"))) {
        return e->status == 504 ? sure(REASON_UPSTREAM_TIMEOUT) : sure(REASON_NETWORK_TIMEOUT);
    }
    if (span_starts(tag, SPAN("NONE_")) || span_starts(tag, SPAN("TAG_NONE_"))) {
        return sure(REASON_CLIENT_BAD);
    }
    uint16_t reason = reason_of_flag(SERVER_SQUID, tag);
    if (reason != REASON_NONE) {
        return sure(reason);
    }
    /* Squid's own pages about a failed fetch look like those of the origin. */
    return e->status == 503   ? likely(REASON_UPSTREAM_UNREACHABLE)
           : e->status == 502 ? likely(REASON_UPSTREAM_INVALID)
           : e->status == 504 ? likely(REASON_UPSTREAM_TIMEOUT)
                              : relayed(e);
}

/* The sub-status is the more exact of the two, but for those that say nothing more. */
static struct cause of_iis(const struct event *e)
{
    size_t index;
    if (e->origin.len) {
        return of_balancer(e); /* Exchange, before its mailbox servers */
    }
    uint16_t reason = reason_of_flag(SERVER_IIS, e->flag);
    if (reason == REASON_CLIENT_LEFT_MIDWAY || reason == REASON_CLIENT_LEFT) {
        return sure(reason);
    }
    if (e->substatus && details_find_substatus(e->status, e->substatus, &index)) {
        return sure((uint16_t)(REASONS + index));
    }
    return sure(reason);
}

/* %X, or what mod_proxy notes of an error (ap_proxyerror), or else that it was mod_proxy's to
 * answer: then what it did not make itself is the upstream's. */
static struct cause of_apache(const struct event *e)
{
    uint16_t reason = reason_of_flag(SERVER_APACHE, e->flag);
    if (reason != REASON_NONE) {
        return sure(reason);
    }
    if (span_has(e->flag, SPAN("DNS lookup failure"))) {
        return sure(REASON_UPSTREAM_DNS);
    }
    if (span_has(e->flag, SPAN("SSL Handshake with remote server"))) {
        return sure(REASON_UPSTREAM_TLS);
    }
    if (span_has(e->flag, SPAN("Corrupt status line")) ||
        span_has(e->flag, SPAN("headers from remote"))) {
        return sure(REASON_UPSTREAM_INVALID);
    }
    if (span_has(e->flag, SPAN("reading from remote server"))) {
        return sure(e->status == 504 ? REASON_UPSTREAM_TIMEOUT : REASON_UPSTREAM_CLOSED);
    }
    if (!span_starts(e->flag, SPAN("proxy"))) {
        return no_cause;
    }
    struct cause cause = e->status == 503   ? likely(REASON_UPSTREAM_UNREACHABLE)
                         : e->status == 504 ? likely(REASON_UPSTREAM_TIMEOUT)
                         : e->status == 502 ? likely(REASON_UPSTREAM_FAILED)
                                            : relayed(e);
    cause.is_sure = false;
    return cause;
}

static struct cause of_word(const struct event *e, enum server server)
{
    struct cause cause = sure(reason_of_flag(server, e->flag));
    bool is_relayed = span_is(e->flag, "response_sent_by_backend");
    return is_relayed ? relayed(e) : cause;
}

/* Azure's gateways, Heroku's router, or a log with a second status, as most are written. */
static struct cause of_unknown(const struct event *e)
{
    struct cause cause = of_word(e, SERVER_UNKNOWN);
    return cause.reason == REASON_NONE && e->origin.len ? of_nginx(e) : cause;
}

/* What a proxy says of itself, in words that all of them share. */
static struct cause of_proxy_status(const struct event *e)
{
    struct proxy_status said = proxy_status_read(e->proxied);
    if (said.error.len) {
        return sure(reason_of_flag(SERVER_UNKNOWN, said.error));
    }
    return said.received.len && status_slot(said.received) == e->status ? relayed(e) : no_cause;
}

static struct cause cause_by_server(const struct event *e, enum server server)
{
    switch (server) {
    case SERVER_NGINX: return of_nginx(e);
    case SERVER_HAPROXY: return of_haproxy(e);
    case SERVER_ENVOY: return of_envoy(e);
    case SERVER_ALB:
    case SERVER_CLB: return of_balancer(e);
    case SERVER_CLOUDFLARE: return of_cloudflare(e);
    case SERVER_TRAEFIK: return of_traefik(e);
    case SERVER_SQUID: return of_squid(e);
    case SERVER_IIS: return of_iis(e);
    case SERVER_APACHE: return of_apache(e);
    case SERVER_LIGHTTPD:
    case SERVER_CLOUDFRONT:
    case SERVER_GCP_LB: return of_word(e, server);
    case SERVER_UNKNOWN: return of_unknown(e);
    case SERVER_CADDY:
    case SERVER_S3:
    case SERVER_VARNISH:
    case SERVER_TOMCAT:
    case SERVER_ARCGIS:
    case SERVERS: break;
    }
    return no_cause;
}

static struct cause cause_of(const struct event *e, enum server server)
{
    struct cause cause = e->proxied.len ? of_proxy_status(e) : no_cause;
    return cause.reason != REASON_NONE ? cause : cause_by_server(e, server);
}

static struct verdict whose(const struct verdict_table *table, const struct event *e)
{
    struct verdict v = table->of[e->status];
    bool is_hinted = table->hinted[e->status / 64] >> e->status % 64 & 1;
    const char *owner = is_hinted ? hint_owner(e, table->server) : NULL;
    size_t index;
    if (owner && codes_find(e->status, span_of(owner), &index)) {
        v.entry = (uint16_t)index;
        v.blame = codes_at(index)->blame;
    }
    return v;
}

/* An answer that was begun well and went wrong afterwards keeps the code's blame, which is
 * nobody's: the reason is counted beside it. */
static struct judgement judge_plain(const struct verdict_table *table, const struct event *e)
{
    struct judgement j = {.verdict = table->of[e->status], .reason = REASON_NONE};
    struct cause cause = no_cause;
    if (!event_flag_is_usual(e->flag)) {
        cause = cause_of(e, table->server);
    }
    bool is_left = cause.reason == REASON_CLIENT_LEFT || cause.reason == REASON_CLIENT_SLOW;
    j.reason = is_left ? REASON_CLIENT_LEFT_MIDWAY : cause.reason;
    j.is_sure = cause.is_sure;
    return j;
}

struct judgement judge(const struct verdict_table *table, const struct event *e)
{
    if (status_is_plain(e->status)) {
        return judge_plain(table, e);
    }
    struct judgement j = {.verdict = whose(table, e)};
    struct cause cause = cause_of(e, table->server);
    bool has_field = e->origin.len || e->flag.len || e->substatus || e->proxied.len;
    j.reason = cause.reason;
    j.is_sure = cause.is_sure;
    if (cause.reason != REASON_NONE) {
        j.verdict.blame = reason_blame(cause.reason);
    } else if (has_field && is_5xx(e->status)) {
        j.reason = REASON_UNKNOWN;
    }
    return j;
}
