/*
 * Sections of the configuration become tails and pipes, and the files that those find become
 * sources. A source is known by its section and path, so its counts outlive rotation and reload.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "run/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    GONE = 64,       /* positions of files that were not found */
    GONE_MS = 60000, /* are kept so long: a rotation may have been under way at the start */
};

/* Several sections may have found one path. */
static struct found *find(const struct service *s, const char *section, const char *path)
{
    size_t at = 0;
    uint64_t key = span_hash(span_of(path));
    struct found *f = keymap_next(&s->by_path, key, &at);
    while (f && (strcmp(f->section, section) != 0 || strcmp(f->path, path) != 0)) {
        f = keymap_next(&s->by_path, key, &at);
    }
    return f;
}

static bool name_is_taken(const struct service *s, const char *name)
{
    size_t at = 0;
    uint64_t key = span_hash(span_of(name));
    const struct found *f = keymap_next(&s->by_name, key, &at);
    while (f && strcmp(f->source->name, name) != 0) {
        f = keymap_next(&s->by_name, key, &at);
    }
    return f != NULL;
}

/* A section of one path gives its name to the source. With more, the file's name is added, or its
 * whole path where that is not enough to tell it from another. */
static char *name_for(const struct section *section, const char *path)
{
    const char *base = strrchr(path, '/');
    if (!section->has_many) {
        struct span name = span_of(section->name);
        return alloc_text(span_is(name, "-") ? SPAN("stdin") : name);
    }
    char *name = alloc_printf("%s/%s", section->name, base ? base + 1 : path);
    if (name_is_taken(section->service, name)) {
        free(name);
        name = alloc_printf("%s:%s", section->name, path);
    }
    return name;
}

/* A name that lives as long as what was found under it. */
static const char *section_name(struct service *s, const char *name)
{
    for (size_t i = s->n_section_names; i-- > 0;) {
        if (strcmp(s->section_names[i], name) == 0) {
            return s->section_names[i];
        }
    }
    s->section_names = alloc_resize(s->section_names, s->n_section_names + 1, sizeof(char *));
    return s->section_names[s->n_section_names++] = alloc_text(span_of(name));
}

/* Never taken out before the end, so that tails may keep the pointer, and counts outlive a reload.
 */
static struct found *add(struct section *section, const char *path)
{
    struct service *s = section->service;
    struct found *f = alloc_zero(1, sizeof(*f) + strlen(path) + 1);
    char *name = name_for(section, path);
    f->source = source_new(&s->pipeline, name, section->format, section->vendor);
    f->source->owner = f;
    kept_restore(s, f->source);
    f->section = section_name(s, section->name);
    span_copy(f->path, span_of(path));
    free(name);
    s->found = alloc_resize(s->found, s->n_found + 1, sizeof(struct found *));
    s->found[s->n_found++] = f;
    keymap_add(&s->by_path, span_hash(span_of(f->path)), f);
    keymap_add(&s->by_name, span_hash(span_of(f->source->name)), f);
    alert_set_idle(s->pipeline.alerts, f->source->name,
                   false); /* series over all sources wait for it */
    return f;
}

/* The same path comes again after a rotation or a reload, and its source goes on counting. */
static void *on_found(const char *path, void *ctx)
{
    struct section *section = ctx;
    struct found *f = find(section->service, section->name, path);
    if (!f) {
        f = add(section, path);
    }
    source_set_state(f->source, "following", NULL);
    section->service->pipeline.has_moved = true;
    return f;
}

/* Lines are coming. */
static void note_reading(const struct section *section, struct found *f)
{
    source_set_state(f->source, "reading", NULL);
    f->error = 0;
    if (f->is_caught_up) {
        alert_set_idle(section->service->pipeline.alerts, f->source->name, false);
    }
    f->is_caught_up = false;
}

static size_t on_bytes(struct tail_file *file, struct span bytes, bool final, void *ctx)
{
    struct section *section = ctx;
    struct found *f = tail_file_user(file);
    if (!final) { /* the last of a file that was rotated away says nothing of its successor */
        note_reading(section, f);
    }
    size_t used = source_bytes(f->source, tail_file_framer(file), bytes, final, clock_wall_ms());
    source_feed(f->source, INT64_MIN);
    return used;
}

