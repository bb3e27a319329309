"""What only Imagine.io has, against a small Imagine.io on real sockets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    OutcomeUnknownError,
    RejectedError,
    RenderFailedError,
    RenderInputError,
    RenderTimeoutError,
    SettingsError,
)
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.hooks.imagine import ImagineHook
from airflow_provider_render.operators.imagine import (
    ImagineArchiveImagesOperator,
    ImagineDeleteProductOperator,
    ImagineSceneRenderOperator,
    ImagineUpdateProductOperator,
)
from airflow_provider_render.vendors.imagine import scenes
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from tests.operators.task import Died, Task
from tests.vendors.imagine.conftest import connect, service

__all__ = ["connect", "service"]

CREATE = "POST /v1/product/create-images/"
PRODUCTS = ["CHR-1", {"sku_id": "TBL-1", "position": [1, 0, 0], "material_id": 500}]


@pytest.fixture(autouse=True)
def prompt_vendor(monkeypatch):
    """A vendor that knows at once what it was sent."""
    monkeypatch.setattr(ImagineVendor, "poll_policy", replace(ImagineVendor.poll_policy, settling=0.2))


@pytest.fixture
def products(service, connect):
    """Products of these SKUs, by SKU."""
    hook = ImagineHook(connect())
    return {sku: hook.products.create("x.glb", sku_id=sku, name=sku).unicode for sku in ("CHR-1", "TBL-1")}


def scene(**changes):
    fields = {"scene_id": 7550, "cameras": [1, 2], "products": PRODUCTS, "poll_interval": 0.05, **changes}
    return Task(lambda: ImagineSceneRenderOperator(task_id="scene", **fields))


class TestSceneRender:
    @pytest.mark.parametrize("deferrable", [True, False])
    def test_products_are_rendered_together_once_and_the_job_is_returned(self, service, products, deferrable):
        task = scene(deferrable=deferrable)
        job = RenderJob.from_json(task.run())
        assert job.refs == {"sku": "CHR-1", "cameras": "2"}
        assert [image["skus"] for image in service.images] == [["CHR-1", "TBL-1"]] * 2
        assert len(service.calls(CREATE)) == 1
        assert len(ImagineHook().run(ImagineHook().vendor.outputs(job))) == 10
        assert task.link == "https://app.imagine.io/"

    def test_templates_may_give_everything_as_text(self, service, products):
        scene(scene_id="7550", cameras="1, 2", products='["CHR-1"]').run()
        assert [image["skus"] for image in service.images] == [["CHR-1"]] * 2

    def test_a_retry_takes_over_what_the_first_try_paid(self, service, products):
        service.word = "Processing"
        task = scene(deferrable=True)
        assert isinstance(task.start(), TaskDeferred)
        service.set_words("Done")
        first = task.run()
        assert task.run() == first
        assert len(service.calls(CREATE)) == 1

    def test_another_order_after_a_clear_is_another_render(self, service, products):
        task = scene()
        first = task.run()
        task.make = scene(cameras=[1]).make
        assert task.run()["id"] != first["id"]
        assert len(service.calls(CREATE)) == 2

    def test_a_refused_order_leaves_nothing_behind(self, service, products):
        task = scene(products=["CHR-1", "NEW-1"])
        with pytest.raises(RejectedError, match="NEW-1"):
            task.run()
        ImagineHook().products.create("x.glb", sku_id="NEW-1")
        task.run()
        assert len(service.images) == 2

    def test_a_wrong_order_is_refused_before_anything_is_sent(self, service, connect):
        connect()
        with pytest.raises(SettingsError, match="products: "):
            scene(products=[]).run()
        assert service.seen == []

    def test_a_failed_render_fails_the_task_and_a_clear_pays_anew(self, service, products):
        service.word = "Failed"
        task = scene()
        with pytest.raises(RenderFailedError, match="cam 1: Failed"):
            task.run()
        service.word = "Done"
        task.clear()
        task.run()
        assert len(service.calls(CREATE)) == 2

    def test_a_render_that_takes_too_long_goes_on_and_is_taken_over(self, service, products):
        service.word = "Processing"
        task = scene(render_timeout=0.2)
        with pytest.raises(RenderTimeoutError, match="1 go on, and a retry will take them over"):
            task.run()
        service.set_words("Done")
        task.run()
        assert len(service.calls(CREATE)) == 1

    def test_a_render_that_imagine_lost_fails_the_task(self, service, products, monkeypatch):
        lost = replace(ImagineVendor.poll_policy, listing_grace=0.0)
        monkeypatch.setattr(ImagineVendor, "poll_policy", lost)
        service.word = "Processing"
        task = scene(deferrable=True)
        deferred = task.start()
        service.images.clear()
        with pytest.raises(RenderFailedError, match="does not know"):
            task.resume(deferred, {"status": "ready"})


class TestCutOffSubmit:
    @pytest.fixture
    def broken(self, service, products):
        """A task whose submit got no clear answer."""

        def cut_off(**changes):
            service.break_next.append((CREATE, 500))
            task = scene(**changes)
            with pytest.raises(OutcomeUnknownError):
                task.run()
            return task

        return cut_off

    def test_where_the_product_is_in_no_picture_it_did_not_happen(self, service, broken):
        task = broken()
        task.run()
        assert len(service.calls(CREATE)) == 2
        assert len(service.images) == 2

    def test_where_it_is_in_pictures_nobody_can_tell(self, service, products, broken):
        ImagineHook().images.create(1, [9], [{"sku_id": "CHR-1"}])
        task = broken()
        for _ in range(2):
            with pytest.raises(AmbiguousSubmitError, match="CHR-1"):
                task.run()
        assert len(service.calls(CREATE)) == 2
        task.make = scene(on_ambiguous="resubmit").make
        task.run()
        assert len(service.calls(CREATE)) == 3

    def test_a_worker_that_died_before_the_call_has_paid_nothing(self, service, products, monkeypatch):
        def die(*order):
            raise Died
            yield

        ImagineHook().images.create(1, [9], [{"sku_id": "CHR-1"}])
        task = scene()
        with monkeypatch.context() as patch:
            patch.setattr(scenes, "submit_placed", die)
            with pytest.raises(Died):
                task.run()
        task.run()
        assert len(service.calls(CREATE)) == 2


class TestProducts:
    def operator(self, kind, **fields):
        return Task(lambda: kind(task_id="product", **fields))

    def test_what_is_shown_of_a_product_is_changed(self, service, products):
        changed = self.operator(
            ImagineUpdateProductOperator, product=products["CHR-1"], product_name="Chair", gtin=""
        ).run()
        assert changed["name"] == service.product("CHR-1")["name"] == "Chair"
        assert (changed["product"], changed["sku_id"], changed["gtin"]) == (products["CHR-1"], "CHR-1", None)

    def test_a_change_of_nothing_is_refused(self, service, products):
        sent = len(service.seen)
        with pytest.raises(RenderInputError, match="nothing to change"):
            self.operator(ImagineUpdateProductOperator, product=products["CHR-1"]).run()
        assert len(service.seen) == sent

    def test_a_deleted_product_stays_deleted(self, service, products):
        task = self.operator(ImagineDeleteProductOperator, product=products["CHR-1"])
        assert "Will be deleted on 2026-02-06" in task.run()
        assert task.run() == "not found"
        assert len(service.deleted) == 1

    @pytest.mark.parametrize("product", [" ", None, "None", 7])
    @pytest.mark.parametrize(
        ("operator", "more"),
        [
            (ImagineDeleteProductOperator, {}),
            (ImagineUpdateProductOperator, {"product_name": "Chair"}),
            (ImagineArchiveImagesOperator, {"ids": "7"}),
        ],
    )
    def test_without_a_product_nothing_is_sent_and_no_credit_is_spent(
        self, service, connect, operator, more, product
    ):
        connect()
        with pytest.raises(RenderInputError, match="product: must be an id, not"):
            self.operator(operator, product=product, **more).run()
        assert service.seen == []

    def test_a_field_of_which_a_template_left_nothing_stays_as_it_is(self, service, products):
        fields = {"product": products["CHR-1"], "product_name": "Chair", "sku": "None", "gtin": ""}
        changed = self.operator(ImagineUpdateProductOperator, **fields).run()
        assert (changed["name"], changed["sku_id"], changed["gtin"]) == ("Chair", "CHR-1", None)

    def test_pictures_are_archived_and_brought_back(self, service, products):
        unicode, hook = products["CHR-1"], ImagineHook()
        hook.products.mark_uploaded(unicode)
        hook.content.create(unicode, ["silo"])
        (entry,) = hook.content.status(unicode=unicode).product_silo_images_status
        fields = {"product": unicode, "ids": f"{entry.id}, 7"}
        assert self.operator(ImagineArchiveImagesOperator, **fields).run() == [entry.id]
        assert hook.content.shared(unicode=unicode).product_silo_images == ()
        assert self.operator(ImagineArchiveImagesOperator, **fields, archive=False).run() == [entry.id]
        assert len(hook.content.shared(unicode=unicode).product_silo_images) == 1

    def test_wrong_ids_are_refused_by_name(self, service, connect):
        connect()
        with pytest.raises(SettingsError, match="ids: "):
            self.operator(ImagineArchiveImagesOperator, product="u", ids="all").run()
