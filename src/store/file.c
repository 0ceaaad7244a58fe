/*
 * The file is an SQLite database in WAL mode: a kill in the midst of a checkpoint leaves the one
 * before (sqlite.org, "Write-Ahead Logging"). Rows are numbered in the order of the snapshot, and
 * of each the hash is remembered, so a checkpoint writes only rows that changed. SQLite has no
 * checksum over what it keeps; ours is the sum of these hashes, and nothing is believed of a file
 * where it is wrong: a wrong offset would lose or double lines.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/order.h"
#include "store/past.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION = 0x74656170, /* "teap" */
    BUSY_MS = 2000,           /* while somebody else reads or copies the file */
    POSITION_NUMBERS = 8,     /* columns of a position behind source and path */
};

/* Each brings the tables from the version that is its number to the next. Versions are never
 * changed once they are out. */
static const char *const steps[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE position (n INTEGER PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL,"
    " device INTEGER NOT NULL, inode INTEGER NOT NULL, bytes_read INTEGER NOT NULL,"
    " head_hash INTEGER NOT NULL, head_len INTEGER NOT NULL);"
    "CREATE TABLE note (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " bytes BLOB NOT NULL);"
    "CREATE TABLE alert (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " bytes BLOB NOT NULL);",
    PAST_TABLE "ALTER TABLE position ADD COLUMN tail_hash INTEGER NOT NULL DEFAULT 0;"
               "ALTER TABLE position ADD COLUMN tail_len INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE position ADD COLUMN looked_ms INTEGER NOT NULL DEFAULT 0;",
};

enum {
    VERSION = sizeof(steps) / sizeof(steps[0]),
};

static const char *const kinds[STORE_KINDS] = {
    [STORE_TALLY] = "tally", [STORE_INTERVAL] = "interval", [STORE_ALERTS] = "alerts",
    [STORE_CLOCK] = "clock", [STORE_SERVICE] = "service",   [STORE_QUEUE] = "queue",
};

/* Hashes of the rows that the file has, in order. */
struct rows {
    uint64_t *hashes;
    size_t n, cap;
};

enum table {
    POSITIONS,
    NOTES,
    ALERTS, /* notes of that kind: they may only grow for a while */
    TABLES,
};

struct store_file {
    char *path;
    sqlite3 *db; /* NULL: to be opened again */
    uint64_t device, inode;
    struct rows rows[TABLES];
    sqlite3_stmt *put[TABLES], *cut[TABLES], *meta;
    int64_t pruned_h; /* hour in which old history was removed last */
    int lock;         /* descriptor that holds it, or -1 */
    bool has_all;     /* alerts as they were handed in, without a gap */
};

static int run(const struct store_file *f, const char *text)
{
    return sql_run(f->db, text);
}

/* A number that SQL gives: a single row of a single column. */
static int ask(const struct store_file *f, const char *text, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    int code = sql.prepare_v2(f->db, text, -1, &s, NULL);
    *out = 0;
    if (code == SQLITE_OK) {
        code = sql.step(s);
        *out = code == SQLITE_ROW ? sql.column_int64(s, 0) : 0;
    }
    int error = sql_error(f->db, code);
    sql.finalize(s);
    return error;
}

static void forget_rows(struct store_file *f)
{
    for (int i = 0; i < TABLES; i++) {
        free(f->rows[i].hashes);
        f->rows[i] = (struct rows){0};
    }
}

static void close_db(struct store_file *f)
{
    for (int i = 0; i < TABLES; i++) {
        sql.finalize(f->put[i]);
        sql.finalize(f->cut[i]);
        f->put[i] = f->cut[i] = NULL;
    }
    sql.finalize(f->meta);
    f->meta = NULL;
    if (f->db) {
        sql.close(f->db);
        f->db = NULL;
    }
    forget_rows(f);
}

/* The file's own rights are ours to choose; SQLite gives the same to those that it puts beside. */
static int make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    struct stat st;
    if (fd < 0) {
        return -errno;
    }
    int error = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    close(fd);
    return error;
}