/* The number of lost bytes is a lower bound: what came and went between two looks was not seen. */
static void on_rotated(struct tail_file *file, bool truncated, uint64_t lost_bytes, void *ctx)
{
    struct section *section = ctx;
    struct found *f = tail_file_user(file);
    section->service->pipeline.has_moved = true;
    if (truncated) {
        catchup_forget(&section->service->catchup, section->tail, file);
    }
    f->source->rotations += !truncated;
    f->source->truncations += truncated;
    f->source->lost_bytes += lost_bytes;
    if (lost_bytes) {
        diag_say(DIAG_WARNING, "%s: %s; at least %llu bytes were lost unread", f->path,
                 truncated ? "the file was truncated" : "the file was replaced",
                 (unsigned long long)lost_bytes);
    }
}

/* The alerts hear of it with the next fold, after the seconds were closed. */
static void on_caught_up(struct tail_file *file, void *ctx)
{
    (void)ctx;
    struct found *f = tail_file_user(file);
    f->is_caught_up = true;
    f->source->lag_bytes = 0;
    source_caught_up(f->source);
    source_set_state(f->source, "following", NULL);
}

/* More than a few turns of the loop could read. */
static bool on_backlog(struct tail_file *file, uint64_t bytes, void *ctx)
{
    (void)bytes;
    struct section *section = ctx;
    struct found *f = tail_file_user(file);
    bool is_taken = catchup_take(&section->service->catchup, section->tail, file, f->source);
    if (is_taken) {
        note_reading(section, f);
    }
    return is_taken;
}

/* inotify(7) says ENOSPC for too many watches and EMFILE for too many instances. Neither makes a
 * source fail, because folders are then looked at by the clock. */
static void on_error(const char *path, int error, void *ctx)
{
    struct section *section = ctx;
    struct found *f = find(section->service, section->name, path);
    size_t len = strlen(path);
    bool is_folder = len > 0 && path[len - 1] == '/';
    if (is_folder && (error == -ENOSPC || error == -EMFILE)) {
        diag_say(
            DIAG_WARNING,
            "%s: the limit of inotify %s is reached (sysctl fs.inotify.%s); looked at each second instead",
            path, error == -ENOSPC ? "watches" : "instances",
            error == -ENOSPC ? "max_user_watches" : "max_user_instances");
        return;
    }
    diag_say(DIAG_WARNING, "%s: %s", path, strerror(-error));
    if (f) {
        f->error = error;
        source_set_state(f->source, "failed", strerror(-error));
    }
}

static struct tail_position position_in(const struct store_position *p)
{
    return (struct tail_position){.device = p->device,
                                  .inode = p->inode,
                                  .offset = p->offset,
                                  .head_hash = p->head_hash,
                                  .head_len = p->head_len,
                                  .tail_hash = p->tail_hash,
                                  .tail_len = p->tail_len};
}

/* `out` comes with device and inode, by which the store knows a file: one that was renamed while we
 * were away is found too. */
static bool position_of(const char *path, struct tail_position *out, void *ctx)
{
    (void)path;
    const struct section *section = ctx;
    const struct store_position *p =
        store_find(&section->service->store, section->name, out->device, out->inode);
    if (p) {
        *out = position_in(p);
    }
    return p != NULL;
}

static void add_position(struct store *out, const struct section *section, struct found *found,
                         const struct tail_position *at)
{
    struct store_position p = {.source = section->name,
                               .path = found->path,
                               .device = at->device,
                               .inode = at->inode,
                               .offset = at->offset,
                               .head_hash = at->head_hash,
                               .head_len = at->head_len,
                               .tail_hash = at->tail_hash,
                               .tail_len = at->tail_len};
    store_add(out, &p);
}

/* When what was rotated away of a log was looked for last before the start. */
static int64_t looked_ms(const struct service *s, const struct store_position *p)
{
    return p->looked_ms ? p->looked_ms : s->stored_ms;
}

