"""Attack: what a stranger can do to the gateway as it runs, while signed deliveries go on beside it.

    python -m tests.attack [ATTACK ...] [--place direct|nginx] [--seconds S] [--json] [--list]

Good traffic and strangers are processes of their own, at other loopback addresses. Reading order: attacks (the table),
wire (one connection) and crowd (many), what strangers do: slow, floods, smuggling with its forms; good (signed
deliveries), stage (Kafka, gateway, nginx), meter, stored (what is on the topics), run (one attack), verdict, report.
"""
