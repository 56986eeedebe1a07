"""How commands find a Kafka that runs on this machine: `up` and `demo` announce theirs in a file, others discover it.

`notice` is the file and whether it can be trusted; `announce` writes it, `discover` reads it.
"""