static size_t positions_at(const char *path, struct tail_position *out, size_t max,
                           int64_t *since_ms, void *ctx)
{
    const struct section *section = ctx;
    const struct keymap *map = &section->service->stored_at;
    size_t n = 0, at = 0;
    uint64_t key = span_hash(span_of(path));
    for (const struct store_position *p; n < max && (p = keymap_next(map, key, &at));) {
        if (strcmp(p->path, path) == 0 && strcmp(p->source, section->name) == 0) {
            int64_t at_ms = looked_ms(section->service, p);
            *since_ms = n == 0 || at_ms < *since_ms ? at_ms : *since_ms;
            out[n++] = position_in(p);
        }
    }
    return n;
}

/* More is not known of it: how long it was is not stored. */
static void on_gone(const char *path, const struct tail_position *position, void *ctx)
{
    struct section *section = ctx;
    struct store *gone = &section->service->gone;
    diag_say(
        DIAG_WARNING,
        "%s: a file that was read before the start is gone, and none beside it is the same: what "
        "had not been read of it is lost",
        path);
    struct found *f = find(section->service, section->name, path);
    if (f && gone->n_positions < GONE) {
        section->service->gone_ms = uv_now(section->service->loop);
        add_position(gone, section, f, position);
    }
}

void sections_index(struct service *s, int64_t saved_ms)
{
    keymap_done(&s->stored_at);
    s->stored_ms = saved_ms;
    s->n_waiting = s->store.n_positions;
    for (size_t i = 0; i < s->store.n_positions; i++) {
        struct store_position *p = &s->store.positions[i];
        keymap_add(&s->stored_at, span_hash(span_of(p->path)), p);
    }
}

static size_t on_pipe_bytes(struct span bytes, bool final, void *ctx)
{
    struct section *section = ctx;
    source_set_state(section->piped, "reading", NULL);
    size_t used =
        source_bytes(section->piped, &section->piped->framer, bytes, final, clock_wall_ms());
    source_feed(section->piped, INT64_MIN);
    return used;
}

/* A pipe that ended is like a file that was read to its end. When nothing is left that could bring
 * a line, the service stops. */
static void on_pipe_end(int error, void *ctx)
{
    struct section *section = ctx;
    struct service *s = section->service;
    section->pipe = NULL;
    source_finish(section->piped);
    source_set_state(section->piped, error ? "failed" : "done", error ? strerror(-error) : NULL);
    if (error) {
        diag_say(DIAG_ERROR, "%s: %s", section->name, strerror(-error));
        s->failed = true;
    }
    if (sections_are_ended(s)) {
        s->stop(s);
    }
}

/* A FIFO is opened for writing as well, so that it does not end when a writer goes and the next
 * comes. */
