"""Does a gateway answer as docs/openapi.yaml says: `python -m tests.contract`, or `make contract`.

schemathesis makes requests from the page, hostile ones too, half of them rightly signed, and compares the answers with
it. It has an environment of its own (requirements.txt): its dependencies are none of ours.
"""
