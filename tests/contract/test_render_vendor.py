"""What the neutral operators rely on, of every vendor, through its hook and against its sandbox."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from uuid import uuid4

import pytest

from airflow_provider_render.catalog.files import model_file
from airflow_provider_render.core.calls import noting
from airflow_provider_render.core.errors import RejectedError, SettingsError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderRequest, RenderStatus
from airflow_provider_render.core.vendor import Answerable
from airflow_provider_render.hooks.base import RenderHook
from tests.contract.vendors import VENDORS
from tests.operators.account import new_model


@pytest.fixture
def hook(account):
    return RenderHook.for_connection(account.conn_id)


@pytest.fixture
def vendor(hook):
    return hook.vendor


@pytest.fixture
def choice(account):
    return VENDORS[account.name](account)


@pytest.fixture
def settings(vendor, choice):
    return [vendor.settings(choice.first), vendor.settings(choice.second)]


@pytest.fixture
def wanted(settings, tmp_path):
    """A render of a model that no vendor has seen."""
    model = model_file(new_model(tmp_path))
    return RenderRequest("CHAIR", model, settings[0], label="Chair", sku=f"CHAIR-{model.sha256[:6]}")


def ended(hook, job):
    """Wait until a render, or the preparing of a model, has ended."""
    deadline = time.monotonic() + 60
    while True:
        state = hook.run(hook.vendor.states([job])).get(job.id)
        if state and state.status.terminal:
            return state
        assert time.monotonic() < deadline, state
        time.sleep(0.2)


def ready(hook, upload):
    """Return the id of a model once it can be rendered."""
    if upload.preparing is None:
        return upload.model_id
    assert ended(hook, upload.preparing).status is RenderStatus.SUCCEEDED
    return hook.run(hook.vendor.prepared(upload.preparing))


def uploaded(hook, request):
    """Return the request with the vendor's id of its model, and the render that the upload started."""
    upload = hook.run(hook.vendor.upload(request))
    return replace(request, model_id=ready(hook, upload)), upload.job


def submitted(hook, request):
    ticket = uuid4().hex
    (job,) = hook.run(hook.vendor.submit([replace(request, ticket=ticket)]))
    return job, ticket


def first_render(hook, request):
    request, job = uploaded(hook, request)
    return request, job or submitted(hook, request)[0]


def test_wrong_settings_are_refused_by_name_before_anything_is_sent(vendor, account, choice) -> None:
    paid = account.spent
    wrong = next(name for name, value in choice.wrong.items() if choice.first.get(name) != value)
    with pytest.raises(SettingsError, match=wrong):
        vendor.settings(choice.wrong)
    with pytest.raises(SettingsError, match="no_such_setting"):
        vendor.settings({**choice.first, "no_such_setting": 1})
    assert account.spent == paid


def test_settings_survive_json_and_canonical_ones_tell_renders_apart(vendor, settings) -> None:
    assert [json.loads(json.dumps(dict(one))) for one in settings] == [dict(one) for one in settings]
    assert [vendor.settings(one) for one in settings] == settings
    first, second = map(vendor.canonical, settings)
    assert vendor.canonical(first) == first
    assert first != second
    assert vendor.fingerprint("a", settings[0]) != vendor.fingerprint("b", settings[0])


def test_a_model_is_found_again_once_it_is_there(hook, vendor, wanted) -> None:
    assert hook.run(vendor.find_model(wanted)) is None
    known, _ = uploaded(hook, wanted)
    found = hook.run(vendor.find_model(replace(wanted, model_id=known.model_id)))
    assert found is not None
    assert (found.model_id, found.preparing) == (known.model_id, None)


def test_a_model_that_an_earlier_run_noted_and_the_vendor_lost_is_not_found(hook, vendor, wanted) -> None:
    lost = replace(wanted, model_id=str(uuid4()))
    assert hook.run(vendor.find_model(lost)) is None


def test_a_render_costs_its_price_and_ends_with_files(hook, vendor, account, wanted, tmp_path) -> None:
    calls, before, paid = hook.metered, hook.run(vendor.account()).credits, account.spent
    _, job = first_render(hook, wanted)
    assert ended(hook, job).status is RenderStatus.SUCCEEDED
    outputs = hook.run(vendor.outputs(job))
    after = hook.run(vendor.account()).credits
    if before is not None:
        assert before - after == account.spent - paid
    assert vendor.default_outputs & {output.kind for output in outputs}
    assert len({output.name for output in outputs}) == len(outputs)
    for output in outputs:
        if output.link:
            assert output.link.startswith("http")
            continue
        fetched = hook.download(hook.run(vendor.locate(output)), tmp_path / output.name)
        assert fetched.size == (tmp_path / output.name).stat().st_size > 0
        assert fetched.media_type == output.media_type
    first_account = vendor.capabilities.call_price
    assert account.spent - paid + first_account == vendor.price(wanted.settings) + hook.metered - calls


def test_the_kinds_that_are_declared_for_settings_are_those_that_come_of_them(hook, vendor, choice, wanted):
    known, job = uploaded(hook, wanted)
    for raw in (choice.first, choice.second, *choice.others):
        settings = vendor.settings(raw)
        job = job or submitted(hook, replace(known, settings=settings))[0]
        assert ended(hook, job).status is RenderStatus.SUCCEEDED
        come = {output.kind for output in hook.run(vendor.outputs(job))}
        assert come == vendor.kinds(settings)
        assert come <= vendor.kinds()
        assert come & vendor.default_outputs
        job = None


