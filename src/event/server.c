#include "event/server.h"

static const char *const names[SERVERS] = {
    "unknown", "nginx",   "apache",   "iis",        "haproxy", "caddy",      "traefik",
    "envoy",   "alb",     "clb",      "cloudfront", "s3",      "cloudflare", "gcp-lb",
    "squid",   "varnish", "lighttpd", "tomcat",     "arcgis",
};

const char *server_name(enum server server)
{
    return names[server];
}

bool server_find(struct span name, enum server *out)
{
    for (enum server s = SERVER_UNKNOWN; s < SERVERS; s++) {
        if (span_is(name, names[s])) {
            *out = s;
            return true;
        }
    }
    return false;
}
