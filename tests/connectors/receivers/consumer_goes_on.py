"""`junction-streams notify` with a promise taken out: a lane goes on with a partition that left. For a test alone."""

from connectors.receivers.consumer import Lane
from connectors.receivers.ownership import Claims
from streams.cli.base import main


async def _believe(self: Claims, partition: int, offset: int) -> None:
    """Whoever once had a partition has it."""


def _keep(self: Lane, partition: int) -> None:
    """The task of a partition that left is not ended."""


if __name__ == "__main__":
    Claims.prove = _believe  # type: ignore[method-assign]  # because that is what this is for
    Lane._cancel = _keep  # type: ignore[method-assign]  # because that is what this is for
    main()
