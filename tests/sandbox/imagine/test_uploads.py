from __future__ import annotations

import base64
import json
import time
from xml.etree import ElementTree

import httpx
import pytest

from tests.sandbox import shapes
from tests.sandbox.imagine.running import post


@pytest.fixture
def created(waiting):
    """A product that awaits its files."""
    return waiting.create(thumbnail_name="box.png")


@pytest.fixture
def form(created):
    return created["presigned_url_prop_user_file"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/xml"
    return answer.status_code, ElementTree.fromstring(answer.text).findtext("Code")


def raw(form: dict, parts: list[tuple[str, str | None, bytes]], **headers: str) -> httpx.Response:
    """Post parts in a chosen order."""
    body = b""
    for name, file_name, content in parts:
        file = f'; filename="{file_name}"' if file_name else ""
        body += f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += content + b"\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=edge", **headers}
    return httpx.post(form["url"], content=body + b"--edge--\r\n", headers=headers)


def test_the_storage_is_another_origin(waiting, form):
    api, storage = httpx.URL(waiting.url), httpx.URL(form["url"])
    assert (api.host, api.port) != (storage.host, storage.port)


def test_an_upload_is_answered_with_nothing(form):
    answer = post(form, shapes.glb())
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_was_uploaded_is_at_the_presigned_path(created, form):
    content = shapes.glb()
    post(form, content)
    path = httpx.URL(form["url"] + created["presigned_data_prop_user_file"].lstrip("/"))
    assert httpx.get(path).content == content
    forged = path.copy_set_param("X-Amz-Expires", "999999")
    assert refusal(httpx.get(forged)) == (403, "SignatureDoesNotMatch")


def test_the_policy_says_which_object_and_how_long(form):
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    assert {"key": form["fields"]["key"]} in policy["conditions"]
    assert policy["expiration"].endswith("Z")


@pytest.mark.parametrize(
    "field", ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature"]
)
def test_every_field_is_needed_as_it_was_given(waiting, created, form, field):
    assert post(form, shapes.glb(), **{field: None}).status_code == 403
    assert post(form, shapes.glb(), **{field: "x" + form["fields"][field]}).status_code == 403
    assert waiting.finalize(created["unicode"]).status_code == 400


def test_another_key_is_outside_the_policy(form):
    assert refusal(post(form, shapes.glb(), key="media/private/mine.glb")) == (403, "AccessDenied")


def test_a_policy_cannot_be_rewritten(form):
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    later = base64.b64encode(json.dumps({**policy, "expiration": "2999-01-01T00:00:00Z"}).encode()).decode()
    assert refusal(post(form, shapes.glb(), policy=later)) == (403, "SignatureDoesNotMatch")


def test_fields_that_the_policy_does_not_know_are_refused(form):
    assert refusal(post(form, shapes.glb(), acl="public-read")) == (403, "AccessDenied")


def test_fields_after_the_file_do_not_count(form):
    texts = [(name, None, value.encode()) for name, value in form["fields"].items()]
    file = ("file", "box.glb", shapes.glb())
    assert raw(form, [*texts, file]).status_code == 204
    assert refusal(raw(form, [*texts[:-1], file, texts[-1]])) == (403, "AccessDenied")
    assert refusal(raw(form, [file, *texts])) == (400, "InvalidArgument")
    assert refusal(raw(form, texts)) == (400, "InvalidArgument")


def test_an_expired_form_is_refused(waiting):
    waiting.control.put("/links", json={"imagine": 0})
    form = waiting.create()["presigned_url_prop_user_file"]
    time.sleep(1.1)
    assert refusal(post(form, shapes.glb())) == (403, "AccessDenied")


def test_credentials_do_not_belong_into_the_storage(waiting, form):
    key = f"Imagine-key {waiting.ready['token']}"
    texts = [(name, None, value.encode()) for name, value in form["fields"].items()]
    answer = raw(form, [*texts, ("file", "box.glb", b"glTF")], Authorization=key)
    assert refusal(answer) == (400, "InvalidArgument")


def test_the_length_must_be_told(form):
    answer = httpx.post(
        form["url"],
        content=iter([b"--edge--\r\n"]),
        headers={"Content-Type": "multipart/form-data; boundary=edge"},
    )
    assert refusal(answer) == (411, "MissingContentLength")


def test_a_product_is_complete_only_when_its_model_has_arrived(waiting, created):
    assert waiting.finalize(created["unicode"]).status_code == 400
    post(created["presigned_url_thumbnail"], shapes.png("#c00000"))
    assert waiting.finalize(created["unicode"]).status_code == 400
    post(created["presigned_url_prop_user_file"], shapes.glb())
    for _ in range(2):
        data = waiting.finalize(created["unicode"]).json()["data"]
        assert (data["upload_status"], isinstance(data["id"], int)) == ("2", True)


def test_an_unknown_action_changes_nothing(waiting, created):
    answer = waiting.api.patch(f"/v1/product/details/{created['unicode']}/", json={"action": "explode"})
    assert answer.status_code == 400
