/*
 * One client that just connected. Its first bytes decide whether it speaks HTTP, and then it is
 * handed on; otherwise it is read one command line, answered, and closed.
 */
#ifndef TEAPOT_SERVE_SOCKET_H
#define TEAPOT_SERVE_SOCKET_H

#include "serve/clients.h"
#include "serve/http.h"

/* Takes a connected, non-blocking descriptor, which is closed in the end whatever happens. With
 * `needs_token`, command lines that come by TCP are refused: there is no place for a token in them.
 */
void socket_take(struct clients *all, struct http *http, int fd, bool needs_token);

#endif
