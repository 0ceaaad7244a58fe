#include "config/found.h"

#include "base/alloc.h"
#include "format/format.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    NAME_BYTES = 64, /* of a source */
};

void found_done(struct found *f)
{
    for (size_t i = 0; i < f->n_logs; i++) {
        free(f->logs[i].path);
        free(f->logs[i].format);
    }
    for (size_t i = 0; i < f->n_files; i++) {
        free(f->files[i]);
    }
    free(f->logs);
    free(f->files);
    buf_done(&f->notes);
    f->logs = NULL;
    f->files = NULL;
    f->n_logs = f->n_files = 0;
}

/* Bytes that could end the comment are shown as blanks. */
static void add_comment(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buf_byte(out, c < 0x20 || c == 0x7f ? ' ' : text.ptr[i]);
    }
}

void found_note(struct found *f, struct found_place at, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_text(&f->notes, "# ");
    add_comment(&f->notes, span_of(at.file));
    buf_printf(&f->notes, ":%d: ", at.line);
    add_comment(&f->notes, span_of(text));
    buf_byte(&f->notes, '\n');
}

char *found_path(const struct found *f, struct span path)
{
    size_t n = strlen(f->root);
    bool is_below = span_starts(path, span_of(f->root)) && path.len > n && path.ptr[n] == '/';
    return alloc_printf("%s%.*s", is_below ? "" : f->root, (int)path.len, path.ptr);
}

char *found_join(struct span folder, struct span path)
{
    bool is_absolute = path.len && path.ptr[0] == '/';
    return is_absolute
               ? alloc_text(path)
               : alloc_printf("%.*s/%.*s", (int)folder.len, folder.ptr, (int)path.len, path.ptr);
}

struct span found_folder(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? (struct span){file, (size_t)(slash - file)} : SPAN(".");
}

static int read_all(struct found *f, const char *path, struct buf *text)
{
    FILE *in = fopen(path, "rbe");
    size_t got = 1;
    int error = in ? 0 : -errno;
    while (!error && got) {
        got = fread(buf_room(text, 16384), 1, 16384, in);
        text->len += got;
        f->bytes += got;
        error = ferror(in) ? -EIO : f->bytes > FOUND_BYTES ? -EFBIG : 0;
    }
    if (in) {
        fclose(in);
    }
    buf_byte(text, '\0');
    text->len--;
    return error;
}

const char *found_read(struct found *f, const char *path, struct buf *text, int *error)
{
    *error = read_all(f, path, text);
    if (*error) {
        problem_set(f->why, "%s",
                    *error == -EFBIG ? "larger than 4 MiB, with what it includes"
                                     : strerror(-*error));
        problem_at(f->why, path, 0, 0);
        return NULL;
    }
    f->files = alloc_resize(f->files, f->n_files + 1, sizeof(f->files[0]));
    return f->files[f->n_files++] = alloc_text(span_of(path));
}

bool found_try(struct found *f, const char *path, struct buf *text)
{
    return read_all(f, path, text) == 0;
}

char *found_first(struct found *f, const char *const *paths)
{
    struct stat st;
    for (size_t i = 0; paths[i]; i++) {
        char *path = found_path(f, span_of(paths[i]));
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            return path;
        }
        free(path);
    }
    problem_set(f->why,
                "no configuration of %s: there is no %s%s, and nothing in its other usual "
                "places; --root DIR says where it is",
                f->server, f->root, paths[0]);
    return NULL;
}

int found_each(const char *pattern, found_file_fn *fn, void *ctx)
{
    glob_t found;
    int r = 0;
    if (glob(pattern, 0, NULL, &found)) {
        return 0;
    }
    for (size_t i = 0; i < found.gl_pathc && r == 0; i++) {
        struct stat st;
        if (stat(found.gl_pathv[i], &st) == 0 && S_ISREG(st.st_mode)) {
            r = fn(ctx, found.gl_pathv[i]);
        }
    }
    globfree(&found);
    return r;
}

/* Is the line among those of `text`? */
static bool has_line(struct span text, struct span line)
{
    while (text.len) {
        size_t n = span_find(text, '\n');
        if (span_equal(span_head(text, n), line)) {
            return true;
        }
        text = span_after(text, n + 1);
    }
    return false;
}

/* Auto is all formats, so it stands alone. */
static void add_format(struct found_log *log, struct span format)
{
    if (span_is(format, "auto")) {
        free(log->format);
        log->format = alloc_text(format);
    } else if (strcmp(log->format, "auto") != 0 && !has_line(span_of(log->format), format)) {
        char *both = alloc_printf("%s\n%.*s", log->format, (int)format.len, format.ptr);
        free(log->format);
        log->format = both;
    }
}

