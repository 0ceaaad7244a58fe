/*
 * Members of JSON lines that look like those before. Lines of a log have the same keys in the same
 * order, so what stands between two values, `,"uri":"` or `"},"size":`, repeats from line to line.
 * It is remembered together with what jsonscan made of it, and where it stands again, one
 * comparison says which member comes, where its value begins, and whether anybody wants it.
 *
 *     {"level":"info","request":{"host":"shop.example","uri":"/tea"},"status":502}
 *      ---------     ============--------             ========     -----------   =
 *
 * Each such text is followed by the one that came behind it the last time, so nothing is looked up
 * as long as lines go on as they did. A text that is not the expected one is looked for by its
 * first bytes, and only then is it new. Nothing is decided here: the text and the object that it is
 * in are all that jsonscan looks at between two values, so it would do the same again.
 */
#ifndef TEAPOT_SCAN_JSONMEMO_H
#define TEAPOT_SCAN_JSONMEMO_H

#include "scan/find.h"
#include "scan/jsonscan.h"

enum {
    JSONMEMO_SLOTS = 252,
};

/* What the caller calls a member: any number between the first and the others. */
enum {
    JSONMEMO_SKIP = 0,     /* nobody wants it; an object: look at its members */
    JSONMEMO_BARREN = 253, /* an object: nobody wants its members, but those of objects in it */
    JSONMEMO_NEW = 255,    /* not seen before */
};

/* All zero: free. */
struct jsonmemo_slot {
    char text[FIND_TEXT]; /* from behind a value to the beginning of the next */
    uint64_t path;        /* of the object where it stands: a hash of the keys that lead there */
    uint64_t path_behind; /* of the object where the next text stands */
    uint32_t mask;        /* a bit for each byte of the text */
    uint32_t next; /* the slot of the text that came behind the value: bytes from the first */
    uint8_t len;   /* of the text */
    uint8_t kind;  /* enum jsonscan_kind of the value; or there is none, the line ends */
    uint8_t depth; /* behind the text */
    uint8_t tag;
};

/* What one source remembers. A zeroed struct is ready; it may be copied between two lines. */
struct jsonmemo {
    struct jsonmemo_slot slots[JSONMEMO_SLOTS + 1]; /* the last for what can't be remembered */
    struct jsonmemo_slot start;                     /* a line's opening brace */
    struct jsonmemo_slot *last;         /* of the text before the value that was taken last */
    uint64_t path;                      /* here */
    uint64_t paths[JSONSCAN_DEPTH + 1]; /* of the objects around */
    unsigned replaced;                  /* slots that were wanted for other texts */
};

/* Begins a line. */
void jsonmemo_begin(struct jsonmemo *memo);

/* Takes the next member that somebody wants or that is new; objects are entered, and only new ones
 * are told of. `*tag` is its tag, and for a new one where the caller must write it. It stays for
 * later lines, as long as there is room; so it must depend on nothing but the member's key and the
 * keys that lead there. The key in `out` is there for new ones only. Of a line by itself nothing is
 * kept: all is new. False at the end of the outermost object, or when the text fails. */
bool jsonmemo_next(struct jsonmemo *memo, struct jsonscan *s, struct jsonscan_member *out,
                   uint8_t **tag);

/* Forgets all, since tags have another meaning now. */
void jsonmemo_forget(struct jsonmemo *memo);

#endif
