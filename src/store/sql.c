#include "store/sql.h"

#include "base/library.h"

#include <errno.h>
#include <stddef.h>

struct sql_calls sql;

bool sql_load(void)
{
    static const char *const names[] = {"libsqlite3.so.0", NULL};
#define ROW(name) {"sqlite3_" #name, offsetof(struct sql_calls, name)},
    static const struct library_function functions[] = {SQL_FUNCTIONS(ROW)};
#undef ROW
    return sql.open_v2 ||
           library_load(names, functions, sizeof functions / sizeof *functions, &sql);
}

int sql_error(sqlite3 *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH: return -EBADMSG;
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_READONLY: return -EROFS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return -EBUSY;
    case SQLITE_NOMEM: return -ENOMEM;
    default: break;
    }
    int system = sql.system_errno(db);
    return system > 0 ? -system : -EIO;
}

int sql_run(sqlite3 *db, const char *text)
{
    return sql_error(db, sql.exec(db, text, NULL, NULL, NULL));
}

int sql_finish(sqlite3 *db, sqlite3_stmt *s)
{
    int error = sql_error(db, sql.step(s));
    sql.reset(s);
    return error;
}
