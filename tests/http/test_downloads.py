from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import time
import zipfile
from dataclasses import replace

import pytest

from airflow_provider_render.core.calls import Fetch
from airflow_provider_render.core.errors import (
    AuthError,
    DownloadError,
    NotFoundError,
    OutputError,
    UnavailableError,
)
from airflow_provider_render.http import download
from tests.http.scripted import cut, reply, reset

DATA = os.urandom(3_000_000)
SHA = hashlib.sha256(DATA).hexdigest()


def head(length, status=200, **headers):
    return reply(status, b"", "image/png", **{"content_length": str(length), **headers})


def part(data, start, total, **headers):
    given = {"content_range": f"bytes {start}-{start + len(data) - 1}/{total}", **headers}
    return reply(206, data, "image/png", **given)


def whole(data=DATA, media_type="image/png", **headers):
    return reply(200, data, media_type, **headers)


@pytest.fixture
def to(tmp_path):
    yield tmp_path / "chair.png"
    assert not list(tmp_path.glob("*.part"))


def test_a_file_arrives_whole(client, server, to):
    server.plays(whole(media_type="image/png; charset=binary"))
    fetched = client.download(Fetch("/renders/r1/poster", {"quality": "web"}), to)
    assert to.read_bytes() == DATA
    assert (fetched.path, fetched.size) == (str(to), len(DATA))
    assert (fetched.sha256, fetched.media_type) == (SHA, "image/png")
    assert server.requests[0].target == "/api/renders/r1/poster?quality=web"
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert "authorization" in server.requests[0].headers


def test_an_older_file_is_replaced_only_by_a_whole_one(client, server, to):
    to.write_bytes(b"old")
    server.plays(cut(head(len(DATA)) + DATA[:1000]))
    with pytest.raises(UnavailableError):
        client.download(Fetch("/f"), to)
    assert to.read_bytes() == b"old"
    server.plays(whole())
    client.download(Fetch("/f"), to)
    assert to.read_bytes() == DATA


def until_begun(folder):
    """Wait until a download has opened its part file."""
    give_up = time.monotonic() + 30
    while not list(folder.glob(".*.part")) and time.monotonic() < give_up:
        time.sleep(0.01)


def test_two_downloads_to_one_path_both_arrive_whole(client, server, to):
    other, between = os.urandom(1_000_000), []

    def meanwhile(connection, request):
        connection.sendall(head(len(DATA)) + DATA[:1_500_000])
        until_begun(to.parent)
        second = client.download(Fetch("/f"), to)
        between.append((second.sha256, to.read_bytes()))
        connection.sendall(DATA[1_500_000:])

    client.options = replace(client.options, timeout=30)
    server.plays(meanwhile, whole(other))
    assert client.download(Fetch("/f"), to).sha256 == SHA
    assert between == [(hashlib.sha256(other).hexdigest(), other)]
    assert to.read_bytes() == DATA


def test_a_part_file_is_hidden_and_tells_whose_it_is(client, server, tmp_path):
    names = []

    def look(connection, request):
        connection.sendall(head(10))
        until_begun(tmp_path)
        names.extend(path.name for path in tmp_path.iterdir())
        connection.sendall(b"x" * 10)

    client.options = replace(client.options, timeout=30)
    server.plays(look)
    client.download(Fetch("/f"), tmp_path / f"chair-{'long' * 60}.png")
    (name,) = names
    assert re.fullmatch(r"\.chair-(long)+lo\.[0-9a-f]{12}\.part", name)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_broken_download_is_resumed_where_it_broke(client, server, to):
    start = 2 * 256 * 1024
    server.plays(
        cut(head(len(DATA), etag='"v1"') + DATA[: start + 77]),
        cut(part(DATA[start:], start, len(DATA), etag='"v1"')[:-5]),
        part(DATA[start + 9 * 256 * 1024 :], start + 9 * 256 * 1024, len(DATA), etag='"v1"'),
    )
    fetched = client.download(Fetch("/f", resumable=True), to)
    assert fetched.sha256 == SHA == hashlib.sha256(to.read_bytes()).hexdigest()
    assert [request.headers.get("range") for request in server.requests] == [
        None,
        f"bytes={start}-",
        f"bytes={start + 9 * 256 * 1024}-",
    ]
    assert server.requests[1].headers["if-range"] == '"v1"'