static int prepare_all(struct store_file *f)
{
    const struct {
        sqlite3_stmt **at;
        const char *text;
    } all[] = {
        {&f->put[POSITIONS], "INSERT OR REPLACE INTO position VALUES (?,?,?,?,?,?,?,?,?,?,?)"},
        {&f->cut[POSITIONS], "DELETE FROM position WHERE n >= ?"},
        {&f->put[NOTES], "INSERT OR REPLACE INTO note VALUES (?,?,?,?)"},
        {&f->cut[NOTES], "DELETE FROM note WHERE n >= ?"},
        {&f->put[ALERTS], "INSERT OR REPLACE INTO alert VALUES (?,?,?,?)"},
        {&f->cut[ALERTS], "DELETE FROM alert WHERE n >= ?"},
        {&f->meta, "INSERT OR REPLACE INTO meta VALUES (?,?)"},
    };
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && code == SQLITE_OK; i++) {
        code = sql.prepare_v2(f->db, all[i].text, -1, all[i].at, NULL);
    }
    return sql_error(f->db, code);
}

/* Is it ours, and no newer than we are? Tables of older versions are brought up to date. */
static int migrate(struct store_file *f, bool *is_foreign)
{
    int64_t tables = 0, application = 0, version = 0;
    int r = ask(f, "SELECT count(*) FROM sqlite_master", &tables);
    r = r ? r : ask(f, "PRAGMA application_id", &application);
    r = r ? r : ask(f, "PRAGMA user_version", &version);
    *is_foreign =
        r == 0 && ((tables > 0 && application != APPLICATION) || version > VERSION || version < 0);
    if (r || *is_foreign || version == VERSION) {
        return r;
    }
    r = run(f, "BEGIN IMMEDIATE");
    for (; r == 0 && version < VERSION; version++) {
        r = run(f, steps[version]);
    }
    char *last = alloc_printf("PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
                              (int)APPLICATION, (int)VERSION);
    r = r ? r : run(f, last);
    free(last);
    return r;
}

