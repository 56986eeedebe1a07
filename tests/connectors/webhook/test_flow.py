"""When a connection is read: what the application wants and what a rest forbids, in any order."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.flow import Flow

_REST_S = 1e-6


class Pipe(asyncio.Transport):
    """A transport as flow control sees it: read or not. To pause twice, or to go on unpaused, is an error of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = True

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        assert self.is_read
        self.is_read = False

    def resume_reading(self) -> None:
        assert not self.is_read
        self.is_read = True


@given(st.lists(st.sampled_from(["pause", "resume", "rest", "time goes on"]), max_size=30))
def test_it_is_read_when_nothing_stands_against_it(steps: list[str]) -> None:
    """A connection is read just when the application has not paused it and no rest has begun and not ended."""

    async def run() -> None:
        pipe, is_paused, is_resting = Pipe(), False, False
        flow = Flow(pipe)
        for step in steps:
            if step == "pause":
                flow.pause_reading()
                is_paused = True
            elif step == "resume":
                flow.resume_reading()
                is_paused = False
            elif step == "rest":
                flow.rest(_REST_S)
                is_resting = True
            else:
                await asyncio.sleep(_REST_S * 2)
                await asyncio.sleep(0)
                is_resting = False
            assert pipe.is_read == (not is_paused and not is_resting)
        flow.close()

    asyncio.run(run())
