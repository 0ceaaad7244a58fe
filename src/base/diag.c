/*
 * What the program says to people: one line on stderr for each message. Functions that can fail
 * fill a `problem` instead and leave it to their caller whether it is said at all. Names from logs
 * and files stand in messages, so control characters are written as \xHH: none may drive a terminal
 * or pass for a line of ours.
 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum diag_level diag_least = DIAG_INFO;
static bool diag_journal;

/* Set once at the start and only read afterwards, so there is no lock. */
void diag_init(enum diag_level least, bool to_journal)
{
    diag_least = least;
    diag_journal = to_journal;
}

/* The message goes out in one write, so that lines of several processes never mix. */
static void write_line(enum diag_level level, const char *text)
{
    /* The journal reads the level from these prefixes (sd-daemon(3)) and adds our name itself. */
    static const char *const priority[] = {"<3>", "<4>", "<6>", "<7>"};
    char line[2048];
    size_t at =
        (size_t)snprintf(line, sizeof(line), "%s", diag_journal ? priority[level] : "teapotd: ");
    for (const unsigned char *p = (const unsigned char *)text; *p && at + 6 < sizeof(line); p++) {
        if (*p < 0x20 || *p == 0x7f) {
            at += (size_t)snprintf(line + at, 5, "\\x%02x", (unsigned)*p);
        } else {
            line[at++] = (char)*p;
        }
    }
    line[at++] = '\n';
    fwrite(line, 1, at, stderr);
    fflush(stderr);
}

/* Longer messages are cut. The level is looked at first, so a message nobody wants costs nothing.
 */
void diag_say(enum diag_level level, const char *format, ...)
{
    if (level > diag_least) {
        return;
    }
    char text[1536];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    write_line(level, text);
}

/* NULL is for callers who want to know whether, but not why. */
void problem_set(struct problem *why, const char *format, ...)
{
    if (!why) {
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
}

void problem_at(struct problem *why, const char *file, int line, int column)
{
    if (!why) {
        return;
    }
    snprintf(why->file, sizeof(why->file), "%s", file ? file : "");
    why->line = line;
    why->column = column;
}

/* FILE:LINE:COLUMN as compilers write it, so that editors can go there. */
void problem_say(const struct problem *why)
{
    if (why->file[0] && why->line) {
        diag_say(DIAG_ERROR, "%s:%d:%d: %s", why->file, why->line, why->column, why->text);
    } else if (why->file[0]) {
        diag_say(DIAG_ERROR, "%s: %s", why->file, why->text);
    } else {
        diag_say(DIAG_ERROR, "%s", why->text);
    }
}
