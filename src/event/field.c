/*
 * Text of a field into an event, and the names that JSON keys, LTSV labels and regex groups
 * commonly have for a field.
 */
#include "event/field.h"

#include "base/digits.h"
#include "event/proxy_status.h"

#include <math.h>

/* The cases of field_store that are rare, or do much, stay out of it: what they need of the stack
 * would be paid for by all. */
#define APART __attribute__((noinline))

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes a decimal number ("0.001", "12", "8.9e-05") off the front of `s`; false when there is none.
 */
static bool take_decimal(struct span *s, double *out)
{
    double value = 0, scale = 1;
    size_t i = 0, seen = 0;
    for (; i < s->len && is_digit(s->ptr[i]); i++, seen++) {
        value = value * 10 + (s->ptr[i] - '0');
    }
    if (i < s->len && s->ptr[i] == '.') {
        for (i++; i < s->len && is_digit(s->ptr[i]); i++, seen++) {
            value = value * 10 + (s->ptr[i] - '0');
            scale *= 10;
        }
    }
    if (seen == 0) {
        return false;
    }
    value /= scale;
    if (i + 2 < s->len && (s->ptr[i] == 'e' || s->ptr[i] == 'E') &&
        (s->ptr[i + 1] == '-' || s->ptr[i + 1] == '+')) {
        int power = 0;
        bool minus = s->ptr[i + 1] == '-';
        for (i += 2; i < s->len && is_digit(s->ptr[i]) && power < 300; i++) {
            power = power * 10 + (s->ptr[i] - '0');
        }
        value *= pow(10, minus ? -power : power);
    }
    *s = span_after(*s, i);
    *out = value;
    return true;
}

/* Seconds as servers write them, "12", "0.037" or "0.005980897": up to six digits, and up to nine
 * behind the point. False for anything else. Floating point, below, gives the same, as it is exact
 * to far less than half a nanosecond here. */
static bool store_seconds(struct event *out, struct span text)
{
    static const uint32_t scales[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    size_t dot = text.len > 1 && text.ptr[1] == '.' ? 1 : span_find(text, '.');
    size_t n = dot < text.len ? text.len - dot - 1 : 0, head = n < DIGITS_MOST ? n : DIGITS_MOST;
    uint64_t whole, first = 0, last = 0;
    if (dot == 0 || dot > 6 || n > 9 || dot + 1 == text.len ||
        !digits_read(text.ptr, dot, &whole) ||
        (n > 0 && !digits_read(text.ptr + dot + 1, head, &first)) ||
        (n > head && !digits_read(text.ptr + dot + 1 + head, 1, &last))) {
        return false;
    }
    out->duration_ns = (int64_t)(whole * 1000000000 + first * scales[head] + last);
    return true;
}

APART static void store_duration(struct event *out, struct span text, double unit_ns)
{
    static const double longest_ns = 9e18; /* about 285 years; int64 holds a little more */
    double value;
    if (take_decimal(&text, &value) && text.len == 0 && value * unit_ns < longest_ns) {
        out->duration_ns = (int64_t)(value * unit_ns + 0.5);
    }
}

APART static void store_any_seconds(struct event *out, struct span text)
{
    if (!store_seconds(out, text)) {
        store_duration(out, text, 1e9);
    }
}

/* Whole numbers of small units are the common case and need no floating point. */
APART static void store_whole_duration(struct event *out, struct span text, uint64_t unit_ns)
{
    uint64_t value;
    if (text.len && text.ptr[0] == '+') {
        text = span_after(text, 1);
    }
    if (text.len <= 12 && span_to_u64(text, &value) && value <= (uint64_t)INT64_MAX / unit_ns) {
        out->duration_ns = (int64_t)(value * unit_ns);
    } else {
        store_duration(out, text, (double)unit_ns);
    }
}

/* Azure's gateways: milliseconds of the first generation, seconds of the second. */
APART static void store_duration_by_point(struct event *out, struct span text)
{
    if (span_find(text, '.') < text.len) {
        store_any_seconds(out, text);
    } else {
        store_whole_duration(out, text, 1000000);
    }
}

static struct span last_timer(struct span timers)
{
    size_t i = timers.len;
    while (i > 0 && timers.ptr[i - 1] != '/') {
        i--;
    }
    return span_after(timers, i);
}

/* Go's notation: numbers with units in a row, "2m3.5s", "109.54µs" (U+00B5 or U+03BC). */
APART static void store_duration_text(struct event *out, struct span text)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"ns", 1},    {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3}, {"ms", 1e6},
                 {"sec", 1e9}, {"s", 1e9},  {"h", 3600e9},      {"m", 60e9}};
    double sum = 0, value;
    struct span rest = text;
    if (text.len && is_digit(text.ptr[text.len - 1])) { /* no unit */
        store_any_seconds(out, text);
        return;
    }
    while (rest.len && take_decimal(&rest, &value)) {
        size_t u = 0, n = sizeof(units) / sizeof(units[0]);
        while (rest.len && rest.ptr[0] == ' ') {
            rest = span_after(rest, 1);
        }
        if (rest.len == 0) {
            store_duration(out, span_trim(text), 1e9);
            return;
        }
        while (u < n && !span_starts(rest, span_of(units[u].unit))) {
            u++;
        }
        if (u == n) {
            return;
        }
        sum += value * units[u].ns;
        rest = span_after(rest, strlen(units[u].unit));
    }
    if (rest.len == 0 && text.len && sum < 9e18) {
        out->duration_ns = (int64_t)(sum + 0.5);
    }
}

