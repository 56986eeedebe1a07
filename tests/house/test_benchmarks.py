"""The benchmarks can be found and say what they measure; running them is `make bench`."""

import pytest

from benchmarks import _command
from benchmarks.__main__ import benchmarks, main
from streams.ops.errors import Misconfigured, StreamsError, Unavailable


def test_each_benchmark_says_what_it_measures() -> None:
    """The list that `python -m benchmarks` prints has a sentence for each name."""
    assert "gateway" in benchmarks()
    assert all(sentence.endswith(".") for sentence in benchmarks().values())


def test_an_unknown_name_is_an_error() -> None:
    """A typing error runs nothing and is told by the exit code; asking for the list is none."""
    assert main(["no-such-benchmark"]) == 2
    assert main(["--list"]) == 0


@pytest.mark.parametrize("error", [Misconfigured("there is no `go` on the path"), Unavailable("Kafka does not answer")])
def test_what_cannot_be_measured_ends_with_a_sentence(error: StreamsError, capsys: pytest.CaptureFixture[str]) -> None:
    """And with a code that tells it from a figure that is wrong."""

    def measure() -> int:
        raise error

    assert _command.code_of(measure) == 2
    assert capsys.readouterr().err == f"not measured: {error}\n"
    assert _command.code_of(lambda: 1) == 1
