from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import NotFoundError
from tests.vendors.desk import STATUSES, answer
from tests.vendors.threekit.desk import VENDOR

RENDER = "POST /api/asset-jobs/renders"


def error(status, body=None, call="GET /api/jobs"):
    return VENDOR.error(answer(status, {"message": "No."} if body is None else body, call))


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_status_becomes_an_error_of_the_common_tree(status, kind):
    assert type(error(status)) is kind


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "assetId is wrong"}, "assetId is wrong."),
        ({"error": {"message": "no org"}}, "no org."),
        ({"error": "no org"}, "no org."),
        ({"msg": "no file."}, "no file."),
        ({"problems": [1]}, '{"problems": [1]}.'),
        (b"Forbidden\n", "Forbidden."),
        (b"", "an empty answer."),
        ([1, 2], "[1, 2]."),
    ],
)
def test_the_message_is_found_in_every_form_of_body(body, said):
    assert f"with 422: {said}" in str(error(422, body))


@pytest.mark.parametrize(
    "call",
    [RENDER, "POST /api/asset-jobs/A1/render/webgl/image", "POST /api/asset-jobs/A1/render/vray/image"],
)
def test_a_refused_render_says_that_it_cost_nothing(call):
    assert str(error(422, call=call)).endswith("Nothing is rendered and no render hours are used.")


def test_a_render_without_a_clear_answer_says_so():
    failed = error(502, call=RENDER)
    assert failed.happened is None
    assert str(failed).endswith("Whether the job was started is not known; a retry looks for it by its name.")


def test_a_refused_export_speaks_of_no_money():
    assert "render hours" not in str(error(422, call="POST /api/asset-jobs/A1/export/glb"))


@pytest.mark.parametrize(("status", "hint"), [(401, "private token"), (403, "public tokens may only read")])
def test_refused_credentials_say_what_is_wanted(status, hint):
    assert hint in str(error(status))


def test_a_token_in_a_path_is_masked():
    refused = error(404, call="GET /api/accesstokens/11112222-3333-4444-5555-666677778888")
    assert "GET /api/accesstokens/*** with 404" in str(refused)


def test_what_was_deleted_is_not_there():
    assert type(error(410)) is NotFoundError
