#include "event/status.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

uint16_t status_slot_of(struct span w)
{
    unsigned value = 0;
    if (w.len == 1 && w.ptr[0] == '-') {
        return STATUS_DASH;
    }
    if (w.len == 2 && w.ptr[0] == '-' && w.ptr[1] == '1') {
        return STATUS_MINUS1;
    }
    if (w.len == 0 || w.len > 3) {
        return STATUS_NONE;
    }
    for (size_t i = 0; i < w.len; i++) {
        if (!is_digit(w.ptr[i])) {
            return STATUS_NONE;
        }
        value = value * 10 + (unsigned)(w.ptr[i] - '0');
    }
    return (uint16_t)(w.len == 3 ? value : w.len == 1 ? 1000 + value : 1010 + value);
}

char *status_text(uint16_t slot, char out[STATUS_TEXT])
{
    unsigned digits = slot < 1000 ? 3 : slot < 1010 ? 1 : 2;
    unsigned value = slot < 1000 ? slot : slot < 1010 ? slot - 1000U : slot - 1010U;
    if (slot >= STATUS_DASH) {
        memcpy(out, slot == STATUS_MINUS1 ? "-1" : "-", slot == STATUS_MINUS1 ? 3 : 2);
        return out;
    }
    out[digits] = '\0';
    for (unsigned i = digits; i-- > 0; value /= 10) {
        out[i] = (char)('0' + value % 10);
    }
    return out;
}

const char *status_class_name(enum status_class class)
{
    static const char *const names[STATUS_CLASSES] = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
    return names[class];
}
