"""What Glossi and Imagine.io might be paid for twice, or beyond the limit, seen from nights of a catalog."""

from __future__ import annotations

import json
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from airflow_provider_render.core.errors import AmbiguousSubmitError, BudgetError, RenderError
from airflow_provider_render.hooks.imagine import ImagineHook
from airflow_provider_render.operators.base import WaitingOperator
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.operators.glossi import GlossiRetryRenderOperator
from airflow_provider_render.operators.imagine import ImagineSceneRenderOperator
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from airflow_provider_render.vendors.imagine import scenes
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from tests.operators.account import new_model, rows
from tests.operators.task import Died, Task, fire
from tests.operators.test_crashes import Fate
from tests.operators.test_imagine_catalog import CREATE, JOB, prompt_vendor, shop
from tests.sandbox.shapes import glb
from tests.vendors.glossi.workspace import running
from tests.vendors.imagine.account import request
from tests.vendors.imagine.conftest import connect, service
from tests.vendors.imagine.service import page

__all__ = ["connect", "prompt_vendor", "service", "shop"]

SCENE = {"scene_id": 1, "cameras": [5]}
IMAGES = "POST /v1/product/create-images/"


@pytest.fixture
def workspace(monkeypatch):
    """A Glossi that is looked at often."""
    policy = replace(GlossiVendor.poll_policy, first=0.01, start=0.01, cap=0.05, settling=0.01)
    monkeypatch.setattr(GlossiVendor, "poll_policy", policy)
    yield from running(monkeypatch)


def copied(model: str, name: str) -> str:
    """Return the path of another file with the bytes of a model."""
    return str(shutil.copy(model, Path(model).with_name(f"{name}.glb")))


