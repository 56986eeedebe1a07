"""Alerts on data: rules, the state of each user, and what follows from a clean record. Pure: no I/O, no clock.

    observe   what a clean record says, as points in time
    marks     the newest points of one series of a user, in the order of their times, whatever the order of arrival
    levels    beyond, calm or between: what a rule says about each mark (threshold, rate of change, baseline)
    machine   from levels to episodes, with hysteresis, run lengths and cool-down
    life      from episodes to alerts that open, are updated and resolve; what was told before is compared, not repeated
    watch     all of it over a draft: reads and writes the table, emits, arms timers

The rule behind it: episodes are a function of the set of marks, so duplicates and disorder change nothing in the end.
"""
