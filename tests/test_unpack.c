#include "base/buf.h"
#include "input/unpack.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

/* Lines that do not all look alike, so that they pack into many blocks. */
static struct buf sample(size_t lines)
{
    struct buf b = {0};
    uint32_t x = 1;
    for (size_t i = 0; i < lines; i++) {
        x = x * 1664525U + 1013904223U;
        buf_printf(&b, "10.0.0.%u - - \"GET /%08x HTTP/1.1\" %u %zu\n", x % 256, x, 200 + x % 7, i);
    }
    return b;
}

static struct buf pack(enum unpack_kind kind, struct span in)
{
    struct buf out = {0};
    if (kind == UNPACK_ZSTD) {
        size_t room = ZSTD_compressBound(in.len);
        out.len = ZSTD_compress(buf_room(&out, room), room, in.ptr, in.len, 3);
        return out;
    }
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, in.len) + 64;
    char *copy = malloc(in.len + 1);
    memcpy(copy, in.len ? in.ptr : "", in.len);
    z.next_in = (Bytef *)copy;
    z.avail_in = (uInt)in.len;
    z.next_out = (Bytef *)buf_room(&out, room);
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.len = z.total_out;
    deflateEnd(&z);
    free(copy);
    return out;
}

/* Unpacks `in`, given in pieces of `piece` bytes, into `out`, `room` bytes at a time. 0, or an
 * error; -ENODATA when the stream ends too early. */
static int unpack_all(enum unpack_kind kind, struct span in, size_t piece, size_t room,
                      struct buf *out)
{
    struct unpack *u = unpack_new(kind);
    ptrdiff_t n = 0;
    for (size_t at = 0; at < in.len && n >= 0; at += piece) {
        struct span part = span_head(span_after(in, at), piece);
        while ((n = unpack_some(u, &part, buf_room(out, room), room)) > 0) {
            assert_true((size_t)n <= room);
            out->len += (size_t)n;
        }
        assert_true(n < 0 || part.len == 0);
    }
    int error = n < 0 ? (int)n : unpack_at_end(u) ? 0 : -ENODATA;
    unpack_free(u);
    return error;
}

static const enum unpack_kind kinds[] = {UNPACK_GZIP, UNPACK_ZSTD};

static void the_first_bytes_tell_the_kind(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct span head;
        enum unpack_kind want;
    } table[] = {
        {"nothing", SPAN(""), UNPACK_PLAIN},
        {"a line", SPAN("10.0.0.1 - -"), UNPACK_PLAIN},
        {"gzip", SPAN("\x1f\x8b\x08\x00"), UNPACK_GZIP},
        {"half of gzip's", SPAN("\x1f"), UNPACK_PLAIN},
        {"zstd", SPAN("\x28\xb5\x2f\xfd"), UNPACK_ZSTD},
        {"most of zstd's", SPAN("\x28\xb5\x2f"), UNPACK_PLAIN},
        {"skippable frame", SPAN("\x5a\x2a\x4d\x18"), UNPACK_ZSTD},
        {"P is no frame", SPAN("POST"), UNPACK_PLAIN},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (unpack_detect(table[i].head) != table[i].want) {
            fail_msg("%s", table[i].name);
        }
    }
}

static void packed_text_comes_out_however_it_is_cut(void **state)
{
    (void)state;
    static const struct {
        size_t piece, room;
    } sizes[] = {
        {1, 1}, {1, 4096}, {7, 3}, {4096, 1}, {SIZE_MAX / 2, 65536}, {65536, SIZE_MAX / 4}};
    struct buf text = sample(2000);
    for (size_t k = 0; k < 2; k++) {
        struct buf packed = pack(kinds[k], buf_span(&text));
        assert_int_equal(unpack_detect(buf_span(&packed)), kinds[k]);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            struct buf out = {0};
            size_t room = sizes[i].room < text.len + 100 ? sizes[i].room : text.len + 100;
            assert_int_equal(unpack_all(kinds[k], buf_span(&packed), sizes[i].piece, room, &out),
                             0);
            assert_true(span_equal(buf_span(&out), buf_span(&text)));
            buf_done(&out);
        }
        buf_done(&packed);
    }
    buf_done(&text);
}

static void members_in_a_row_are_one_text(void **state)
{
    (void)state;
    struct buf text = sample(300);
    for (size_t k = 0; k < 2; k++) {
        struct buf packed = pack(kinds[k], buf_span(&text)), empty = pack(kinds[k], SPAN(""));
        struct buf all = {0}, out = {0};
        buf_add(&all, buf_span(&packed));
        buf_add(&all, buf_span(&empty));
        buf_add(&all, buf_span(&packed));
        assert_int_equal(unpack_all(kinds[k], buf_span(&all), 11, 1000, &out), 0);
        assert_int_equal(out.len, 2 * text.len);
        assert_true(span_ends(buf_span(&out), buf_span(&text)));
        buf_done(&out);
        buf_done(&all);
        buf_done(&empty);
        buf_done(&packed);
    }
    buf_done(&text);
}