APART static void store_bytes(struct event *out, struct span text)
{
    uint64_t value;
    if (text.len && text.ptr[0] == '+') { /* HAProxy's logasap: at least so many */
        text = span_after(text, 1);
    }
    if (span_to_u64(text, &value) && value <= INT64_MAX) {
        out->bytes = (int64_t)value;
    }
}

static void store_time(struct event *out, struct span text, enum logtime_kind kind)
{
    if (out->time.len == 0 && text.len > 1) {
        out->time = text;
        out->time_kind = kind;
    }
}

APART static void store_any_time(struct event *out, struct span t)
{
    if (t.len && t.ptr[0] == '[') {
        t = span_after(t, 1);
        t.len -= t.len && t.ptr[t.len - 1] == ']';
    }
    if (t.len > 6 && t.ptr[2] == '/' && t.ptr[6] == '/') {
        store_time(out, t, LOGTIME_CLF);
    } else if (t.len > 10 && (t.ptr[4] == '-' || t.ptr[4] == '/')) {
        store_time(out, t, LOGTIME_ISO);
    } else if (t.len > 12 && t.ptr[3] == ' ') {
        store_time(out, t, LOGTIME_RFC3164);
    } else if (t.len && is_digit(t.ptr[0])) {
        store_time(out, t, LOGTIME_EPOCH);
    }
}

static struct span without_port(struct span address)
{
    size_t i = address.len;
    while (i > 0 && is_digit(address.ptr[i - 1])) {
        i--;
    }
    if (i > 1 && address.ptr[i - 1] == ':') {
        address = span_head(address, i - 1);
    }
    if (address.len > 2 && address.ptr[0] == '[' && address.ptr[address.len - 1] == ']') {
        address = (struct span){address.ptr + 1, address.len - 2};
    }
    return address;
}

/* nginx lists every server that was tried: ", " between tries, " : " between groups. */
static struct span last_of_list(struct span list)
{
    size_t i = list.len;
    if (span_find(list, ' ') == i) {
        return list;
    }
    while (i > 0 && list.ptr[i - 1] != ' ') {
        i--;
    }
    return span_after(list, i);
}