def test_what_outputs_tell_at_once_can_be_downloaded_at_once(hook, vendor, wanted, tmp_path) -> None:
    _, job = first_render(hook, wanted)
    ended(hook, job)
    for output in hook.run(vendor.outputs(job)):
        if output.fetch:
            assert hook.download(output.fetch, tmp_path / output.name).size > 0
            assert output.fetch.path not in repr(output)


def test_renders_of_a_batch_come_back_in_order(hook, vendor, account, wanted, tmp_path) -> None:
    other = model_file(new_model(tmp_path, "bench"))
    second = replace(wanted, key="BENCH", model=other, sku=f"BENCH-{other.sha256[:6]}")
    known = [uploaded(hook, one)[0] for one in (wanted, second)]
    if vendor.capabilities.upload_renders:
        known = [replace(one, settings=known[0].settings) for one in reversed(known)]
    batch = [replace(one, ticket="t") for one in known]
    size = vendor.capabilities.max_batch
    jobs = [
        job for at in range(0, len(batch), size) for job in hook.run(vendor.submit(batch[at : at + size]))
    ]
    assert [job.model_id for job in jobs] == [one.model_id for one in batch]
    assert [dict(job.settings) for job in jobs] == [dict(one.settings) for one in batch]
    assert len({job.id for job in jobs}) == 2
    assert {job.id for job in jobs} <= hook.run(vendor.states(jobs)).keys()
    assert all(RenderJob.from_json(json.loads(json.dumps(job.to_json()))) == job for job in jobs)


def test_a_submit_that_is_refused_charges_nothing(hook, vendor, account, wanted) -> None:
    known, _ = uploaded(hook, wanted)
    paid, calls = account.spent, hook.metered
    unknown = replace(known, model_id=str(uuid4()), sku="NO-SUCH-SKU", ticket="t")
    batch = [replace(known, ticket="t"), unknown] if vendor.capabilities.max_batch > 1 else [unknown]
    with pytest.raises(RejectedError) as refused:
        hook.run(vendor.submit(batch))
    assert refused.value.happened is False
    # A refused call may cost what every call does.
    assert account.spent - paid <= hook.metered - calls + vendor.capabilities.call_price


def test_a_submitted_render_is_found_again_and_another_is_not(hook, vendor, wanted, settings) -> None:
    known, job = first_render(hook, wanted)
    ended(hook, job)
    found = hook.run(vendor.find_existing(known))
    other = replace(known, settings=settings[1])
    assert hook.run(vendor.find_existing(other)).answer is Answerable.ABSENT
    if vendor.capabilities.tells_submitted:
        assert found.answer is Answerable.FOUND
        assert ended(hook, found.job).status is RenderStatus.SUCCEEDED
        assert hook.run(vendor.outputs(found.job))
        excluded = [job.id, found.job.id]
        assert hook.run(vendor.find_existing(known, exclude=excluded)).answer is Answerable.ABSENT
    else:
        assert found.answer is Answerable.ABSENT


def test_a_cut_off_submit_is_found_by_what_was_written_down_before(hook, vendor, account, wanted) -> None:
    known, job = uploaded(hook, wanted)
    announced, ticket = [], uuid4().hex
    request = replace(known, ticket=ticket)
    if job is None:
        hook.run(noting(vendor.submit([request]), announced.extend))
    paid = account.spent
    question = replace(request, announced=announced[0] if announced else None)
    answer = hook.run(vendor.find_existing(question)).answer
    assert answer is (Answerable.FOUND if vendor.capabilities.tells_submitted else Answerable.UNKNOWN)
    assert account.spent - paid <= 3 * vendor.capabilities.call_price


def test_a_submit_that_was_never_sent_is_known_not_to_have_happened(hook, vendor, wanted) -> None:
    known, job = uploaded(hook, wanted)
    question = replace(known, ticket=uuid4().hex)
    if job is None:
        assert hook.run(vendor.find_existing(question)).answer is Answerable.ABSENT


def test_nothing_can_be_there_of_a_model_that_is_not(hook, vendor, wanted) -> None:
    assert hook.run(vendor.find_existing(wanted)).answer is Answerable.ABSENT


def test_a_render_the_vendor_does_not_know_is_left_out(hook, vendor) -> None:
    assert hook.run(vendor.states([RenderJob(vendor.name, "nosuchrender", "nosuchmodel0")])) == {}


def test_cancelling_is_told_from_having_nothing_to_cancel(hook, vendor, wanted) -> None:
    _, job = first_render(hook, wanted)
    ended(hook, job)
    assert hook.run(vendor.cancel(job)) is False
    assert hook.run(vendor.states([job]))[job.id].status is RenderStatus.SUCCEEDED
    assert hook.run(vendor.cancel(RenderJob(vendor.name, "nosuchrender", "nosuchmodel0"))) is False


def test_the_portal_is_a_page_without_secrets(vendor, account) -> None:
    url = vendor.portal_url(RenderJob(vendor.name, "r", "m"))
    assert url.startswith(("https://", account.said["base_url"]))
    assert account.token not in url


def test_the_test_button_says_who_is_there_and_what_it_cost(hook, vendor, account) -> None:
    paid = account.spent
    good, said = hook.test_connection()
    assert good, said
    assert vendor.title in said
    assert account.spent - paid == vendor.capabilities.call_price
    assert ("cost" in said) == bool(vendor.capabilities.call_price)
    assert account.token not in said


def test_every_kind_of_output_is_one_that_operators_know(vendor) -> None:
    assert vendor.default_outputs <= set(OutputKind)
    assert all(one.startswith(".") and one == one.lower() for one in vendor.capabilities.extensions)
