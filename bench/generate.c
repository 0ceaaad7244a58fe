/*
 * Writes access logs that look like a shop's: the same seed and options give the same bytes.
 * Requests are drawn first and written by the writer of the wanted format, so that all formats tell
 * the same story. Used by bench/run (large files) and by ./run (--live: at the pace of the clock).
 */
#define _GNU_SOURCE /* getopt_long */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OUT_BYTES = 1 << 18,
    LINE_BYTES = 2048, /* no line is longer */
    TICKS = 20,        /* of --live, per second */
};

struct options {
    const char *format;
    uint64_t lines, seed;
    int64_t start, rate;
    int64_t calm, incident; /* seconds: so long all is well, so long it is not, and again */
    double share;           /* of 5xx during an incident */
    bool live;
};

struct request {
    int64_t second;
    unsigned millisecond, status, duration_ms, address, id, bytes;
    const char *method, *path, *referer, *agent, *host, *upstream;
};

struct out {
    size_t len;
    int64_t stamped; /* the second that `stamp` shows */
    char stamp[32];
    char bytes[OUT_BYTES];
};

struct weighted {
    unsigned weight; /* of 1000 */
    unsigned status;
};

static const struct weighted well[] = {
    {874, 200}, {20, 206}, {8, 204}, {16, 301}, {12, 302}, {30, 304}, {3, 400}, {4, 401},
    {5, 403},   {20, 404}, {2, 429}, {3, 499},  {1, 500},  {1, 502},  {1, 503},
};
static const struct weighted unwell[] = {{120, 500}, {560, 502}, {120, 503}, {200, 504}};

/* A '#' becomes a number. */
static const char *const paths[] = {
    "/",
    "/",
    "/index.html",
    "/static/app.3f9c2b71.js",
    "/static/site.5b7de012.css",
    "/img/logo.svg",
    "/favicon.ico",
    "/product/#",
    "/product/#",
    "/product/#/reviews?page=2",
    "/category/tea?sort=price",
    "/cart",
    "/cart/items/#",
    "/checkout/payment",
    "/api/v2/users/#/orders",
    "/api/v2/search?q=earl+grey&limit=20",
    "/api/v2/stock/#",
    "/img/products/#/large.webp",
    "/blog/2026/11/how-to-warm-a-teapot",
    "/account/login",
};
static const char *const methods[] = {"GET", "GET", "GET", "GET", "GET", "GET", "POST", "HEAD"};
static const char *const referers[] = {
    "-",
    "-",
    "-",
    "https://shop.example/",
    "https://shop.example/category/tea",
    "https://www.google.com/",
};
static const char *const agents[] = {
    "curl/7.88.1",
    "kube-probe/1.29",
    "Wget/1.21.3",
    "Go-http-client/2.0",
    "python-requests/2.31.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
};
static const char *const hosts[] = {"shop.example", "shop.example", "www.shop.example",
                                    "api.shop.example"};
static const char *const upstreams[] = {"10.0.0.11:8080", "10.0.0.12:8080", "10.0.0.13:8080"};

#define PICK(table, random) ((table)[(random) % (sizeof(table) / sizeof((table)[0]))])

