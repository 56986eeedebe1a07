"""Why something of a user is not there: causes, tried in one order; the first that holds is the answer. Pure.

facts       what could be found out, each part possibly not
finding     what a cause says: it holds, it does not, it is not known
presence    which rows are of it, by which it is there, which providers are missed
here        whether it is there after all
links       causes before any delivery: connection, permission, history
deliveries  causes on the way: waiting, dead letters, refusals, STALE
lateness    whether a provider is late for everybody
others      causes elsewhere: a late provider, other days, Junction itself, nothing known
judge       all causes in their order, as a story
"""
