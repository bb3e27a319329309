from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_render.core.answers import (
    CamelAnswer,
    Flag,
    Moment,
    Several,
    VendorAnswer,
    many,
    nothing,
    one,
)
from tests.vendors.desk import answer


class File(CamelAnswer):
    file_size: int | None = None
    name: str | None = None
    made_at: Moment = None
    ready: Flag = False
    tags: Several[str] = ()


def test_camel_case_is_read_as_snake_case_and_what_is_new_is_kept():
    file = one(File)(answer(200, {"fileSize": 7, "name": 12, "gpuSeconds": 41}))
    assert (file.file_size, file.name, file.model_extra) == (7, "12", {"gpuSeconds": 41})


def test_null_counts_as_left_out():
    assert File.model_validate({"tags": None, "ready": None, "madeAt": None}) == File()


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-02-15T20:00:01Z", datetime(2026, 2, 15, 20, 0, 1, tzinfo=UTC)),
        ("2026-02-15T20:00:01", datetime(2026, 2, 15, 20, 0, 1, tzinfo=UTC)),
        ("soon", None),
    ],
)
def test_a_moment_has_a_time_zone_or_is_none(given, moment):
    assert File(made_at=given).made_at == moment


def test_an_object_is_read_with_or_without_its_envelope():
    assert one(File, "file")(answer(200, {"file": {"name": "a"}})).name == "a"
    assert one(File, "file")(answer(200, {"name": "a"})).name == "a"


def test_a_list_is_read_with_or_without_its_envelope():
    rows = [{"name": "a"}, {"name": "b"}]
    for body in ({"files": rows}, rows):
        assert [file.name for file in many(File, "files")(answer(200, body))] == ["a", "b"]


@pytest.mark.parametrize("body", [{}, {"files": {}}, "files", None, {"file": []}])
def test_an_answer_without_its_list_is_unexpected(body):
    with pytest.raises(ValueError, match="no list 'files'"):
        many(File, "files")(answer(200, body))


def test_an_empty_answer_may_be_accepted():
    assert nothing(answer(204, b"")) is None


def test_answers_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        File(name="a").name = "b"
    assert issubclass(File, VendorAnswer)
