from __future__ import annotations

import gzip
import time
from dataclasses import replace

import pytest

from airflow_provider_render.core.calls import Answer, Effect, Operation, send
from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.retry import RetryPolicy
from airflow_provider_render.http import body
from tests.http.probe import SECRET, ProbeVendor, call, free_port
from tests.http.scripted import cut, ok, reply, reset, then_silence

HASTY = {"timeout": 0.4, "retry": RetryPolicy(attempts=2, first=0.01)}


def drips(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n")
    for _ in range(90):
        connection.sendall(b" " * 10)
        time.sleep(0.02)


def test_a_call_returns_its_parsed_answer(client, server):
    server.plays(ok(id="r1"))
    assert client.run(call(query={"page": 2, "after": None, "name": "a b"})) == {"id": "r1"}
    assert server.requests[0].target == "/api/renders/r1?page=2&name=a+b"


def test_a_json_body_and_extra_headers_arrive(client, server):
    server.plays(ok())
    client.run(call("PATCH", json={"name": "é"}, headers={"X-Extra": "1"}))
    assert server.requests[0].headers["content-type"] == "application/json"
    assert server.requests[0].headers["x-extra"] == "1"
    assert b'"name"' in server.requests[0].body


def test_a_header_of_the_call_replaces_the_vendors_in_any_spelling(client, server):
    server.plays(ok())
    client.run(call(headers={"x-ORG": "other"}))
    assert server.requests[0].headers["x-org"] == "other"
    assert server.requests[0].names.count("x-org") == 1


def test_a_compressed_answer_is_read(client, server):
    server.plays(reply(200, gzip.compress(b'{"id": 7}'), content_encoding="gzip"))
    assert client.run(call()) == {"id": 7}


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(reset, id="reset before the answer"),
        pytest.param(cut(b""), id="closed before the answer"),
        pytest.param(cut(b"HTTP/1.1 200 OK\r\ncontent-le"), id="cut inside the headers"),
        pytest.param(cut(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"), id="cut inside the body"),
        pytest.param(
            cut(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{", hard=True), id="reset inside the body"
        ),
        pytest.param(
            cut(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n'), id="chunk missing"
        ),
        pytest.param(cut(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), id="broken chunk"),
        pytest.param(cut(b"\x00\x01 nonsense\r\n\r\n"), id="not HTTP at all"),
        pytest.param(reply(500), id="500"),
        pytest.param(reply(503, b"<html>busy</html>", "text/html"), id="503 with a page"),
        pytest.param(reply(429), id="429 without a time"),
    ],
)
def test_a_read_is_repeated_after(trouble, client, server):
    server.plays(trouble, trouble, ok(id="r1"))
    assert client.run(call()) == {"id": "r1"}
    assert len(server.requests) == 3


@pytest.mark.parametrize("silent", [then_silence(b""), then_silence(b"HTTP/1.1 200 OK\r\n\r\n{"), drips])
def test_a_read_from_a_slow_server_is_given_up_and_repeated(silent, client, server):
    client.options = replace(client.options, **HASTY)
    server.plays(silent, ok(id="r1"))
    assert client.run(call()) == {"id": "r1"}


def test_a_server_that_stays_slow_is_unavailable(client, server):
    client.options = replace(client.options, **HASTY)
    server.plays(drips)
    with pytest.raises(UnavailableError, match=r"GET /renders/r1: the answer came too slowly") as caught:
        client.run(call())
    assert caught.value.happened is None
    assert len(server.requests) == 2


def test_a_storm_of_5xx_ends_after_the_allowed_attempts(client, server):
    server.plays(reply(502))
    with pytest.raises(UnavailableError) as caught:
        client.run(call())
    assert len(server.requests) == client.options.retry.attempts
    assert (caught.value.status, caught.value.happened) == (502, None)


def test_a_refused_connection_proves_that_nothing_happened(client):
    client.vendor = ProbeVendor(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UnavailableError, match="nothing was sent") as caught:
        client.run(call("POST", effect=Effect.PAID))
    assert caught.value.happened is False


def test_an_unknown_host_proves_that_nothing_happened(client):
    client.vendor = ProbeVendor("http://no-such-host.invalid")
    with pytest.raises(UnavailableError, match="nothing was sent") as caught:
        client.run(call("POST", effect=Effect.ONCE))
    assert caught.value.happened is False


@pytest.mark.parametrize(("status", "kind"), [(400, RejectedError), (401, AuthError), (404, NotFoundError)])
def test_a_refusal_is_not_repeated(status, kind, client, server):
    server.plays(reply(status))
    with pytest.raises(kind) as caught:
        client.run(call())
    assert len(server.requests) == 1
    assert caught.value.happened is False


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(200, b"<html>Please log in</html>", "text/html; charset=utf-8"), id="web page"),
        pytest.param(reply(200, b'{"id": "r'), id="broken JSON"),
        pytest.param(reply(200, b""), id="nothing"),
        pytest.param(reply(200, b"\xff\xfe\xfd"), id="not even text"),
        pytest.param(reply(200, b"oops", content_encoding="gzip"), id="not the stated compression"),
    ],
)
def test_an_unreadable_answer_to_a_read_is_unexpected(answer, client, server):
    server.plays(answer)
    with pytest.raises(UnexpectedAnswerError, match=r"GET /renders/r1: the answer"):
        client.run(call())
    assert len(server.requests) == 1


@pytest.mark.parametrize("error", [KeyError("id"), ValueError("bad"), TypeError("None"), IndexError("0")])
def test_an_answer_of_another_shape_is_unexpected_and_named(error, client, server):
    def parse(answer):
        raise error

    server.plays(ok(token=SECRET, filler="x" * 1000))
    with pytest.raises(UnexpectedAnswerError, match=type(error).__name__) as caught:
        client.run(call(parse=parse))
    assert "answer 200" in str(caught.value)
    assert "xxx" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_empty_answer_with_the_type_of_a_page_is_no_page(client, server):
    server.plays(reply(200, b"", "text/html"))
    assert client.run(call(parse=lambda answer: answer.status)) == 200


def test_a_page_that_was_asked_for_is_given(client, server):
    server.plays(reply(200, b"<html/>", "text/html"))
    assert client.run(call(headers={"Accept": "text/html"}, parse=lambda answer: answer.body)) == b"<html/>"


def test_a_vendor_error_raised_while_reading_keeps_its_kind(client, server):
    def parse(answer):
        raise NotFoundError("the 200 says: not found")

    server.plays(ok())
    with pytest.raises(NotFoundError, match="the 200 says"):
        client.run(call(parse=parse))


def test_an_answer_without_end_is_cut_off(client, server, monkeypatch):
    monkeypatch.setattr(body, "MAX_ANSWER", 1000)
    server.plays(reply(200, b'"' + b"x" * 2000 + b'"'))
    with pytest.raises(UnexpectedAnswerError, match="larger than 1000 bytes"):
        client.run(call())


def test_an_error_handler_that_stumbles_over_the_answer_still_yields_a_vendor_error(client, server):
    server.plays(reply(418, b"\xff"), reply(400, b"\xff"))
    with pytest.raises(UnexpectedAnswerError, match="418 refuses in an unknown form"):
        client.run(call())


def test_an_operation_sends_its_calls_in_turn(client, server):
    def both() -> Operation[list[str]]:
        first = yield from send(call(path="/a"))
        second = yield from send(call(path=f"/b/{first['next']}"))
        return [first["next"], second["end"]]

    server.plays(ok(next="x"), ok(end="y"))
    assert client.run(both()) == ["x", "y"]
    assert [request.target for request in server.requests] == ["/api/a", "/api/b/x"]


def test_an_operation_may_handle_an_error_and_go_on(client, server):
    def find() -> Operation[str]:
        try:
            yield from send(call(path="/missing"))
        except NotFoundError:
            return (yield from send(call(path="/there")))["id"]
        return "found"

    server.plays(reply(404), ok(id="r9"))
    assert client.run(find()) == "r9"


def test_an_operation_that_fails_is_closed(client, server):
    closed = []

    def work() -> Operation[None]:
        try:
            yield from send(call())
        finally:
            closed.append(True)

    server.plays(reply(400))
    with pytest.raises(RejectedError):
        client.run(work())
    assert closed == [True]


def test_an_operation_without_calls_returns_its_result(client):
    def nothing() -> Operation[int]:
        return 3
        yield call()

    assert client.run(nothing()) == 3


def test_an_error_of_the_operation_itself_comes_out_as_it_is(client, server):
    def work() -> Operation[None]:
        yield from send(call())
        raise ZeroDivisionError

    server.plays(ok())
    with pytest.raises(ZeroDivisionError):
        client.run(work())


def test_answers_carry_lower_case_headers(client, server):
    def parse(answer: Answer) -> str:
        return answer.headers["x-total"]

    server.plays(reply(200, b"{}", X_Total="12"))
    assert client.run(call(parse=parse)) == "12"


def test_at_most_the_allowed_calls_run_at_once(client, server):
    running, most = [], []

    def slow(connection, request):
        running.append(1)
        most.append(len(running))
        time.sleep(0.05)
        running.pop()
        connection.sendall(ok())

    client.options = replace(client.options, max_concurrency=2)
    server.plays(slow)
    client.gather(*(call() for _ in range(8)))
    assert max(most) == 2
    assert len(server.requests) == 8
