from __future__ import annotations

import hashlib
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox import shapes
from tests.sandbox.glossi.workspace import until


def test_links_lead_to_another_origin_and_live_for_an_hour(slow):
    link = urlsplit(slow.record()["uploadUrl"])
    assert link.netloc != urlsplit(slow.url).netloc
    assert parse_qs(link.query)["X-Amz-Expires"] in (["3600"], ["3599"])


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "model/gltf-binary"}, {"Content-Type": "x/y"}])
def test_an_upload_may_say_any_content_type_or_none(slow, headers):
    content = shapes.glb()
    answer = slow.put(slow.record()["uploadUrl"], content, **headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_a_key_that_leaks_to_the_storage_is_caught(slow, header):
    record = slow.record()
    answer = slow.put(record["uploadUrl"], shapes.glb(), **{header: slow.token})
    assert answer.status_code == 400
    assert "<Code>InvalidArgument</Code><Message>Only one auth mechanism allowed" in answer.text
    assert slow.confirm(record["modelId"]).status_code == 400


def test_an_expired_upload_link_is_refused_as_s3_does(slow):
    slow.control.put("/links", json={"glossi": 0})
    answer = slow.put(slow.record()["uploadUrl"], shapes.glb())
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/xml")
    assert "Request has expired" in answer.text


def test_a_link_is_good_for_its_own_object_and_method_only(slow):
    mine, other = slow.record()["uploadUrl"], slow.record()["uploadUrl"]
    path, _, query = mine.partition("?")
    assert "SignatureDoesNotMatch" in slow.put(f"{other.partition('?')[0]}?{query}", b"x").text
    assert "SignatureDoesNotMatch" in slow.web.get(mine).text
    assert slow.put(path, b"x").status_code == 403


def test_an_upload_can_be_repeated(slow):
    record = slow.record()
    for _ in range(2):
        assert slow.put(record["uploadUrl"], shapes.glb()).status_code == 200


def test_an_upload_that_breaks_off_leaves_nothing(slow):
    record = slow.record()
    link = urlsplit(record["uploadUrl"])
    with socket.create_connection((link.hostname, link.port)) as connection:
        head = (
            f"PUT {link.path}?{link.query} HTTP/1.1\r\nHost: {link.netloc}\r\nContent-Length: 100000\r\n\r\n"
        )
        connection.sendall(head.encode() + b"glTF" * 100)
    assert slow.confirm(record["modelId"]).json()["error"]["code"] == "UPLOAD_MISSING"
    incoming = slow.drive.parent / "incoming"
    until(lambda: list(incoming.iterdir()), lambda files: not files)


def test_the_bare_file_path_of_a_render_is_forbidden(glossi, rendered):
    storage = rendered["renders"][0]["url"].partition("/workspaces/")[0]
    answer = glossi.web.get(f"{storage}/{rendered['renders'][0]['filePath']}")
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)


def test_expired_render_links_are_replaced_by_asking_again(glossi, rendered):
    path = f"/renders/{rendered['jobId']}"
    glossi.control.put("/links", json={"glossi": 0})
    stale = glossi.api.get(path).json()["renders"][0]["url"]
    assert glossi.web.get(stale).status_code == 403
    glossi.control.delete("/links")
    fresh = glossi.api.get(path).json()["renders"][0]["url"]
    assert glossi.web.get(fresh).status_code == 200


def test_a_render_can_be_fetched_in_ranges(glossi, rendered):
    url = rendered["renders"][0]["url"]
    whole = glossi.web.get(url).content
    part = glossi.web.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])


def test_faults_strike_at_the_storage_too(glossi, rendered):
    glossi.arm(kind="error_before", match="GET /glossi/workspaces/", next=1)
    url = rendered["renders"][0]["url"]
    assert [glossi.web.get(url).status_code for _ in range(2)] == [500, 200]
