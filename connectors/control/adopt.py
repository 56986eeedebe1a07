"""An endpoint that somebody made by hand becomes ours: its description gets our tag, and nothing else is changed."""

from connectors.control import compare, tag
from connectors.junction.webhook_api import Webhook, WebhookApi
from streams.ops.errors import Misconfigured
from streams.ops.file_problems import suggestion
from streams.ops.lines import some


async def adopt(api: WebhookApi, id: str, name: str) -> bool:
    """Whether anything had to be done. Raises Misconfigured where another one has the tag, or this one another tag."""
    webhooks = await api.list()
    there = _of_id(webhooks, id)
    other = tag.find(webhooks, name)
    if other is not None and other.id != id:
        raise Misconfigured(
            f"{other.id} ({compare.shown_url(other.url)}) is [junction-streams:{name}] already: delete it, or take the "
            "tag off the end of its description in Junction's dashboard; or choose another name"
        )
    its = tag.of(there.description)
    if its == name:
        return False
    if its is not None:
        raise Misconfigured(
            f"{id} is [junction-streams:{its}]: to call it otherwise, take that tag off the end of its description in "
            "Junction's dashboard"
        )
    patched = await api.patch(id, description=tag.tagged(there.description, name))
    if tag.of(patched.description) != name:
        raise Misconfigured(f"Junction took the new description of {id}, and has another: nothing else was changed")
    return True


def _of_id(webhooks: tuple[Webhook, ...], id: str) -> Webhook:
    for one in webhooks:
        if one.id == id:
            return one
    ids = [one.id for one in webhooks]
    hint = suggestion(id, ids) if len(ids) > 3 else f"there are: {some(ids)}" if ids else "the team has none"
    raise Misconfigured(f"Junction has no endpoint {id[:64]} in this team and environment: {hint}")
