/*
 * An event as text, for tests that compare what parsers make of lines.
 */
#ifndef TEAPOT_TESTS_EVENT_TEXT_H
#define TEAPOT_TESTS_EVENT_TEXT_H

#include "base/buf.h"
#include "event/event.h"

/* Text as JSON: what is not printable ASCII is written byte by byte. */
static inline void event_text_member(struct buf *out, const char *key, struct span text)
{
    if (text.len == 0) {
        return;
    }
    buf_printf(out, ",\"%s\":\"", key);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c > 0x7e) {
            buf_printf(out, "\\u%04x", c);
        } else {
            buf_printf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
        }
    }
    buf_byte(out, '"');
}

/* What tells a cause is only asked for where there is something to explain. */
static inline void event_text_causes(struct buf *out, const struct event *e)
{
    if (status_is_plain(e->status) && e->origin.len <= 4) {
        return;
    }
    event_text_member(out, "origin", e->origin);
    event_text_member(out, "flag", e->flag);
    if (e->substatus) {
        buf_printf(out, ",\"substatus\":%u", e->substatus);
    }
    if (e->connected || e->answered) {
        buf_printf(out, ",\"connected\":%u,\"answered\":%u", e->connected, e->answered);
    }
}

/* Appends all that an event tells: `,"status":"200"` and so on. Splits the event. */
static inline void event_text(struct buf *out, struct event *e, struct logtime *times)
{
    char status[STATUS_TEXT];
    int64_t ms;
    event_split(e);
    buf_printf(out, ",\"status\":\"%s\"", status_text(e->status, status));
    if (e->is_partial) {
        buf_text(out, ",\"partial\":true");
    }
    if (logtime_read(times, e->time_kind, e->time, &ms)) {
        buf_printf(out, ",\"ms\":%lld", (long long)ms);
    }
    event_text_member(out, "client", e->client);
    event_text_member(out, "host", e->host);
    event_text_member(out, "method", e->method);
    event_text_member(out, "target", e->target);
    event_text_member(out, "request", e->target.len ? (struct span){0} : e->request);
    event_text_member(out, "upstream", e->upstream);
    if (e->bytes != EVENT_NO_BYTES) {
        buf_printf(out, ",\"bytes\":%lld", (long long)e->bytes);
    }
    if (e->duration_ns != EVENT_NO_DURATION) {
        buf_printf(out, ",\"duration_ns\":%lld", (long long)e->duration_ns);
    }
    event_text_causes(out, e);
}

#endif
