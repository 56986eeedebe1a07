"""Whether an installation is set up right: each client that the product uses is tried once, and told in lines.

    judge      facts → lines. Pure.
    look       one question each to Kafka, the registry, PostgreSQL, the workers, this machine
    examine    all of them side by side, each with a time limit; `checks` is their list

`junction-streams doctor` prints them (`streams.cli.show.doctor`).
"""