static void a_cut_stream_gives_what_is_there_and_is_not_at_its_end(void **state)
{
    (void)state;
    struct buf text = sample(3000);
    for (size_t k = 0; k < 2; k++) {
        struct buf packed = pack(kinds[k], buf_span(&text));
        for (size_t cut = 1; cut < packed.len; cut += packed.len / 50 + 1) {
            struct buf out = {0};
            struct span part = span_head(buf_span(&packed), cut);
            assert_int_equal(unpack_all(kinds[k], part, 512, 512, &out), -ENODATA);
            assert_true(out.len < text.len || cut > packed.len - 10);
            assert_true(span_starts(buf_span(&text), buf_span(&out)));
            buf_done(&out);
        }
        buf_done(&packed);
    }
    buf_done(&text);
}

static void damage_is_found_after_what_is_good_was_given(void **state)
{
    (void)state;
    struct buf text = sample(20000);
    struct buf packed = pack(UNPACK_GZIP, buf_span(&text)), out = {0};
    packed.data[packed.len - 6] ^= 1; /* in the checksum */
    assert_int_equal(unpack_all(UNPACK_GZIP, buf_span(&packed), 4096, 4096, &out), -EILSEQ);
    assert_true(span_equal(buf_span(&text), buf_span(&out)));
    buf_done(&out);
    buf_done(&packed);
    buf_done(&text);
}

static void flipped_bits_never_give_other_text_without_an_error(void **state)
{
    (void)state;
    struct buf text = sample(20);
    struct buf packed = pack(UNPACK_GZIP, buf_span(&text));
    for (size_t at = 10; at < packed.len; at++) {
        struct buf out = {0};
        packed.data[at] ^= 0x10;
        /* Some bits mean nothing, such as those that fill up the last byte. */
        if (unpack_all(UNPACK_GZIP, buf_span(&packed), 64, 64, &out) == 0) {
            assert_true(span_equal(buf_span(&out), buf_span(&text)));
        }
        packed.data[at] ^= 0x10;
        buf_done(&out);
    }
    buf_done(&packed);
    buf_done(&text);
}

static void an_error_stays(void **state)
{
    (void)state;
    struct unpack *u = unpack_new(UNPACK_ZSTD);
    char out[64];
    struct span in =
        SPAN("\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_int_equal(unpack_some(u, &in, out, sizeof(out)), -EILSEQ);
    in = SPAN("");
    assert_int_equal(unpack_some(u, &in, out, sizeof(out)), -EILSEQ);
    assert_false(unpack_at_end(u));
    unpack_free(u);
}

static void zeros_behind_a_gzip_member_are_padding_and_text_is_damage(void **state)
{
    (void)state;
    struct buf packed = pack(UNPACK_GZIP, SPAN("a\n")), out = {0};
    buf_add(&packed, SPAN("\0\0\0\0"));
    assert_int_equal(unpack_all(UNPACK_GZIP, buf_span(&packed), 3, 16, &out), 0);
    buf_text(&packed, "text");
    assert_int_equal(unpack_all(UNPACK_GZIP, buf_span(&packed), 3, 16, &out), -EILSEQ);
    assert_true(span_is(buf_span(&out), "a\na\n"));
    buf_done(&out);
    buf_done(&packed);
}

static void plain_bytes_are_copied(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(unpack_all(UNPACK_PLAIN, SPAN("hello\n"), 2, 1, &out), 0);
    assert_true(span_is(buf_span(&out), "hello\n"));
    buf_done(&out);
}

/* A frame of one raw block that asks for 2 GiB of window (exponent 31 - 10 in the upper five bits).
 */
static void a_window_that_is_too_large_is_refused_however_it_is_cut(void **state)
{
    (void)state;
    char text[300] = {0};
    struct buf frame = {0}, out = {0};
    buf_add(&frame, SPAN("\x28\xb5\x2f\xfd\x80\xa8\x2c\x01\x00\x00\x61\x09\x00"));
    buf_add(&frame, (struct span){text, sizeof(text)});
    for (size_t piece = 1; piece <= frame.len; piece++) {
        assert_int_equal(unpack_all(UNPACK_ZSTD, buf_span(&frame), piece, 65536, &out), -EILSEQ);
    }
    assert_int_equal(out.len, 0);
    frame.data[5] = '\x50'; /* 1 MiB */
    assert_int_equal(unpack_all(UNPACK_ZSTD, buf_span(&frame), frame.len, 65536, &out), 0);
    assert_int_equal(out.len, sizeof(text));
    buf_done(&frame);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bytes_tell_the_kind),
        cmocka_unit_test(packed_text_comes_out_however_it_is_cut),
        cmocka_unit_test(members_in_a_row_are_one_text),
        cmocka_unit_test(a_cut_stream_gives_what_is_there_and_is_not_at_its_end),
        cmocka_unit_test(damage_is_found_after_what_is_good_was_given),
        cmocka_unit_test(flipped_bits_never_give_other_text_without_an_error),
        cmocka_unit_test(an_error_stays),
        cmocka_unit_test(zeros_behind_a_gzip_member_are_padding_and_text_is_damage),
        cmocka_unit_test(a_window_that_is_too_large_is_refused_however_it_is_cut),
        cmocka_unit_test(plain_bytes_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
