from __future__ import annotations

import pytest

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.errors import (
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.paths import AssumedPath
from airflow_provider_render.vendors.glossi import endpoints, pipeline_endpoints
from airflow_provider_render.vendors.glossi.errors import PAID_CALLS
from airflow_provider_render.vendors.glossi.paths import ASSUMED
from tests.vendors.desk import STATUSES, Bytes, answer
from tests.vendors.glossi.desk import VENDOR

CALLS = {
    "POST /api/v1/models": endpoints.create_models([("Chair", "chair.GLB")]),
    "PUT https://s3.example/x": endpoints.put_file("https://s3.example/x?s=1", Bytes("a.glb"), "x/y"),
    "POST /api/v1/models/M%2F1/confirm": endpoints.confirm_model("M/1", "glb"),
    "POST /api/v1/models/status": endpoints.model_states(["M1"]),
    "GET /api/v1/templates": endpoints.list_templates(internal=False),
    "POST /api/v1/projects": endpoints.create_projects(["M1"], "T1"),
    "POST /api/v1/renders": endpoints.create_renders(["P1"], {"imageQuality": 1}),
    "GET /api/v1/renders/J1": endpoints.get_render("J1"),
    "POST /api/v1/renders/J1/retry": endpoints.retry_render("J1"),
    "POST /api/v1/jobs": endpoints.create_job(["a.glb"], "T1"),
    "POST /api/v1/jobs/B1/confirm": endpoints.confirm_job("B1"),
    "GET /api/v1/jobs/B1": endpoints.get_job("B1"),
    "GET /api/v1/webhooks": endpoints.get_webhook(),
    "PUT /api/v1/webhooks": endpoints.set_webhook("https://me.example/h"),
    "DELETE /api/v1/webhooks": endpoints.delete_webhook(),
    "POST /api/v1/pipelines": pipeline_endpoints.create_pipeline({"name": "p"}),
    "GET /api/v1/pipelines": pipeline_endpoints.list_pipelines(),
    "GET /api/v1/pipelines/L1": pipeline_endpoints.get_pipeline("L1"),
    "GET /api/v1/pipelines/L1/jobs": pipeline_endpoints.list_pipeline_jobs("L1", status="FAILED"),
    "PATCH /api/v1/pipelines/L1": pipeline_endpoints.pause_pipeline("L1"),
    "DELETE /api/v1/pipelines/L1": pipeline_endpoints.delete_pipeline("L1"),
    "GET /api/v1/pipelines/connectors": pipeline_endpoints.list_connectors(),
}


def test_each_call_goes_where_it_should():
    assert [label for label, call in CALLS.items() if call.label != label] == []


def test_exactly_the_calls_that_render_are_paid():
    paid = {label for label, call in CALLS.items() if call.effect is Effect.PAID}
    plain = {label.replace("J1", ":id").replace("B1", ":id") for label in paid}
    assert plain == PAID_CALLS


def test_exactly_the_undocumented_paths_can_be_corrected():
    names = {call.path.name for call in CALLS.values() if isinstance(call.path, AssumedPath)}
    assert names == set(ASSUMED)
    corrected = CALLS["GET /api/v1/jobs/B1"].path.corrected({"job_path": "/api/v2/job/{id}/state"})
    assert corrected == "/api/v2/job/B1/state"


def test_a_template_list_can_leave_some_out():
    assert endpoints.list_templates(public=False).query == {"internal": None, "public": "false"}


def test_a_webhook_is_told_of_everything_unless_said_otherwise():
    assert CALLS["PUT /api/v1/webhooks"].json == {
        "url": "https://me.example/h",
        "events": list(endpoints.EVENTS),
        "enabled": True,
    }
    assert endpoints.set_webhook("u", ["x"], description="d").json["description"] == "d"


def test_secrets_of_answers_are_shown_nowhere():
    said = {"id": "W1", "secret": "whsec_abc", "events": None}
    webhook = CALLS["PUT /api/v1/webhooks"].parse(answer(200, said))
    assert webhook.secret.get_secret_value() == "whsec_abc"
    made = {"models": [{"modelId": "M1", "uploadUrl": "https://s3/x?s=abcdef"}]}
    (model,) = CALLS["POST /api/v1/models"].parse(answer(201, made))
    assert "whsec_abc" not in repr(webhook)
    assert "abcdef" not in f"{model!r} {model.model_dump()}"


def test_no_field_that_may_hold_a_secret_or_a_presigned_address_is_in_a_repr():
    address = "https://s3/x.png?X-Amz-Signature=abcdef"
    said = {"jobId": "J1", "presignedUrl": address, "renders": [{"filePath": address, "signed": address}]}
    states = {"models": [{"modelId": "M1", "filePath": address}]}
    webhook = {"id": "W1", "signingSecret": "whsec_abcdef"}
    made = {"models": [{"modelId": "M1", "uploadKey": address, "presignedUrl": address}]}
    read = [
        CALLS["GET /api/v1/renders/J1"].parse(answer(200, said)),
        CALLS["POST /api/v1/models/status"].parse(answer(200, states)),
        CALLS["PUT /api/v1/webhooks"].parse(answer(200, webhook)),
        CALLS["POST /api/v1/models"].parse(answer(201, made)),
    ]
    assert "abcdef" not in f"{read} {read[0]}"
    assert read[0].renders[0].file_path == address


def test_what_the_vendor_adds_is_kept_and_what_it_leaves_out_is_empty():
    render = CALLS["GET /api/v1/renders/J1"].parse(answer(200, {"jobId": 7, "shiny": True}))
    assert (render.job_id, render.status, render.renders, render.model_extra) == (
        "7",
        None,
        None,
        {"shiny": True},
    )


@pytest.mark.parametrize("body", [{}, {"templates": None}, "nonsense", {"templates": [{"name": "x"}]}])
def test_an_answer_of_another_form_is_refused(body):
    with pytest.raises(ValueError):
        CALLS["GET /api/v1/templates"].parse(answer(200, body))


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_refusal_is_judged_by_its_status(status, kind):
    error = VENDOR.error(answer(status, {"error": {"message": "No."}}))
    assert type(error) is kind
    assert (error.status, error.happened) == (status, None if kind is UnavailableError else False)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"code": "X", "message": "too small"}}, "400: too small."),
        ({"error": "too small"}, "400: too small."),
        ({"message": "too small."}, "400: too small."),
        ({"error": "Bad Request", "message": "too small"}, "400: Bad Request: too small."),
        ({"detail": "too small"}, '400: {"detail": "too small"}.'),
        (b"plain  words", "400: plain words."),
        ([1], "400: [1]."),
        (b"", "400: an empty answer."),
    ],
)
def test_the_message_of_a_refusal_is_found_wherever_it_is(body, words):
    error = VENDOR.error(answer(400, body))
    assert str(error) == f"Glossi answered GET /v1/x with {words}"


@pytest.mark.parametrize("label", sorted(call.replace(":id", "J-1") for call in PAID_CALLS))
def test_a_paid_call_says_what_it_cost(label):
    assert str(VENDOR.error(answer(422, {}, label))).endswith("Nothing was rendered or charged.")
    assert str(VENDOR.error(answer(500, {}, label))).endswith("is not known.")


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_storage_that_refuses_does_not_refuse_the_key(status):
    error = VENDOR.error(answer(status, b"<Error/>", "PUT https://s3.example/w/x"))
    assert (type(error), error.happened, error.transient) == (UnexpectedAnswerError, False, False)
    assert "a retry asks for a new one" in str(error)


def test_a_storage_that_is_down_or_says_no_is_told_apart():
    assert type(VENDOR.error(answer(503, b"", "PUT https://s3.example/x"))) is UnavailableError
    assert type(VENDOR.error(answer(413, b"", "PUT https://s3.example/x"))) is RejectedError