/* A dash and nothing at all say that the server did not know; they don't replace what another field
 * said. */
static void store_text(struct span *to, struct span text)
{
    if (text.len && !span_is(text, "-")) {
        *to = text;
    }
}

/* "+" is a connection that is kept: it replaces nothing that says more. */
static void store_flag(struct event *out, struct span text, bool replaces)
{
    bool is_open =
        out->flag.len == 0 || (out->flag.len == 1 && memchr("-+", out->flag.ptr[0], 2) != NULL);
    if (is_open || (replaces && !span_is(text, "+"))) {
        store_text(&out->flag, text);
    }
}

APART static void store_client_port(struct event *out, struct span text)
{
    store_text(&out->client, without_port(text));
}

APART static void store_upstream(struct event *out, struct span text)
{
    struct span last = last_of_list(text);
    store_text(&out->upstream, last);
    if (last.len < text.len) {
        store_flag(out, text, false); /* the names of all that were tried */
    }
}

/* A dash says something here: that there was no answer. */
static void store_origin(struct event *out, struct span text)
{
    if (text.len) {
        out->origin = text;
    }
}

static void store_substatus(struct event *out, struct span text)
{
    uint64_t value;
    if (span_to_u64(text, &value) && value <= UINT16_MAX) {
        out->substatus = (uint16_t)value;
    }
}

/* The last of the times that nginx lists; without a list, "-" may also mean that nobody was asked.
 */
static uint8_t step_of(struct span text)
{
    struct span last = last_of_list(text);
    return last.len == 0                         ? EVENT_UNTOLD
           : is_digit(last.ptr[0])               ? EVENT_DONE
           : last.len == 1 && last.ptr[0] == '-' ? EVENT_FAILED
                                                 : EVENT_UNTOLD;
}

/* What only some servers log, to say who is to blame. */
APART static void store_cause(struct event *out, enum field field, struct span text)
{
    if (field == FIELD_ORIGIN) {
        store_origin(out, text);
    } else if (field == FIELD_SUBSTATUS) {
        store_substatus(out, text);
    } else if (field == FIELD_CONNECTED) {
        out->connected = step_of(text);
    } else if (field == FIELD_ANSWERED) {
        out->answered = step_of(text);
    } else {
        store_flag(out, text, field == FIELD_FLAG);
    }
}

/* A header of the answer. Most tell by being there. */
APART static void store_by(struct event *out, enum field field, struct span text)
{
    static const struct {
        enum field field;
        enum event_by by;
        const char *text; /* that the header has in it; NULL: anything */
    } rows[] = {
        {FIELD_BY_SERVER, EVENT_BY_CLOUDFLARE, "cloudflare"},
        {FIELD_BY_SERVER, EVENT_BY_EDGEONE, "edgeone"},
        {FIELD_BY_SERVER, EVENT_BY_AWS_ELB, "awselb"},
        {FIELD_BY_VIA, EVENT_BY_ALIBABA, "kunlun"},
        {FIELD_BY_SERVED, EVENT_BY_FASTLY, "cache-"},
        {FIELD_BY_CLOUDFLARE, EVENT_BY_CLOUDFLARE, NULL},
        {FIELD_BY_EDGEONE, EVENT_BY_EDGEONE, NULL},
        {FIELD_BY_AZURE, EVENT_BY_AZURE, NULL},
        {FIELD_BY_FASTLY, EVENT_BY_FASTLY, NULL},
        {FIELD_BY_PANTHEON, EVENT_BY_PANTHEON, NULL},
        {FIELD_BY_ALIBABA, EVENT_BY_ALIBABA, NULL},
        {FIELD_PROXY_STATUS, EVENT_BY_CLOUDFLARE, "cloudflare"},
        {FIELD_PROXY_STATUS, EVENT_BY_EDGEONE, "edgeone"},
        {FIELD_PROXY_STATUS, EVENT_BY_AZURE, "azure"},
        {FIELD_PROXY_STATUS, EVENT_BY_FASTLY, "fastly"},
    };
    for (size_t i = 0; text.len && i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_it = !rows[i].text || span_has_nocase(text, span_of(rows[i].text));
        if (rows[i].field == field && is_it && !span_is(text, "-")) {
            out->by |= (uint8_t)rows[i].by;
        }
    }
}

