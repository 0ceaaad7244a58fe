/*
 * What standard output can show, and writing that waits. Width and colours are those of a terminal;
 * anything else gets 80 columns and no colours, so that text in a file does not depend on the
 * window it was made in. NO_COLOR is honoured (no-color.org).
 */
#define _DEFAULT_SOURCE /* TIOCGWINSZ */

#include "run/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WIDTH_IN_A_PIPE = 80,
    WIDTH_LEAST = 40,
};

bool terminal_is(int fd)
{
    return isatty(fd) == 1;
}

/* The locale as the environment names it: setlocale would change how numbers are written. */
static bool is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0]) {
            struct span v = span_of(value);
            size_t dot = span_find(v, '.');
            struct span charset = span_after(v, dot + 1);
            return span_equal_nocase(span_head(charset, 5), SPAN("UTF-8")) ||
                   span_equal_nocase(span_head(charset, 4), SPAN("utf8"));
        }
    }
    return false;
}

/* Asked for each time anew, because a window may have changed its size since. */
struct report_style terminal_style(void)
{
    struct report_style style = {.columns = WIDTH_IN_A_PIPE, .unicode = is_utf8()};
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct winsize size;
    if (terminal_is(STDOUT_FILENO)) {
        bool is_dumb = !term || span_is(span_of(term), "dumb");
        style.colours = !is_dumb && !(no_color && no_color[0]);
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            style.columns = size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
        }
    }
    return style;
}

/* Descriptors may be non-blocking because whoever shares them made them so; then this waits until
 * there is room, and the caller with it. */
int terminal_write(int fd, struct span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return -errno;
        } else if (n > 0) {
            bytes = span_after(bytes, (size_t)n);
        }
    }
    return 0;
}