static int open_pipe(const char *path)
{
    return span_is(span_of(path), "-") ? STDIN_FILENO : open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* A pipe that can not be opened ends at once, so that there is one way out for both. */
static void start_pipe(struct section *section, const char *path)
{
    static const struct pipe_events events = {on_pipe_bytes, on_pipe_end};
    struct found *f = find(section->service, section->name, path);
    int fd = open_pipe(path), error = fd < 0 ? -errno : 0;
    f = f ? f : add(section, path);
    f->is_pipe = true;
    section->piped = f->source;
    section->pipe = error ? NULL : pipe_start(section->service->loop, fd, &events, section, &error);
    if (!section->pipe) {
        on_pipe_end(error, section);
    }
}

static bool is_pipe(const char *path)
{
    struct stat st;
    return span_is(span_of(path), "-") || (stat(path, &st) == 0 && S_ISFIFO(st.st_mode));
}

static void start_tail(struct section *section, const struct config_source *c)
{
    static const struct tail_events events = {.on_bytes = on_bytes,
                                              .on_found = on_found,
                                              .on_rotated = on_rotated,
                                              .on_gone = on_gone,
                                              .on_caught_up = on_caught_up,
                                              .on_error = on_error,
                                              .on_backlog = on_backlog};
    struct tail_options options = {.paths = (const char *const *)c->paths,
                                   .exclude = (const char *const *)c->exclude,
                                   .rotated = (const char *const *)c->rotated,
                                   .from_end = c->from_end,
                                   .position_of = position_of,
                                   .positions_at = positions_at};
    section->tail = tail_start(section->service->loop, &options, &events, section);
}

static bool is_glob(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

/* Sources that an earlier section of this name left behind take over the new format, and keep their
 * counts. */
static void start_section(struct service *s, const struct config_source *c)
{
    struct section *section = alloc_zero(1, sizeof(*section));
    section->service = s;
    section->name = alloc_text(span_of(c->name));
    section->format = alloc_text(span_of(c->format));
    section->vendor = alloc_text(span_of(c->vendor ? c->vendor : ""));
    section->has_many = c->paths[1] || is_glob(c->paths[0]);
    s->sections = alloc_resize(s->sections, s->n_sections + 1, sizeof(struct section *));
    s->sections[s->n_sections++] = section;
    for (size_t i = 0; i < s->n_found; i++) {
        if (strcmp(s->found[i]->section, c->name) == 0) {
            source_set_format(s->found[i]->source, section->format, section->vendor);
        }
    }
    if (!section->has_many && is_pipe(c->paths[0])) {
        start_pipe(section, c->paths[0]);
    } else {
        start_tail(section, c);
    }
}

/* Nothing more comes from the sources of a section: nobody is to wait for them. */
static void rest_sources(const struct section *section)
{
    const struct service *s = section->service;
    for (size_t i = 0; i < s->n_found; i++) {
        struct found *f = s->found[i];
        if (strcmp(f->section, section->name) == 0) {
            f->is_caught_up = true;
            f->source->lag_bytes = 0;
            source_set_state(f->source, "stopped", NULL);
            alert_set_idle(s->pipeline.alerts, f->source->name, true);
        }
    }
}

static void stop_section(struct section *section)
{
    rest_sources(section);
    if (section->tail) {
        catchup_forget(&section->service->catchup, section->tail, NULL);
        tail_stop(section->tail);
    }
    if (section->pipe) {
        pipe_stop(section->pipe);
    }
    free(section->name);
    free(section->format);
    free(section->vendor);
    free(section);
}

void sections_start(struct service *s, const struct config *c)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        start_section(s, &c->sources[i]);
    }
}

/* No list and an empty list are the same. */
static bool lists_equal(char *const *a, char *const *b)
{
    for (; a && b && *a && *b; a++, b++) {
        if (strcmp(*a, *b) != 0) {
            return false;
        }
    }
    return !(a && *a) && !(b && *b);
}

static bool is_equal(const struct config_source *a, const struct config_source *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->format, b->format) == 0 &&
           strcmp(a->vendor ? a->vendor : "", b->vendor ? b->vendor : "") == 0 &&
           a->from_end == b->from_end && lists_equal(a->paths, b->paths) &&
           lists_equal(a->exclude, b->exclude) && lists_equal(a->rotated, b->rotated);
}

static bool has_equal(const struct config *c, const struct config_source *wanted)
{
    for (size_t i = 0; i < c->n_sources; i++) {
        if (is_equal(&c->sources[i], wanted)) {
            return true;
        }
    }
    return false;
}

static struct section *running(const struct service *s, const char *name)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        if (strcmp(s->sections[i]->name, name) == 0) {
            return s->sections[i];
        }
    }
    return NULL;
}

static void forget_section(struct service *s, const struct section *section)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        if (s->sections[i] == section) {
            s->sections[i] = s->sections[--s->n_sections];
            return;
        }
    }
}

/* Sections that are equal in every setting are not touched: their files stay open. */
void sections_reload(struct service *s, const struct config *c)
{
    /* Where the stopped ones had read to is kept, so that their files go on from there. */
    struct store now = {0};
    sections_positions(s, &now);
    store_done(&s->store);
    s->store = now;
    sections_index(s, clock_wall_ms());
    s->pipeline.has_moved = true;
    for (size_t i = 0; i < s->config.n_sources; i++) {
        struct section *section = running(s, s->config.sources[i].name);
        if (section && !has_equal(c, &s->config.sources[i])) {
            forget_section(s, section);
            stop_section(section);
        }
    }
    for (size_t i = 0; i < c->n_sources; i++) {
        if (!running(s, c->sources[i].name)) {
            start_section(s, &c->sources[i]);
        }
    }
}

