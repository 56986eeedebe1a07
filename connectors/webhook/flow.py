"""When a connection is read: not while its body is not fetched, nor for a while where a stranger sends much."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """uvicorn's flow control, and rests beside it: reading goes on when neither stands against it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        self._loop = asyncio.get_running_loop()
        self._rest: asyncio.TimerHandle | None = None

    def pause_reading(self) -> None:
        """Until `resume_reading`."""
        if not self.read_paused:
            self.read_paused = True
            if not self._rest:
                self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Unless it rests."""
        if self.read_paused:
            self.read_paused = False
            if not self._rest:
                self._transport.resume_reading()

    def rest(self, seconds: float) -> None:
        """Read nothing for so long, whoever asks for it. While it rests already, nothing changes."""
        if not self._rest:
            if not self.read_paused:
                self._transport.pause_reading()
            self._rest = self._loop.call_later(seconds, self._rested)

    def close(self) -> None:
        """The connection is gone: no timer stays."""
        if self._rest:
            self._rest.cancel()
            self._rest = None

    def _rested(self) -> None:
        self._rest = None
        if not self.read_paused and not self._transport.is_closing():
            self._transport.resume_reading()