/* The proxy that says that it failed made the answer. */
APART static void store_proxy_status(struct event *out, struct span text)
{
    store_text(&out->proxied, text);
    store_by(out, FIELD_PROXY_STATUS, proxy_status_read(text).proxy);
}

void field_store(struct event *out, enum field field, struct span text)
{
    switch (field) {
    case FIELD_STATUS:
        if (out->status == STATUS_NONE) {
            out->status = status_slot(text);
        }
        break;
    case FIELD_TIME_CLF: store_time(out, text, LOGTIME_CLF); break;
    case FIELD_TIME_ISO: store_time(out, text, LOGTIME_ISO); break;
    case FIELD_TIME_ISO_UTC: store_time(out, text, LOGTIME_ISO_UTC); break;
    case FIELD_TIME_EPOCH: store_time(out, text, LOGTIME_EPOCH); break;
    case FIELD_TIME_CTIME: store_time(out, text, LOGTIME_CTIME); break;
    case FIELD_TIME_DASHED: store_time(out, text, LOGTIME_DASHED); break;
    case FIELD_TIME_US: store_time(out, text, LOGTIME_US); break;
    case FIELD_TIME_ANY: store_any_time(out, text); break;
    case FIELD_REQUEST: store_text(&out->request, text); break;
    case FIELD_METHOD: store_text(&out->method, text); break;
    case FIELD_TARGET: store_text(&out->target, text); break;
    case FIELD_HOST: store_text(&out->host, text); break;
    case FIELD_CLIENT: store_text(&out->client, text); break;
    case FIELD_CLIENT_PORT: store_client_port(out, text); break;
    case FIELD_UPSTREAM: store_upstream(out, text); break;
    case FIELD_BYTES: store_bytes(out, text); break;
    case FIELD_DURATION_S: store_any_seconds(out, text); break;
    case FIELD_DURATION_MS: store_whole_duration(out, text, 1000000); break;
    case FIELD_DURATION_US: store_whole_duration(out, text, 1000); break;
    case FIELD_DURATION_NS: store_whole_duration(out, text, 1); break;
    case FIELD_TIMERS_MS: store_whole_duration(out, last_timer(text), 1000000); break;
    case FIELD_DURATION_TEXT: store_duration_text(out, text); break;
    case FIELD_DURATION_POINT: store_duration_by_point(out, text); break;
    case FIELD_ORIGIN:
    case FIELD_FLAG:
    case FIELD_FLAG_MORE:
    case FIELD_SUBSTATUS:
    case FIELD_CONNECTED:
    case FIELD_ANSWERED: store_cause(out, field, text); break;
    case FIELD_BY_SERVER:
    case FIELD_BY_VIA:
    case FIELD_BY_SERVED:
    case FIELD_BY_CLOUDFLARE:
    case FIELD_BY_EDGEONE:
    case FIELD_BY_AZURE:
    case FIELD_BY_FASTLY:
    case FIELD_BY_PANTHEON:
    case FIELD_BY_ALIBABA: store_by(out, field, text); break;
    case FIELD_PROXY_STATUS: store_proxy_status(out, text); break;
    case FIELD_SKIP:
    case FIELD_QUERY:
    case FIELDS: break;
    }
}