static int open_db(struct store_file *f, bool *is_foreign)
{
    struct stat st;
    int r = make_file(f->path);
    if (r) {
        return r;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    r = sql_error(f->db, sql.open_v2(f->path, &f->db, flags, NULL));
    if (r == 0 && stat(f->path, &st) == 0) {
        f->device = (uint64_t)st.st_dev;
        f->inode = (uint64_t)st.st_ino;
    }
    sql.busy_timeout(f->db, BUSY_MS);
    r = r ? r
          : run(f, "PRAGMA cache_size=-256; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                   "PRAGMA journal_size_limit=4194304");
    r = r ? r : migrate(f, is_foreign);
    return r || *is_foreign ? r : prepare_all(f);
}

static void say(struct problem *why, const struct store_file *f, const char *what, int error)
{
    problem_at(why, f->path, 0, 0);
    problem_set(why, "can't %s: %s", what, strerror(-error));
}

/* Renames a file that can't be used, with its log, never over another one, and says so. */
static int set_aside(struct store_file *f, const char *reason, struct problem *why)
{
    struct stat st;
    char *aside = NULL;
    int64_t second = clock_wall_ms() / 1000;
    close_db(f);
    do {
        free(aside);
        aside = alloc_printf("%s.%s-%" PRId64, f->path, "damaged", second++);
    } while (lstat(aside, &st) == 0);
    int r = rename(f->path, aside) ? -errno : 0;
    char *log = alloc_printf("%s-wal", f->path), *log_aside = alloc_printf("%s-wal", aside);
    char *shared = alloc_printf("%s-shm", f->path);
    if (r == 0) {
        (void)rename(log, log_aside);
        unlink(shared);
    }
    problem_at(why, f->path, 0, 0);
    if (r) {
        problem_set(why, "%s, and can't be renamed: %s", reason, strerror(-r));
    } else {
        problem_set(why, "%s; it was set aside as %s", reason, aside);
    }
    free(log);
    free(log_aside);
    free(shared);
    free(aside);
    return r;
}

static void add_hash(struct rows *rows, uint64_t hash)
{
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 64;
        rows->hashes = alloc_resize(rows->hashes, rows->cap, sizeof(rows->hashes[0]));
    }
    rows->hashes[rows->n++] = hash;
}

/* Of row `n`, so that rows that changed places are noticed. */
static uint64_t hash_row(size_t n, struct span a, struct span b, const uint64_t *numbers,
                         size_t n_numbers)
{
    uint64_t parts[4] = {n, span_hash(a), span_hash(b), 0};
    parts[3] = n_numbers ? span_hash((struct span){(const char *)numbers, n_numbers * 8}) : 0;
    return span_hash((struct span){(const char *)parts, sizeof parts});
}

/* In the order of the columns. */
static void numbers_of(const struct store_position *p, uint64_t out[POSITION_NUMBERS])
{
    const uint64_t numbers[POSITION_NUMBERS] = {
        p->device,   p->inode,     p->offset,   p->head_hash,
        p->head_len, p->tail_hash, p->tail_len, (uint64_t)p->looked_ms};
    memcpy(out, numbers, sizeof(numbers));
}

static uint64_t hash_position(size_t n, const struct store_position *p)
{
    uint64_t numbers[POSITION_NUMBERS];
    numbers_of(p, numbers);
    /* Older versions had no tails, and then no moment: their checksums must stay right. */
    size_t n_numbers = p->looked_ms ? POSITION_NUMBERS : p->tail_len || p->tail_hash ? 7 : 5;
    return hash_row(n, span_of(p->source), span_of(p->path), numbers, n_numbers);
}

static uint64_t hash_note(size_t n, const struct store_note *note)
{
    uint64_t kind = (uint64_t)note->kind;
    return hash_row(n, span_of(note->name), (struct span){note->bytes, note->len}, &kind, 1);
}

static uint64_t checksum(const struct store_file *f, uint64_t seq, int64_t saved_ms)
{
    uint64_t sum = seq * 3 + (uint64_t)saved_ms * 5;
    for (int i = 0; i < TABLES; i++) {
        for (size_t k = 0; k < f->rows[i].n; k++) {
            sum += f->rows[i].hashes[k];
        }
    }
    return sum;
}

static char *column_text(sqlite3_stmt *s, int column)
{
    struct span text = {sql.column_blob(s, column), (size_t)sql.column_bytes(s, column)};
    return alloc_text(text.ptr ? text : SPAN(""));
}

static void take_position(struct store_file *f, sqlite3_stmt *row, struct store *s)
{
    struct store_position p = {.source = column_text(row, 0),
                               .path = column_text(row, 1),
                               .device = (uint64_t)sql.column_int64(row, 2),
                               .inode = (uint64_t)sql.column_int64(row, 3),
                               .offset = (uint64_t)sql.column_int64(row, 4),
                               .head_hash = (uint64_t)sql.column_int64(row, 5),
                               .head_len = (uint32_t)sql.column_int64(row, 6),
                               .tail_hash = (uint64_t)sql.column_int64(row, 7),
                               .tail_len = (uint32_t)sql.column_int64(row, 8),
                               .looked_ms = sql.column_int64(row, 9)};
    add_hash(&f->rows[POSITIONS], hash_position(s->n_positions, &p));
    store_add(s, &p);
    free(p.source);
    free(p.path);
}

/* A kind that is not known makes the checksum wrong: this version writes none. */
static void take_note_of(struct store_file *f, enum table table, sqlite3_stmt *row, struct store *s)
{
    struct rows *rows = &f->rows[table];
    char *kind = column_text(row, 0), *name = column_text(row, 1);
    size_t len = (size_t)sql.column_bytes(row, 2), which = 0;
    char *bytes = alloc_zero(len + 1, 1);
    if (len) {
        memcpy(bytes, sql.column_blob(row, 2), len);
    }
    while (which < STORE_KINDS && strcmp(kinds[which], kind) != 0) {
        which++;
    }
    if (which < STORE_KINDS) {
        store_add_note(s, (enum store_kind)which, name, bytes, len);
        add_hash(rows, hash_note(rows->n, &s->notes[s->n_notes - 1]));
    } else {
        add_hash(rows, 0);
        free(bytes);
    }
    free(kind);
    free(name);
}

static void take_note(struct store_file *f, sqlite3_stmt *row, struct store *s)
{
    take_note_of(f, NOTES, row, s);
}

static void take_alert(struct store_file *f, sqlite3_stmt *row, struct store *s)
{
    take_note_of(f, ALERTS, row, s);
}

static int read_rows(struct store_file *f, const char *text, struct store *s,
                     void (*take)(struct store_file *f, sqlite3_stmt *row, struct store *s))
{
    sqlite3_stmt *row = NULL;
    int code = sql.prepare_v2(f->db, text, -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sql.step(row);
        if (code == SQLITE_ROW) {
            take(f, row, s);
        }
    }
    int error = sql_error(f->db, code);
    sql.finalize(row);
    return error;
}

static int read_all(struct store_file *f, struct store *s)
{
    int64_t seq = 0, sum = 0, saved = 0, n_meta = 0;
    int r = ask(f, "SELECT count(*) FROM meta", &n_meta);
    r = r ? r : ask(f, "SELECT value FROM meta WHERE name = 'seq'", &seq);
    r = r ? r : ask(f, "SELECT value FROM meta WHERE name = 'saved_ms'", &saved);
    r = r ? r : ask(f, "SELECT value FROM meta WHERE name = 'checksum'", &sum);
    r = r ? r
          : read_rows(f,
                      "SELECT source, path, device, inode, bytes_read, head_hash, head_len,"
                      " tail_hash, tail_len, looked_ms"
                      " FROM position ORDER BY n",
                      s, take_position);
    r = r ? r : read_rows(f, "SELECT kind, name, bytes FROM note ORDER BY n", s, take_note);
    r = r ? r : read_rows(f, "SELECT kind, name, bytes FROM alert ORDER BY n", s, take_alert);
    s->seq = (uint64_t)seq;
    s->saved_ms = saved;
    bool is_new = n_meta == 0 && s->n_positions == 0 && s->n_notes == 0;
    return r || is_new || checksum(f, s->seq, saved) == (uint64_t)sum ? r : -EBADMSG;
}

/* Opens the file and reads it, setting aside what can't be used. */
static int open_and_read(struct store_file *f, struct store *s, struct problem *why)
{
    bool is_foreign = false;
    int r = open_db(f, &is_foreign);
    r = r || is_foreign ? r : read_all(f, s);
    if (r != -EBADMSG && !is_foreign) {
        if (r) {
            say(why, f, "open the store", r);
        }
        return r;
    }
    store_done(s);
    r = set_aside(f, is_foreign ? "is no store of this version" : "is damaged", why);
    r = r ? r : open_db(f, &is_foreign);
    return r || is_foreign ? (r ? r : -EBADMSG) : 0;
}

/* Two daemons at one store would each count every line, and undo what the other wrote. The lock is
 * on a file beside it, which stays when the store is set aside or moved; it ends with the process.
 */
static int lock(struct store_file *f, struct problem *why)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *path = alloc_printf("%s.lock", f->path);
    f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    int r = f->lock < 0 || fcntl(f->lock, F_SETLK, &whole) ? -errno : 0;
    if (r == -EACCES && f->lock >= 0) {
        r = -EAGAIN; /* POSIX lets it say either */
    }
    if (r == -EAGAIN) {
        problem_at(why, f->path, 0, 0);
        problem_set(why, "another teapotd has this store");
        r = -EBUSY;
    } else if (r) {
        say(why, f, "open the store", r);
    }
    free(path);
    return r;
}

