/*
 * Hours are summed up from the start, beside the minutes, so that minutes can just be removed when
 * they are old, and a question about a month reads some hundred rows.
 */
#include "store/past.h"

#include "base/alloc.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static int add(sqlite3 *db, sqlite3_stmt *s, const struct history_count *c, uint32_t width)
{
    sql.bind_int64(s, 1, width);
    sql.bind_int64(s, 2, history_step(c->at, width));
    sql.bind_int64(s, 3, c->kind);
    sql.bind_int64(s, 4, (sqlite3_int64)c->count);
    return sql_finish(db, s);
}

int past_add(sqlite3 *db, const struct history *h)
{
    sqlite3_stmt *s = NULL;
    int r = 0;
    if (h->n == 0) {
        return 0;
    }
    r = sql_error(db, sql.prepare_v2(db,
                                     "INSERT INTO history VALUES (?,?,?,?) ON CONFLICT DO UPDATE"
                                     " SET count = count + excluded.count",
                                     -1, &s, NULL));
    for (size_t i = 0; i < h->n && r == 0; i++) {
        const struct history_count *c = &h->items[i];
        r = c->width < HISTORY_HOUR ? add(db, s, c, c->width) : 0;
        r = r ? r : add(db, s, c, HISTORY_HOUR);
    }
    sql.finalize(s);
    return r;
}

int past_prune(sqlite3 *db, int64_t minutes_before, int64_t hours_before)
{
    char *text = alloc_printf("DELETE FROM history WHERE width = %d AND at < %" PRId64 ";"
                              "DELETE FROM history WHERE width = %d AND at < %" PRId64,
                              HISTORY_MINUTE, minutes_before, HISTORY_HOUR, hours_before);
    int r = sql_run(db, text);
    free(text);
    return r;
}

static int read_counts(sqlite3 *db, uint32_t width, int64_t from, int64_t to, struct history *out)
{
    sqlite3_stmt *s = NULL;
    int code = sql.prepare_v2(db,
                              "SELECT at, kind, count FROM history"
                              " WHERE width = ? AND at >= ? AND at < ?",
                              -1, &s, NULL);
    if (code == SQLITE_OK) {
        sql.bind_int64(s, 1, width);
        sql.bind_int64(s, 2, from);
        sql.bind_int64(s, 3, to);
        while ((code = sql.step(s)) == SQLITE_ROW) {
            history_add(out, (struct history_count){.at = sql.column_int64(s, 0),
                                                    .width = width,
                                                    .kind = (uint32_t)sql.column_int64(s, 1),
                                                    .count = (uint64_t)sql.column_int64(s, 2)});
        }
    }
    int error = sql_error(db, code);
    sql.finalize(s);
    return error;
}

static int read_moment(sqlite3 *db, int64_t *saved_ms)
{
    sqlite3_stmt *s = NULL;
    int code = sql.prepare_v2(db, "SELECT value FROM meta WHERE name = 'saved_ms'", -1, &s, NULL);
    *saved_ms = 0;
    if (code == SQLITE_OK && (code = sql.step(s)) == SQLITE_ROW) {
        *saved_ms = sql.column_int64(s, 0);
    }
    int error = sql_error(db, code);
    sql.finalize(s);
    return error;
}

/* One transaction, so that the moment is that of the counts. Readers of a WAL wait for nobody. */
int store_read_history(const char *path, uint32_t width, int64_t from, int64_t to,
                       struct history *out, int64_t *saved_ms)
{
    sqlite3 *db = NULL;
    if (!sql_load()) {
        return -ENOSYS;
    }
    int r = sql_error(db, sql.open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL));
    r = r ? r : sql_run(db, "BEGIN");
    r = r ? r : read_moment(db, saved_ms);
    r = r ? r : read_counts(db, width, from, to, out);
    sql.close(db);
    return r;
}