class TestGlossi:
    def night(self, number, folder, catalog, conn_id="glossi_default", **options) -> Task:
        fields = {"task_id": "render", "render_conn_id": conn_id, "settings": {"templateId": "T1"}}
        fields |= {"output": str(folder / "out"), "catalog": catalog, **options}
        return Task(lambda: RenderCatalogOperator(**fields), run_id=f"night-{number}")

    @pytest.mark.parametrize("deferrable", [True, False])
    def test_a_render_that_is_not_listed_yet_is_not_paid_again_while_another_model_is_prepared(
        self, workspace, monkeypatch, tmp_path, deferrable
    ):
        (known,) = rows(new_model(tmp_path, "A"))
        self.night(1, tmp_path, [known]).run()
        shown, seen = workspace._render, set()

        def late(body, job):
            if job in seen:
                return shown(body, job)
            seen.add(job)
            return 404, {"message": "Render job not found"}

        monkeypatch.setattr(workspace, "_render", late)
        changed = {**known, "settings": {"imageQuality": 2}}
        catalog = [changed, *rows(new_model(tmp_path, "B"))]
        told = self.night(2, tmp_path, catalog, deferrable=deferrable).run()
        assert (told["delivered"], len(workspace.renders)) == (2, 1 + 2)

    @pytest.mark.parametrize("deferrable", [True, False])
    def test_what_changes_while_a_model_is_prepared_is_for_the_next_run(
        self, workspace, monkeypatch, tmp_path, deferrable
    ):
        (known,) = rows(new_model(tmp_path, "A"))
        self.night(1, tmp_path, [known]).run()
        catalog = [{**known, "settings": {"imageQuality": 2}}, *rows(new_model(tmp_path, "B"))]
        wait = WaitingOperator.await_renders

        def meanwhile(operator, *args, **more):
            if len(catalog) == 2:
                Path(known["model"]).write_bytes(glb())
                catalog.extend(rows(new_model(tmp_path, "C")))
            return wait(operator, *args, **more)

        monkeypatch.setattr(WaitingOperator, "await_renders", meanwhile)
        told = self.night(2, tmp_path, catalog, deferrable=deferrable).run()
        assert (told["credits_planned"], told["credits_spent"], told["delivered"]) == ("2", "2", 2)
        assert len(workspace.renders) == 1 + 2

    def test_a_row_that_comes_while_a_model_is_prepared_is_not_paid_unasked(self, workspace, tmp_path):
        catalog = rows(new_model(tmp_path, "A"))
        task = self.night(1, tmp_path, catalog, deferrable=True)
        outcome = task.start()
        catalog += rows(new_model(tmp_path, "B"))
        while isinstance(outcome, TaskDeferred):
            outcome = task.resume(outcome, fire(outcome.trigger))
        assert (outcome["credits_planned"], outcome["credits_spent"]) == ("1", "1")
        assert (outcome["delivered"], outcome["pending"]) == (1, 1)

    def test_an_equal_item_of_a_later_night_takes_over_the_render_that_the_journal_has(
        self, workspace, tmp_path
    ):
        first = new_model(tmp_path, "A")
        self.night(1, tmp_path, rows(first)).run()
        told = self.night(2, tmp_path, rows(first, copied(first, "B"))).run()
        assert (told["delivered"], told["adopted"], told["credits_spent"]) == (1, 1, "0")
        assert len(workspace.renders) == 1

    def test_a_wrong_path_of_one_call_jobs_is_told_and_never_pays_again(
        self, workspace, monkeypatch, tmp_path
    ):
        policy = replace(GlossiVendor.poll_policy, listing_grace=0.1)
        monkeypatch.setattr(GlossiVendor, "poll_policy", policy)
        routes = workspace._routes
        monkeypatch.setattr(
            workspace,
            "_routes",
            lambda: {path: act for path, act in routes().items() if not path.startswith("GET /api/v1/jobs")},
        )
        catalog = rows(new_model(tmp_path, "A"))
        for number in (1, 2, 3):
            with pytest.raises((RenderError, AirflowException), match="job_path"):
                self.night(number, tmp_path, catalog, "glossi_jobs").run()
            assert workspace.paid == 1

    def test_another_variant_of_a_one_call_job_waits_until_its_model_is_processed(
        self, workspace, monkeypatch, tmp_path
    ):
        confirm, create = workspace._confirm_job, workspace._create_projects

        def confirmed(body, job):
            for model in workspace.jobs[job]["models"]:
                workspace.words[model["id"]] = ["PENDING", "PROCESSING", "READY"]
            return confirm(body, job)

        def refusing(body):
            early = [model for model in body["modelIds"] if workspace._word(model) != "READY"]
            return (400, {"message": f"not ready: {early}"}) if early else create(body)

        monkeypatch.setattr(workspace, "_confirm_job", confirmed)
        monkeypatch.setattr(workspace, "_create_projects", refusing)
        (plain,) = rows(new_model(tmp_path, "A"))
        catalog = [plain, {**plain, "variant": "4k", "settings": {"imageQuality": 2}}]
        told = self.night(1, tmp_path, catalog, "glossi_jobs").run()
        assert (told["delivered"], told["failed"], workspace.paid) == (2, 0, 2)

    def test_a_retry_goes_on_with_the_id_that_an_earlier_one_was_given(self, workspace, monkeypatch):
        for job in ("J1", "J2"):
            workspace.words[job] = ["FAILED"]
            workspace.renders[job] = {"jobId": job, "projectId": "P1"}
        asked = []

        def renamed(body, job):
            asked.append(job)
            return 200, {"jobId": "J2", "projectId": "P1", "status": "QUEUED", "batchId": "B2"}

        monkeypatch.setattr(workspace, "_retry", renamed)
        task = Task(lambda: GlossiRetryRenderOperator(task_id="again", job="J1", on_ambiguous="resubmit"))
        assert task.run()["id"] == "J2"
        task.clear()
        workspace.api.drops.append("/retry$")
        with pytest.raises(RenderError):
            task.run()
        assert (task.run()["id"], asked) == ("J2", ["J1", "J2", "J2"])


class TestCallsThatCost:
    """Imagine.io charges for every call."""

    @pytest.fixture
    def six(self, shop, tmp_path):
        """A shop with six new products, each of which costs 1 credit and at least 6 calls."""
        shop.rows = rows(*(new_model(tmp_path / "six", f"S{number}") for number in range(6)))
        return shop

    def test_a_plan_whose_calls_alone_exceed_the_limit_is_refused_before_the_first_one(self, six, service):
        with pytest.raises(BudgetError, match="max_credits"):
            six.night(1, max_credits=6).run()
        assert service.spent == 0

    def test_calls_of_a_broken_try_leave_the_next_one_less_of_the_limit(self, six, service):
        task = six.night(1, max_credits=44)
        service.break_next += [("PATCH /v1/product/details/", 500)] * 3
        with pytest.raises((RenderError, AirflowException)):
            task.run()
        assert len(service.calls(JOB)) == 3
        with pytest.raises(BudgetError, match="max_credits allows 13"):
            task.run()
        assert service.spent == 44 - 13

    def test_what_a_failed_try_spent_on_calls_is_counted_by_the_next_one(self, shop, service):
        shop.rows = shop.rows[:1]
        task = shop.night(1)
        service.break_next.append(("GET /v1/product/shared-content/", 500))
        with pytest.raises((RenderError, AirflowException)):
            task.run()
        assert self.noted(task) == service.spent
        told = task.run()
        assert self.noted(task) == service.spent
        assert Decimal(told["credits_spent"]) + Decimal(told["credits_calls"]) == service.spent

    @staticmethod
    def noted(task) -> Decimal:
        """What the task remembers to have spent."""
        ledger = json.loads(task.rows["render.ledger"])
        return Decimal(ledger["spent"]) + Decimal(ledger["overhead"])