int store_open(struct store_file **out, const char *path, struct store *s, struct problem *why)
{
    *out = NULL;
    if (!sql_load()) {
        problem_set(why, "there is no libsqlite3.so.0, which the store needs");
        return -ENOSYS;
    }
    struct store_file *f = alloc_zero(1, sizeof(*f));
    f->path = alloc_text(span_of(path));
    int r = lock(f, why);
    r = r ? r : open_and_read(f, s, why);
    if (r) {
        store_done(s);
        store_close(f);
        return r;
    }
    if (s->n_positions) {
        qsort(s->positions, s->n_positions, sizeof(*s->positions), store_compare);
    }
    s->is_sorted = true;
    *out = f;
    return 0;
}

bool store_is_at(const struct store_file *f, const char *path)
{
    return f && strcmp(f->path, path) == 0;
}

void store_close(struct store_file *f)
{
    if (f) {
        close_db(f);
        if (f->lock >= 0) {
            close(f->lock);
        }
        free(f->path);
        free(f);
    }
}

static void bind_number(sqlite3_stmt *s, int at, uint64_t value)
{
    sql.bind_int64(s, at, (sqlite3_int64)value);
}

/* Texts and bytes stay where they are until the statement is carried out. */
static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sql.bind_text(s, at, text, (int)strlen(text), SQLITE_STATIC);
}

static int put_position(const struct store_file *f, size_t n, const struct store_position *p)
{
    sqlite3_stmt *s = f->put[POSITIONS];
    uint64_t numbers[POSITION_NUMBERS];
    numbers_of(p, numbers);
    bind_number(s, 1, n);
    bind_text(s, 2, p->source);
    bind_text(s, 3, p->path);
    for (int i = 0; i < POSITION_NUMBERS; i++) {
        bind_number(s, 4 + i, numbers[i]);
    }
    return sql_finish(f->db, s);
}

static int put_note(const struct store_file *f, enum table table, size_t n,
                    const struct store_note *note)
{
    sqlite3_stmt *s = f->put[table];
    bind_number(s, 1, n);
    bind_text(s, 2, kinds[note->kind]);
    bind_text(s, 3, note->name);
    sql.bind_blob(s, 4, note->len ? note->bytes : "", (int)note->len, SQLITE_STATIC);
    return sql_finish(f->db, s);
}