static void add_log(struct found *f, struct span path, struct span format)
{
    char *mine = found_path(f, path);
    for (size_t i = 0; i < f->n_logs; i++) {
        if (strcmp(f->logs[i].path, mine) == 0) {
            add_format(&f->logs[i], format);
            free(mine);
            return;
        }
    }
    f->logs = alloc_resize(f->logs, f->n_logs + 1, sizeof(f->logs[0]));
    f->logs[f->n_logs++] = (struct found_log){mine, alloc_text(format)};
}

void found_add(struct found *f, struct found_place at, struct span path, struct span format)
{
    struct problem why = {.file = ""};
    struct format tried;
    if (format_read(&tried, format, &why)) {
        found_note(f, at, "%.*s is left out: %s", (int)path.len, path.ptr, why.text);
        return;
    }
    format_done(&tried);
    add_log(f, path, format);
}

/* In single quotes, where only these two are special. */
static void add_quoted(struct buf *out, struct span text)
{
    buf_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\') {
            buf_byte(out, '\\');
        }
        buf_byte(out, text.ptr[i]);
    }
    buf_byte(out, '\'');
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* "nginx-shop" for shop.access.log: the server, and what of the file's name tells it from others.
 */
static void make_name(const struct found *f, const char *path, char name[NAME_BYTES])
{
    static const char *const usual[] = {".log", "access", "_log"};
    const char *slash = strrchr(path, '/');
    struct span file = span_of(slash ? slash + 1 : path);
    size_t n = (size_t)snprintf(name, NAME_BYTES, "%s-", f->server);
    for (size_t i = 0; i < 3; i++) {
        file = span_ends(file, span_of(usual[i])) ? span_head(file, file.len - strlen(usual[i]))
                                                  : file;
    }
    file.len = span_is(file, f->server) ? 0 : file.len;
    for (size_t i = 0; i < file.len && n + 8 < NAME_BYTES; i++) {
        if (is_name_byte(file.ptr[i])) {
            name[n++] = file.ptr[i];
        }
    }
    while (n && !(name[n - 1] != '-' && name[n - 1] != '_' && name[n - 1] != '.')) {
        n--;
    }
    name[n] = '\0';
}

/* No two sources have one name. */
static void write_name(const struct found *f, size_t which, struct buf *out)
{
    char name[NAME_BYTES], other[NAME_BYTES];
    unsigned before = 0;
    make_name(f, f->logs[which].path, name);
    for (size_t i = 0; i < which; i++) {
        make_name(f, f->logs[i].path, other);
        before += strcmp(name, other) == 0;
    }
    buf_text(out, name);
    if (before) {
        buf_printf(out, ".%u", before + 1);
    }
}

static void write_formats(struct span formats, struct buf *out)
{
    bool are_many = span_find(formats, '\n') < formats.len;
    buf_text(out, are_many ? "    format = {" : "    format = ");
    while (formats.len) {
        struct span format = span_head(formats, span_find(formats, '\n'));
        formats = span_after(formats, format.len + 1);
        add_quoted(out, format);
        buf_text(out, formats.len ? ",\n              " : "");
    }
    buf_text(out, are_many ? "}\n" : "\n");
}

/* A pattern leaves out what is another source's. */
static void write_excluded(const struct found *f, size_t which, struct buf *out)
{
    const char *pattern = f->logs[which].path;
    unsigned n = 0;
    for (size_t i = 0; i < f->n_logs; i++) {
        const char *path = f->logs[i].path;
        if (i != which && !strchr(path, '*') && fnmatch(pattern, path, FNM_PATHNAME) == 0) {
            buf_text(out, n++ ? ",\n                    " : "    exclude_path = {");
            add_quoted(out, span_of(path));
        }
    }
    buf_text(out, n ? "}\n" : "");
}

void found_write(const struct found *f, struct buf *out)
{
    buf_printf(out, "# The logs that the configuration of %s names.\n", f->server);
    for (size_t i = 0; i < f->n_logs; i++) {
        buf_text(out, "\nsource ");
        write_name(f, i, out);
        buf_text(out, " {\n    path = ");
        add_quoted(out, span_of(f->logs[i].path));
        buf_byte(out, '\n');
        write_excluded(f, i, out);
        write_formats(span_of(f->logs[i].format), out);
        buf_text(out, "}\n");
    }
    if (f->n_logs == 0) {
        buf_text(out, "\n# There is none.\n");
    }
    if (f->notes.len) {
        buf_byte(out, '\n');
        buf_add(out, buf_span(&f->notes));
    }
}
