#include "output/slack.h"

#include "output/members.h"
#include "output/wording.h"

enum {
    BLOCK_BYTES = 2900, /* Slack takes 3,000 characters in a block */
};

/* Slack's own escapes: without them "<!channel>" would call everybody. */
static void add_escaped(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '&' || c == '<' || c == '>') {
            buf_text(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        } else {
            buf_byte(out, c);
        }
    }
}

static void add_block(struct buf *out, struct span text)
{
    members_open(out, NULL, '{');
    members_word(out, "type", "section");
    members_open(out, "text", '{');
    members_word(out, "type", "plain_text");
    members_text(out, "text", span_head(text, BLOCK_BYTES));
    members_name(out, "emoji");
    buf_text(out, "false");
    members_close(out, '}');
    members_close(out, '}');
}

void slack_alert(struct buf *out, const struct alert *a)
{
    struct buf head = {0}, escaped = {0}, more = {0};
    wording_head(&head, a);
    add_escaped(&escaped, buf_span(&head));
    buf_byte(out, '{');
    members_text(out, "text", buf_span(&escaped));
    members_open(out, "blocks", '[');
    add_block(out, buf_span(&head));
    if (a->state == ALERT_FIRING) {
        buf_text(&more, a->evidence);
        for (uint32_t i = 0; i < a->n_samples; i++) {
            buf_printf(&more, "\n%s", a->samples[i]);
        }
        add_block(out, buf_span(&more));
    }
    members_close(out, ']');
    members_close(out, '}');
    buf_done(&head);
    buf_done(&escaped);
    buf_done(&more);
}
