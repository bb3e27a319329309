"""Faults of the wire, at a server on a raw socket, for both drivers."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.calls import Effect, Fetch
from airflow_provider_render.core.errors import OutputError, UnavailableError, VendorError
from tests.faults.wire import ATTEMPTS, ECHO, FAULTS, PATIENT, SECRETS, SIGNATURE, head
from tests.http.probe import ProbeVendor, call, free_port, paid
from tests.http.scripted import cut, ok, reply

faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@pytest.fixture(autouse=True)
def few_attempts(client):
    client.options = PATIENT


def wanted_id(answer):
    return answer.json()["id"]


def check(error, outcome, server):
    assert type(error) is outcome.kind, error
    assert error.happened is outcome.happened
    assert len(server.requests) == outcome.sendings


@faults
def test_a_read_that_meets_nothing_but_a_fault_ends_as_documented(fault, client, server, said):
    server.plays(fault.wire)
    client.options = fault.options
    with pytest.raises(VendorError) as caught:
        client.run(call(query={"X-Amz-Signature": SIGNATURE}, parse=wanted_id))
    check(caught.value, fault.read, server)
    said.nothing_of(SECRETS, caught.value)


@faults
def test_a_paid_call_goes_out_once_unless_nothing_happened(fault, client, server, said):
    server.plays(fault.wire)
    client.options = fault.options
    with pytest.raises(VendorError) as caught:
        client.run(paid(query={"X-Amz-Signature": SIGNATURE}, parse=wanted_id))
    check(caught.value, fault.paid, server)
    assert caught.value.happened is False or len(server.requests) == 1
    said.nothing_of(SECRETS, caught.value)


@faults
def test_a_download_that_meets_nothing_but_a_fault_leaves_no_file(fault, client, server, said, tmp_path):
    server.plays(fault.wire)
    client.options = fault.options
    with pytest.raises(VendorError) as caught:
        client.download(Fetch("/f", {"X-Amz-Signature": SIGNATURE}), tmp_path / "chair.png")
    assert type(caught.value) is fault.file.kind, caught.value
    assert len(server.requests) == fault.file.sendings
    assert list(tmp_path.iterdir()) == []
    said.nothing_of(SECRETS, caught.value)


QUICK = {name: fault for name, fault in FAULTS.items() if fault.options is PATIENT}
RECOVERING = {name: fault for name, fault in QUICK.items() if fault.read.sendings > 1}


@pytest.mark.parametrize("fault", RECOVERING.values(), ids=RECOVERING.keys())
def test_a_read_survives_a_fault_that_passes(fault, client, server):
    server.plays(fault.wire, ok(id="r1"))
    assert client.run(call(parse=wanted_id)) == "r1"
    assert len(server.requests) == 2


@pytest.mark.parametrize("effect", Effect)
def test_a_refused_connection_proves_that_nothing_happened(effect, client, said):
    client.vendor = ProbeVendor(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UnavailableError, match="nothing was sent") as caught:
        client.run(paid(effect=effect, query={"X-Amz-Signature": SIGNATURE}))
    assert caught.value.happened is False
    said.nothing_of(SECRETS, caught.value)


def test_a_storm_of_different_faults_ends_after_the_allowed_attempts(client, server):
    server.plays(*(FAULTS[name].wire for name in ("500", "reset mid-body", "502 page")))
    with pytest.raises(UnavailableError, match="502"):
        client.run(call())
    assert len(server.requests) == ATTEMPTS


def test_bytes_after_an_answer_spoil_no_later_one(client, server):
    def work():
        first = yield call(path="/renders/r1")
        second = yield call(path="/renders/r2")
        made = yield paid()
        return first["id"], second["id"], made["id"]

    def named(connection, request):
        connection.sendall(ok(id=request.target.rpartition("/")[2]))

    server.plays(head(12) + b'{"id": "r1"} and more', named)
    assert client.run(work()) == ("r1", "r2", "renders")


def test_an_answer_that_comes_twice_is_never_taken_for_that_of_a_paid_call(client, server):
    def work():
        yield call()
        return (yield paid())["id"]

    server.plays(ok(id="r1") * 2, ok(id="r2"))
    assert client.run(work()) == "r2"


def test_a_file_of_another_length_than_the_vendor_told_is_refused(client, server, tmp_path):
    server.plays(head(3, "image/png") + b"pixels")
    with pytest.raises(VendorError, match="the server has 3 bytes, 6 were announced"):
        client.download(Fetch("/f", size=6), tmp_path / "chair.png")
    assert list(tmp_path.iterdir()) == []


def test_a_download_keeps_what_was_there_until_the_new_file_is_whole(client, server, tmp_path):
    target = tmp_path / "chair.png"
    target.write_bytes(b"yesterday's")
    server.plays(cut(head(500, "image/png") + ECHO))
    with pytest.raises(UnavailableError):
        client.download(Fetch("/f"), target)
    assert target.read_bytes() == b"yesterday's"
    assert list(tmp_path.iterdir()) == [target]


def test_a_part_that_tells_a_place_without_end_is_not_appended(client, server, tmp_path):
    first = cut(head(600_000, "image/png") + b"x" * 300_000)
    part = reply(206, b"y" * 10, "image/png", content_range=f"bytes {'9' * 5000}-5/10")
    server.plays(first, part, reply(200, b"whole", "image/png"))
    client.download(Fetch("/f", resumable=True), tmp_path / "chair.png")
    assert (tmp_path / "chair.png").read_bytes() == b"whole"


def test_a_disk_that_is_full_is_no_trouble_with_the_vendor(client, server, tmp_path, monkeypatch):
    server.plays(reply(200, b"x" * 5_000_000, "image/png"))
    monkeypatch.setattr("airflow_provider_render.http.download.secrets.token_hex", lambda size: "1")
    (tmp_path / ".chair.png.1.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="No space left"):
        client.download(Fetch("/f"), tmp_path / "chair.png")
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []
