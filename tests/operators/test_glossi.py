"""What only Glossi has: projects, retries of failed renders, and the webhook."""

from __future__ import annotations

import logging

import pytest
from airflow.sdk import Variable

from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    NotFoundError,
    OutcomeUnknownError,
    RejectedError,
    RenderInputError,
    UnavailableError,
)
from airflow_provider_render.operators.glossi import (
    GlossiConfigureWebhookOperator,
    GlossiCreateProjectOperator,
    GlossiRetryRenderOperator,
)
from tests.operators.task import Died, StateStore, Task
from tests.vendors.glossi.workspace import SECRET, running

RETRY = r"POST .*/retry$"


@pytest.fixture
def workspace(monkeypatch):
    yield from running(monkeypatch)


def failed_render(workspace, *then: str) -> str:
    """Id of a render job that has failed; what it says after a retry."""
    workspace.next_renders = ["FAILED"]
    job = workspace._render_job("P1")["jobId"]
    workspace.next_renders = list(then or ("QUEUED", "RENDERING", "COMPLETED"))
    return job


def retry(job, **more) -> Task:
    return Task(lambda: GlossiRetryRenderOperator(task_id="again", job=job, **more))


class TestProject:
    def project(self, model, **more) -> Task:
        fields = {"task_id": "project", "model": model, "template_id": "T1", **more}
        return Task(lambda: GlossiCreateProjectOperator(**fields))

    def ready(self, workspace, *ids: str) -> list[str]:
        workspace.words.update({model_id: ["READY"] for model_id in ids})
        return list(ids)

    def test_models_are_put_into_one_project_or_one_each(self, workspace):
        models = self.ready(workspace, "M1", "M2")
        (together,) = self.project(models, project_name="Set").run()
        assert together["model_ids"] == models
        apart = self.project([{"model_id": "M1"}, "M2"], per_model=True).run()
        assert sorted(one["model_ids"][0] for one in apart) == models

    def test_a_retry_gives_the_projects_of_the_first_try_and_a_clear_makes_new_ones(self, workspace):
        task = self.project(self.ready(workspace, "M1"))
        first = task.run()
        assert task.run() == first
        task.clear()
        assert task.run() != first
        assert workspace.api.count("POST .*/projects") == 2

    def test_a_model_that_is_not_ready_is_told_and_may_be_retried(self, workspace):
        workspace.words["M1"] = ["PROCESSING"]
        with pytest.raises(UnavailableError, match=r"M1 is still PROCESSING; GlossiModelReadySensor"):
            self.project("M1").run()
        assert workspace.api.count("POST .*/projects") == 0

    def test_a_model_that_failed_or_is_gone_is_told(self, workspace):
        workspace.words["M1"] = ["FAILED"]
        for model_id, words in (("M1", "M1 is FAILED"), ("M9", "M9 is not known")):
            with pytest.raises(RejectedError, match=words):
                self.project(model_id).run()

    @pytest.mark.parametrize("value", [None, "", "None", [], [None], ["None"], [{"id": "M1"}], 7, [7]])
    def test_what_is_no_model_is_refused(self, workspace, value):
        with pytest.raises(RenderInputError, match="model: must be Glossi's id of a model"):
            self.project(value).run()
        assert workspace.api.seen == []

    def test_an_upload_to_another_vendor_is_refused(self, workspace):
        with pytest.raises(RenderInputError, match=r"model: the upload is of dxgl, .* is glossi"):
            self.project({"vendor": "dxgl", "model_id": "M1"}).run()
        assert workspace.api.seen == []

    @pytest.mark.parametrize("template", [None, "", "None"])
    def test_without_a_template_no_project_is_made(self, workspace, template):
        with pytest.raises(RenderInputError, match="template_id: must be an id"):
            self.project(self.ready(workspace, "M1"), template_id=template).run()
        assert workspace.api.seen == []


