#include "codes/details.h"

#define DETAIL(number, sub, text, whose, title, fault) \
    {(number), (sub), (text), (whose), (title), BLAME_##fault},

static const struct detail book[] = {
#include "codes/details.def"
};

enum {
    BOOK = sizeof(book) / sizeof(book[0]),
};

size_t details_count(void)
{
    return BOOK;
}

const struct detail *details_at(size_t index)
{
    return &book[index];
}

bool details_find(struct span word, size_t *index)
{
    for (size_t i = 0; i < BOOK; i++) {
        if (span_is(word, book[i].word)) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool details_find_substatus(uint16_t status, uint16_t substatus, size_t *index)
{
    size_t low = 0, high = BOOK;
    uint32_t wanted = (uint32_t)status << 16 | substatus;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (((uint32_t)book[middle].code << 16 | book[middle].substatus) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *index = low;
    return low < BOOK && book[low].code == status && book[low].substatus == substatus;
}
