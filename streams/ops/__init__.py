"""What every process has and its operator sees: settings, errors, log, metrics, terminal.

errors          every error, by what the caller should do; why a record is a dead letter
settings        every setting of every process
env_file        a `.env` may not redirect a secret that it does not hold
addresses       which addresses may be used without TLS, and what of them may be shown
private         our files and settings, kept from other users and programs
log             structured logs; `quiet`: warnings that strangers can cause, a line a minute for each reason
metrics         every metric; `gauges`: those of what tables hold now; `metrics_server`: /metrics on a port
numbered        workers with the same settings: an id and a folder for each
waiting         calls again until a system outside answers
health          the check that a container's engine makes of its service
file_problems   what is wrong in a file that a person has written: line, sentence, hint
file_stamp      whether a file is another one than before
unpacking       the body of an HTTP answer, bounded while it is decompressed
terminal        what commands print; all that comes from data is escaped here
shipped         schemas, alert rules and dashboards, in a wheel as in a checkout

No facade: settings import pydantic and metrics the Prometheus client, which not every command needs.
"""
