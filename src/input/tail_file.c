#include "input/tail_file.h"

#include "input/followed.h"

struct framer *tail_file_framer(struct tail_file *f)
{
    return &f->framer;
}

const char *tail_file_path(const struct tail_file *f)
{
    return f->home->path;
}

int tail_file_fd(const struct tail_file *f)
{
    return f->fd;
}

void *tail_file_user(const struct tail_file *f)
{
    return f->user;
}

struct tail_position tail_file_position(const struct tail_file *f)
{
    return (struct tail_position){
        .device = f->device,
        .inode = f->inode,
        .offset = f->offset,
        .head_hash = f->head_hash,
        .head_len = f->head_len,
        .tail_hash = f->tail_hash,
        .tail_len = f->tail_len,
    };
}

uint64_t tail_file_lag(const struct tail_file *f)
{
    uint64_t size = f->size > f->seen ? f->size : f->seen;
    return size - f->offset;
}

bool tail_file_is_caught_up(const struct tail_file *f)
{
    return f->is_caught_up && f->seen >= f->size;
}
