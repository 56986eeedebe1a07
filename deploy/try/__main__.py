"""`python -m deploy.try COMMAND...`: run a command beside a Docker Engine that was made here, with its images loaded.

`docker` is on the command's path, and the command is in the engine's network: what compose publishes on 127.0.0.1 is
on the command's 127.0.0.1. When the command has ended the engine goes with everything that ran in it; its images stay
in the user's cache. Without a command: a shell. Exits as the command does; 3 says what is missing here.
"""

import os
import subprocess
import sys

from streams.ops.errors import StreamsError

from . import debian, engine, images


def main(command: list[str]) -> int:
    """The command's exit code."""
    try:
        debian.check()
        with engine.running() as docker:
            images.load(docker)
            return subprocess.run(docker.inside(command), env=docker.environment, check=False).returncode
    except StreamsError as error:
        print(error, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


sys.exit(main(sys.argv[1:] or [os.environ.get("SHELL", "/bin/sh")]))
