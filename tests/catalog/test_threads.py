from __future__ import annotations

from contextlib import closing

import pytest

from airflow_provider_render.catalog import files
from airflow_provider_render.catalog.deliver import Delivery, Parcel
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.catalog.threads import at_once, take_all, threads
from airflow_provider_render.core.errors import OutputError
from airflow_provider_render.core.job import RenderJob
from tests.catalog.submits import TaskTimeout
from tests.fake_vendor import FakeClient

LINE = range(20)


@pytest.fixture
def step(shut):
    """A step of which the second and later ones last until the threads are given up."""

    def step(number):
        step.begun.append(number)
        if len(step.begun) > 1:
            shut.wait(10)
        return number

    step.begun = []
    return step


class TestAtOnce:
    def test_each_thing_comes_with_its_result_or_its_error(self):
        def step(number):
            if number == 2:
                raise OutputError("full")
            return number * 10

        found = dict(at_once(step, [1, 2, 3], 2, "test"))
        assert str(found.pop(2)) == "full"
        assert found == {1: 10, 3: 30}

    def test_nothing_more_is_begun_when_whoever_asked_raises(self, step):
        with pytest.raises(ZeroDivisionError):
            [number / 0 for number, _ in at_once(step, LINE, 1, "test")]
        assert step.begun in ([0], [0, 1])

    def test_nothing_more_is_begun_when_whoever_asked_stops(self, step):
        with closing(at_once(step, LINE, 1, "test")) as found:
            assert next(found) == (0, 0)
        assert step.begun in ([0], [0, 1])

    def test_nothing_more_is_begun_when_whoever_asked_is_struck_while_waiting(self, shut, struck):
        begun = []

        def step(number):
            begun.append(number)
            if number == 0:
                struck()
            shut.wait(10)

        with pytest.raises(TaskTimeout):
            list(at_once(step, LINE, 1, "test"))
        assert begun == [0]

    def test_nothing_more_is_begun_when_a_block_fails(self, step):
        def block():
            with threads(1, "test") as pool:
                line = [pool.submit(step, number) for number in LINE]
                return line[0].result() / 0

        with pytest.raises(ZeroDivisionError):
            block()
        assert step.begun in ([0], [0, 1])


class TestTakeAll:
    def test_all_results_are_taken_in_before_anybody_hears_of_an_error(self):
        taken = []

        def take(number, result):
            taken.append((number, result))
            if len(taken) < 3:
                raise OutputError(str(len(taken)))

        errors = take_all(lambda number: -number, range(4), 2, "test", take)
        assert sorted(taken) == [(0, 0), (1, -1), (2, -2), (3, -3)]
        assert list(map(str, errors)) == ["1", "2"]

    def test_a_step_that_ends_in_a_foreign_error_does_not_keep_the_others_from_being_taken_in(self):
        taken = {}
        errors = take_all(lambda number: 1 / number, [1, 0, 2], 1, "test", taken.__setitem__)
        assert taken == {1: 1.0, 2: 0.5}
        assert [type(error) for error in errors] == [ZeroDivisionError]

    def test_what_runs_when_the_caller_is_struck_is_taken_in_all_the_same(self, struck):
        taken = {}

        def step(number):
            if number == 0:
                struck()
            return number

        errors = take_all(step, range(3), 3, "test", taken.__setitem__)
        assert taken == {0: 0, 1: 1, 2: 2}
        assert [type(error) for error in errors] == [TaskTimeout]


class TestWhoUsesThem:
    def test_downloads_that_have_not_begun_are_left_when_one_cannot_be_noted(self, step, tmp_path):
        delivery = Delivery(FakeClient(), place(tmp_path), concurrency=2)
        delivery.fetch = lambda parcel: step(int(parcel.key))
        parcels = [Parcel(str(number), str(number), RenderJob("fake", str(number), "M")) for number in LINE]
        with pytest.raises(ZeroDivisionError):
            [result / 0 for _, result in delivery.deliver(parcels)]
        assert len(step.begun) <= 3

    def test_models_that_were_not_read_yet_are_left_when_the_progress_fails(self, step, monkeypatch):
        monkeypatch.setattr(files, "_model_or_error", lambda path, *_: step(path))

        with pytest.raises(ZeroDivisionError):
            files.read_models(dict.fromkeys(map(str, LINE)), concurrency=2, progress=lambda done: done / 0)
        assert len(step.begun) <= 3
