/*
 * The stats socket's HTTP side, on the loop (the only user of libmicrohttpd): GET and HEAD, nothing
 * that changes anything. It opens no socket itself; connections are handed to it.
 */
#ifndef TEAPOT_SERVE_HTTP_H
#define TEAPOT_SERVE_HTTP_H

#include "serve/clients.h"

struct http;

/* Starts it. `token` (may be NULL) must be shown by clients that come by TCP; it is copied. NULL
 * with `why` on failure. */
struct http *http_start(struct clients *all, const char *token, struct problem *why);

/* Takes a connected socket that nothing was read from yet, and adds it to the clients. */
void http_take(struct http *http, int fd);

/* Closes all its connections; memory goes when the loop has run the close callbacks. */
void http_stop(struct http *http);

#endif
