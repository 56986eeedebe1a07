"""`python -m tests.lineage.index.keeper`: keeps the index of the settings until somebody kills it.

Flushes all the time, so that a kill meets every state of the files.
"""

import time

from streams.lineage.index.intake import loop
from streams.lineage.index.opening import open_index
from streams.ops.settings import Settings

if __name__ == "__main__":
    loop.FLUSH_EVERY_S = 0.0
    with open_index(Settings(_env_file=None)) as index:
        while True:
            print(len(index.deliveries("msg_0")), flush=True)
            time.sleep(0.01)