class TestRetry:
    def test_a_failed_render_is_retried_once(self, workspace):
        job = failed_render(workspace)
        task = retry({"vendor": "glossi", "id": job, "model_id": "M1", "settings": {"a": 1}})
        first = task.run()
        assert (first["id"], first["model_id"], first["settings"]) == (job, "M1", {"a": 1})
        assert first["refs"] == {"project": "P1", "batch": "batch-2"}
        assert task.run() == first
        assert workspace.api.count(RETRY) == 1

    @pytest.mark.parametrize("word", ["QUEUED", "RENDERING", "COMPLETED"])
    def test_a_render_that_has_not_failed_is_left_alone(self, workspace, word):
        job = failed_render(workspace)
        workspace.words[job] = [word]
        assert retry(job).run()["id"] == job
        assert workspace.api.count(RETRY) == 0

    @pytest.mark.parametrize(
        "job", [None, "", "None", 7, [], {"vendor": "dxgl", "id": "J1", "model_id": "M1"}]
    )
    def test_what_is_no_render_of_glossi_is_not_retried(self, workspace, job):
        with pytest.raises(RenderInputError, match=r"^job: "):
            retry(job).run()
        assert workspace.api.seen == []

    @pytest.mark.parametrize("word", ["QUEUED", "RENDERING", "COMPLETED"])
    def test_a_cut_off_retry_that_happened_is_taken_over(self, workspace, word):
        task = retry(failed_render(workspace, word))
        workspace.api.drops.append(RETRY)
        with pytest.raises(OutcomeUnknownError):
            task.run()
        assert task.run()["id"]
        assert workspace.api.count(RETRY) == 1

    def test_a_cut_off_retry_that_still_says_failed_is_a_question(self, workspace):
        job = failed_render(workspace, "FAILED")
        task = retry(job)
        workspace.api.drops.append(RETRY)
        with pytest.raises(OutcomeUnknownError):
            task.run()
        for _ in range(2):
            with pytest.raises(AmbiguousSubmitError, match=f"{job} was cut off.*on_ambiguous"):
                task.run()
        assert workspace.api.count(RETRY) == 1

    def test_the_question_can_be_answered_beforehand(self, workspace):
        task = retry(failed_render(workspace, "FAILED"), on_ambiguous="resubmit")
        workspace.api.drops.append(RETRY)
        with pytest.raises(OutcomeUnknownError):
            task.run()
        task.run()
        assert workspace.api.count(RETRY) == 2

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_worker_that_dies_at_any_write_pays_nothing_twice(self, workspace, monkeypatch, number):
        task = retry(failed_render(workspace))
        written, original = [], StateStore.set

        def dying(store, key, value, **more):
            written.append(key)
            original(store, key, value, **more)
            if len(written) == number:
                raise Died

        with monkeypatch.context() as patch:
            patch.setattr(StateStore, "set", dying)
            with pytest.raises(Died):
                task.run()
        if number == 1:
            with pytest.raises(AmbiguousSubmitError):
                task.run()
        else:
            task.run()
        assert workspace.api.count(RETRY) == number - 1

    def test_a_refused_retry_leaves_no_question_behind(self, workspace, monkeypatch):
        job = failed_render(workspace)
        task = retry(job)
        with monkeypatch.context() as patch:
            patch.setattr(workspace, "_retry", lambda body, job: (409, {"message": "not now"}))
            with pytest.raises(RejectedError, match=r"not now\. Nothing was rendered or charged"):
                task.run()
        assert task.run()["id"] == job
        assert workspace.api.count(RETRY) == 2

    def test_after_a_clear_a_render_that_failed_again_is_retried_again(self, workspace):
        job = failed_render(workspace, "QUEUED", "FAILED")
        task = retry(job)
        task.run()
        workspace.words[job] = ["FAILED"]
        assert task.run()["id"] == job
        assert workspace.api.count(RETRY) == 1
        task.clear()
        task.run()
        assert workspace.api.count(RETRY) == 2

    def test_a_render_that_glossi_does_not_know_is_told(self, workspace):
        with pytest.raises(NotFoundError):
            retry("J9").run()

    @pytest.mark.parametrize(
        "job",
        [
            [],
            [{"vendor": "glossi", "id": name, "model_id": ""} for name in ("J1", "J2")],
            {"vendor": "glossi", "id": "B1", "model_id": "", "refs": {"kind": "job"}},
        ],
        ids=["none", "two", "a one-call job"],
    )
    def test_only_one_render_job_can_be_retried(self, workspace, job):
        with pytest.raises(RenderInputError, match="one render job is wanted"):
            retry(job).run()
        assert workspace.api.seen == []


class TestWebhook:
    @pytest.fixture
    def variables(self, monkeypatch):
        """Airflow's variables."""
        kept: dict[str, str] = {}

        def put(key, value, description=None, serialize_json=False):
            kept[key] = value

        monkeypatch.setattr(Variable, "set", staticmethod(put))
        monkeypatch.setattr(Variable, "get", staticmethod(lambda key, default=None: kept.get(key, default)))
        return kept

    def webhook(self, **more) -> Task:
        given = {"task_id": "webhook", "url": "https://me.example/h", **more}
        return Task(lambda: GlossiConfigureWebhookOperator(**given))

    def test_the_secret_goes_into_the_variable_and_nowhere_else(self, workspace, variables, caplog):
        caplog.set_level(logging.DEBUG)
        result = self.webhook(secret_variable="glossi_secret").run()
        assert result.keys() == {"id", "url", "events"}
        assert variables == {"glossi_secret": SECRET}
        assert SECRET not in f"{result} {caplog.text}"

    def test_an_equal_webhook_is_left_alone_as_its_secret_might_change(self, workspace, variables):
        task = self.webhook(secret_variable="glossi_secret", events=["render.complete", "render.failed"])
        assert task.run() == task.run()
        assert workspace.api.count("^PUT") == 1

    @pytest.mark.parametrize(
        "change", [{"url": "https://me.example/i"}, {"events": ["job.failed"]}, {"enabled": False}]
    )
    def test_another_webhook_is_set(self, workspace, variables, change):
        self.webhook().run()
        self.webhook(**change).run()
        assert workspace.api.count("^PUT") == 2

    def test_a_lost_variable_gets_a_new_secret(self, workspace, variables):
        task = self.webhook(secret_variable="glossi_secret")
        task.run()
        variables.clear()
        task.run()
        assert variables == {"glossi_secret": SECRET}

    def test_a_secret_that_was_lost_with_its_worker_is_renewed(self, workspace, variables, monkeypatch):
        variables["glossi_secret"] = "an older one"
        task = self.webhook(secret_variable="glossi_secret")

        def dying(*words, **more):
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(Variable, "set", staticmethod(dying))
            with pytest.raises(Died):
                task.run()
        task.run()
        assert variables == {"glossi_secret": SECRET}

    @pytest.mark.parametrize("events", [["render.done"], "render.done"])
    def test_an_unknown_event_is_told_when_the_dag_is_read(self, events):
        with pytest.raises(RenderInputError, match=r"events: 'render\.done': unknown; allowed are model\.p"):
            self.webhook(events=events)

    def test_one_event_may_be_given_alone(self, workspace, variables):
        assert self.webhook(events="render.complete").run()["events"] == ["render.complete"]

    @pytest.mark.parametrize("url", [None, "", "None"])
    def test_without_an_address_no_webhook_is_set(self, workspace, url):
        with pytest.raises(RenderInputError, match="url: must be an address"):
            self.webhook(url=url).run()
        assert workspace.api.seen == []
