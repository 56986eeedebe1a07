"""The benchmarks can be found and say what they measure; running them is `make bench`."""

from benchmarks.__main__ import benchmarks, main


def test_each_benchmark_says_what_it_measures() -> None:
    """The list that `python -m benchmarks` prints has a sentence for each name."""
    assert "gateway" in benchmarks()
    assert all(sentence.endswith(".") for sentence in benchmarks().values())


def test_an_unknown_name_is_an_error() -> None:
    """A typing error runs nothing and is told by the exit code; asking for the list is none."""
    assert main(["no-such-benchmark"]) == 2
    assert main(["--list"]) == 0