/* splitmix64 (Steele, Lea, Flood 2014): one addition and two multiplications for 64 good bits. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned pick_status(const struct weighted *table, unsigned random)
{
    random %= 1000;
    while (random >= table->weight) {
        random -= table->weight;
        table++;
    }
    return table->status;
}

static bool in_incident(const struct options *o, int64_t since_start)
{
    return o->incident > 0 && since_start % (o->calm + o->incident) >= o->calm;
}

static void draw(const struct options *o, uint64_t *rng, int64_t since_start, struct request *r)
{
    uint64_t a = random_next(rng), b = random_next(rng);
    unsigned percentile = (unsigned)(a >> 54); /* 0 to 1023 */
    r->address = (unsigned)(a & 0xffff) % 5000;
    r->path = PICK(paths, a >> 16 & 0xff);
    r->agent = PICK(agents, a >> 24 & 0xff);
    r->referer = PICK(referers, a >> 32 & 0xff);
    r->method = PICK(methods, a >> 40 & 0xff);
    r->host = PICK(hosts, a >> 48 & 0x3f);
    r->upstream = PICK(upstreams, b & 0xff);
    r->id = (unsigned)(b >> 8 & 0xffff) % 9000 + 1000;
    r->bytes = (unsigned)(b >> 24 & 0xffff) % 40000 + 100;
    /* Most answers take some milliseconds, some take seconds. */
    r->duration_ms = percentile < 1000 ? percentile / 16 + 1 : (percentile - 999) * 150;
    unsigned luck = (unsigned)(b >> 40 & 0xffff),
             kind = (unsigned)(b >> 56) * 4 + (unsigned)(b >> 8 & 3);
    bool ill = in_incident(o, since_start) && luck < (unsigned)(o->share * 65536);
    r->status = ill ? pick_status(unwell, kind % 1000) : pick_status(well, luck);
    if (r->status == 504) {
        r->duration_ms = 60000;
    }
}

static void put(struct out *o, const char *text)
{
    size_t n = strlen(text);
    memcpy(o->bytes + o->len, text, n);
    o->len += n;
}

static void put_char(struct out *o, char c)
{
    o->bytes[o->len++] = c;
}

static void put_number(struct out *o, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    memcpy(o->bytes + o->len, digits + at, sizeof(digits) - at);
    o->len += sizeof(digits) - at;
}

/* At least `width` digits, with zeros in front. */
static void put_padded(struct out *o, unsigned n, unsigned width)
{
    for (unsigned limit = 10; width > 1; width--, limit *= 10) {
        if (n < limit) {
            for (unsigned i = 1; i < width; i++) {
                put_char(o, '0');
            }
            break;
        }
    }
    put_number(o, n);
}

static void put_path(struct out *o, const struct request *r)
{
    const char *mark = strchr(r->path, '#');
    if (!mark) {
        put(o, r->path);
        return;
    }
    memcpy(o->bytes + o->len, r->path, (size_t)(mark - r->path));
    o->len += (size_t)(mark - r->path);
    put_number(o, r->id);
    put(o, mark + 1);
}

static void put_address(struct out *o, const struct request *r)
{
    put(o, "203.0.");
    put_number(o, r->address / 250);
    put_char(o, '.');
    put_number(o, r->address % 250 + 1);
}

static void put_seconds(struct out *o, unsigned ms)
{
    put_number(o, ms / 1000);
    put_char(o, '.');
    put_char(o, (char)('0' + ms / 100 % 10));
    put_char(o, (char)('0' + ms / 10 % 10));
    put_char(o, (char)('0' + ms % 10));
}

/* 22/Nov/2026:16:29:32, made once a second. */
static void put_stamp(struct out *o, int64_t second)
{
    if (o->stamped != second || o->stamp[0] == '\0') {
        time_t t = (time_t)second;
        struct tm tm;
        gmtime_r(&t, &tm);
        strftime(o->stamp, sizeof(o->stamp), "%d/%b/%Y:%H:%M:%S", &tm);
        o->stamped = second;
    }
    put(o, o->stamp);
}

static void put_request_line(struct out *o, const struct request *r)
{
    put_char(o, '"');
    put(o, r->method);
    put_char(o, ' ');
    put_path(o, r);
    put(o, " HTTP/1.1\"");
}

/* Without line end, so that `timed` can go on. */
static void put_combined(struct out *o, const struct request *r)
{
    put_address(o, r);
    put(o, " - - [");
    put_stamp(o, r->second);
    put(o, " +0000] ");
    put_request_line(o, r);
    put_char(o, ' ');
    put_number(o, r->status);
    put_char(o, ' ');
    put_number(o, r->bytes);
    put(o, " \"");
    put(o, r->referer);
    put(o, "\" \"");
    put(o, r->agent);
    put_char(o, '"');
}

