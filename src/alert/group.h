/*
 * Alerts of one rule that fire together are told as one: the first leads, those that fire soon
 * after it are its parts. Each stays an alert of its own with its own state; what is joined is what
 * people are told.
 */
#ifndef TEAPOT_ALERT_GROUP_H
#define TEAPOT_ALERT_GROUP_H

#include "alert/set.h"

/* Makes an alert that fires now a part of another one of its rule, which fired at most
 * rule->group_s before and was not over then. False when there is none: then it may lead others. */
bool group_join(struct alert_set *set, const struct rule *rule, struct alert *alert);

/* The alert that leads: itself when it is no part of another. */
struct alert *group_leader(const struct alert_set *set, struct alert *alert);

/* Does the leader or any of its parts fire? */
bool group_is_firing(const struct alert *leader);

/* The highest severity of the leader and its parts that fire. */
enum rule_severity group_severity(const struct alert *leader);

/* Writes what people are told of a group that fires: its leader with the highest severity. */
void group_describe(const struct alert *leader, const struct rule *rule, struct alert *out);

/* Joins an alert that was kept again with its leader and its parts, as far as they are there. */
void group_restore(struct alert_set *set, struct alert *alert);

/* Takes an alert that is going to be freed out of its group. */
void group_leave(struct alert_set *set, struct alert *alert);

#endif
