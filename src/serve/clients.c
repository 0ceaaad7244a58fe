/*
 * One list, the quietest client first. Every client has the same deadline, so the list is in the
 * order in which the deadlines end, and a client that made progress just moves to the other end:
 * nothing here takes longer with more clients, but for the search for slow readers when answers
 * take too much room.
 */
#include "serve/clients.h"

enum {
    /* An answer that still is not out after so many deadlines is given up, though it makes
     * progress: a client that reads a byte now and then must not keep its place for ever. */
    DEADLINES_OF_AN_ANSWER = 12,
};

/* Neighbours, or the list's own ends, are made to skip the client. */
static void unlink_client(struct clients *all, struct client *c)
{
    *(c->quieter ? &c->quieter->livelier : &all->quietest) = c->livelier;
    *(c->livelier ? &c->livelier->quieter : &all->liveliest) = c->quieter;
}

static void append_client(struct clients *all, struct client *c)
{
    c->quieter = all->liveliest;
    c->livelier = NULL;
    *(c->quieter ? &c->quieter->livelier : &all->quietest) = c;
    all->liveliest = c;
}

/* First off the list, so that whatever drop() sets off finds a list without it. */
static void drop(struct clients *all, struct client *c)
{
    clients_remove(all, c);
    c->drop(c);
}

/* The timer was set for the client that was quietest then. By now that may be gone or have gone on:
 * then this is one wake-up for nothing, which is cheaper than moving the timer at each progress. */
static void on_timer(uv_timer_t *timer)
{
    struct clients *all = timer->data;
    uint64_t now = uv_now(all->loop);
    while (all->quietest && all->quietest->progress_ms + all->deadline_ms <= now) {
        all->stats.timed_out += all->quietest->is_idle ? 0 : 1;
        drop(all, all->quietest);
    }
    if (all->quietest) {
        uint64_t due = all->quietest->progress_ms + all->deadline_ms;
        uv_timer_start(&all->timer, on_timer, due - now, 0);
    }
}

void clients_start(struct clients *all, const struct serve_options *options)
{
    all->max = options->clients > 0 ? (uint32_t)options->clients : SERVE_CLIENTS;
    all->deadline_ms =
        options->deadline_ms > 0 ? (uint64_t)options->deadline_ms : SERVE_DEADLINE_MS;
    all->timer.data = all;
    uv_timer_init(all->loop, &all->timer);
    clients_opened(all);
}

static void on_timer_closed(uv_handle_t *handle)
{
    clients_closed(handle->data);
}

/* Each drop takes its client off the list, so this ends. */
void clients_stop(struct clients *all)
{
    while (all->quietest) {
        drop(all, all->quietest);
    }
    uv_close((uv_handle_t *)&all->timer, on_timer_closed);
}

/* Room is made by those who have been quiet for longest, never by refusing the newcomer. */
void clients_add(struct clients *all, struct client *c)
{
    while (all->stats.clients >= all->max) {
        all->stats.refused++;
        drop(all, all->quietest);
    }
    c->progress_ms = uv_now(all->loop);
    c->is_listed = true;
    append_client(all, c);
    all->stats.clients++;
    if (!uv_is_active((uv_handle_t *)&all->timer)) {
        uv_timer_start(&all->timer, on_timer, all->deadline_ms, 0);
    }
}

void clients_remove(struct clients *all, struct client *c)
{
    if (!c->is_listed) {
        return;
    }
    c->is_listed = false;
    unlink_client(all, c);
    all->stats.clients--;
    all->held_bytes -= c->held_bytes;
    c->held_bytes = 0;
    if (!all->quietest) {
        uv_timer_stop(&all->timer); /* an idle daemon is not woken up */
    }
}

void clients_progress(struct clients *all, struct client *c)
{
    /* One that is overdue stays where it is in the list, and so meets its deadline. */
    uint64_t now = uv_now(all->loop);
    bool overdue = c->answer_ms && now - c->answer_ms > DEADLINES_OF_AN_ANSWER * all->deadline_ms;
    if (!c->is_listed || overdue) {
        return;
    }
    c->progress_ms = now;
    unlink_client(all, c);
    append_client(all, c);
}

void clients_hold(struct clients *all, struct client *c, size_t bytes)
{
    if (!c->is_listed) {
        return;
    }
    all->held_bytes += bytes - c->held_bytes;
    c->held_bytes = bytes;
    c->answer_ms = bytes ? uv_now(all->loop) : 0;
    /* Who waits longest to read is given up first, and the new answer never: otherwise a few that
     * hang would keep everybody else from being answered. */
    struct client *next;
    for (struct client *slow = all->quietest; slow && bytes; slow = next) {
        next = slow->livelier;
        if (all->held_bytes <= SERVE_HELD_BYTES) {
            break;
        }
        if (slow != c && slow->held_bytes) {
            all->stats.refused++;
            drop(all, slow);
        }
    }
}

/* Counts what libuv still knows of; the owner may be freed after the last one only. */
void clients_opened(struct clients *all)
{
    all->handles++;
}

void clients_closed(struct clients *all)
{
    if (--all->handles == 0) {
        all->on_gone(all->owner);
    }
}
