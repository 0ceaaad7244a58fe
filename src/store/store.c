/*
 * The file, text so that it can be read and repaired by hand (the last step of a repair is to put
 * right its checksum, which is that of all that follows its line):
 *
 *     teapotd-store 2
 *     checksum 8c3f…              span_hash in 16 hexadecimal digits
 *     seq 812
 *     position SOURCE PATH DEVICE INODE OFFSET HEAD_HASH HEAD_LEN
 *     tally NAME BYTES            in hexadecimal digits; "=" is the name of the sum of all
 *
 * Bytes of texts other than letters, digits and "._/-" are written as %XX, so that any path
 * survives. Nothing is believed of a file whose checksum is wrong: a wrong offset would lose or
 * double lines.
 */
#include "store/store.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    POSITION_FIELDS = 8,
    HEX_DIGITS = 16,
    MAX_BYTES = 256 << 20, /* of a store that is read: no more than a million files */
};

static const char version_line[] = "teapotd-store 2\n";
static const char old_version_line[] = "teapotd-store 1\n"; /* without tallies */
static const char hex_digits[] = "0123456789ABCDEF";

void store_done(struct store *s)
{
    for (size_t i = 0; i < s->n_positions; i++) {
        free(s->positions[i].source);
        free(s->positions[i].path);
    }
    for (size_t i = 0; i < s->n_tallies; i++) {
        free(s->tallies[i].name);
        free(s->tallies[i].bytes);
    }
    free(s->positions);
    free(s->tallies);
    *s = (struct store){0};
}

void store_add_tally(struct store *s, const char *name, char *bytes, size_t len)
{
    if (s->n_tallies == s->cap_tallies) {
        s->cap_tallies = s->cap_tallies ? s->cap_tallies * 2 : 16;
        s->tallies = alloc_resize(s->tallies, s->cap_tallies, sizeof(*s->tallies));
    }
    s->tallies[s->n_tallies++] = (struct store_tally){alloc_text(span_of(name)), bytes, len};
}

void store_add(struct store *s, const struct store_position *p)
{
    if (s->n_positions == s->cap_positions) {
        s->cap_positions = s->cap_positions ? s->cap_positions * 2 : 16;
        s->positions = alloc_resize(s->positions, s->cap_positions, sizeof(*s->positions));
    }
    struct store_position *own = &s->positions[s->n_positions++];
    *own = *p;
    own->source = alloc_text(span_of(p->source));
    own->path = alloc_text(span_of(p->path));
    s->is_sorted = false;
}

/* By inode first: it differs most. The path is no part of it, for files are renamed. */
static int compare(const void *a, const void *b)
{
    const struct store_position *x = a, *y = b;
    if (x->inode != y->inode) {
        return x->inode < y->inode ? -1 : 1;
    }
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    return strcmp(x->source, y->source);
}

const struct store_position *store_find(const struct store *s, const char *source, uint64_t device,
                                        uint64_t inode)
{
    char *name = alloc_text(span_of(source));
    struct store_position key = {.source = name, .device = device, .inode = inode};
    const struct store_position *found = NULL;
    if (s->is_sorted && s->n_positions) {
        found = bsearch(&key, s->positions, s->n_positions, sizeof(key), compare);
    }
    for (size_t i = 0; !s->is_sorted && !found && i < s->n_positions; i++) {
        found = compare(&key, &s->positions[i]) == 0 ? &s->positions[i] : NULL;
    }
    free(name);
    return found;
}

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
}

static void add_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_plain(c)) {
            buf_byte(out, (char)c);
        } else {
            buf_byte(out, '%');
            buf_byte(out, hex_digits[c >> 4]);
            buf_byte(out, hex_digits[c & 15]);
        }
    }
}

static void add_position(struct buf *out, const struct store_position *p)
{
    buf_text(out, "position ");
    add_escaped(out, p->source);
    buf_byte(out, ' ');
    add_escaped(out, p->path);
    buf_printf(out, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIX64 " %" PRIu32 "\n", p->device,
               p->inode, p->offset, p->head_hash, p->head_len);
}

static void add_tally(struct buf *out, const struct store_tally *t)
{
    buf_text(out, "tally ");
    if (t->name[0]) {
        add_escaped(out, t->name);
    } else {
        buf_byte(out, '='); /* which would be escaped in a name */
    }
    buf_byte(out, ' ');
    for (size_t i = 0; i < t->len; i++) {
        buf_byte(out, hex_digits[(unsigned char)t->bytes[i] >> 4]);
        buf_byte(out, hex_digits[t->bytes[i] & 15]);
    }
    buf_byte(out, '\n');
}

