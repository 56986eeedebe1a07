"""How often Python's garbage collector looks at what a worker holds."""

import gc


def spare_the_collector() -> None:
    """Collect seldom, and never what was imported.

    Drafts hold many long-lived tuples and no cycles: Python's default looks at them all again every 700 of them.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()