@pytest.mark.parametrize(
    ("second", "sendings"),
    [
        pytest.param(whole(), 2, id="the server ignores the range"),
        pytest.param(part(DATA[5:], 5, len(DATA)), 3, id="another start"),
        pytest.param(part(DATA[262144:], 262144, len(DATA) + 1), 3, id="another total"),
        pytest.param(part(DATA[262144:], 262144, len(DATA), etag='"v2"'), 3, id="another version"),
        pytest.param(reply(206, DATA[262144:], "image/png"), 3, id="no range told"),
        pytest.param(reply(416), 3, id="range refused"),
    ],
)
def test_a_download_that_cannot_go_on_starts_anew(second, sendings, client, server, to):
    server.plays(cut(head(len(DATA), etag='"v1"') + DATA[:300_000]), second, whole())
    assert client.download(Fetch("/f", resumable=True), to).sha256 == SHA
    assert to.read_bytes() == DATA
    assert "range" in server.requests[1].headers
    assert len(server.requests) == sendings
    assert [request for request in server.requests[2:] if "range" in request.headers] == []


def test_a_weak_etag_is_no_ground_for_if_range(client, server, to):
    server.plays(cut(head(len(DATA), etag='W/"v1"') + DATA[:300_000]), whole())
    client.download(Fetch("/f", resumable=True), to)
    assert "if-range" not in server.requests[1].headers


def test_a_server_that_cannot_resume_is_asked_anew(client, server, to):
    server.plays(cut(head(len(DATA)) + DATA[:300_000]), whole())
    assert client.download(Fetch("/f"), to).sha256 == SHA
    assert "range" not in server.requests[1].headers


def test_a_download_that_makes_progress_is_not_given_up(client, server, to, monkeypatch):
    monkeypatch.setattr(download, "PROGRESS", 256 * 1024)
    chunk = 256 * 1024
    starts = range(chunk, 10 * chunk, chunk)
    pieces = [cut(part(DATA[at:], at, len(DATA))[: chunk + 1 - len(DATA) + at]) for at in starts]
    last = part(DATA[10 * chunk :], 10 * chunk, len(DATA))
    server.plays(cut(head(len(DATA)) + DATA[: chunk + 1]), *pieces, last)
    assert client.download(Fetch("/f", resumable=True), to).sha256 == SHA
    assert len(server.requests) == 11 > client.options.retry.attempts


@pytest.mark.parametrize(
    "trouble",
    [reset, cut(b""), reply(500), reply(429), cut(head(len(DATA)) + DATA[:-1], hard=True)],
    ids=["reset", "closed", "500", "429", "last byte missing"],
)
def test_a_download_is_repeated_after(trouble, client, server, to):
    server.plays(trouble, trouble, whole())
    assert client.download(Fetch("/f"), to).sha256 == SHA


CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\nconnection: close\r\n\r\n"


