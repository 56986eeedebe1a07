"""`plan` and `apply` with the dashboard alone: each step is printed, and what can be seen of its effect is checked."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.control.file import WebhooksFile
    from streams.ops.settings import Settings


def guide(settings: "Settings", wanted: "WebhooksFile", *, as_json: bool = False) -> int:
    """0 where all that can be seen is right, 2 where a person has something to do, 3 where nobody answers."""
    from connectors.control import guided
    from streams.cli.show.doctor import print_lines
    from streams.cli.show.webhook_steps import print_steps
    from streams.ops.lines import State, wrong

    lines = []
    environment = wanted.team.filled(settings).environment
    for one in wanted.endpoints.values():
        if not as_json:
            print_steps(one.name, guided.steps(one, environment))
        found = asyncio.run(guided.look(one, settings))
        lines += [line._replace(found=f"{one.name}: {line.found}") for line in found]
    if not lines:
        lines.append(wrong("file", f"{wanted.path} has no endpoint", "write [endpoint.junction] with its url"))
    code = print_lines(lines, as_json=as_json)
    is_open = any(line.about == "delivery" and line.state is State.LOOK_AT for line in lines)
    return code or (2 if is_open else 0)
