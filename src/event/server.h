/* The kinds of server whose logs we read: they decide whose a shared status code is. */
#ifndef TEAPOT_EVENT_SERVER_H
#define TEAPOT_EVENT_SERVER_H

#include "base/span.h"

enum server {
    SERVER_UNKNOWN, /* combined, json, regex …: the format does not tell */
    SERVER_NGINX,
    SERVER_APACHE,
    SERVER_IIS,
    SERVER_HAPROXY,
    SERVER_CADDY,
    SERVER_TRAEFIK,
    SERVER_ENVOY,
    SERVER_ALB,
    SERVER_CLB,
    SERVER_CLOUDFRONT,
    SERVER_S3,
    SERVER_CLOUDFLARE,
    SERVER_GCP_LB,
    SERVER_SQUID,
    SERVER_VARNISH,
    SERVER_LIGHTTPD,
    SERVER_TOMCAT,
    SERVER_ARCGIS,
    SERVERS,
};

/* The name as in the dictionary's `seen_in`: "nginx", "gcp-lb" …; "unknown" for the first. Static.
 */
const char *server_name(enum server server);

/* The server of that name; false when there is none. */
bool server_find(struct span name, enum server *out);

#endif
