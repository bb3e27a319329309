from __future__ import annotations

import dataclasses
import json

import pytest

from airflow_provider_render.core.calls import (
    Answer,
    Call,
    Effect,
    Fetch,
    Milestone,
    Secret,
    by_step,
    noting,
    send,
)
from airflow_provider_render.core.job import RenderJob

JOB = RenderJob("acme", "R1", "M1")
LOOK = Call("GET", "/renders/R1", Answer.json)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/renders/r1", "GET /renders/r1"),
        ("/renders?page=2", "GET /renders"),
        ("https://s3.test/a/b.glb?X-Amz-Signature=secret?x", "GET https://s3.test/a/b.glb"),
    ],
)
def test_a_label_never_holds_the_query(path, label):
    assert Call("GET", path, Answer.json).label == label
    assert Fetch(path).label == label
    secret = Call("GET", path, Answer.json, query={"k": "secret"}, form={"policy": "secret"}, json="secret")
    assert "secret" not in f"{secret!r} {Fetch(path, {'k': 'secret'})!r}"


def test_a_call_is_harmless_to_repeat_unless_it_says_otherwise():
    assert Call("GET", "/x", Answer.json).effect is Effect.REPEATABLE


def test_a_description_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Call("GET", "/x", Answer.json).path = "/y"


def test_an_answer_reads_its_body_as_json():
    assert Answer("GET /x", 200, {}, '{"name": "Stühle"}'.encode()).json() == {"name": "Stühle"}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xfe"])
def test_a_body_that_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError):
        Answer("GET /x", 200, {}, body).json()


def test_sending_yields_the_call_and_returns_what_is_sent_back():
    call = Call("GET", "/x", Answer.json)

    def work():
        return (yield from send(call)) + 1

    operation = work()
    assert next(operation) is call
    with pytest.raises(StopIteration) as stop:
        operation.send(41)
    assert stop.value.value == 42


def in_two_steps():
    yield Milestone((JOB,))
    try:
        return (yield from send(LOOK))
    except LookupError as error:
        return str(error)


def test_milestones_are_written_down_before_the_next_call_and_passed_on():
    noted = []
    operation = noting(in_two_steps(), noted.append)
    assert next(operation) == Milestone((JOB,))
    assert noted == [(JOB,)]
    assert operation.send(None) is LOOK
    with pytest.raises(StopIteration) as end:
        operation.throw(LookupError("gone"))
    assert end.value.value == "gone"


def test_a_milestone_that_cannot_be_written_down_ends_the_operation():
    def full(jobs):
        raise LookupError("disk full")

    with pytest.raises(LookupError, match="disk full"):
        next(noting(in_two_steps(), full))


def test_another_step_is_done_in_place_of_each():
    other = Call("GET", "/other", Answer.json)
    operation = by_step(in_two_steps(), lambda step: other if step is LOOK else step)
    next(operation)
    assert operation.send(None) is other
    with pytest.raises(StopIteration) as end:
        operation.send(42)
    assert end.value.value == 42


def test_a_secret_is_sent_as_it_is_and_shown_as_stars():
    assert json.dumps({"key": Secret("abc")}) == '{"key": "abc"}'
    assert "abc" not in repr({"key": Secret("abc")})
