/*
 * The book itself: codes.def as a table, in the order of the words. The entries of one code stand
 * next to each other, so a look-up is a binary search for the first of them and a short walk.
 */
#include "codes/codes.h"

/* The short words of codes.def. */
enum {
    ZERO = 1000, /* the slot of "0": one digit, not the three of 000 */

    NOWHERE = 0,
    NGINX = 1 << SERVER_NGINX,
    APACHE = 1 << SERVER_APACHE,
    IIS = 1 << SERVER_IIS,
    HAPROXY = 1 << SERVER_HAPROXY,
    CADDY = 1 << SERVER_CADDY,
    TRAEFIK = 1 << SERVER_TRAEFIK,
    ENVOY = 1 << SERVER_ENVOY,
    ALB = 1 << SERVER_ALB,
    CLB = 1 << SERVER_CLB,
    CLOUDFRONT = 1 << SERVER_CLOUDFRONT,
    S3 = 1 << SERVER_S3,
    CLOUDFLARE = 1 << SERVER_CLOUDFLARE,
    GCP_LB = 1 << SERVER_GCP_LB,
    SQUID = 1 << SERVER_SQUID,
    VARNISH = 1 << SERVER_VARNISH,
    LIGHTTPD = 1 << SERVER_LIGHTTPD,
    ARCGIS = 1 << SERVER_ARCGIS,
    ANY = 1 << SERVERS,
};

_Static_assert(SERVERS < 31, "a server and ANY are bits of an int");

/* One entry. The parameters must not be called as the members are, or those would be replaced too.
 */
/* clang-format off */
#define CODE(slot, word, title, whose, sort, fault, where, source, text) \
    {                                                                    \
        .status = (slot), .code = (word), .name = (title),               \
        .owner = (whose), .kind = KIND_##sort, .blame = BLAME_##fault,   \
        .seen_in = (where) & ~ANY, .any = ((where) & ANY) != 0,          \
        .spec = (source), .meaning = (text),                             \
    },
/* clang-format on */

static const struct code book[] = {
#include "codes/codes.def"
};

enum {
    BOOK = sizeof(book) / sizeof(book[0]),
};

_Static_assert(BOOK < UINT16_MAX, "a verdict keeps an entry's number in 16 bits");

size_t codes_count(void)
{
    return BOOK;
}

const struct code *codes_at(size_t index)
{
    return &book[index];
}

/* The number of the first entry whose word is not before `word`. Words and not slots, because the
 * slots of "-" and "0" are not in the order in which a person would look them up in the file. */
static size_t lower_bound(const char *word)
{
    size_t low = 0, high = BOOK;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(book[middle].code, word) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t codes_of(uint16_t status, size_t *first)
{
    char word[STATUS_TEXT];
    size_t from, to;
    if (status >= STATUS_SLOTS) { /* status_text would read it as "-" */
        return 0;
    }
    from = lower_bound(status_text(status, word));
    for (to = from; to < BOOK && book[to].status == status; to++) {
    }
    if (to > from) {
        *first = from;
    }
    return to - from;
}

bool codes_find(uint16_t status, struct span owner, size_t *index)
{
    size_t first = 0;
    size_t count = codes_of(status, &first);
    for (size_t i = first; i < first + count; i++) {
        if (span_is(owner, book[i].owner)) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool codes_is_owner(struct span owner)
{
    for (size_t i = 0; i < BOOK; i++) {
        if (span_is(owner, book[i].owner)) {
            return true;
        }
    }
    return false;
}

const char *code_kind_name(enum code_kind kind)
{
    static const char *const names[] = {
        [KIND_STANDARD] = "standard",     [KIND_EXPERIMENTAL] = "experimental",
        [KIND_DEPRECATED] = "deprecated", [KIND_RESERVED] = "reserved",
        [KIND_UNOFFICIAL] = "unofficial", [KIND_INTERNAL] = "internal",
        [KIND_PSEUDO] = "pseudo",
    };
    return names[kind];
}

const char *blame_name(enum blame blame)
{
    static const char *const names[BLAMES] = {
        [BLAME_NONE] = "none",         [BLAME_CLIENT] = "client", [BLAME_SERVER] = "server",
        [BLAME_UPSTREAM] = "upstream", [BLAME_EDGE] = "edge",     [BLAME_NETWORK] = "network",
        [BLAME_CONFIG] = "config",     [BLAME_AUTH] = "auth",     [BLAME_UNKNOWN] = "unknown",
    };
    return names[blame];
}