def test_a_chunked_file_arrives(client, server, to):
    server.plays(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n")
    assert client.download(Fetch("/f"), to).size == 5


def test_a_chunked_file_that_is_cut_is_not_whole(client, server, to):
    server.plays(cut(CHUNKED + b"5\r\nhello\r\n"))
    with pytest.raises(UnavailableError):
        client.download(Fetch("/f"), to)
    assert not to.exists()


@pytest.mark.parametrize(
    "answer",
    [cut(UNTIL_CLOSED + b"hell"), cut(UNTIL_CLOSED + b"hello!"), whole(b"hell")],
    ids=["shorter", "longer", "stated shorter"],
)
def test_a_file_of_another_size_than_announced_is_refused(answer, client, server, to):
    server.plays(answer)
    with pytest.raises(DownloadError, match="5"):
        client.download(Fetch("/f", size=5), to)
    assert not to.exists()
    assert len(server.requests) == client.options.retry.attempts


@pytest.mark.parametrize(
    ("media_type", "media_types"),
    [
        ("text/html", ()),
        ("application/json; charset=utf-8", ()),
        ("application/problem+json", ()),
        ("text/html", ("image/png",)),
        ("image/jpeg", ("image/png", "image/webp")),
    ],
)
def test_an_answer_of_another_type_is_no_file(media_type, media_types, client, server, to):
    server.plays(whole(b"whatever", media_type))
    with pytest.raises(DownloadError, match="the answer is "):
        client.download(Fetch("/f", media_types=media_types), to)
    assert not to.exists()


@pytest.mark.parametrize(
    ("media_type", "media_types"),
    [
        ("application/json", ("application/json",)),
        ("binary/octet-stream", ("image/png",)),
        ("model/gltf-binary", ()),
    ],
)
def test_a_right_or_wordless_type_is_taken(media_type, media_types, client, server, to):
    server.plays(whole(b"{}", media_type))
    assert client.download(Fetch("/f", media_types=media_types), to).media_type == media_type


def test_an_empty_file_is_refused(client, server, to):
    server.plays(whole(b""))
    with pytest.raises(DownloadError, match="empty"):
        client.download(Fetch("/f"), to)


@pytest.mark.parametrize("answer", [reply(202), b"HTTP/1.1 204 No Content\r\n\r\n"], ids=["202", "204"])
def test_a_success_without_a_file_is_refused(answer, client, server, to):
    server.plays(answer)
    with pytest.raises(DownloadError, match="the server answered 20"):
        client.download(Fetch("/f"), to)


def test_a_compressed_file_is_stored_unpacked(client, server, to):
    server.plays(whole(gzip.compress(DATA), content_encoding="gzip"))
    assert client.download(Fetch("/f"), to).sha256 == SHA


def zipped(method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("video.mp4", DATA[:60_000])
        archive.writestr("poster.png", b"png")
    return packed.getvalue()


def test_a_sound_zip_file_is_taken(client, server, tmp_path):
    server.plays(whole(zipped(), "application/zip"))
    client.download(Fetch("/bundle"), tmp_path / "bundle.zip")
    assert zipfile.ZipFile(tmp_path / "bundle.zip").namelist() == ["video.mp4", "poster.png"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign"])
def test_a_damaged_zip_file_is_refused(damage, method, client, server, tmp_path):
    data = bytearray(zipped(method))
    if damage == "flipped":
        data[30_000] ^= 0xFF
    data = {"cut": data[:-30], "flipped": data, "foreign": DATA[:1000]}[damage]
    server.plays(cut(b"HTTP/1.1 200 OK\r\ncontent-type: application/zip\r\n\r\n" + bytes(data)))
    with pytest.raises(DownloadError, match="ZIP file is damaged"):
        client.download(Fetch("/bundle"), tmp_path / "bundle")
    assert not list(tmp_path.iterdir())


def test_a_damaged_zip_file_is_fetched_again(client, server, tmp_path):
    server.plays(cut(UNTIL_CLOSED + zipped()[:-30]), whole(zipped()))
    client.download(Fetch("/bundle"), tmp_path / "bundle.zip")
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_expired_presigned_url_is_a_broken_download_and_asked_once(status, client, elsewhere, to):
    elsewhere.plays(reply(status, b"<Error><Code>AccessDenied</Code></Error>", "application/xml"))
    with pytest.raises(DownloadError, match="expired") as caught:
        client.download(Fetch(f"{elsewhere.url}/f.png?X-Amz-Signature=feedface"), to)
    assert caught.value.transient
    assert "feedface" not in str(caught.value)
    assert len(elsewhere.requests) == 1


def test_a_redirect_to_an_expired_url_is_a_broken_download(client, server, elsewhere, to):
    server.plays(reply(302, location=f"{elsewhere.url}/f?sig=1"))
    elsewhere.plays(reply(403))
    with pytest.raises(DownloadError, match="expired"):
        client.download(Fetch("/f"), to)


def test_a_redirected_download_keeps_its_range_and_loses_its_credentials(client, server, elsewhere, to):
    server.plays(reply(302, location=f"{elsewhere.url}/f"))
    elsewhere.plays(cut(head(len(DATA)) + DATA[:262_150]), part(DATA[262_144:], 262_144, len(DATA)))
    assert client.download(Fetch("/f", resumable=True), to).sha256 == SHA
    assert elsewhere.requests[1].headers["range"] == "bytes=262144-"
    assert not [request for request in elsewhere.requests if "authorization" in request.headers]


@pytest.mark.parametrize(("status", "kind"), [(403, AuthError), (404, NotFoundError)])
def test_the_vendors_own_refusal_keeps_its_kind(status, kind, client, server, to):
    server.plays(reply(status))
    with pytest.raises(kind):
        client.download(Fetch("/f"), to)
    assert len(server.requests) == 1


def test_a_folder_that_cannot_be_written_is_named(client, server, tmp_path):
    server.plays(whole())
    with pytest.raises(OutputError, match="missing"):
        client.download(Fetch("/f"), tmp_path / "missing" / "f.png")
    assert len(server.requests) == 1


def test_a_target_that_is_a_folder_is_refused(client, server, tmp_path):
    (tmp_path / "f.png").mkdir()
    server.plays(whole())
    with pytest.raises(OutputError, match=r"f\.png"):
        client.download(Fetch("/f"), tmp_path / "f.png")
    assert not list(tmp_path.glob("*.part"))


def test_a_download_may_take_longer_than_the_timeout_while_bytes_keep_coming(client, server, to):
    def drips(connection, request):
        connection.sendall(head(10))
        for _ in range(10):
            connection.sendall(b"x")
            time.sleep(0.25)

    client.options = replace(client.options, timeout=2.0)
    server.plays(drips)
    assert client.download(Fetch("/f"), to).size == 10
    assert len(server.requests) == 1


def test_an_answer_that_is_no_file_is_not_read_to_its_end(client, server, to):
    server.plays(reply(404, b"x" * 1_000_000))
    with pytest.raises(NotFoundError) as caught:
        client.download(Fetch("/f"), to)
    assert len(str(caught.value)) < 1000