/* nginx: combined and  rt=$request_time urt="$upstream_response_time" ua="$upstream_addr"
 * host=$host */
static void put_timed(struct out *o, const struct request *r)
{
    put_combined(o, r);
    put(o, " rt=");
    put_seconds(o, r->duration_ms);
    put(o, " urt=\"");
    put_seconds(o, r->duration_ms);
    put(o, "\" ua=\"");
    put(o, r->upstream);
    put(o, "\" host=");
    put(o, r->host);
}

/* HAProxy's option httplog, bare (without syslog header). */
static void put_haproxy(struct out *o, const struct request *r)
{
    put_address(o, r);
    put_char(o, ':');
    put_number(o, 20000 + r->id);
    put(o, " [");
    put_stamp(o, r->second);
    put_char(o, '.');
    put_padded(o, r->millisecond, 3);
    put(o, "] web bk_shop/s");
    put_char(o, r->upstream[8]);
    put(o, " 0/0/1/");
    put_number(o, r->duration_ms);
    put_char(o, '/');
    put_number(o, r->duration_ms + 1);
    put_char(o, ' ');
    put_number(o, r->status);
    put_char(o, ' ');
    put_number(o, r->bytes);
    put(o, r->status == 504 ? " - - sH-- 120/118/7/3/0 0/0 " : " - - ---- 120/118/7/3/0 0/0 ");
    put_request_line(o, r);
}

static void put_caddy(struct out *o, const struct request *r)
{
    put(o, "{\"level\":\"info\",\"ts\":");
    put_number(o, (uint64_t)r->second);
    put_char(o, '.');
    put_padded(o, r->millisecond, 3);
    put(o, "0471,\"logger\":\"http.log.access.log0\",\"msg\":\"handled request\","
           "\"request\":{\"remote_ip\":\"");
    put_address(o, r);
    put(o, "\",\"remote_port\":\"");
    put_number(o, 20000 + r->id);
    put(o, "\",\"proto\":\"HTTP/2.0\",\"method\":\"");
    put(o, r->method);
    put(o, "\",\"host\":\"");
    put(o, r->host);
    put(o, "\",\"uri\":\"");
    put_path(o, r);
    put(o, "\",\"headers\":{\"User-Agent\":[\"");
    put(o, r->agent);
    put(o, "\"],\"Accept\":[\"*/*\"],\"Accept-Encoding\":[\"gzip, deflate, br\"]},"
           "\"tls\":{\"resumed\":false,"
           "\"version\":772,\"cipher_suite\":4865,\"proto\":\"h2\",\"server_name\":\"");
    put(o, r->host);
    put(o, "\"}},\"user_id\":\"\",\"duration\":");
    put_seconds(o, r->duration_ms);
    put(o, ",\"size\":");
    put_number(o, r->bytes);
    put(o, ",\"status\":");
    put_number(o, r->status);
    put(o, ",\"resp_headers\":{\"Server\":[\"Caddy\"],"
           "\"Content-Type\":[\"text/html; charset=utf-8\"]}}");
}

struct writer {
    const char *name;
    void (*put)(struct out *o, const struct request *r);
};

static const struct writer writers[] = {{"combined", put_combined},
                                        {"timed", put_timed},
                                        {"haproxy", put_haproxy},
                                        {"caddy", put_caddy},
                                        {NULL, NULL}};

static const struct writer *writer_of(const char *name)
{
    const struct writer *w = writers;
    while (w->name && strcmp(w->name, name) != 0) {
        w++;
    }
    return w->name ? w : NULL;
}

