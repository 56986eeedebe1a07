"""An outage under load: Kafka stops, or a gateway process is killed, while deliveries come and are retried.

    python -m tests.chaos.outage [stop | kill | gateway] [--seconds 120] [--rate 400] [--json]

Reading order: __main__ (what is asked and shown), stage (the processes, and what is done to them), sender (deliveries
and their retries), run, samples (what is looked at once a second), verdict (what has to be true).
"""