/* The checksum covers all that follows its line; the version line must be just what it is. */
static void write_text(const struct store *s, struct buf *out)
{
    struct buf body = {0};
    buf_printf(&body, "seq %" PRIu64 "\n", s->seq);
    for (size_t i = 0; i < s->n_positions; i++) {
        add_position(&body, &s->positions[i]);
    }
    for (size_t i = 0; i < s->n_tallies; i++) {
        add_tally(&body, &s->tallies[i]);
    }
    buf_printf(out, "%schecksum %016" PRIX64 "\n", version_line, span_hash(buf_span(&body)));
    buf_add(out, buf_span(&body));
    buf_done(&body);
}

/* Writes all and waits until it is on the disk: a file system may carry out the rename before the
 * writing, and a crash between them would leave an empty file under the good name. */
static int fill(int fd, struct span text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        text = span_after(text, n > 0 ? (size_t)n : 0);
    }
    return fsync(fd) ? -errno : 0;
}

static int write_new(const char *path, struct span text)
{
    /* What is there is a left-over of ours, or a trap: never write through it. */
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) {
        return -errno;
    }
    int error = fill(fd, text);
    if (close(fd) && !error) {
        error = -errno;
    }
    return error;
}

/* Makes the renames last over a loss of power. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    char *folder = slash ? alloc_text((struct span){path, len}) : alloc_text(SPAN("."));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0) {
        return -errno;
    }
    /* Some file systems can't sync a folder, and say so with EINVAL. */
    int error = fsync(fd) && errno != EINVAL ? -errno : 0;
    close(fd);
    return error;
}

/* At each moment there is a whole file under `path` or `backup`. */
static int replace(const char *path, const char *fresh, const char *backup)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        unlink(backup);
        if (link(path, backup)) {
            /* A file system without links. */
            (void)rename(path, backup);
        }
    }
    return rename(fresh, path) ? -errno : sync_folder(path);
}

int store_save(const struct store *s, const char *path, struct problem *why)
{
    struct buf text = {0};
    char *fresh = alloc_printf("%s.tmp", path);
    char *backup = alloc_printf("%s.bak", path);
    write_text(s, &text);
    int error = write_new(fresh, buf_span(&text));
    if (error) {
        unlink(fresh);
    } else {
        error = replace(path, fresh, backup);
    }
    if (error) {
        problem_at(why, path, 0, 0);
        problem_set(why, "can't save: %s", strerror(-error));
    }
    free(fresh);
    free(backup);
    buf_done(&text);
    return error;
}

/* Takes what stands before `end`, and `end`, from the front of `rest`. False when there is no
 * `end`. */
static bool take_until(struct span *rest, char end, struct span *out)
{
    size_t len = span_find(*rest, end);
    if (len == rest->len) {
        return false;
    }
    *out = span_head(*rest, len);
    *rest = span_after(*rest, len + 1);
    return true;
}

static int hex_value(char c)
{
    const char *at = c ? strchr(hex_digits, c) : NULL;
    return at ? (int)(at - hex_digits) : -1;
}

static bool read_hex(struct span s, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        int digit = hex_value(s.ptr[i]);
        if (digit < 0) {
            return false;
        }
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return s.len == HEX_DIGITS;
}

/* The text that add_escaped wrote, to be freed; NULL when it is none. */
static char *unescape(struct span s)
{
    char *out = alloc_zero(s.len + 1, 1);
    for (size_t n = 0; s.len; n++) {
        int high = s.len > 2 ? hex_value(s.ptr[1]) : -1;
        int low = s.len > 2 ? hex_value(s.ptr[2]) : -1;
        bool is_escape = s.ptr[0] == '%';
        if (is_escape && (high < 0 || low < 0 || high + low == 0)) {
            free(out);
            return NULL;
        }
        out[n] = is_escape ? (char)(high * 16 + low) : s.ptr[0];
        s = span_after(s, is_escape ? 3 : 1);
    }
    return out;
}

/* The fields of a position from the device on. */
static bool read_numbers(const struct span *field, struct store_position *p)
{
    uint64_t head_len = 0;
    bool is_good = span_to_u64(field[0], &p->device) && span_to_u64(field[1], &p->inode) &&
                   span_to_u64(field[2], &p->offset) && read_hex(field[3], &p->head_hash) &&
                   span_to_u64(field[4], &head_len) && head_len <= UINT32_MAX;
    p->head_len = (uint32_t)head_len;
    return is_good;
}