class TestScenes:
    """Pictures in scenes cannot be told apart at Imagine.io."""

    def test_a_submit_that_was_cut_off_long_after_its_note_has_time_to_turn_up(
        self, service, connect, monkeypatch
    ):
        policy = replace(ImagineVendor.poll_policy, settling=0.2, first=0, start=0.05)
        monkeypatch.setattr(ImagineVendor, "poll_policy", policy)
        ImagineHook(connect()).products.create("x.glb", sku_id="CHR-1")
        task = Task(lambda: ImagineSceneRenderOperator(task_id="scene", products=["CHR-1"], **SCENE))
        with monkeypatch.context() as patch, suppress(Died):
            Fate(patch, "call", 1, "after")
            task.start()
        self.age(task, seconds=1)
        looks, shown = [], service._get_render_images

        def late(query):
            looks.append(query)
            return shown(query) if len(looks) > 1 else (200, page("render-images", query, []))

        monkeypatch.setattr(service, "_get_render_images", late)
        with pytest.raises(AmbiguousSubmitError, match="CHR-1"):
            task.run()
        assert len(service.calls(IMAGES)) == 1

    @staticmethod
    def age(task, seconds) -> None:
        """Let what the task has noted be older than it is."""
        for key, row in task.rows.items():
            record = json.loads(row)
            earlier = datetime.fromisoformat(record["updated"]) - timedelta(seconds=seconds)
            task.rows[key] = json.dumps({**record, "updated": earlier.isoformat()})

    def test_a_worker_that_died_before_its_paid_call_leaves_no_question(self, shop, service, monkeypatch):
        shop.rows, shop.settings = shop.rows[:1], SCENE
        shop.night(1).run()
        shop.settings = {**SCENE, "cameras": [6]}

        def die(*order):
            raise Died
            yield

        task = shop.night(2)
        with monkeypatch.context() as patch:
            patch.setattr(scenes, "submit_placed", die)
            with pytest.raises(Died):
                task.run()
        assert task.run()["delivered"] == 1
        assert len(service.calls(IMAGES)) == 2

    def test_items_with_equal_models_are_placed_by_the_sku_of_the_product_that_they_share(
        self, shop, service
    ):
        chair = shop.rows[0]["model"]
        shop.settings = {}
        shop.rows = [
            {"sku": sku, "model": model, "settings": {**SCENE, "cameras": [camera]}}
            for sku, model, camera in (("CHR-1", chair, 5), ("CHR-2", copied(chair, "CHR-2"), 6))
        ]
        told = shop.night(1).run()
        (product,) = service.products
        assert (told["delivered"], told["failed"]) == (2, 0)
        assert [image["skus"] for image in service.images] == [[product["sku_id"]]] * 2


class TestOneSkuInTwoTasks:
    def test_a_product_that_another_task_is_uploading_is_not_deleted(self, service, connect):
        hook = ImagineHook(connect())
        upload = hook.vendor.upload(request(None))
        step = next(upload)
        while step.label != CREATE:
            step = upload.send(hook.run(step))
        upload.send(hook.run(step))
        (product,) = service.products
        assert hook.run(hook.vendor.find_model(request(None, settings={"content": ["360"]}))) is None
        assert (service.products, service.deleted) == ([product], [])

    def test_two_groups_at_once_deliver_all_variants_of_one_sku(self, shop, service, monkeypatch):
        (chair, *_), store = shop.rows, service.storage.serve
        monkeypatch.setattr(service.storage, "serve", lambda *call: time.sleep(0.2) or store(*call))
        kinds = {"a": "silo", "b": "360", "c": "viewer", "d": "ar"}
        shop.rows = [
            {**chair, "variant": variant, "settings": {"content": [kind]}} for variant, kind in kinds.items()
        ]
        told = {}

        def work(group):
            told[group] = shop.night(1, shard_group=group, shard_groups=2).run()

        threads = [threading.Thread(target=work, args=(group,)) for group in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(one["delivered"] for one in told.values()) == 4
        assert len(service.calls(JOB)) == 4
        assert service.deleted == []
