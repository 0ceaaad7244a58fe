/* Draws requests from short tables, by a generator whose numbers are the same everywhere. */
#include "bench/generate/request.h"

#include <stdbool.h>

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

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* splitmix64 (Steele, Lea, Flood 2014): one addition and two multiplications for 64 good bits. */
static uint64_t random_next(uint64_t *state)
{
    return mix(*state += 0x9e3779b97f4a7c15u);
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

static bool in_incident(const struct request_story *s, int64_t since_start)
{
    return s->incident > 0 && since_start % (s->calm + s->incident) >= s->calm;
}

void request_draw(const struct request_story *story, uint64_t *rng, struct request *r)
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
    r->luck = mix(a ^ (b << 32 | b >> 32));
    /* Most answers take some milliseconds, some take seconds. */
    r->duration_ms = percentile < 1000 ? percentile / 16 + 1 : (percentile - 999) * 150;
    unsigned luck = (unsigned)(b >> 40 & 0xffff),
             kind = (unsigned)(b >> 56) * 4 + (unsigned)(b >> 8 & 3);
    bool ill =
        in_incident(story, r->second - story->start) && luck < (unsigned)(story->share * 65536);
    r->status = ill ? pick_status(unwell, kind % 1000) : pick_status(well, luck);
    if (r->status == 504) {
        r->duration_ms = 60000;
    }
}

unsigned request_luck(struct request *r, unsigned bits)
{
    unsigned taken = (unsigned)(r->luck & ((1ull << bits) - 1));
    r->luck >>= bits;
    return taken;
}