/* Adds the position that a line holds. Every field must be there, and none besides. */
static bool read_position(struct store *s, struct span line)
{
    struct span field[POSITION_FIELDS];
    size_t n = 0;
    while (n < POSITION_FIELDS - 1 && take_until(&line, ' ', &field[n])) {
        n++;
    }
    field[n++] = line;
    struct store_position p = {0};
    if (n != POSITION_FIELDS || !span_is(field[0], "position") || !read_numbers(field + 3, &p)) {
        return false;
    }
    p.source = unescape(field[1]);
    p.path = unescape(field[2]);
    bool is_good = p.source && p.path;
    if (is_good) {
        store_add(s, &p);
    }
    free(p.source);
    free(p.path);
    return is_good;
}

/* Adds the tally that a line holds. */
static bool read_tally(struct store *s, struct span line)
{
    struct span word, name;
    if (!take_until(&line, ' ', &word) || !take_until(&line, ' ', &name) || line.len % 2) {
        return false;
    }
    char *text = span_is(name, "=") ? alloc_text(SPAN("")) : unescape(name);
    char *bytes = alloc_zero(line.len / 2 + 1, 1);
    bool is_good = text != NULL;
    for (size_t i = 0; is_good && i < line.len; i += 2) {
        int high = hex_value(line.ptr[i]), low = hex_value(line.ptr[i + 1]);
        is_good = high >= 0 && low >= 0;
        bytes[i / 2] = (char)(is_good ? high * 16 + low : 0);
    }
    if (is_good) {
        store_add_tally(s, text, bytes, line.len / 2);
    } else {
        free(bytes);
    }
    free(text);
    return is_good;
}

/* Takes "WORD VALUE\n" from the front of `rest`. */
static bool take_line(struct span *rest, const char *word, struct span *value)
{
    struct span line, got;
    if (!take_until(rest, '\n', &line) || !take_until(&line, ' ', &got)) {
        return false;
    }
    *value = line;
    return span_is(got, word);
}

/* Reads a whole store. False, with whatever was added so far, when anything in it is wrong. */
static bool read_text(struct store *s, struct span text)
{
    struct span version = span_of(version_line), value = {0}, line;
    uint64_t checksum = 0;
    if (!span_starts(text, version) && !span_starts(text, span_of(old_version_line))) {
        return false;
    }
    text = span_after(text, version.len);
    if (!take_line(&text, "checksum", &value) || !read_hex(value, &checksum) ||
        checksum != span_hash(text) || !take_line(&text, "seq", &value) ||
        !span_to_u64(value, &s->seq)) {
        return false;
    }
    while (take_until(&text, '\n', &line)) {
        if (span_starts(line, SPAN("tally ")) ? !read_tally(s, line) : !read_position(s, line)) {
            return false;
        }
    }
    return text.len == 0;
}

/* Reads a whole file into `out`. 0 or a negative errno. */
static int read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0 && out->len <= MAX_BYTES) {
        n = read(fd, buf_room(out, 65536), 65536);
        out->len += n > 0 ? (size_t)n : 0;
        n = n < 0 && errno == EINTR ? 1 : n;
    }
    int error = n < 0 ? -errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Renames a damaged file, never over another one, and says so. */
static void set_aside(const char *path, struct problem *why)
{
    struct stat st;
    char *aside = NULL;
    int64_t second = clock_wall_ms() / 1000;
    do {
        free(aside);
        aside = alloc_printf("%s.damaged-%" PRId64, path, second++);
    } while (lstat(aside, &st) == 0);
    problem_at(why, path, 0, 0);
    if (rename(path, aside)) {
        problem_set(why, "is damaged, and can't be renamed: %s", strerror(errno));
    } else {
        problem_set(why, "is damaged; it was set aside as %s", aside);
    }
    free(aside);
}

/* Like store_load, but for one file. */
static int load_one(struct store *s, const char *path, struct problem *why)
{
    struct buf text = {0};
    int error = read_file(path, &text);
    if (error == 0 && !read_text(s, buf_span(&text))) {
        error = -EBADMSG;
        set_aside(path, why);
    } else if (error && error != -ENOENT) {
        problem_at(why, path, 0, 0);
        problem_set(why, "can't read: %s", strerror(-error));
    }
    buf_done(&text);
    if (error) {
        store_done(s);
        return error;
    }
    if (s->n_positions) {
        qsort(s->positions, s->n_positions, sizeof(*s->positions), compare);
    }
    s->is_sorted = true;
    return 0;
}

int store_load(struct store *s, const char *path, struct problem *why)
{
    store_done(s);
    int error = load_one(s, path, why);
    if (error == -ENOENT || error == -EBADMSG) {
        struct problem why_backup = {0};
        char *backup = alloc_printf("%s.bak", path);
        int second = load_one(s, backup, &why_backup);
        free(backup);
        if (error == -ENOENT && second && why) {
            *why = why_backup;
        }
        error = second == -ENOENT ? error : second;
    }
    return error;
}
