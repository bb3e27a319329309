"""The hook for Imagine.io, against a small Imagine.io on real sockets."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from airflow_provider_render.catalog.files import model_file
from airflow_provider_render.core.errors import (
    AuthError,
    ConnectionConfigError,
    OutcomeUnknownError,
    RenderInputError,
    UnavailableError,
)
from airflow_provider_render.core.job import RenderRequest, RenderStatus
from airflow_provider_render.core.vendor import Answerable
from airflow_provider_render.hooks.imagine import ImagineHook
from tests.sandbox.shapes import glb
from tests.vendors.imagine.conftest import connect, service
from tests.vendors.imagine.service import FIELDS, PNG, PUBLIC, SECRET, ZAPIER

__all__ = ["connect", "service"]


@pytest.fixture
def chair(tmp_path):
    """A request for the silo pictures of a model that nobody has seen."""
    path = tmp_path / "chair.glb"
    path.write_bytes(glb())
    return RenderRequest("CHR-1", model_file(str(path)), {}, sku="CHR-1", label="Chair")


def uploaded(hook, request):
    return replace(request, model_id=hook.run(hook.vendor.upload(request)).model_id)


class TestConnection:
    @pytest.mark.parametrize("origin", [None, "", "  ", "two words", "shop\n.example"])
    def test_an_origin_is_required(self, connect, origin):
        with pytest.raises(ConnectionConfigError, match="'origin' must be a domain"):
            _ = ImagineHook(connect(extra={"origin": origin})).vendor

    def test_a_password_is_required(self, connect):
        with pytest.raises(ConnectionConfigError, match="no password"):
            _ = ImagineHook(connect(password="")).vendor

    def test_keys_in_each_others_place_are_found_out(self, connect):
        with pytest.raises(ConnectionConfigError, match="is a public key"):
            _ = ImagineHook(connect(password=PUBLIC)).vendor
        with pytest.raises(ConnectionConfigError, match="extras are no place for secrets") as caught:
            _ = ImagineHook(connect(extra={"public_key": SECRET})).vendor
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize(
        ("extra", "allowed"),
        [({"existing_products": "keep"}, "fail, adopt, replace"), ({"disabled": "no"}, "fail, skip")],
    )
    def test_a_wrong_choice_is_refused(self, connect, extra, allowed):
        with pytest.raises(ConnectionConfigError, match=f"is one of {allowed}"):
            _ = ImagineHook(connect(extra=extra)).vendor

    @pytest.mark.parametrize("host", ["https://user@prod.imagine.io", "ftp://x", "https://x/?token=1"])
    def test_a_wrong_zapier_host_is_refused(self, connect, host):
        with pytest.raises(ConnectionConfigError, match="zapier_host"):
            _ = ImagineHook(connect(extra={"zapier_host": host})).vendor

    def test_without_hosts_the_vendors_own_are_taken(self, connect):
        vendor = ImagineHook(connect(host=None, extra={"zapier_host": ""})).vendor
        assert (vendor.root(), vendor.root("zapier")) == ("https://api.imagine.io", "https://prod.imagine.io")

    def test_the_test_button_tells_the_balance_and_what_it_cost(self, service, connect):
        works, text = ImagineHook(connect()).test_connection()
        assert works
        assert "shop.example has 999 credits" in text
        assert "1 of them" in text
        assert service.spent == 1

    def test_a_wrong_origin_fails_the_test_with_a_hint(self, service, connect):
        works, text = ImagineHook(connect(extra={"origin": "other.example"})).test_connection()
        assert not works
        assert "'origin'" in text
        assert SECRET not in text


class TestCredentials:
    def test_reads_go_with_the_public_key_and_changes_with_the_secret_one(self, service, connect, chair):
        hook = ImagineHook(connect(extra={"public_key": PUBLIC}))
        request = uploaded(hook, chair)
        hook.run(hook.vendor.submit([request]))
        hook.content.status(sku_id="CHR-1")
        keys = {(label.split()[0], headers["authorization"]) for label, headers, _ in service.seen}
        assert keys == {
            ("POST", f"Imagine-key {SECRET}"),
            ("PATCH", f"Imagine-key {SECRET}"),
            ("GET", f"Imagine-key {PUBLIC}"),
        }

    def test_the_storage_gets_no_credentials_and_the_file_last(self, service, connect, chair):
        uploaded(ImagineHook(connect()), chair)
        assert service.forms == [[*FIELDS, "file"], [*FIELDS, "file"]]
        model, thumbnail = service.files.values()
        assert model == chair.model.source.open().read()
        assert thumbnail.startswith(b"\x89PNG")

    def test_the_zapier_side_is_asked_with_its_token_only(self, service, connect):
        hook = ImagineHook(connect(login=f"Zapier {ZAPIER}"))
        assert hook.zapier.verify().id == 17625
        assert hook.zapier.token("sessionid=logged-in").api_key.get_secret_value() == ZAPIER
        headers = [headers for _, headers, _ in service.seen]
        assert headers[0]["authorization"] == f"Zapier {ZAPIER}"
        assert "origin" not in headers[0]
        assert "authorization" not in headers[1]
        assert service.spent == 0

    def test_without_its_token_nothing_is_sent_to_the_zapier_side(self, service, connect):
        with pytest.raises(ConnectionConfigError, match="no Zapier token"):
            ImagineHook(connect()).zapier.verify()
        assert service.seen == []

    def test_no_secret_reaches_a_log(self, service, connect, chair, caplog):
        caplog.set_level(logging.DEBUG)
        hook = ImagineHook(connect(extra={"public_key": PUBLIC}, login=ZAPIER))
        (job,) = hook.run(hook.vendor.submit([uploaded(hook, chair)]))
        outputs = hook.run(hook.vendor.outputs(job))
        hook.zapier.verify()
        said = caplog.text + repr(outputs) + repr(job)
        assert [secret for secret in (SECRET, ZAPIER, "hidden-signature", "cG9saWN5") if secret in said] == []


class TestFromModelToPictures:
    def test_a_model_becomes_pictures_and_pages(self, service, connect, chair, tmp_path):
        hook = ImagineHook(connect())
        vendor = hook.vendor
        wanted = replace(chair, settings=vendor.settings({"content": "silo, viewer"}))
        assert hook.run(vendor.find_model(wanted)) is None
        request = uploaded(hook, wanted)
        assert hook.run(vendor.find_existing(request)).answer is Answerable.ABSENT
        service.word = "Processing"
        (job,) = hook.run(vendor.submit([request]))
        assert hook.run(vendor.states([job]))[job.id].status is RenderStatus.RUNNING
        service.set_words("Done")
        assert hook.run(vendor.states([job]))[job.id].status is RenderStatus.SUCCEEDED
        assert hook.run(vendor.find_existing(request)).job.id == job.id
        page, silo, small = hook.run(vendor.outputs(job))
        assert (page.link[:22], silo.name, small.name) == (
            "https://app.imagine.io",
            "silo-1.png",
            "thumbnail.png",
        )
        fetched = hook.download(silo.fetch, tmp_path / silo.name)
        assert (tmp_path / silo.name).read_bytes() == PNG
        assert fetched.media_type == silo.media_type

    def test_what_calls_cost_is_counted_beside_the_job(self, service, connect, chair):
        hook = ImagineHook(connect())
        before = hook.metered
        request = uploaded(hook, chair)
        hook.run(hook.vendor.submit([request]))
        hook.run(hook.vendor.find_existing(request))
        assert service.spent == 4
        assert hook.metered - before == service.spent - hook.vendor.price(request.settings)

    def test_a_scene_render_becomes_pictures(self, service, connect, chair, tmp_path):
        hook = ImagineHook(connect())
        scene = hook.vendor.settings({"scene_id": 7550, "cameras": list(range(1, 26))})
        request = uploaded(hook, replace(chair, settings=scene))
        (job,) = hook.run(hook.vendor.submit([request]))
        assert hook.run(hook.vendor.states([job]))[job.id].status is RenderStatus.SUCCEEDED
        outputs = hook.run(hook.vendor.outputs(job))
        assert len({output.name for output in outputs}) == len(outputs) == 25 * 5
        assert hook.download(outputs[0].fetch, tmp_path / "a.png").size == len(PNG)

    def test_a_changed_model_gets_a_new_product_and_the_old_one_keeps_its_own(
        self, service, connect, chair, tmp_path
    ):
        hook = ImagineHook(connect())
        first = uploaded(hook, chair)
        (tmp_path / "chair.glb").write_bytes(glb())
        changed = replace(chair, model=model_file(str(tmp_path / "chair.glb")))
        assert hook.run(hook.vendor.find_model(changed)) is None
        second = uploaded(hook, changed)
        skus = {product["unicode"]: product["sku_id"] for product in service.products}
        assert skus == {first.model_id: f"CHR-1~{first.model_id[:8]}", second.model_id: "CHR-1"}
        assert hook.run(hook.vendor.find_model(changed)).model_id == second.model_id

    def test_an_upload_that_broke_is_made_anew(self, service, connect, chair):
        hook = ImagineHook(connect())
        service.break_next.append(("storage", 403))
        with pytest.raises(UnavailableError, match="a retry gets a new one"):
            uploaded(hook, chair)
        assert service.product("CHR-1")["upload_status"] == "1"
        assert hook.run(hook.vendor.find_model(chair)) is None
        (broken,) = service.products
        assert (broken["sku_id"], service.deleted) == (f"CHR-1~{broken['unicode'][:8]}", [])
        request = uploaded(hook, chair)
        assert service.product("CHR-1") == {**service.product("CHR-1"), "unicode": request.model_id}

    def test_a_job_that_broke_is_not_sent_again(self, service, connect, chair):
        hook = ImagineHook(connect(extra={"retries": "3"}))
        request = uploaded(hook, chair)
        service.break_next.append(("POST /v1/product/job/", 500))
        with pytest.raises(OutcomeUnknownError):
            hook.run(hook.vendor.submit([request]))
        assert len(service.calls("POST /v1/product/job/")) == 1

    def test_a_product_of_others_is_left_alone(self, service, connect, chair):
        hook = ImagineHook(connect())
        hook.products.create("chair.glb", sku_id="CHR-1", name="theirs")
        with pytest.raises(RenderInputError, match="existing_products"):
            hook.run(hook.vendor.find_model(chair))
        adopting = ImagineHook(connect("imagine_adopting", extra={"existing_products": "replace"}))
        upload = adopting.run(adopting.vendor.upload(chair))
        assert service.product("CHR-1")["unicode"] == upload.model_id

    def test_lists_are_read_over_all_pages_on_the_own_host(self, service, connect):
        hook = ImagineHook(connect())
        for number in range(41):
            hook.products.create("x.glb", sku_id=f"S-{number}")
        start = service.spent
        assert len(hook.products.all()) == 41
        assert service.spent - start == 3
        first = next(iter(hook.products.each()))
        assert (first.sku_id, service.spent - start) == ("S-40", 4)
        assert len({product.sku_id for product in hook.products.each()}) == 41

    def test_pictures_are_archived_and_brought_back(self, service, connect, chair):
        hook = ImagineHook(connect())
        request = uploaded(hook, chair)
        (job,) = hook.run(hook.vendor.submit([request]))
        (entry,) = hook.content.status(unicode=request.model_id).product_silo_images_status
        assert hook.content.archive(request.model_id, [entry.id]).ids == (entry.id,)
        assert [output.name for output in hook.run(hook.vendor.outputs(job))] == ["thumbnail.png"]
        hook.content.archive(request.model_id, [entry.id], archive=False)
        assert len(hook.run(hook.vendor.outputs(job))) == 2


class TestAsync:
    def test_the_endpoints_are_there_for_event_loops_too(self, service, connect, chair):
        hook = ImagineHook(connect())
        request = uploaded(hook, chair)

        async def ask():
            return (
                await hook.aio.products.all(sku_id="CHR-1"),
                await hook.aio.content.status(unicode=request.model_id),
                await hook.aio.images.all(sku_id="CHR-1"),
            )

        products, status, images = asyncio.run(ask())
        assert ([one.unicode for one in products], status.product_ar_status, images) == (
            [request.model_id],
            None,
            [],
        )

    def test_a_refused_key_is_an_error_there_too(self, service, connect):
        async def ask():
            await ImagineHook(connect(password="sk_wrong_0123456789")).aio.products.list()

        with pytest.raises(AuthError):
            asyncio.run(ask())