void sections_stop(struct service *s)
{
    while (s->n_sections) {
        stop_section(s->sections[--s->n_sections]);
    }
}

void sections_done(struct service *s)
{
    for (size_t i = 0; i < s->n_found; i++) {
        source_free(s->found[i]->source);
        free(s->found[i]);
    }
    while (s->n_section_names) {
        free(s->section_names[--s->n_section_names]);
    }
    keymap_done(&s->by_path);
    keymap_done(&s->by_name);
    keymap_done(&s->stored_at);
    store_done(&s->gone);
    free(s->section_names);
    free(s->found);
    free(s->sections);
}

/* A tail never ends, because a file may always grow. */
bool sections_are_ended(const struct service *s)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        if (s->sections[i]->tail || s->sections[i]->pipe) {
            return false;
        }
    }
    return true;
}

void sections_lags(struct service *s)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        struct tail *tail = s->sections[i]->tail;
        for (struct tail_file *f = tail ? tail_each(tail, NULL) : NULL; f; f = tail_each(tail, f)) {
            struct found *found = tail_file_user(f);
            found->source->lag_bytes = tail_file_lag(f);
        }
    }
}

/* Does a stored position still wait for its file? There is one at its path, but it could not be
 * read since the start. */
static bool waits(const struct service *s, const struct store_position *p)
{
    struct stat st;
    return running(s, p->source) && !find(s, p->source, p->path) &&
           (stat(p->path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

void sections_index_waiting(struct service *s)
{
    keymap_done(&s->stored_at);
    for (size_t i = 0; s->n_waiting && i < s->store.n_positions; i++) {
        struct store_position *p = &s->store.positions[i];
        if (!find(s, p->source, p->path)) {
            keymap_add(&s->stored_at, span_hash(span_of(p->path)), p);
        }
    }
}

/* The files that are followed, by inode. */
static void map_followed(const struct service *s, struct keymap *out)
{
    for (size_t i = 0; i < s->n_sections; i++) {
        struct tail *tail = s->sections[i]->tail;
        for (struct tail_file *f = tail ? tail_each(tail, NULL) : NULL; f; f = tail_each(tail, f)) {
            keymap_add(out, tail_file_position(f).inode, f);
        }
    }
}

static bool is_followed(const struct keymap *followed, const struct store_position *p)
{
    size_t at = 0;
    struct tail_file *f = keymap_next(followed, p->inode, &at);
    while (f && tail_file_position(f).device != p->device) {
        f = keymap_next(followed, p->inode, &at);
    }
    return f != NULL;
}

/* But those of files that were found under another name: they have a newer position. What was
 * rotated away of the others is younger than the last look at it, which this one is not. */
static void add_waiting(struct service *s, struct store *out)
{
    struct keymap followed = {0};
    size_t n = 0;
    map_followed(s, &followed);
    for (size_t i = 0; i < s->store.n_positions; i++) {
        struct store_position p = s->store.positions[i];
        if (waits(s, &p) && !is_followed(&followed, &p)) {
            p.looked_ms = looked_ms(s, &p);
            store_add(out, &p);
            n++;
        }
    }
    keymap_done(&followed);
    s->n_waiting = n;
}

/* Pipes have no position: what was read of them is gone. */
void sections_positions(struct service *s, struct store *out)
{
    out->seq = s->seq;
    for (size_t i = 0; i < s->n_sections; i++) {
        struct section *section = s->sections[i];
        for (struct tail_file *f = section->tail ? tail_each(section->tail, NULL) : NULL; f;
             f = tail_each(section->tail, f)) {
            struct found *found = tail_file_user(f);
            struct tail_position at = tail_file_position(f);
            add_position(out, section, found, &at);
        }
    }
    if (s->gone.n_positions && uv_now(s->loop) - s->gone_ms > GONE_MS) {
        store_done(&s->gone);
    }
    for (size_t i = 0; i < s->gone.n_positions; i++) {
        store_add(out, &s->gone.positions[i]);
    }
    if (s->n_waiting) {
        add_waiting(s, out);
    }
}
