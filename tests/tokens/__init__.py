"""Logins that end, and logins that are refused, with real processes on a real Kafka: `make tokens`.

stage      a Kafka with TLS, PLAIN and tokens, a token server, a registry, and what processes are told
crossing   a gateway and a worker under load while their tokens end: what is lost, repeated, logged
refusals   every process with every login that does not work: its exit, its line, its seconds
"""
