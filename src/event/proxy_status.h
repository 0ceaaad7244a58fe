/*
 * The Proxy-Status header of an answer (RFC 9209): which proxies it came through, and which of them
 * made it because something failed.
 */
#ifndef TEAPOT_EVENT_PROXY_STATUS_H
#define TEAPOT_EVENT_PROXY_STATUS_H

#include "base/span.h"

struct proxy_status {
    struct span proxy;    /* name of the member that has the error, in quotes or not */
    struct span error;    /* "connection_refused", of the member nearest to the origin that has one;
                             empty: no proxy says that it failed */
    struct span received; /* status that the first member got from behind it; empty: not said */
};

/* Reads a header as logs have it, its quotes as they are or as \" or \x22. Spans point into it.
 * What is no such header has neither. */
struct proxy_status proxy_status_read(struct span header);

#endif
