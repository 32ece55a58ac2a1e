"""The same results wherever the work is done, and nothing that was done is done twice."""

import io
import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns import Misuse
from authpatterns.labs.progress import Bar
from authpatterns.labs.sweep import sweep


def square(number):
    return {"square": number * number}


class Interrupting:
    """Work that is interrupted at one point."""

    def __init__(self, at):
        self.at, self.done = at, []
        self.__qualname__ = square.__qualname__

    def __call__(self, number):
        if number == self.at:
            raise KeyboardInterrupt
        self.done.append(number)
        return square(number)


@pytest.mark.parametrize("pool", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_an_executor_changes_nothing(pool):
    with pool(2) as executor:
        assert sweep(square, range(20), executor=executor) == sweep(square, range(20))


def test_a_dask_cluster_changes_nothing():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="inproc://"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert sweep(square, range(20), executor=client.get_executor()) == sweep(square, range(20))


def test_what_was_done_before_an_interruption_is_not_done_again(tmp_path):
    kept = tmp_path / "kept"
    with pytest.raises(KeyboardInterrupt):
        sweep(Interrupting(at=3), range(6), keep=kept)
    rest = Interrupting(at=None)
    assert sweep(rest, range(6), keep=kept) == [square(number) for number in range(6)]
    assert rest.done == [3, 4, 5]


def test_a_line_that_was_being_written_is_done_again(tmp_path):
    kept = tmp_path / "kept"
    sweep(square, range(4), keep=kept)
    kept.write_text(kept.read_text()[:-10])
    again = Interrupting(at=None)
    assert sweep(again, range(4), keep=kept) == [square(number) for number in range(4)]
    assert again.done == [3]
    assert [json.loads(line) for line in kept.read_text().splitlines()]


def test_another_kind_of_work_finds_nothing_of_it(tmp_path):
    kept = tmp_path / "kept"
    sweep(square, [2], keep=kept)
    assert sweep(str, [2], keep=kept) == ["2"]


@pytest.mark.parametrize("content", ["something else\n", "no end of line", "[1]\n", '{"point": "x"}\n'])
def test_a_file_of_another_kind_is_left_alone(tmp_path, content):
    other = tmp_path / "notes.txt"
    other.write_text(content)
    with pytest.raises(Misuse):
        sweep(square, [1], keep=other)
    assert other.read_text() == content


@given(points=st.lists(st.integers(), max_size=20))
def test_results_come_in_the_order_of_the_points(points):
    assert sweep(square, points) == [square(point) for point in points]


def test_progress_is_told_from_nothing_to_everything():
    told = []
    sweep(square, range(3), progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else():
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        bar = Bar(stream, width=4)
        bar(1, 2)
        bar(2, 2)
    assert terminal.getvalue() == "\r██··  50% (1/2)\r████ 100% (2/2)\n"
    assert file.getvalue() == ""
