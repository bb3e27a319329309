from __future__ import annotations

import httpx
import pytest

from tests.sandbox import shapes

CONTENT = b"0123456789" * 1000


@pytest.fixture(scope="module")
def record(the_threekit):
    return the_threekit.upload("ten.txt", CONTENT)


def test_an_upload_tells_what_arrived(record):
    assert record["filename"] == "ten.txt"
    assert (record["size"], record["extension"], record["mimeType"]) == (10_000, "txt", "text/plain")
    assert record["encodings"] == {}


def test_the_same_bytes_under_the_same_name_are_the_same_file(threekit, record):
    assert threekit.upload("ten.txt", CONTENT)["id"] == record["id"]


def test_the_same_bytes_under_another_name_share_their_hash(threekit, record):
    other = threekit.upload("copy.txt", CONTENT)
    assert other["id"] != record["id"]
    assert other["hash"] == record["hash"]


def test_several_files_come_in_one_form_under_any_name(threekit):
    files = [("files", ("a.txt", b"a")), ("more", ("b.txt", b"b"))]
    answer = threekit.api.post("/files", files=files, data={"orgId": threekit.org_id})
    assert [file["filename"] for file in answer.json()["files"]] == ["a.txt", "b.txt"]


def test_content_can_be_read_whole_in_part_and_by_hash_without_a_token(threekit, record):
    path = f"/files/{record['id']}/content"
    assert threekit.api.get(path).content == CONTENT
    part = threekit.api.get(path, headers={"Range": "bytes=9990-"})
    assert (part.status_code, part.content) == (206, CONTENT[9990:])
    assert threekit.anonymous.get(f"/files/hash/{record['hash']}").content == CONTENT
    assert threekit.api.head(path).headers["content-length"] == "10000"


@pytest.mark.parametrize("path", ["/files/nothing", "/files/nothing/content", "/files/hash/sha256-00"])
def test_an_unknown_file_is_404(threekit, path):
    assert threekit.api.get(path).status_code == 404


def test_an_upload_without_a_file_is_400(threekit):
    assert threekit.api.post("/files", json={}).status_code == 400
    assert threekit.api.post("/files", files={"note": (None, "text")}).status_code == 400


def test_a_name_never_leads_out_of_the_folder(threekit):
    record = threekit.upload("../../evil\\..\\name.glb", shapes.glb())
    assert record["filename"] == "name.glb"


def test_a_picture_is_resized_and_converted_on_the_way(threekit):
    record = threekit.upload("red.png", shapes.png("#c00000", (80, 40)))
    source = f"{threekit.url}/api/files/hash/{record['hash']}"
    answer = threekit.api.get(f"/images/webp/20x0/filters:format(jpg):quality(80)/{source}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert shapes.picture(answer.content).size == (20, 10)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("10x10/https://example.com/a.png", 422),
        ("10x10/filters:format(gif)/http://here/api/files/hash/x", 422),
        ("10x10/http://here/api/files/hash/x", 404),
    ],
)
def test_pictures_from_elsewhere_are_not_fetched(threekit, path, status):
    assert threekit.api.get(f"/images/webp/{path}").status_code == status


def test_what_is_no_picture_cannot_be_resized(threekit, record):
    answer = threekit.api.get(f"/images/webp/10x10/http://here/api/files/{record['id']}/content")
    assert answer.status_code == 422


def test_a_truncated_download_breaks_off(threekit, record):
    threekit.arm(kind="truncate", next=1)
    with pytest.raises(httpx.RemoteProtocolError):
        threekit.api.get(f"/files/{record['id']}/content")
