/*
 * SQLite for the files of this folder: it is loaded with the first store and not linked, since most
 * runs are scans, which have none.
 */
#ifndef TEAPOT_STORE_SQL_H
#define TEAPOT_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>

/* What is called of it, without its "sqlite3_". */
#define SQL_FUNCTIONS(DO) \
    DO(bind_blob)         \
    DO(bind_int64)        \
    DO(bind_text)         \
    DO(busy_timeout)      \
    DO(close)             \
    DO(column_blob)       \
    DO(column_bytes)      \
    DO(column_int64)      \
    DO(errcode)           \
    DO(errmsg)            \
    DO(exec)              \
    DO(finalize)          \
    DO(open_v2)           \
    DO(prepare_v2)        \
    DO(reset)             \
    DO(step)              \
    DO(system_errno)

struct sql_calls {
#define SQL_DECLARE(name) __typeof__(sqlite3_##name) *name;
    SQL_FUNCTIONS(SQL_DECLARE)
#undef SQL_DECLARE
};

extern struct sql_calls sql;

/* Loads it, if that was not done. False when it is not there. */
bool sql_load(void);

/* The negative errno that says best what the last call met, whose result was `code`; 0 for what is
 * fine. `db` may be NULL. */
int sql_error(sqlite3 *db, int code);

/* Carries out statements that have no result. 0 or as above. */
int sql_run(sqlite3 *db, const char *text);

/* Carries out a statement whose values are bound, and makes it ready for others. 0 or as above. */
int sql_finish(sqlite3 *db, sqlite3_stmt *s);

#endif
