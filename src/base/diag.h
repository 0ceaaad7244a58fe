/*
 * What a person must know: messages to the terminal or, when a service manager reads our stderr, to
 * the journal with its priority prefix (sd-daemon(3), "<4>"). The core never prints: it fills a
 * struct problem and its caller says it.
 */
#ifndef TEAPOT_BASE_DIAG_H
#define TEAPOT_BASE_DIAG_H

#include <stdbool.h>

enum diag_level {
    DIAG_ERROR,
    DIAG_WARNING,
    DIAG_INFO,
    DIAG_DEBUG,
};

/* Something wrong in what a person wrote, with its place. `line` 0: no place in a file is meant. */
struct problem {
    char file[256];
    int line, column;
    char text[512];
};

/* Says a message on stderr as "teapotd: TEXT". Control bytes in it are shown as \xHH, so that text
 * from a log or a client can't drive a terminal. Below the level of diag_verbosity it says nothing.
 */
void diag_say(enum diag_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the least important level that is still said (DIAG_INFO at start) and whether stderr is read
 * by the journal, which wants a priority prefix instead of the program's name. */
void diag_init(enum diag_level least, bool to_journal);

/* Writes the text of a problem; its place is left as it is. `why` may be NULL: then nothing
 * happens. */
void problem_set(struct problem *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a place to a problem. `file` may be NULL. */
void problem_at(struct problem *why, const char *file, int line, int column);

/* Says a problem as an error, "file:line:column: text" as far as the place is known. */
void problem_say(const struct problem *why);

#endif