const char *field_name(enum field field)
{
    static const char *const names[FIELDS] = {
        [FIELD_SKIP] = "text",
        [FIELD_STATUS] = "status",
        [FIELD_TIME_CLF] = "time",
        [FIELD_TIME_ISO] = "time",
        [FIELD_TIME_ISO_UTC] = "time",
        [FIELD_TIME_EPOCH] = "time",
        [FIELD_TIME_CTIME] = "time",
        [FIELD_TIME_DASHED] = "time",
        [FIELD_TIME_US] = "time",
        [FIELD_TIME_ANY] = "time",
        [FIELD_REQUEST] = "request",
        [FIELD_METHOD] = "method",
        [FIELD_TARGET] = "target",
        [FIELD_QUERY] = "query",
        [FIELD_HOST] = "host",
        [FIELD_CLIENT] = "client",
        [FIELD_CLIENT_PORT] = "client",
        [FIELD_UPSTREAM] = "upstream",
        [FIELD_BYTES] = "bytes",
        [FIELD_DURATION_S] = "duration",
        [FIELD_DURATION_MS] = "duration",
        [FIELD_DURATION_US] = "duration",
        [FIELD_DURATION_NS] = "duration",
        [FIELD_TIMERS_MS] = "timers",
        [FIELD_DURATION_TEXT] = "duration",
        [FIELD_DURATION_POINT] = "duration",
        [FIELD_ORIGIN] = "origin status",
        [FIELD_FLAG] = "flag",
        [FIELD_FLAG_MORE] = "flag",
        [FIELD_SUBSTATUS] = "substatus",
        [FIELD_CONNECTED] = "connect time",
        [FIELD_ANSWERED] = "header time",
        [FIELD_BY_SERVER] = "header",
        [FIELD_BY_VIA] = "header",
        [FIELD_BY_SERVED] = "header",
        [FIELD_BY_CLOUDFLARE] = "header",
        [FIELD_BY_EDGEONE] = "header",
        [FIELD_BY_AZURE] = "header",
        [FIELD_BY_FASTLY] = "header",
        [FIELD_BY_PANTHEON] = "header",
        [FIELD_BY_ALIBABA] = "header",
        [FIELD_PROXY_STATUS] = "header",
    };
    return names[field];
}

/* Keys as they are found in logs of nginx, Apache, Envoy, Traefik and in application frameworks; in
 * lower case and without the signs between words, so "sc-status", "scStatus" and "sc_status" are
 * one. */
