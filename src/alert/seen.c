/* A list that is looked through from its beginning: a series has few codes, and those that it has
 * had for long stand first. */
#include "alert/seen.h"

#include "base/alloc.h"

static struct seen_code *find(const struct seen *seen, uint16_t status, uint16_t entry)
{
    for (uint32_t i = 0; i < seen->n; i++) {
        if (seen->codes[i].status == status && seen->codes[i].entry == entry) {
            return &seen->codes[i];
        }
    }
    return NULL;
}

void seen_note(struct seen *seen, uint16_t status, uint16_t entry, int64_t second)
{
    struct seen_code *code = find(seen, status, entry);
    if (code) {
        code->first = second < code->first ? second : code->first;
    } else if (seen->n < SEEN_CODES) {
        seen->codes = alloc_resize(seen->codes, seen->n + 1, sizeof *seen->codes);
        seen->codes[seen->n++] = (struct seen_code){status, entry, second};
    }
}

int64_t seen_first(const struct seen *seen, uint16_t status, uint16_t entry)
{
    const struct seen_code *code = find(seen, status, entry);
    return code ? code->first : INT64_MIN;
}
