#include "parsers/lang/keys.h"

enum {
    PROBES = 8, /* places in the table where a key may be */
};

/* Objects that are about the request or the answer, so that their members need no more name. */
static bool is_request(struct span parent)
{
    return span_is(parent, "request") || span_is(parent, "req") || span_is(parent, "http") ||
           span_is(parent, "response") || span_is(parent, "res") || span_is(parent, "httpRequest");
}

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
    return field == FIELD_SKIP && is_request(parent) ? field_of_key(key) : field;
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
    /* Two keys in one place would be looked up again for every line. */
    for (unsigned i = 0; i < PROBES && s->slots[at].hash; i++) {
        if (s->slots[at].hash == hash) {
            return (enum field)s->slots[at].field;
        }
        at = (at + 1) % KEYS_SLOTS;
    }
    enum field field = look_up_given(s, hash, look_up(parent, key));
    field = s->dropped & (uint64_t)1 << field ? FIELD_SKIP : field;
    s->slots[at].field = (uint8_t)field;
    s->slots[at].hash = hash;
    return field;
}

void keys_drop(void *state, int field)
{
    struct keys_state *s = state;
    s->dropped |= (uint64_t)1 << field;
    memset(s->slots, 0, sizeof(s->slots));
    jsonmemo_forget(&s->memo);
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

bool keys_begin(struct keys_state *s, bool is_first)
{
    s->used = is_first ? 0 : s->used;
    s->room = s->used + KEYS_SCRATCH;
    return s->room <= KEYS_BATCH;
}

/* The value with its escapes replaced, in scratch memory. Among others, a line has enough behind
 * it that bytes may be read in one go. */
static inline struct span plain_value(struct keys_state *s, struct span value, bool is_among)
{
    if (is_among ? !find_has(value.ptr, value.len, '\\') : span_find(value, '\\') == value.len) {
        return value;
    }
    struct span plain = jsonscan_unescape(value, s->scratch + s->used, s->room - s->used);
    s->used += plain.len;
    return plain;
}

/* Loggers whose numbers are all floating point write a status as 200.0. */
static struct span whole_number(struct span number)
{
    return span_ends(number, SPAN(".0")) ? span_head(number, number.len - 2) : number;
}

static void note(struct keys_notes *notes, unsigned i, struct span value)
{
    if (notes->values[0].len == 0 || notes->values[1].len == 0) {
        notes->values[i] = value;
    }
}

/* The word null says that there is no value; a string of that name is one. */
static bool is_null(const struct jsonscan_member *m)
{
    return m->kind == JSONSCAN_BARE && m->value.len == 4 && m->value.ptr[0] == 'n';
}

static void store(struct keys_state *s, enum field field, const struct jsonscan_member *m,
                  struct event *out, bool is_among)
{
    struct span value = m->value;
    if (m->kind == JSONSCAN_ARRAY || value.len == 0 || is_null(m)) {
        return;
    }
    if (field == FIELD_STATUS && m->kind != JSONSCAN_STRING) {
        value = whole_number(value);
    }
    field_store(out, field, plain_value(s, value, is_among));
}

/* Can no key in an object of this name be a field? Objects in it are another matter: they have
 * names of their own. */
static bool is_barren(const struct keys_state *s, struct span parent)
{
    return s->n_given == 0 && parent.len && !is_request(parent) && !field_begins(parent);
}

/* What a member that was not seen before is to be called. */
static uint8_t tag_of(struct keys_state *s, const struct jsonscan *scan,
                      const struct jsonscan_member *m, const struct keys_notes *notes)
{
    struct span parent = scan->depth > 1 ? scan->keys[scan->depth - 2] : (struct span){0};
    if (m->kind == JSONSCAN_OBJECT) {
        return is_barren(s, m->key) ? JSONMEMO_BARREN : JSONMEMO_SKIP;
    }
    for (unsigned i = 0; scan->depth == 1 && notes && i < KEYS_NOTES && notes->names[i]; i++) {
        if (span_is(m->key, notes->names[i])) {
            return (uint8_t)(FIELDS + i);
        }
    }
    return (uint8_t)keys_field(s, parent, m->key);
}

bool keys_read(struct keys_state *s, struct jsonscan *scan, struct keys_notes *notes,
               struct event *out)
{
    struct jsonscan_member m;
    uint8_t *tag;
    jsonmemo_begin(&s->memo);
    while (jsonmemo_next(&s->memo, scan, &m, &tag)) {
        if (*tag == JSONMEMO_NEW) {
            *tag = tag_of(s, scan, &m, notes);
        }
        unsigned what = *tag;
        if (what < FIELDS) {
            store(s, (enum field)what, &m, out, scan->mark != NULL);
        } else if (what < FIELDS + KEYS_NOTES) {
            note(notes, what - FIELDS, m.value);
            if (s->n_given) { /* what tells a format may be a field of it as well */
                struct span name = span_of(notes->names[what - FIELDS]);
                store(s, keys_field(s, (struct span){0}, name), &m, out, scan->mark != NULL);
            }
        }
    }
    out->is_partial = scan->failed;
    return out->status != STATUS_NONE;
}

bool keys_read_json(struct keys_state *s, struct span line, struct event *out)
{
    struct jsonscan scan;
    jsonscan_over(&scan, line);
    keys_begin(s, true);
    return keys_read(s, &scan, NULL, out);
}

void keys_same_time(struct event *e, const struct event *before)
{
    struct span time = e->time;
    e->same_time = before && time.len == before->time.len && time.len >= 16 && time.len <= 32 &&
                   e->time_kind == before->time_kind &&
                   find_same(time.ptr, before->time.ptr, time.len);
}

const struct marks_set *keys_marks(void *state)
{
    struct keys_state *s = state;
    if (!s->marks.find) {
        jsonscan_marks(&s->marks);
    }
    return &s->marks;
}