static const struct {
    const char *key;
    enum field field;
} keys[] = {
    {"status", FIELD_STATUS},
    {"statuscode", FIELD_STATUS},
    {"httpstatus", FIELD_STATUS},
    {"httpstatuscode", FIELD_STATUS},
    {"httpresponsestatuscode", FIELD_STATUS},
    {"responsestatus", FIELD_STATUS},
    {"responsestatuscode", FIELD_STATUS},
    {"responsecode", FIELD_STATUS},
    {"respstatus", FIELD_STATUS},
    {"scstatus", FIELD_STATUS},
    {"httprequeststatus", FIELD_STATUS},
    {"httpcode", FIELD_STATUS},
    {"httpresponsecode", FIELD_STATUS},
    {"time", FIELD_TIME_ANY},
    {"timestamp", FIELD_TIME_ANY},
    {"@timestamp", FIELD_TIME_ANY},
    {"ts", FIELD_TIME_ANY},
    {"timelocal", FIELD_TIME_ANY},
    {"timegenerated", FIELD_TIME_ANY},
    {"timeiso8601", FIELD_TIME_ANY},
    {"msec", FIELD_TIME_ANY},
    {"datetime", FIELD_TIME_ANY},
    {"starttime", FIELD_TIME_ANY},
    {"request", FIELD_REQUEST},
    {"req", FIELD_REQUEST},
    {"requestline", FIELD_REQUEST},
    {"method", FIELD_METHOD},
    {"verb", FIELD_METHOD},
    {"requestmethod", FIELD_METHOD},
    {"httpmethod", FIELD_METHOD},
    {"httprequestmethod", FIELD_METHOD},
    {"csmethod", FIELD_METHOD},
    {"uri", FIELD_TARGET},
    {"url", FIELD_TARGET},
    {"path", FIELD_TARGET},
    {"target", FIELD_TARGET},
    {"requesturi", FIELD_TARGET},
    {"requesturl", FIELD_TARGET},
    {"requestpath", FIELD_TARGET},
    {"httpurl", FIELD_TARGET},
    {"csuristem", FIELD_TARGET},
    {"host", FIELD_HOST},
    {"vhost", FIELD_HOST},
    {"httphost", FIELD_HOST},
    {"servername", FIELD_HOST},
    {"virtualhost", FIELD_HOST},
    {"domain", FIELD_HOST},
    {"requesthost", FIELD_HOST},
    {"authority", FIELD_HOST},
    {"cshost", FIELD_HOST},
    {"client", FIELD_CLIENT},
    {"clientip", FIELD_CLIENT},
    {"clientaddr", FIELD_CLIENT},
    {"remoteaddr", FIELD_CLIENT},
    {"remoteip", FIELD_CLIENT},
    {"remotehost", FIELD_CLIENT},
    {"requestremoteip", FIELD_CLIENT},
    {"requestclientip", FIELD_CLIENT},
    {"ip", FIELD_CLIENT},
    {"cip", FIELD_CLIENT},
    {"upstream", FIELD_UPSTREAM},
    {"upstreamaddr", FIELD_UPSTREAM},
    {"upstreamhost", FIELD_UPSTREAM},
    {"backend", FIELD_UPSTREAM},
    {"bytes", FIELD_BYTES},
    {"bytessent", FIELD_BYTES},
    {"bodybytessent", FIELD_BYTES},
    {"responsebytes", FIELD_BYTES},
    {"responsesize", FIELD_BYTES},
    {"responselength", FIELD_BYTES},
    {"size", FIELD_BYTES},
    {"bodybytes", FIELD_BYTES},
    {"scbytes", FIELD_BYTES},
    {"requesttime", FIELD_DURATION_TEXT},
    {"requestduration", FIELD_DURATION_TEXT},
    {"duration", FIELD_DURATION_TEXT},
    {"latency", FIELD_DURATION_TEXT},
    {"reqtime", FIELD_DURATION_TEXT},
    {"responsetime", FIELD_DURATION_TEXT},
    {"elapsed", FIELD_DURATION_TEXT},
    {"latencyhuman", FIELD_DURATION_TEXT}, /* echo: behind "latency", which is in nanoseconds */
    {"reqtimesec", FIELD_TIME_ANY},
    {"reqhost", FIELD_HOST},
    {"reqmethod", FIELD_METHOD},
    {"reqpath", FIELD_TARGET},
    {"cliip", FIELD_CLIENT},
    {"timetaken", FIELD_DURATION_TEXT},
    {"durations", FIELD_DURATION_S},
    {"durationseconds", FIELD_DURATION_S},
    {"durationms", FIELD_DURATION_MS},
    {"latencyms", FIELD_DURATION_MS},
    {"responsetimems", FIELD_DURATION_MS},
    {"elapsedms", FIELD_DURATION_MS},
    {"ta", FIELD_DURATION_MS},
    {"ms", FIELD_DURATION_MS},
    {"durationus", FIELD_DURATION_US},
    {"us", FIELD_DURATION_US},
    {"durationns", FIELD_DURATION_NS},
    {"upstreamstatus", FIELD_ORIGIN},
    {"originstatus", FIELD_ORIGIN},
    {"backendstatus", FIELD_ORIGIN},
    {"serverstatus", FIELD_ORIGIN},
    {"backendstatuscode", FIELD_ORIGIN},
    {"targetstatuscode", FIELD_ORIGIN},
    {"upstreamconnecttime", FIELD_CONNECTED},
    {"upstreamheadertime", FIELD_ANSWERED},
    {"proxystatus", FIELD_PROXY_STATUS},
    {"responseflags", FIELD_FLAG},
    {"responsecodedetails", FIELD_FLAG_MORE},
    {"terminationstate", FIELD_FLAG},
};