static int put_meta(const struct store_file *f, const char *name, uint64_t value)
{
    bind_text(f->meta, 1, name);
    bind_number(f->meta, 2, value);
    return sql_finish(f->db, f->meta);
}

static bool is_written(const struct rows *rows, size_t n, uint64_t hash)
{
    return n < rows->n && rows->hashes[n] == hash;
}

/* Rows that changed, in the order of the snapshot, and their hashes to `now`. */
static int put_rows(struct store_file *f, const struct store *s, struct rows *now)
{
    int r = 0;
    for (size_t i = 0; i < s->n_positions && r == 0; i++) {
        uint64_t hash = hash_position(i, &s->positions[i]);
        r = is_written(&f->rows[POSITIONS], i, hash) ? 0 : put_position(f, i, &s->positions[i]);
        add_hash(&now[POSITIONS], hash);
    }
    for (size_t i = 0; i < f->rows[ALERTS].n && s->adds_alerts; i++) {
        add_hash(&now[ALERTS], f->rows[ALERTS].hashes[i]);
    }
    for (size_t i = 0; i < s->n_notes && r == 0; i++) {
        enum table table = s->notes[i].kind == STORE_ALERTS ? ALERTS : NOTES;
        size_t n = now[table].n;
        uint64_t hash = hash_note(n, &s->notes[i]);
        r = is_written(&f->rows[table], n, hash) ? 0 : put_note(f, table, n, &s->notes[i]);
        add_hash(&now[table], hash);
    }
    for (int i = 0; i < TABLES && r == 0; i++) {
        if (now[i].n < f->rows[i].n) {
            bind_number(f->cut[i], 1, now[i].n);
            r = sql_finish(f->db, f->cut[i]);
        }
    }
    return r;
}

/* Adds to the history, and once an hour removes what is too old. */
static int put_history(struct store_file *f, const struct store *s)
{
    int64_t now_s = s->saved_ms / 1000, hour = now_s / HISTORY_HOUR;
    int r = past_add(f->db, &s->history);
    if (r == 0 && f->pruned_h != hour) {
        r = past_prune(f->db, now_s - s->history_s, now_s - STORE_HOURS_S);
        f->pruned_h = hour;
    }
    return r;
}

/* One transaction. When it fails, the file and the hashes are what they were. */
static int write_all(struct store_file *f, const struct store *s)
{
    struct rows now[TABLES] = {{0}}, before[TABLES];
    int r = run(f, "BEGIN IMMEDIATE");
    bool is_begun = r == 0;
    r = r ? r : put_rows(f, s, now);
    memcpy(before, f->rows, sizeof(before));
    memcpy(f->rows, now, sizeof(now));
    r = r ? r : put_history(f, s);
    r = r ? r : put_meta(f, "seq", s->seq);
    r = r ? r : put_meta(f, "saved_ms", (uint64_t)s->saved_ms);
    r = r ? r : put_meta(f, "checksum", checksum(f, s->seq, s->saved_ms));
    r = r ? r : run(f, "COMMIT");
    if (r) {
        memcpy(f->rows, before, sizeof(before));
        memcpy(before, now, sizeof(before));
        if (is_begun) {
            run(f, "ROLLBACK");
        }
    }
    for (int i = 0; i < TABLES; i++) {
        free(before[i].hashes);
    }
    return r;
}

/* Was the file moved away or removed? What is written to it then is lost with the next restart. */
static bool is_gone(const struct store_file *f)
{
    struct stat st;
    return stat(f->path, &st) || (uint64_t)st.st_dev != f->device ||
           (uint64_t)st.st_ino != f->inode;
}

int store_save(struct store_file *f, const struct store *s, struct problem *why)
{
    struct store old = {0};
    if (f->db && is_gone(f)) {
        close_db(f);
    }
    bool is_whole = !s->adds_alerts || (f->db && f->has_all);
    int r = f->db ? 0 : open_and_read(f, &old, why);
    store_done(&old);
    r = r ? r : write_all(f, s);
    if (r == -EBADMSG && set_aside(f, "is damaged", why) == 0) {
        bool is_foreign = false;
        is_whole = !s->adds_alerts;
        r = open_db(f, &is_foreign);
        r = r ? r : write_all(f, s);
    } else if (r) {
        say(why, f, "save", r);
    }
    f->has_all = is_whole && r == 0;
    return r;
}

bool store_needs_all(const struct store_file *f)
{
    return !f || !f->has_all;
}
