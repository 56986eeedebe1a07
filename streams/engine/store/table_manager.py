"""Faust's table manager, with the engine's recovery in place of Faust's."""

from typing import Any

from faust.tables.manager import TableManager as FaustTableManager

from streams.engine.store.recovery import Recovery


class TableManager(FaustTableManager):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """Faust's, with our recovery and without its pause of a second at start."""

    _recovery: Recovery | None = None

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = Recovery(self.app, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_rebalance(self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0) -> None:
        await self.recovery.release()  # Faust closes databases now. It has ended in the callback before, most likely
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()