/* Headers of answers, as above; by the documents of the vendors, but where the name says it. */
static const struct {
    const char *name;
    enum field field;
} headers[] = {
    {"server", FIELD_BY_SERVER},
    {"via", FIELD_BY_VIA},
    {"xservedby", FIELD_BY_SERVED},
    {"cfray", FIELD_BY_CLOUDFLARE},
    {"cfcachestatus", FIELD_BY_CLOUDFLARE},
    {"cferrortype", FIELD_BY_CLOUDFLARE},
    {"cferrororigin", FIELD_BY_CLOUDFLARE},
    {"eologuuid", FIELD_BY_EDGEONE},
    {"eocachestatus", FIELD_BY_EDGEONE},
    {"xazureref", FIELD_BY_AZURE},
    {"xazurefdid", FIELD_BY_AZURE},
    {"fastlydebugdigest", FIELD_BY_FASTLY},
    {"fastlyrestarts", FIELD_BY_FASTLY},
    {"xpantheonstyxhostname", FIELD_BY_PANTHEON},
    {"eagleid", FIELD_BY_ALIBABA},
    {"proxystatus", FIELD_PROXY_STATUS},
};

/* Writes `key` in lower case without "-", "_", "." and blanks; false when it is longer than any we
 * know. */
static bool plain_key(struct span key, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (c == '-' || c == '_' || c == '.' || c == ' ' || c == '(' || c == ')') {
            continue;
        }
        if (n + 1 >= size) {
            return false;
        }
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    out[n] = '\0';
    return n > 0;
}

/* Keys of headers, "sent_http_cf_ray", begin so. */
static const char *const header_prefixes[] = {"senthttp", "upstreamhttp"};

static enum field plain_header(const char *plain)
{
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (strcmp(plain, headers[i].name) == 0) {
            return headers[i].field;
        }
    }
    return FIELD_SKIP;
}

enum field field_of_key(struct span key)
{
    char plain[48];
    if (span_is(key, "responseTime")) { /* of loggers of Node.js; "response_time" is in seconds */
        return FIELD_DURATION_MS;
    }
    if (!plain_key(key, plain, sizeof(plain))) {
        return FIELD_SKIP;
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(plain, keys[i].key) == 0) {
            return keys[i].field;
        }
    }
    for (size_t i = 0; i < sizeof(header_prefixes) / sizeof(header_prefixes[0]); i++) {
        size_t n = strlen(header_prefixes[i]);
        if (strncmp(plain, header_prefixes[i], n) == 0) {
            return plain_header(plain + n);
        }
    }
    return FIELD_SKIP;
}

enum field field_of_header(struct span name)
{
    char plain[48];
    return plain_key(name, plain, sizeof(plain)) ? plain_header(plain) : FIELD_SKIP;
}

static bool begins_header(struct span plain)
{
    for (size_t i = 0; i < sizeof(header_prefixes) / sizeof(header_prefixes[0]); i++) {
        struct span prefix = span_of(header_prefixes[i]);
        if (span_starts(prefix, plain)) {
            return true;
        }
        struct span rest = span_after(plain, prefix.len);
        for (size_t k = 0; span_starts(plain, prefix) && k < sizeof(headers) / sizeof(headers[0]);
             k++) {
            if (span_starts(span_of(headers[k].name), rest)) {
                return true;
            }
        }
    }
    return false;
}

bool field_begins(struct span head)
{
    char plain[48];
    if (!plain_key(head, plain, sizeof(plain))) {
        return head.len < sizeof(plain); /* nothing but signs between words */
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (span_starts(span_of(keys[i].key), span_of(plain))) {
            return true;
        }
    }
    return begins_header(span_of(plain));
}
