/* The order in which positions are found; for the files of this folder only. */
#ifndef TEAPOT_STORE_ORDER_H
#define TEAPOT_STORE_ORDER_H

/* Compares two struct store_position, for qsort: by inode first, since it differs most. The path is
 * no part of it, for files are renamed. */
int store_compare(const void *a, const void *b);

#endif
