#include "parsers/lang/keys.h"

#include "scan/jsonscan.h"

/* Keys of an inner object mean something of their own only together with the key that leads there:
 * {"request":{"method":…}} is a method, {"error":{"code":…}} is no status. */
static enum field look_up(struct span parent, struct span key)
{
    char joined[64];
    if (parent.len == 0) {
        return field_of_key(key);
    }
    if (parent.len + key.len + 1 > sizeof(joined)) {
        return FIELD_SKIP;
    }
    memcpy(joined, parent.ptr, parent.len);
    joined[parent.len] = '.';
    memcpy(joined + parent.len + 1, key.ptr, key.len);
    enum field field = field_of_key((struct span){joined, parent.len + 1 + key.len});
    bool in_request = span_is(parent, "request") || span_is(parent, "req") ||
                      span_is(parent, "http") || span_is(parent, "response") ||
                      span_is(parent, "res") || span_is(parent, "httpRequest");
    return field == FIELD_SKIP && in_request ? field_of_key(key) : field;
}

static uint64_t hash_of(struct span parent, struct span key)
{
    uint64_t hash = span_hash(key) ^ (parent.len ? span_hash(parent) * 31 : 0);
    return hash + (hash == 0);
}

/* What fields have in common when they tell the same thing in other units. */
static enum field kind_of(enum field field)
{
    bool is_time = field >= FIELD_TIME_CLF && field <= FIELD_TIME_ANY;
    bool is_duration = field >= FIELD_DURATION_S && field <= FIELD_DURATION_TEXT;
    bool is_client = field == FIELD_CLIENT_PORT;
    return is_time       ? FIELD_TIME_ANY
           : is_duration ? FIELD_DURATION_TEXT
           : is_client   ? FIELD_CLIENT
                         : field;
}

/* What the user said of the key; else what its name says, unless the user said which key that is.
 */
static enum field look_up_given(const struct keys_state *s, uint64_t hash, enum field by_name)
{
    bool is_taken = false;
    for (unsigned i = 0; i < s->n_given; i++) {
        if (s->given[i].hash == hash) {
            return (enum field)s->given[i].field;
        }
        is_taken = is_taken || kind_of((enum field)s->given[i].field) == kind_of(by_name);
    }
    return is_taken ? FIELD_SKIP : by_name;
}

enum field keys_field(struct keys_state *s, struct span parent, struct span key)
{
    uint64_t hash = hash_of(parent, key);
    unsigned at = (unsigned)(hash % KEYS_SLOTS);
    if (s->slots[at].hash == hash) {
        return (enum field)s->slots[at].field;
    }
    enum field field = look_up_given(s, hash, look_up(parent, key));
    s->slots[at].field = (uint8_t)field;
    s->slots[at].hash = hash;
    return field;
}

static bool give(struct keys_state *s, uint64_t hash, enum field field)
{
    for (unsigned i = 0; i < s->n_given; i++) {
        if (s->given[i].hash == hash) {
            return false;
        }
    }
    if (s->n_given == KEYS_GIVEN) {
        return false;
    }
    s->given[s->n_given].hash = hash;
    s->given[s->n_given++].field = (uint8_t)field;
    return true;
}

bool keys_give(struct keys_state *s, struct span key, enum field field)
{
    size_t dot = span_find(key, '.');
    if (!give(s, hash_of((struct span){0}, key), field)) {
        return false;
    }
    /* The dot may lead into an object or be a letter of the key: loggers do either. */
    return dot == key.len || give(s, hash_of(span_head(key, dot), span_after(key, dot + 1)), field);
}

/* The value with its escapes replaced, in scratch memory that lasts until the next line. */
static struct span plain_value(struct keys_state *s, struct span value)
{
    struct span plain =
        jsonscan_unescape(value, s->scratch + s->used, sizeof(s->scratch) - s->used);
    if (plain.ptr != value.ptr) {
        s->used += plain.len;
    }
    return plain;
}

/* Loggers whose numbers are all floating point write a status as 200.0. */
static struct span whole_number(struct span number)
{
    return span_ends(number, SPAN(".0")) ? span_head(number, number.len - 2) : number;
}

bool keys_read_json(struct keys_state *s, struct span line, struct event *out)
{
    struct jsonscan scan;
    struct jsonscan_member m;
    jsonscan_over(&scan, line);
    s->used = 0;
    while (jsonscan_next(&scan, &m)) {
        if (m.kind == JSONSCAN_OBJECT) {
            continue;
        }
        struct span parent = scan.depth > 1 ? scan.keys[scan.depth - 2] : (struct span){0};
        enum field field = keys_field(s, parent, m.key);
        if (field == FIELD_STATUS && m.kind != JSONSCAN_STRING) {
            m.value = whole_number(m.value);
        }
        if (field != FIELD_SKIP && m.kind != JSONSCAN_ARRAY && m.value.len) {
            field_store(out, field, plain_value(s, m.value));
        }
    }
    out->is_partial = scan.failed;
    return out->status != STATUS_NONE;
}
