/*
 * Two structures over the same files: a list in the order they were found, for tail_each, and a map
 * by inode. The files of one name hang together as well, newest first, so that a successor can wait
 * for the file before it.
 */
#include "input/known.h"

#include "input/tail_file.h"

#include <assert.h>
#include <unistd.h>

void known_done(struct known *k)
{
    for (struct tail_file *f = k->first, *next; f; f = next) {
        next = f->next;
        followed_free(f);
    }
    keymap_done(&k->by_identity);
    *k = (struct known){0};
}

struct tail_file *known_find(const struct known *k, const struct stat *st)
{
    size_t at = 0;
    struct tail_file *f = keymap_next(&k->by_identity, (uint64_t)st->st_ino, &at);
    while (f && !followed_is_at(f, st)) {
        f = keymap_next(&k->by_identity, (uint64_t)st->st_ino, &at);
    }
    return f;
}

/* Puts a file at the front of the row of its home. */
static void hang(struct tail_file *f)
{
    f->older = f->home->newest;
    f->home->newest = f;
}

/* Takes a file out of the row of its home. */
static void unhang(struct tail_file *f)
{
    struct tail_file **at = &f->home->newest;
    while (*at != f) {
        at = &(*at)->older;
    }
    *at = f->older;
}

void known_add(struct known *k, struct tail_file *f, struct name *home)
{
    f->prev = k->last;
    *(k->last ? &k->last->next : &k->first) = f;
    k->last = f;
    if (!f->is_apart) {
        keymap_add(&k->by_identity, f->inode, f);
    }
    f->home = home;
    hang(f);
}

void known_add_before(struct known *k, struct tail_file *f, struct tail_file *next)
{
    known_add(k, f, next->home);
    unhang(f);
    f->older = next->older;
    next->older = f;
}

void known_renew(struct tail_file *f)
{
    unhang(f);
    hang(f);
}

/* Whoever drops a file has taken it from the list of those to be read, which knows it by address.
 */
void known_drop(struct known *k, struct tail_file *f)
{
    assert(!f->is_active && f->n_names == 0);
    unhang(f);
    keymap_remove(&k->by_identity, f->inode, f);
    *(f->prev ? &f->prev->next : &k->first) = f->next;
    *(f->next ? &f->next->prev : &k->last) = f->prev;
    followed_free(f);
}

/* A ring: the oldest position makes way. A free place is all zero, and so never fits. */
void known_remember(struct known *k, const struct tail_file *f)
{
    k->gone[k->next_gone++ % KNOWN_GONE] = tail_file_position(f);
}

int known_take_gone(struct known *k, int fd, struct tail_position *p)
{
    for (size_t i = 0; i < KNOWN_GONE; i++) {
        struct tail_position *gone = &k->gone[i];
        bool may_be = gone->inode == p->inode && gone->device == p->device;
        int fits = may_be ? followed_fits(fd, gone) : 0;
        if (fits == 1) {
            *p = *gone;
            *gone = (struct tail_position){0};
        }
        if (fits) {
            return fits;
        }
    }
    return 0;
}

bool known_has_successor(const struct tail_file *f)
{
    const struct name *home = f->home;
    for (const struct tail_file *p = home->newest; p != f; p = p->older) {
        if (p->size) {
            return true;
        }
    }
    return home->file && home->file->home != home && home->file->size;
}

bool known_may_lack(const struct known *k, int64_t since_ns, const char *path)
{
    struct stat st;
    int fd = followed_open(path, &st);
    if (fd < 0) {
        return false;
    }
    int64_t born = followed_born(fd);
    close(fd);
    return born >= since_ns && !known_find(k, &st);
}
