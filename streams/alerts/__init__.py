"""Alerts on data: a rule, the marks of a series, an episode, the life of an alert, and what is emitted about it.

    rules            a rules file, parsed and compiled: what is wrong in it, or rules in our units; pure
    episodes         marks of a series and what follows from them: when a rule is true of a user; pure
    lives            alerts of a user: opened, updated, resolved; what was emitted is compared, not repeated; pure
    evaluation       rules on a draft: judges records and timers, reads and writes the table, emits alerts; pure
    rules_file       the rules file on disk, read again when it changes
    trial            a rules file tried on the records that are there
    alert_history    alerts and their deliveries, read from their topics
    threshold_topic  users' own bounds, written to and read from their topic

Episodes are a function of the set of marks, so duplicates and disorder change nothing in the end.
"""
