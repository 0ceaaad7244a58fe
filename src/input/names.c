/*
 * Globs are evaluated by glob(3) at the start and by the clock; in between, a name that an event
 * tells is tried against them by fnmatch(3), so that one new file among thousands costs no reading
 * of its folder.
 */
#define _GNU_SOURCE /* realpath, CLOCK_REALTIME_COARSE */

#include "input/names.h"

#include "base/alloc.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A pattern is as good as a path when nothing in it is wild. */
static struct names_pattern pattern_new(struct names *n, const char *text)
{
    size_t first_wild = strcspn(text, "*?[\\");
    const char *last_slash = strrchr(text, '/');
    return (struct names_pattern){
        .text = alloc_text(span_of(text)),
        .is_glob = text[first_wild] != '\0',
        .is_flat = !last_slash || (size_t)(last_slash - text) < first_wild,
        .watch = watch_take(n->watches, (struct span){text, first_wild}),
    };
}

static char **copy_list(const char *const *texts, size_t *n)
{
    char **list = NULL;
    for (*n = 0; texts && texts[*n]; (*n)++) {
        list = alloc_resize(list, *n + 1, sizeof(*list));
        list[*n] = alloc_text(span_of(texts[*n]));
    }
    return list;
}

static void free_list(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i]);
    }
    free(list);
}

void names_init(struct names *n, const char *const *paths, const char *const *exclude,
                const char *const *rotated, struct watch_set *watches)
{
    *n = (struct names){.watches = watches};
    for (size_t i = 0; paths[i]; i++) {
        n->patterns = alloc_resize(n->patterns, n->n_patterns + 1, sizeof(*n->patterns));
        n->patterns[n->n_patterns++] = pattern_new(n, paths[i]);
    }
    n->exclude = copy_list(exclude, &n->n_exclude);
    n->rotated = copy_list(rotated, &n->n_rotated);
}

void names_done(struct names *n)
{
    while (n->first) {
        names_drop(n, n->first);
    }
    for (size_t i = 0; i < n->n_patterns; i++) {
        watch_drop(n->watches, n->patterns[i].watch);
        free(n->patterns[i].text);
    }
    free_list(n->exclude, n->n_exclude);
    free_list(n->rotated, n->n_rotated);
    free(n->patterns);
    keymap_done(&n->by_path);
    *n = (struct names){0};
}

struct name *names_find(const struct names *n, const char *path)
{
    size_t at = 0;
    uint64_t key = span_hash(span_of(path));
    struct name *name = keymap_next(&n->by_path, key, &at);
    while (name && strcmp(name->path, path) != 0) {
        name = keymap_next(&n->by_path, key, &at);
    }
    return name;
}

/* An exclusion without a slash is about the last part of a path, as people write "*.gz". */
static bool is_excluded(const struct names *n, const char *path)
{
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; i < n->n_exclude; i++) {
        bool by_path = strchr(n->exclude[i], '/') != NULL;
        const char *text = by_path || !slash ? path : slash + 1;
        if (fnmatch(n->exclude[i], text, by_path ? FNM_PATHNAME : 0) == 0) {
            return true;
        }
    }
    return false;
}

/* The name with this path, made when it is new; NULL when it is left out. A name that is given as
 * it is stays literal though a glob finds it too. */
static struct name *add(struct names *n, const char *path, bool is_literal)
{
    struct name *name = names_find(n, path);
    if (name) {
        name->is_literal |= is_literal;
        return name;
    }
    if (is_excluded(n, path)) {
        return NULL;
    }
    name = alloc_zero(1, sizeof(*name) + strlen(path) + 1);
    span_copy(name->path, span_of(path));
    name->is_literal = is_literal;
    name->watch = watch_take(n->watches, span_of(path));
    name->prev = n->last;
    *(n->last ? &n->last->next : &n->first) = name;
    n->last = name;
    keymap_add(&n->by_path, span_hash(span_of(path)), name);
    return name;
}

struct name *names_discover(struct names *n, const char *path)
{
    for (size_t i = 0; i < n->n_patterns; i++) {
        const struct names_pattern *p = &n->patterns[i];
        if (p->is_glob && fnmatch(p->text, path, FNM_PATHNAME | FNM_PERIOD) == 0) {
            return add(n, path, false);
        }
    }
    return NULL;
}

static void scan_glob(struct names *n, const struct names_pattern *p)
{
    struct stat st;
    glob_t found;
    if (p->is_flat && watch_is_unchanged(p->watch)) {
        return;
    }
    if (glob(p->text, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            add(n, found.gl_pathv[i], false);
        }
    }
    globfree(&found);
    if (lstat(p->text, &st) == 0) {
        /* A file may really have such a name, "a[1].log". */
        add(n, p->text, false);
    }
}

void names_scan(struct names *n)
{
    for (size_t i = 0; i < n->n_patterns; i++) {
        if (n->patterns[i].is_glob) {
            scan_glob(n, &n->patterns[i]);
        } else {
            add(n, n->patterns[i].text, true);
        }
    }
}

/* Forgets where a link leads to. */
static void unresolve(struct names *n, struct name *name)
{
    if (name->real) {
        watch_drop(n->watches, name->real_watch);
        free(name->real);
        name->real = NULL;
        n->n_links--;
    }
}

/* A write through a link is told in the folder of its target only. Chains of links, as the kubelet
 * makes them, are followed to their end; the links on the way are left to the clock. */
void names_resolve(struct names *n, struct name *name)
{
    struct stat st;
    bool is_link = lstat(name->path, &st) == 0 && S_ISLNK(st.st_mode);
    char *real = is_link ? realpath(name->path, NULL) : NULL;
    unresolve(n, name);
    if (real) {
        name->real = real;
        name->real_watch = watch_take(n->watches, span_of(real));
        n->n_links++;
    }
}

void names_drop(struct names *n, struct name *name)
{
    unresolve(n, name);
    watch_drop(n->watches, name->watch);
    keymap_remove(&n->by_path, span_hash(span_of(name->path)), name);
    *(name->prev ? &name->prev->next : &n->first) = name->next;
    *(name->next ? &name->next->prev : &n->last) = name->prev;
    free(name);
}

struct name *names_beside(const struct names *n, const char *path)
{
    struct name *name = NULL;
    char *head = alloc_text(span_of(path));
    for (size_t i = strlen(head); i-- > 0 && head[i] != '/' && !name;) {
        if (head[i] == '.' || head[i] == '-') {
            head[i] = '\0';
            name = names_find(n, head);
        }
    }
    free(head);
    return name;
}

/* What was renamed while the folder was read may have been missed: so a second is left. */
void names_settle(struct name *name)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* the clock of file systems */
    name->settled_ns = (int64_t)(now.tv_sec - 1) * 1000000000 + now.tv_nsec;
}
