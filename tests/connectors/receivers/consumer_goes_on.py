"""`junction-streams notify` without one of its promises: a consumer goes on with a partition that left. For a test."""

from connectors.receivers.consumer import ReceiverConsumer
from connectors.receivers.ownership import OwnershipCommits
from streams.cli.base import main


async def _believe(self: OwnershipCommits, partition: int, offset: int) -> None:
    """Whoever once had a partition has it."""


def _keep(self: ReceiverConsumer, partition: int) -> None:
    """The task of a partition that left is not ended."""


if __name__ == "__main__":
    OwnershipCommits.confirm = _believe  # type: ignore[method-assign]  # because that is what this is for
    ReceiverConsumer._cancel = _keep  # type: ignore[method-assign]  # because that is what this is for
    main()
