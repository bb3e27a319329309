from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.errors import (
    OutcomeUnknownError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.retry import RetryPolicy
from tests.http.probe import ProbeVendor, call, free_port, paid
from tests.http.scripted import Server, cut, ok, reply, reset, then_silence

UNCLEAR = {
    "reset before the answer": reset,
    "closed before the answer": cut(b""),
    "cut inside the body": cut(b"HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\n{"),
    "chunk missing": cut(b'HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n'),
    "silence": then_silence(b""),
    "500": reply(500),
    "503 with a time": reply(503, retry_after="0"),
    "504 page": reply(504, b"<html>gateway</html>", "text/html"),
    "200 with a page": reply(200, b"<html>proxy</html>", "text/html"),
    "broken JSON": reply(201, b'{"id": "r'),
    "another shape": reply(201, b'{"renders": []}'),
    "wrong compression": reply(201, b"{}", content_encoding="gzip"),
    "redirect": reply(302, location="/elsewhere"),
}


@pytest.mark.parametrize("effect", [Effect.PAID, Effect.ONCE])
@pytest.mark.parametrize("trouble", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_call_with_an_unclear_outcome_is_sent_exactly_once(trouble, effect, client, server):
    client.options = replace(client.options, timeout=1.0 if trouble is UNCLEAR["silence"] else 30.0)
    server.plays(trouble)
    with pytest.raises(OutcomeUnknownError, match=r"POST /renders may or may not have happened") as caught:
        client.run(paid(effect=effect, parse=lambda answer: answer.json()["id"]))
    assert len(server.requests) == 1
    assert caught.value.happened is None
    assert isinstance(caught.value.__cause__, UnavailableError | UnexpectedAnswerError)
    assert ("charged twice" in str(caught.value)) is (effect is Effect.PAID)


def test_a_paid_call_is_sent_again_after_429(client, server):
    server.plays(reply(429), reply(429), ok(id="r1"))
    assert client.run(paid()) == {"id": "r1"}
    assert len(server.requests) == 3


def test_a_paid_call_that_is_never_let_through_did_not_happen(client, server):
    server.plays(reply(429))
    with pytest.raises(RateLimitedError) as caught:
        client.run(paid())
    assert caught.value.happened is False


def test_a_paid_call_is_sent_again_after_a_refused_connection(client, request):
    port = free_port()
    client.vendor = ProbeVendor(f"http://127.0.0.1:{port}")
    late = []

    class OpensOnSecondLook(ProbeVendor):
        def headers(self, credential=""):
            looks.append(1)
            if len(looks) > 2 and not late:
                late.append(Server(port=port))
                late[0].plays(ok(id="r1"))
                request.addfinalizer(late[0].close)
            return super().headers()

    looks: list[int] = []
    client.vendor = OpensOnSecondLook(f"http://127.0.0.1:{port}")
    client.options = replace(client.options, retry=RetryPolicy(attempts=6, first=0.01))
    assert client.run(paid()) == {"id": "r1"}
    assert len(late[0].requests) == 1


def test_a_clear_refusal_of_a_paid_call_is_no_unknown_outcome(client, server):
    server.plays(reply(422, b'{"error": "aspect"}'))
    with pytest.raises(RejectedError, match="aspect"):
        client.run(paid())
    assert len(server.requests) == 1


def test_a_redirect_that_preserves_the_method_is_not_followed_and_did_nothing(client, server):
    server.plays(reply(308, location="/elsewhere"))
    with pytest.raises(UnexpectedAnswerError, match="not followed") as caught:
        client.run(paid())
    assert caught.value.happened is False
    assert len(server.requests) == 1


def test_a_paid_call_never_goes_out_on_a_kept_connection(client, server):
    """A server may close a kept connection at any moment, which would leave the outcome unknown."""

    def work():
        for _ in range(3):
            yield paid()
        for _ in range(3):
            yield call()

    server.plays(ok())
    client.run(work())
    peers = [request.peer for request in server.requests]
    assert len(set(peers[:3])) == 3
    assert len(set(peers[3:])) == 1


def test_a_parser_that_finds_the_answer_unexpected_leaves_a_paid_call_unknown(client, server):
    def parse(answer):
        raise UnexpectedAnswerError("no id in it")

    server.plays(reply(201, b"{}"))
    with pytest.raises(OutcomeUnknownError, match="no id in it"):
        client.run(paid(parse=parse))


def test_a_refusal_inside_a_200_is_believed(client, server):
    def parse(answer):
        raise OutOfCreditsError("status false: no credits")

    server.plays(reply(200, b'{"status": false}'))
    with pytest.raises(OutOfCreditsError):
        client.run(paid(parse=parse))
    assert len(server.requests) == 1
