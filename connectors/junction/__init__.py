"""Junction's APIs: the Data Access API behind one client, and the events that its answers become.

async with open_client(settings) as client:
    page = await client.page("sleep", user_id, (start_us, end_us), "oura")
    events = bodies(page, user_id)      # what the webhook of the same data would have been

| what | file |
|---|---|
| methods, one a kind of answer | `client`; paths and parameters: `endpoints` |
| how a call is made | `caller`, with `credentials`, `limits`, `retry_policy`, `traceparent`; bytes: `http` |
| the span of a call | `call_span` |
| how an answer is judged | `http_status`, `failures`; JSON: `answer_json`, `repair` |
| what an answer holds | `pages`, `workout_stream`, `users`, `connections`, `introspection` |
| more than one page | `paging` |
| a page as webhook bodies | `bodies` |

The Org Management API, with a management key, says where events are pushed, and to which webhooks:

| what | file |
|---|---|
| a call, and what each refusal asks of a person | `management` |
| the body of a pipeline; its secrets masked, and revealed for the wire | `etl_pipelines`, `pipeline_secrets` |
| what Junction cannot use; what differs there | `pipeline_checks`, `pipeline_differences` |
| look, send what differs, look again | `pipeline_setup` |
| the team's webhooks: list, create, patch, delete, headers, secrets | `webhook_api` |
"""

from connectors.junction.bodies import bodies, bodies_within
from connectors.junction.client import Client, open_client
from connectors.junction.endpoints import has_endpoint
from connectors.junction.failures import FailureReason, NotAuthorized, Refused, TryLater
from connectors.junction.pages import Page
from connectors.junction.paging import PageTrail, advance, iterate_pages

__all__ = [
    "Client",
    "FailureReason",
    "NotAuthorized",
    "Page",
    "PageTrail",
    "Refused",
    "TryLater",
    "advance",
    "bodies",
    "bodies_within",
    "has_endpoint",
    "iterate_pages",
    "open_client",
]
