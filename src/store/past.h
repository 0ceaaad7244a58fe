/* The history in the file, for file.c, which has no part in its checksum: no offset depends on it;
 * others read it with store_read_history (store.h). */
#ifndef TEAPOT_STORE_PAST_H
#define TEAPOT_STORE_PAST_H

#include "store/sql.h"
#include "tally/history.h"

/* The table, made by a migration. */
#define PAST_TABLE                                                       \
    "CREATE TABLE history (width INTEGER NOT NULL, at INTEGER NOT NULL," \
    " kind INTEGER NOT NULL, count INTEGER NOT NULL,"                    \
    " PRIMARY KEY (width, at, kind)) WITHOUT ROWID;"

/* Adds counts, in the transaction under way: those of minutes to their hours, too. 0, or a negative
 * errno. */
int past_add(sqlite3 *db, const struct history *h);

/* Removes minutes before one second, and hours before another. */
int past_prune(sqlite3 *db, int64_t minutes_before, int64_t hours_before);

#endif
