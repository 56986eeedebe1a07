"""Google Pub/Sub, into which Junction's pipeline publishes: a door that asks.

`envelope`   attributes and ordering key → what is said of a message. Pure.
`source`     the messages of the subscription, for the loop in `connectors.contract.receiving`.
`leases`     how long Pub/Sub leaves to us what we hold: acknowledged, extended, given back.
`client`     Google's client on a channel; what is wrong with it as a sentence.
`topology`   what has to be there: topic and subscription.
`checking`   what is there, asked; `judge`: what is wrong with it, pure.
`from_file`  a message in a file, for `source explain`.
"""

import os

# gRPC writes lines of its own, which are no JSON, to stderr when a server says goodbye, as Google's do now and then. It
# reads this as it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
