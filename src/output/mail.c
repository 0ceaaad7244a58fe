/*
 * Names from a log stand in the subject, so it is made of encoded words where it is not plain ASCII
 * (RFC 2047), and folded: a header line is at most 998 bytes (RFC 5322, 2.1.1).
 */
#include "output/mail.h"

#include "base/clock.h"
#include "output/wording.h"

enum {
    WORD_BYTES = 39, /* of text in an encoded word: its line has at most 76 (RFC 2047, 2) */
};

static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

/* RFC 4648, 4. */
static void add_base64(struct buf *out, struct span text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < text.len; i += 3) {
        uint32_t bits = 0;
        size_t n = text.len - i < 3 ? text.len - i : 3;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (k < n ? (unsigned char)text.ptr[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            buf_byte(out, k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=');
        }
    }
}

/* As many bytes as an encoded word takes, without cutting a character. */
static size_t word_length(struct span text)
{
    size_t n = text.len < WORD_BYTES ? text.len : WORD_BYTES;
    while (n < text.len && n > WORD_BYTES - 4 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80) {
        n--;
    }
    return n;
}

static void add_subject(struct buf *out, struct span text)
{
    buf_text(out, "Subject: ");
    if (is_plain(text)) {
        buf_add(out, text);
    } else {
        for (size_t n; text.len; text = span_after(text, n)) {
            n = word_length(text);
            buf_text(out, "=?UTF-8?B?");
            add_base64(out, span_head(text, n));
            buf_text(out, n < text.len ? "?=\n " : "?=");
        }
    }
    buf_byte(out, '\n');
}

/* One message id for each news of an alert, so that a repeat can be told. The thread's root is
 * nobody's message. */
static void add_ids(struct buf *out, const struct alert *a, const char *host)
{
    buf_printf(out, "Message-ID: <%s.%s", a->id, wording_state(a));
    if (a->repeats) {
        buf_printf(out, ".%u", a->repeats);
    }
    buf_printf(out, "@%s>\n", host);
    buf_printf(out, "References: <%s@%s>\n", a->id, host);
}

static void add_line(struct buf *out, const char *name, struct span text)
{
    if (text.len) {
        buf_printf(out, "%-10s ", name);
        buf_add(out, text);
        buf_byte(out, '\n');
    }
}

static void add_time(struct buf *out, const char *name, int64_t second)
{
    char text[CLOCK_TEXT];
    add_line(out, name, span_of(clock_rfc3339(second * 1000, text)));
}

static void add_body(struct buf *out, const struct alert *a)
{
    struct buf codes = {0}, places = {0};
    wording_codes(&codes, a);
    wording_places(&places, a);
    buf_printf(out, "%s\n\n", a->summary);
    add_line(out, "evidence", span_of(a->evidence));
    add_line(out, "codes", buf_span(&codes));
    add_line(out, "blame", span_of(wording_blame(a)));
    add_line(out, "where", buf_span(&places));
    add_line(out, "rule", span_of(a->rule));
    add_line(out, "source", span_of(a->source));
    add_line(out, "host", span_of(a->host));
    add_line(out, "route", span_of(a->route));
    add_line(out, "upstream", span_of(a->upstream));
    add_time(out, "since", a->since);
    add_time(out, "fired", a->at);
    if (a->state == ALERT_RESOLVED) {
        add_time(out, "resolved", a->resolved_at);
    }
    add_line(out, "id", span_of(a->id));
    for (uint32_t i = 0; i < a->n_samples; i++) {
        buf_printf(out, "%s%s\n", i ? "" : "\n", a->samples[i]);
    }
    buf_done(&codes);
    buf_done(&places);
}

void mail_alert(struct buf *out, const struct alert *a, const char *const *to, const char *host)
{
    struct buf subject = {0};
    wording_head(&subject, a);
    buf_text(out, "To: ");
    for (size_t i = 0; to[i]; i++) {
        buf_printf(out, "%s%s", i ? ",\n " : "", to[i]);
    }
    buf_byte(out, '\n');
    add_subject(out, buf_span(&subject));
    add_ids(out, a, host);
    buf_text(out, "Auto-Submitted: auto-generated\n" /* RFC 3834, 5 */
                  "MIME-Version: 1.0\n"
                  "Content-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: 8bit\n\n");
    add_body(out, a);
    buf_done(&subject);
}