/* False when nobody reads any more, or the disk is full. */
static bool flush(struct out *o)
{
    size_t done = 0;
    while (done < o->len) {
        ssize_t n = write(STDOUT_FILENO, o->bytes + done, o->len - done);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    o->len = 0;
    return true;
}

/* Lines of a given second (and about a given millisecond). */
static bool put_lines(struct out *out, const struct options *o, const struct writer *w,
                      uint64_t *rng, uint64_t n, int64_t at_ms)
{
    struct request r = {.second = at_ms / 1000, .millisecond = (unsigned)(at_ms % 1000)};
    for (uint64_t i = 0; i < n; i++) {
        draw(o, rng, r.second - o->start, &r);
        w->put(out, &r);
        put_char(out, '\n');
        if (out->len > OUT_BYTES - LINE_BYTES && !flush(out)) {
            return false;
        }
    }
    return true;
}

static bool write_log(struct out *out, const struct options *o, const struct writer *w)
{
    uint64_t rng = o->seed, rate = (uint64_t)o->rate;
    int64_t second = o->start;
    for (uint64_t left = o->lines; left > 0; second++) {
        uint64_t n = left < rate ? left : rate;
        if (!put_lines(out, o, w, &rng, n, second * 1000)) {
            return false;
        }
        left -= n;
    }
    return flush(out);
}

/* The share of a second's lines that is due in each tick, until the lines are all written. */
static bool write_live(struct out *out, struct options *o, const struct writer *w)
{
    uint64_t rng = o->seed, left = o->lines ? o->lines : UINT64_MAX;
    struct timespec due;
    clock_gettime(CLOCK_REALTIME, &due);
    o->start = due.tv_sec;
    for (int64_t tick = 0; left > 0; tick++) {
        int64_t of_second = tick % TICKS;
        uint64_t n = (uint64_t)(o->rate * (of_second + 1) / TICKS - o->rate * of_second / TICKS);
        n = n < left ? n : left;
        left -= n;
        if (!put_lines(out, o, w, &rng, n, due.tv_sec * 1000 + due.tv_nsec / 1000000) ||
            !flush(out)) {
            return false;
        }
        due.tv_nsec += 1000000000 / TICKS;
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL) == EINTR) {
        }
    }
    return true;
}

static void usage(FILE *to)
{
    fputs(
        "generate [options] > FILE: a web server's access log\n"
        "  --format NAME            combined, timed (nginx), haproxy, caddy\n"
        "  --lines N                how many (1000000; 0 with --live: for ever)\n"
        "  --rate N                 lines per second of the log's time (500)\n"
        "  --start EPOCH            the first line's time (1795305600)\n"
        "  --seed N                 other seed, other log (1)\n"
        "  --incident CALM,BAD,SHARE  after CALM seconds BAD ones with a share of 5xx, and again\n"
        "  --live                   as time goes by\n",
        to);
}

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"format", required_argument, NULL, 'f'},   {"lines", required_argument, NULL, 'n'},
        {"rate", required_argument, NULL, 'r'},     {"start", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 's'},     {"live", no_argument, NULL, 'l'},
        {"incident", required_argument, NULL, 'i'}, {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'f': o->format = optarg; break;
        case 'n': o->lines = strtoull(optarg, NULL, 10); break;
        case 'r': o->rate = strtoll(optarg, NULL, 10); break;
        case 't': o->start = strtoll(optarg, NULL, 10); break;
        case 's': o->seed = strtoull(optarg, NULL, 10); break;
        case 'l': o->live = true; break;
        case 'i':
            if (sscanf(optarg, "%" SCNd64 ",%" SCNd64 ",%lf", &o->calm, &o->incident, &o->share) !=
                3) {
                return false;
            }
            break;
        default: return false;
        }
    }
    return optind == argc && o->rate > 0 && o->calm >= 0 && o->incident >= 0 && o->share >= 0 &&
           o->share <= 1;
}

int main(int argc, char **argv)
{
    struct options o = {
        .format = "combined", .lines = 1000000, .seed = 1, .start = 1795305600, .rate = 500};
    const struct writer *w = read_options(&o, argc, argv) ? writer_of(o.format) : NULL;
    if (!w) {
        usage(stderr);
        return 2;
    }
    struct out *out = calloc(1, sizeof(*out));
    if (!out) {
        return 1;
    }
    bool ok = o.live ? write_live(out, &o, w) : write_log(out, &o, w);
    free(out);
    return ok ? 0 : 1;
}
