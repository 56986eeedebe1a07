"""`make audit`: known vulnerabilities of what constraints.txt pins, by pip-audit; no answer is no "all well".

Exit code: 0 when every package was looked up and none has any, 1 when one has, 3 when the database did not answer. By
itself pip-audit takes a package that it could not look up for a good one.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ("--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json")
SHOWN = 5


def main(program: str) -> int:
    """Run pip-audit, say what it found."""
    command = [program, *OPTIONS, "--requirement", str(ROOT / "constraints.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    code, sentence = judge(done.stdout)
    print(f"audit: {sentence}", file=sys.stderr if code else sys.stdout)
    return code


def judge(report: str) -> tuple[int, str]:
    """Exit code and sentence for pip-audit's JSON; it is empty when the database could not be reached at all."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return (
            3,
            "the database of vulnerabilities does not answer, so nothing was checked; run it where the network is",
        )
    found = [f"{one['name']} {one['version']}: {vuln['id']}" for one in packages for vuln in one.get("vulns", ())]
    skipped = [one["name"] for one in packages if "vulns" not in one]
    if found:
        return 1, f"{len(found)} known: {'; '.join(found)}"
    if skipped or not packages:
        some = ", ".join(skipped[:SHOWN])
        return (
            3,
            f"{len(skipped)} of {len(packages)} packages could not be looked up: nothing is known of {some}, ...",
        )
    return 0, f"{len(packages)} packages looked up, no known vulnerability"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
