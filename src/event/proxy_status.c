/*
 * A list of members, the one nearest to the origin first, each a name and parameters (RFC 9209, 2;
 * RFC 8941, 3.1). A parameter is looked for by its name behind a semicolon, outside quoted strings;
 * details and names are a proxy's free text.
 */
#include "event/proxy_status.h"

/* The quote at the front of `rest`, as servers write it; its length, or 0. */
static size_t quote_at(struct span rest)
{
    return rest.len && rest.ptr[0] == '"'     ? 1
           : span_starts(rest, SPAN("\\\""))  ? 2
           : span_starts(rest, SPAN("\\x22")) ? 4
                                              : 0;
}

/* What stands up to the next semicolon, comma or end that is in no quotes; takes it and the
 * separator, which goes to `by`, off the front. */
static struct span take_piece(struct span *rest, char *by)
{
    bool is_quoted = false;
    size_t n = 0;
    while (n < rest->len && (is_quoted || (rest->ptr[n] != ';' && rest->ptr[n] != ','))) {
        size_t quote = quote_at(span_after(*rest, n));
        is_quoted ^= quote > 0;
        n += quote ? quote : 1;
    }
    struct span piece = span_head(*rest, n);
    *by = n < rest->len ? rest->ptr[n] : '\0';
    *rest = span_after(*rest, n + 1);
    return piece;
}

struct proxy_status proxy_status_read(struct span header)
{
    struct proxy_status found = {0};
    struct span proxy = {0};
    bool is_first = true; /* member */
    char by = ',';
    while (header.len) {
        bool is_name = by == ',';
        struct span piece = span_trim(take_piece(&header, &by));
        if (is_name) {
            proxy = piece;
        } else if (found.error.len == 0 && span_starts(piece, SPAN("error="))) {
            found.error = span_after(piece, strlen("error="));
            found.proxy = proxy;
        } else if (is_first && span_starts(piece, SPAN("received-status="))) {
            found.received = span_after(piece, strlen("received-status="));
        }
        is_first = is_first && by != ',';
    }
    return found;
}
