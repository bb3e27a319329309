"""What the neutral operators rely on, of every vendor, through its hook and against its sandbox."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from airflow_provider_render.catalog.files import model_file
from airflow_provider_render.core.errors import RejectedError, SettingsError
from airflow_provider_render.core.job import RenderJob, RenderRequest, RenderStatus
from airflow_provider_render.core.vendor import Answerable, Upload
from airflow_provider_render.hooks.base import RenderHook
from tests.operators.account import new_model

VENDORS = {"dxgl": ({"length": 3}, {"length": 3, "aspect": "1:1"}, {"length": 99})}
"""Fixture of each vendor's account, with two quick settings and a wrong one."""


@pytest.fixture(params=VENDORS)
def account(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def hook(account):
    return RenderHook.for_connection(account.conn_id)


@pytest.fixture
def vendor(hook):
    return hook.vendor


@pytest.fixture
def settings(vendor):
    return [vendor.settings(raw) for raw in VENDORS[vendor.name][:2]]


@pytest.fixture
def request_(vendor, settings, tmp_path):
    return RenderRequest("CHAIR", model_file(new_model(tmp_path)), settings[0], label="Chair")


def uploaded(hook, request):
    """Return the request with the vendor's id of its model, and the render that the upload started."""
    upload = hook.run(hook.vendor.upload(request))
    return replace(request, model_id=upload.model_id), upload.job


def first_render(hook, request):
    request, job = uploaded(hook, request)
    return request, job or hook.run(hook.vendor.submit([request]))[0]


def ended(hook, job):
    deadline = time.monotonic() + 60
    while True:
        state = hook.run(hook.vendor.states([job])).get(job.id)
        if state and state.status.terminal:
            return state
        assert time.monotonic() < deadline, state
        time.sleep(0.2)


def test_wrong_settings_are_refused_by_name_before_anything_is_sent(vendor, account) -> None:
    wrong = VENDORS[vendor.name][2]
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        vendor.settings(wrong)
    assert account.spent == 0


def test_canonical_settings_are_stable_and_tell_renders_apart(vendor, settings) -> None:
    first, second = map(vendor.canonical, settings)
    assert vendor.canonical(first) == first
    assert first != second
    assert vendor.fingerprint("a", settings[0]) != vendor.fingerprint("b", settings[0])


def test_a_model_is_found_by_its_bytes_once_it_is_there(hook, vendor, request_) -> None:
    assert hook.run(vendor.find_model(request_)) is None
    known, _ = uploaded(hook, request_)
    assert hook.run(vendor.find_model(request_)) == Upload(known.model_id)


def test_a_render_costs_its_price_and_ends_with_files(hook, vendor, account, request_, tmp_path) -> None:
    before = hook.run(vendor.account()).credits
    _, job = first_render(hook, request_)
    assert ended(hook, job).status is RenderStatus.SUCCEEDED
    assert account.spent == vendor.price(request_.settings)
    assert before - hook.run(vendor.account()).credits == Decimal(account.spent)
    outputs = hook.run(vendor.outputs(job))
    assert vendor.default_outputs & {output.kind for output in outputs}
    for output in outputs:
        fetched = hook.download(hook.run(vendor.locate(output)), tmp_path / output.name)
        assert fetched.size == (tmp_path / output.name).stat().st_size > 0
        assert fetched.media_type == output.media_type


def test_renders_of_a_batch_come_back_in_order(hook, vendor, account, request_, settings) -> None:
    known, job = uploaded(hook, request_)
    paid = account.spent
    wanted = [replace(known, settings=settings[1]), replace(known, settings=settings[0])]
    jobs = hook.run(vendor.submit(wanted))
    assert [dict(job.settings) for job in jobs] == [dict(settings[1]), dict(settings[0])]
    assert len({job.id for job in jobs}) == 2
    assert account.spent - paid == sum(vendor.price(one.settings) for one in wanted)
    states = hook.run(vendor.states([*jobs, *([job] if job else [])]))
    assert {one.id for one in jobs} <= states.keys()


def test_a_batch_that_is_refused_charges_nothing(hook, vendor, account, request_) -> None:
    known, _ = uploaded(hook, request_)
    paid = account.spent
    with pytest.raises(RejectedError) as refused:
        hook.run(vendor.submit([known, replace(known, model_id="nosuchmodel0")]))
    assert refused.value.happened is False
    assert account.spent == paid


def test_a_submitted_render_is_found_again_and_another_is_not(hook, vendor, request_, settings) -> None:
    known, job = first_render(hook, request_)
    found = hook.run(vendor.find_existing(known))
    if vendor.capabilities.tells_submitted:
        assert (found.answer, found.job.id) == (Answerable.FOUND, job.id)
        other = replace(known, settings=settings[1])
        assert hook.run(vendor.find_existing(other)).answer is Answerable.ABSENT
        assert hook.run(vendor.find_existing(known, exclude=[job.id])).answer is Answerable.ABSENT
    else:
        assert found.answer is not Answerable.ABSENT


def test_nothing_can_be_there_of_a_model_that_is_not(hook, vendor, request_) -> None:
    answer = hook.run(vendor.find_existing(request_)).answer
    assert answer is (Answerable.ABSENT if vendor.capabilities.tells_submitted else Answerable.UNKNOWN)


def test_a_render_the_vendor_does_not_know_is_left_out(hook, vendor) -> None:
    assert hook.run(vendor.states([RenderJob(vendor.name, "nosuchrender", "nosuchmodel0")])) == {}


def test_cancelling_is_told_from_having_nothing_to_cancel(hook, vendor, request_) -> None:
    _, job = first_render(hook, request_)
    ended(hook, job)
    assert hook.run(vendor.cancel(job)) is False
    assert hook.run(vendor.states([job]))[job.id].status is RenderStatus.SUCCEEDED
    assert hook.run(vendor.cancel(RenderJob(vendor.name, "nosuchrender", "nosuchmodel0"))) is False


def test_the_portal_is_a_page_without_secrets(hook, vendor, account, request_) -> None:
    url = vendor.portal_url(RenderJob(vendor.name, "r", "m"))
    assert url.startswith("https://")
    assert account.token not in url
