/*
 * Whose code is it: each kind of server has an order of owners, the first that has the code wins.
 * An owner has it for that server when the entry's `seen_in` lists the server or says `any`. After
 * the owners of the order come the others with `any` (a code has at most one owner with `any`, so
 * they need no order among themselves), and last those that only a path, a method or a header could
 * prefer to the rest: Exchange in IIS, CloudLinux's 508 in Apache. They win where nobody else has
 * the code, or where a line speaks for them (hint.c).
 */
#include "codes/verdict.h"

#include "codes/hint.h"

enum {
    ORDER = 4,
    RANK_ANY = ORDER, /* below it: the place in the order */
    RANK_CONDITIONAL,
    RANK_NEVER,
};

/* What a person said about whose logs these are, taken apart once. */
struct wish {
    struct span owner; /* empty: nothing was said */
    enum server server;
    bool is_server;
};

/* Behind a proxy "ietf" is second, because the proxies' own codes never collide with registered
 * ones but for those that need a hint. Those that need one are in hint.c. */
static const char *const orders[SERVERS][ORDER] = {
    [SERVER_UNKNOWN] = {"ietf", "nginx", "cloudflare"},
    [SERVER_NGINX] = {"nginx", "ietf", "esri", "cloudflare"},
    [SERVER_APACHE] = {"apache", "ietf"},
    [SERVER_IIS] = {"microsoft-iis", "microsoft-aspnet", "ietf"},
    [SERVER_HAPROXY] = {"haproxy", "ietf"},
    [SERVER_CADDY] = {"caddy", "ietf"},
    [SERVER_TRAEFIK] = {"traefik", "ietf"},
    [SERVER_ENVOY] = {"envoy", "ietf", "google"},
    [SERVER_ALB] = {"aws-elb", "ietf"},
    [SERVER_CLB] = {"aws-elb", "ietf"},
    [SERVER_CLOUDFRONT] = {"aws-cloudfront", "ietf"},
    [SERVER_S3] = {"aws-s3", "ietf"},
    [SERVER_CLOUDFLARE] = {"cloudflare", "ietf"},
    [SERVER_GCP_LB] = {"google", "ietf"},
    [SERVER_SQUID] = {"squid", "ietf"},
    [SERVER_VARNISH] = {"varnish", "ietf"},
    [SERVER_LIGHTTPD] = {"lighttpd", "ietf"},
    [SERVER_TOMCAT] = {"ietf"},
    [SERVER_ARCGIS] = {"esri", "ietf"},
};

/* How good an owner's claim to a code is in a server's log; the lowest wins. */
static unsigned rank(const struct code *code, enum server server)
{
    bool is_listed = (code->seen_in & (1U << server)) != 0;
    if (!is_listed && !code->any) {
        return RANK_NEVER;
    }
    for (unsigned i = 0; i < ORDER && orders[server][i]; i++) {
        if (strcmp(orders[server][i], code->owner) == 0) {
            return i;
        }
    }
    return code->any ? RANK_ANY : RANK_CONDITIONAL;
}

/* The best claim among `count` entries of one code. */
static uint16_t best(size_t first, size_t count, enum server server)
{
    uint16_t found = VERDICT_UNASSIGNED;
    unsigned lowest = RANK_NEVER;
    for (size_t i = first; i < first + count; i++) {
        unsigned r = rank(codes_at(i), server);
        if (r < lowest) {
            lowest = r;
            found = (uint16_t)i;
        }
    }
    return found;
}

/* HAProxy has a text for 456 that it never sends by itself: better than no name at all where
 * Exchange can't be meant. */
static uint16_t last_resort(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        if (codes_at(i)->status == 456 && strcmp(codes_at(i)->owner, "haproxy") == 0) {
            return (uint16_t)i;
        }
    }
    return VERDICT_UNASSIGNED;
}

static struct wish wish_of(struct span vendor)
{
    struct wish wish = {.owner = vendor, .server = SERVER_UNKNOWN};
    wish.is_server = server_find(vendor, &wish.server);
    return wish;
}

/* As `best`, but what a person said comes first: "nginx" is an owner as well as a server, so its
 * own entry wins even where no log would prove it, then the order of that server's log. */
static uint16_t choose(size_t first, size_t count, enum server server, const struct wish *wish)
{
    uint16_t found = VERDICT_UNASSIGNED;
    for (size_t i = first; wish->owner.len && i < first + count; i++) {
        if (span_is(wish->owner, codes_at(i)->owner)) {
            return (uint16_t)i;
        }
    }
    if (wish->is_server) {
        found = best(first, count, wish->server);
    }
    found = found == VERDICT_UNASSIGNED ? best(first, count, server) : found;
    return found == VERDICT_UNASSIGNED ? last_resort(first, count) : found;
}

/* RFC 9110 section 15: an unknown code is taken as the x00 of its class. */
static enum blame unassigned_blame(uint16_t status)
{
    switch (status_class(status)) {
    case CLASS_1XX:
    case CLASS_2XX:
    case CLASS_3XX: return BLAME_NONE;
    case CLASS_4XX: return BLAME_CLIENT;
    case CLASS_5XX: return BLAME_SERVER;
    case CLASS_OTHER:
    case STATUS_CLASSES: break;
    }
    return BLAME_UNKNOWN;
}

/* One walk over the book is enough, since the entries of a code stand next to each other: a
 * thousand sources are set up in a few milliseconds. */
void verdict_table_init(struct verdict_table *table, enum server server, struct span vendor)
{
    struct wish wish = wish_of(vendor);
    size_t count;
    table->server = server == SERVER_UNKNOWN && wish.is_server ? wish.server : server;
    memset(table->hinted, 0, sizeof(table->hinted));
    for (uint16_t s = 0; s < STATUS_SLOTS; s++) {
        table->of[s] = (struct verdict){s, VERDICT_UNASSIGNED, unassigned_blame(s)};
        if (vendor.len == 0 && hint_may_matter(s, table->server)) {
            table->hinted[s / 64] |= (uint64_t)1 << s % 64;
        }
    }
    for (size_t i = 0; i < codes_count(); i += count) {
        uint16_t status = codes_at(i)->status, entry;
        for (count = 1; i + count < codes_count() && codes_at(i + count)->status == status;) {
            count++;
        }
        entry = choose(i, count, server, &wish);
        if (entry != VERDICT_UNASSIGNED) {
            table->of[status] = (struct verdict){status, entry, codes_at(entry)->blame};
        }
    }
}

uint16_t verdict_entry(uint16_t status, enum server server, struct span vendor)
{
    struct wish wish = wish_of(vendor);
    size_t first = 0;
    size_t count = codes_of(status, &first);
    return choose(first, count, server, &wish);
}

uint16_t verdict_entry_of(uint16_t status, struct span owner)
{
    size_t index;
    return owner.len && codes_find(status, owner, &index) ? (uint16_t)index : VERDICT_UNASSIGNED;
}

const struct code *verdict_code(struct verdict v)
{
    return v.entry < codes_count() ? codes_at(v.entry) : NULL;
}

const char *verdict_vendor(struct verdict v)
{
    const struct code *code = verdict_code(v);
    return code ? code->owner : "";
}

const char *verdict_name(struct verdict v)
{
    const struct code *code = verdict_code(v);
    return code ? code->name : "Unassigned";
}
