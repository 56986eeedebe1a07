"""What one endpoint was sent: its attempts, and how each message stands by Svix's rules (`v1/endpoints/attempt.rs`)."""

from collections.abc import Iterator

from streams.simulator.management.messages import MessageState, SvixAttempt


class EndpointLog:
    """`attempts`: in the order of their ids. `pending`: messages with an attempt to come."""

    def __init__(self) -> None:
        self.attempts: list[SvixAttempt] = []
        self.pending: set[str] = set()
        self._by_message: dict[str, list[SvixAttempt]] = {}

    def record(self, attempt: SvixAttempt) -> None:
        self.attempts.append(attempt)
        self._by_message.setdefault(attempt.message_id, []).append(attempt)

    def of(self, message_id: str) -> list[SvixAttempt]:
        """Its attempts, the oldest first."""
        return self._by_message.get(message_id, [])

    def attempted(self) -> Iterator[str]:
        """Messages with at least one attempt, the newest first."""
        yield from sorted(self._by_message, reverse=True)

    def standing(self, message_id: str) -> MessageState:
        """Any success counts; a failure is final when no attempt is to come."""
        attempts = self.of(message_id)
        if any(one.is_success for one in attempts):
            return MessageState.SUCCESS
        if not attempts:
            return MessageState.PENDING
        return MessageState.SENDING if attempts[-1].next_s is not None else MessageState.FAIL

    def to_recover(self, since_s: float, until_s: float, most: int) -> list[str]:
        """Messages with a failed attempt between the two times and no success between them, the oldest first.

        A success after `until_s` is not seen: who asks again with the same times gets the same ones again.
        """
        within = [one for one in self.attempts if since_s <= one.made_s < until_s]
        arrived = {one.message_id for one in within if one.is_success}
        failed = {one.message_id for one in within if not one.is_success}
        return sorted(failed - arrived)[:most]
