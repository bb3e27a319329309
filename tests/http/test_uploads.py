from __future__ import annotations

import hashlib
import io

import pytest

from airflow_provider_render.core.calls import Effect, FilePart
from airflow_provider_render.core.errors import (
    ConnectionConfigError,
    ModelFileError,
    OutcomeUnknownError,
    RejectedError,
    RenderInputError,
)
from tests.http.probe import Bytes, call, paid
from tests.http.scripted import ok, reply, reset

DATA = bytes(range(256)) * 2000


def form(source, **more):
    return paid(json=None, files=(FilePart("file", source, "model/gltf-binary"),), **more)


def test_a_form_holds_its_fields_before_its_files_and_states_its_length(client, server):
    server.plays(ok())
    client.run(form(Bytes(b"glTF" * 10), form={"settings": '{"aspect": "1:1"}', "note": ""}))
    request = server.requests[0]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert request.size == int(request.headers["content-length"])
    assert "transfer-encoding" not in request.headers
    settings, note, file = (request.body.index(mark) for mark in (b'"settings"', b'"note"', b"glTFglTF"))
    assert settings < note < file
    assert b'name="file"; filename="chair.glb"\r\nContent-Type: model/gltf-binary' in request.body


def test_a_form_without_files_is_multipart_too(client, server):
    server.plays(ok())
    client.run(call("POST", form={"name": "chair"}))
    assert server.requests[0].headers["content-type"].startswith("multipart/form-data")
    assert b'name="name"\r\n\r\nchair\r\n' in server.requests[0].body


def test_raw_bytes_are_put_with_their_length_and_without_chunks(client, server, elsewhere):
    elsewhere.plays(reply(200, b""))
    put = call(
        "PUT",
        f"{elsewhere.url}/bucket/m.glb?X-Amz-Signature=1",
        content=Bytes(DATA),
        headers={"Content-Type": "model/gltf-binary"},
        parse=lambda answer: answer.status,
    )
    assert client.run(put) == 200
    request = elsewhere.requests[0]
    assert request.sha256 == hashlib.sha256(DATA).hexdigest()
    assert request.headers["content-length"] == str(len(DATA))
    assert request.headers["content-type"] == "model/gltf-binary"
    assert not {"transfer-encoding", "authorization"} & request.headers.keys()


def test_every_attempt_opens_the_source_afresh_and_closes_it(client, server):
    source = Bytes(DATA)
    server.plays(reset, reply(503), ok(id=1))
    assert client.run(call("PUT", content=source)) == {"id": 1}
    assert {request.sha256 for request in server.requests} == {hashlib.sha256(DATA).hexdigest()}
    assert [reader.closed for reader in source.readers] == [True] * 3


def test_a_paid_upload_is_sent_again_whole_after_429(client, server):
    server.plays(reply(429), ok(id=1))
    client.run(form(Bytes(DATA)))
    assert server.requests[0].size == server.requests[1].size > len(DATA)


def test_a_paid_upload_that_breaks_is_sent_once(client, server):
    source = Bytes(DATA)
    server.plays(reset)
    with pytest.raises(OutcomeUnknownError):
        client.run(form(source))
    assert len(server.requests) == len(source.readers) == 1


def test_a_source_that_changed_is_named_and_nothing_is_sent(client, server):
    with pytest.raises(ModelFileError, match=r"chair.glb has 3 bytes, 4 were expected"):
        client.run(form(Bytes(b"abc", announced=4)))
    assert not server.requests


class Unreadable(Bytes):
    def open(self):
        raise PermissionError("not yours")


class Failing(Bytes):
    def open(self):
        class Reader(io.BytesIO):
            def read(self, size=-1):
                if self.tell() > 100_000:
                    raise OSError("the disk is gone")
                return super().read(size)

        return Reader(self.data)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Unreadable(DATA), "cannot open chair.glb: not yours"),
        (Failing(DATA), "cannot read chair.glb: the disk"),
    ],
)
@pytest.mark.parametrize("style", ["form", "raw"])
def test_trouble_with_the_source_is_no_trouble_with_the_vendor(style, source, message, client, server):
    work = form(source) if style == "form" else call("PUT", content=source, effect=Effect.ONCE)
    with pytest.raises(ModelFileError, match=message):
        client.run(work)
    assert not server.requests


def test_an_early_refusal_of_a_large_upload_is_understood(client, early_refusal):
    client.vendor.base_url = early_refusal
    with pytest.raises(RejectedError, match="too large"):
        client.run(form(Bytes(b"x" * 8_000_000)))


def test_an_empty_source_is_sent(client, server):
    server.plays(ok())
    client.run(call("PUT", content=Bytes(b"")))
    assert server.requests[0].headers["content-length"] == "0"


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"json": {"size": float("nan")}}, RenderInputError),
        ({"json": {"size": object()}}, RenderInputError),
        ({"json": {"name": "\ud800"}}, RenderInputError),
        ({"query": {"name": "\ud800"}}, RenderInputError),
        ({"headers": {"X-Name": "two\nlines"}}, ConnectionConfigError),
        ({"headers": {"X-Name": " spaces"}}, ConnectionConfigError),
        ({"headers": {"X Name": "x"}}, ConnectionConfigError),
        ({"headers": {"X-Name": "nul\0"}}, ConnectionConfigError),
    ],
)
def test_what_cannot_be_sent_is_wrong_input_and_no_unknown_outcome(parameters, kind, client, server):
    server.plays(ok())
    with pytest.raises(kind, match="cannot be sent"):
        client.run(paid(**parameters))
    assert not server.requests


def test_a_header_beyond_ascii_is_sent(client, server):
    server.plays(ok())
    client.run(call(headers={"X-Name": "Stühle"}))
    assert "x-name" in server.requests[0].headers
