"""Virtual time."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authpatterns.errors import Misuse
from authpatterns.kernel import Kernel, Slots


@pytest.fixture
def kernel():
    return Kernel()


def test_time_passes_only_by_sleeping(kernel):
    async def story():
        await kernel.sleep(1.5)
        await kernel.sleep(0)
        return kernel.now

    assert kernel.run(story()) == 1.5


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_a_sleep_that_makes_no_sense_is_refused(kernel, seconds):
    async def story():
        await kernel.sleep(seconds)

    with pytest.raises(Misuse, match="Cannot sleep"):
        kernel.run(story())


@given(st.lists(st.floats(0, 10), max_size=20))
def test_tasks_run_in_order_of_time_and_then_of_asking(delays):
    kernel, seen = Kernel(), []

    async def one(number, delay):
        await kernel.sleep(delay)
        seen.append((kernel.now, number))

    async def all_of_them():
        for task in [kernel.spawn(one(i, delay)) for i, delay in enumerate(delays)]:
            await task

    kernel.run(all_of_them())
    assert seen == sorted((delay, i) for i, delay in enumerate(delays))


def test_a_task_gives_its_result_to_everybody_who_awaits_it(kernel):
    async def work():
        await kernel.sleep(1)
        return "done"

    async def story():
        task = kernel.spawn(work())
        waiting = kernel.spawn(wait_for(task))
        return await task, await waiting, await task

    async def wait_for(task):
        return await task

    assert kernel.run(story()) == ("done",) * 3


def test_a_failure_reaches_who_awaits_it(kernel):
    async def fail():
        raise KeyError("lost")

    async def story():
        with pytest.raises(KeyError):
            await kernel.spawn(fail())
        return "handled"

    assert kernel.run(story()) == "handled"


def test_a_failure_that_nobody_awaits_is_raised_by_run(kernel):
    async def fail():
        raise KeyError("lost")

    async def story():
        kernel.spawn(fail())
        await kernel.sleep(1)

    with pytest.raises(KeyError, match="lost"):
        kernel.run(story())


def test_within_gives_up_and_the_work_goes_on(kernel):
    finished = []

    async def work():
        await kernel.sleep(5)
        finished.append(kernel.now)

    async def story():
        with pytest.raises(TimeoutError):
            await kernel.within(2, kernel.spawn(work()))
        return kernel.now

    assert kernel.run(story()) == 2
    assert finished == []
    kernel.run_until(10)
    assert finished == [5]
    assert kernel.now == 10


def test_within_gives_a_result_that_comes_in_time_and_even_in_the_last_moment(kernel):
    async def work(seconds):
        await kernel.sleep(seconds)
        return seconds

    async def story():
        early = await kernel.within(2, kernel.spawn(work(1)))
        done = kernel.spawn(work(0))
        await kernel.sleep(0)
        return early, await kernel.within(2, done), await kernel.within(2, done)

    assert kernel.run(story()) == (1, 0, 0)


def test_an_event_happens_once(kernel):
    async def story():
        event = kernel.event()
        event.succeed("first")
        event.fail(KeyError("second"))
        return await event

    assert kernel.run(story()) == "first"


def test_the_result_of_what_has_not_happened_is_refused(kernel):
    with pytest.raises(Misuse, match="not happened"):
        kernel.event().result()


def test_a_story_that_waits_for_nothing_is_reported(kernel):
    async def story():
        await kernel.event()

    with pytest.raises(Misuse, match="cannot come"):
        kernel.run(story())


def test_run_inside_run_is_refused_with_advice(kernel):
    async def inner():
        return 1

    async def story():
        with pytest.raises(Misuse, match="await"):
            kernel.run(inner())
        with pytest.raises(Misuse, match="await"):
            kernel.run_until(3)

    kernel.run(story())


def test_run_until_does_what_is_due_and_no_more(kernel):
    rung = []
    kernel.at(1, lambda: rung.append("one"))
    kernel.at(3, lambda: rung.append("three"))
    kernel.run_until(2)
    assert (rung, kernel.now) == (["one"], 2)


def test_slots_serve_first_come_first_served(kernel):
    counter, order = Slots(kernel, 2), []

    async def customer(name):
        async with counter:
            order.append((name, kernel.now, counter.waiting))
            await kernel.sleep(1)

    async def story():
        for task in [kernel.spawn(customer(name)) for name in "abcde"]:
            await task

    kernel.run(story())
    assert [name for name, _, _ in order] == list("abcde")
    assert [time for _, time, _ in order] == [0, 0, 1, 1, 2]


def test_a_bare_await_under_asyncio_says_what_to_do():
    kernel = Kernel()

    async def slip():
        await kernel.event()

    with pytest.raises(RuntimeError, match=r"shop\.run"):
        asyncio.run(slip())


def test_deadlines_that_were_met_leave_the_agenda_and_the_others_stay(kernel):
    """Of a thousand calls that are answered nothing lies about, and who waits in vain still gives up in time."""

    async def answered():
        await kernel.sleep(0.001)

    async def in_vain():
        with pytest.raises(TimeoutError):
            await kernel.within(5, kernel.event())
        return kernel.now

    async def story():
        waiting = kernel.spawn(in_vain())
        for _ in range(1000):
            await kernel.within(10, kernel.spawn(answered()))
        return len(kernel._agenda), await waiting

    left, gave_up = kernel.run(story())
    assert left < 100
    assert gave_up == 5
