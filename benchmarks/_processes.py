"""What processes use: CPU time and memory, of one with all below it, of Kafka, and of the whole machine."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it. The watchdog that ends with us is a shell, and costs nothing."""
    parent = psutil.Process(pid)
    return [one for one in (parent, *parent.children(recursive=True)) if one.name() not in ("sh", "dash")]


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    """User and system time that the processes have had."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def machine_cpu_s() -> float:
    """Time that all cores together were busy with anything."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def forget_peaks(processes: Sequence[psutil.Process]) -> None:
    """`peak_bytes` begins anew."""
    for process in processes:
        with suppress(OSError):  # Linux alone, and only for one's own
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def peak_bytes(processes: Sequence[psutil.Process]) -> int:
    """Resident memory at its highest since `forget_peaks`, all processes together; where unknown, that of now."""
    return sum(_high_water(process) or process.memory_info().rss for process in processes)


def _high_water(process: psutil.Process) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
