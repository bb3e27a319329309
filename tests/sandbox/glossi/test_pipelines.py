from __future__ import annotations

import itertools

import pytest

from tests.sandbox import shapes
from tests.sandbox.glossi.workspace import until

KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
UNREADABLE = b"ISO-10303-21;"
STILLS = {"renderShots": False, "imageQuality": 0}
_numbers = itertools.count(1)


def google(folder: str, **changes: object) -> dict:
    config = {"clientEmail": "glossi@acme.iam.gserviceaccount.com", "privateKey": KEY, "folderId": folder}
    return {"type": "googledrive", "config": {**config, **changes}}


def body(glossi, **fields: object) -> dict:
    number = next(_numbers)
    return {
        "name": f"Pipeline {number}",
        "templateId": glossi.template("Studio Light"),
        "sourceConnector": google(f"in-{number}"),
        "outputConnector": google(f"out-{number}"),
        "renderSettings": STILLS,
        **fields,
    }


class Pipe:
    """A pipeline and its folders."""

    def __init__(self, glossi, **fields: object) -> None:
        self.glossi = glossi
        wanted = body(glossi, **fields)
        self.source = glossi.drive / wanted["sourceConnector"]["config"]["folderId"]
        self.output = glossi.drive / wanted["outputConnector"]["config"]["folderId"]
        self.wanted = wanted

    def create(self) -> Pipe:
        answer = self.glossi.api.post("/pipelines", json=self.wanted)
        assert answer.status_code == 201, answer.text
        self.created = answer.json()
        self.path = f"/pipelines/{self.created['pipelineId']}"
        return self

    def drop(self, name: str, content: bytes) -> None:
        self.source.mkdir(parents=True, exist_ok=True)
        arriving = self.source / f".{name}"
        arriving.write_bytes(content)
        arriving.rename(self.source / name)

    def shown(self) -> dict:
        return self.glossi.api.get(self.path).json()

    def jobs(self, **query: str) -> list[dict]:
        return self.glossi.api.get(f"{self.path}/jobs", params=query).json()["jobs"]

    def wait(self, **counts: int) -> dict:
        return until(self.shown, lambda seen: seen["jobCounts"].items() >= counts.items())

    def wait_for_polls(self, number: int) -> None:
        times = set()
        until(lambda: times.add(self.shown()["lastPolledAt"]) or times - {None}, lambda t: len(t) >= number)


@pytest.fixture
def pipe(glossi):
    """Make pipelines; they are deleted afterwards."""
    made = []

    def make(files: dict | None = None, **fields: object) -> Pipe:
        pipeline = Pipe(glossi, **fields)
        for name, content in (files or {}).items():
            pipeline.drop(name, content)
        made.append(pipeline.create())
        return pipeline

    yield make
    for pipeline in made:
        glossi.api.delete(pipeline.path)


def test_files_in_the_folder_come_out_as_renders_grouped_by_model(glossi, pipe):
    before = len(glossi.calls())
    pipeline = pipe({"Oak Chair.glb": shapes.glb(), "notes.txt": b"no model", "empty.glb": b""})
    pipeline.wait(COMPLETED=1)
    assert {path.relative_to(pipeline.output).as_posix() for path in pipeline.output.rglob("*.*")} == {
        "Oak Chair/Front View - Default.png",
        "Oak Chair/Three Quarter - Default.png",
    }
    [job] = pipeline.jobs()
    assert (job["status"], job["sourceFile"]["name"]) == ("COMPLETED", "Oak Chair.glb")
    assert (job["retryCount"], job["lastError"]) == (0, None)
    [call] = glossi.calls()[before:]
    assert (call["credits"], call["render_ids"]) == (1, [job["renderJobId"]])


def test_later_files_are_found_and_no_file_is_done_twice(pipe):
    pipeline = pipe(processExistingFiles=False, maxRetries=0)
    pipeline.wait_for_polls(1)
    pipeline.drop("new.step", UNREADABLE)
    pipeline.wait(FAILED=1)
    pipeline.drop("new.step", UNREADABLE + b"changed")
    pipeline.wait_for_polls(3)
    assert len(pipeline.jobs()) == 1


def test_existing_files_can_be_left_alone(pipe):
    pipeline = pipe({"old.step": UNREADABLE}, processExistingFiles=False)
    pipeline.wait_for_polls(2)
    assert pipeline.jobs() == []


def test_changed_files_are_done_again_when_asked(pipe):
    pipeline = pipe({"chair.step": UNREADABLE}, reprocessOnModified=True, maxRetries=0)
    pipeline.wait(FAILED=1)
    pipeline.drop("chair.step", UNREADABLE + b"changed")
    pipeline.wait(FAILED=2)
    assert len({job["modelId"] for job in pipeline.jobs()}) == 2


def test_a_failing_file_is_tried_again_and_then_given_up(pipe):
    pipeline = pipe({"bad.glb": shapes.corrupt_glb()}, maxRetries=2)
    pipeline.wait(FAILED=1)
    [job] = pipeline.jobs(status="failed")
    assert (job["status"], job["stage"], job["retryCount"]) == ("FAILED", "PROCESSING", 2)
    assert job["lastError"]
    assert [failure["stage"] for failure in job["failures"]] == ["PROCESSING"] * 3
    assert pipeline.shown()["consecutiveFailures"] == 1


def test_a_render_that_failed_once_is_made_by_the_retry(glossi, pipe):
    glossi.arm(kind="render_failure", match="/pipelines", next=1)
    before = len(glossi.calls())
    pipeline = pipe({"chair.glb": shapes.glb()})
    pipeline.wait(COMPLETED=1)
    [job] = pipeline.jobs()
    assert (job["retryCount"], [failure["stage"] for failure in job["failures"]]) == (1, ["RENDERING"])
    assert [call["credits"] for call in glossi.calls()[before:]] == [1, 1]


def test_an_empty_account_is_a_failure_of_rendering(glossi, pipe):
    glossi.set_credits(0)
    pipeline = pipe({"chair.glb": shapes.glb()}, maxRetries=0)
    pipeline.wait(FAILED=1)
    [job] = pipeline.jobs()
    assert (job["stage"], job["lastError"]) == ("RENDERING", "Not enough credits")


def test_ten_failures_in_a_row_pause_it_until_it_is_resumed(pipe):
    pipeline = pipe({f"{number}.step": UNREADABLE for number in range(10)}, maxRetries=0)
    paused = until(pipeline.shown, lambda seen: seen["status"] == "PAUSED")
    assert paused["consecutiveFailures"] == 10
    assert "10 failed files in a row" in paused["lastError"]
    pipeline.drop("11.step", UNREADABLE)
    resumed = pipeline.glossi.api.patch(pipeline.path, json={"status": "ACTIVE"}).json()
    assert (resumed["status"], resumed["consecutiveFailures"], resumed["lastError"]) == ("ACTIVE", 0, None)
    pipeline.wait(FAILED=11)


def test_a_paused_pipeline_does_nothing(pipe):
    pipeline = pipe()
    assert pipeline.glossi.api.patch(pipeline.path, json={"status": "PAUSED"}).json()["status"] == "PAUSED"
    other = pipe()
    pipeline.drop("chair.glb", shapes.glb())
    other.wait_for_polls(3)
    assert pipeline.jobs() == []


def test_no_more_files_than_the_batch_size_are_under_way(pipe):
    files = {f"{number}.glb": shapes.corrupt_glb() for number in range(3)}
    pipeline = pipe(files, batchSize=1, maxRetries=0)
    most = 0

    def look() -> dict:
        nonlocal most
        counts = pipeline.shown()["jobCounts"]
        under_way = sum(counts[stage] for stage in ("INGESTING", "PROCESSING", "RENDERING", "EXPORTING"))
        most = max(most, under_way)
        return counts

    until(look, lambda counts: counts["FAILED"] == 3)
    assert most == 1


def test_secrets_come_back_masked_and_cannot_be_written_back(glossi, pipe):
    pipeline = pipe()
    for shown in (pipeline.created, pipeline.shown(), glossi.api.get("/pipelines").json()["pipelines"][-1]):
        assert shown["sourceConnector"]["config"]["privateKey"] == "••••••••"
        assert shown["outputConnector"]["config"]["folderId"] == pipeline.output.name
    answer = glossi.api.patch(pipeline.path, json={"sourceConnector": shown["sourceConnector"]})
    assert (answer.status_code, "BEGIN" in answer.json()["error"]["message"]) == (400, True)
    assert KEY not in answer.text


def test_defaults_are_as_documented_and_can_be_changed(pipe, glossi):
    pipeline = pipe(renderSettings=None)
    shown = pipeline.shown()
    assert {name: shown[name] for name in ("pollIntervalMinutes", "processExistingFiles", "batchSize")} == {
        "pollIntervalMinutes": 5,
        "processExistingFiles": True,
        "batchSize": 10,
    }
    assert (shown["reprocessOnModified"], shown["maxRetries"]) == (False, 3)
    assert shown["renderSettings"] == {
        "renderBookmarks": True,
        "renderShots": True,
        "renderVariants": True,
        "imageQuality": 1,
        "videoQuality": 1,
    }
    change = {"name": "Other", "batchSize": 5, "renderSettings": {"imageQuality": 2}}
    changed = glossi.api.patch(pipeline.path, json=change).json()
    assert (changed["name"], changed["batchSize"], changed["maxRetries"]) == ("Other", 5, 3)
    assert changed["renderSettings"]["imageQuality"] == 2


def test_a_deleted_pipeline_is_gone_with_its_jobs(glossi, pipe):
    pipeline = pipe({"chair.step": UNREADABLE}, maxRetries=0)
    pipeline.wait(FAILED=1)
    assert glossi.api.delete(pipeline.path).status_code == 204
    for path in (pipeline.path, f"{pipeline.path}/jobs"):
        assert glossi.api.get(path).json()["error"]["code"] == "PIPELINE_NOT_FOUND"
    assert pipeline.output.is_dir()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": ""}, 400, "INVALID_REQUEST"),
        ({"templateId": "nothing"}, 404, "TEMPLATE_NOT_FOUND"),
        ({"pollIntervalMinutes": 4}, 400, "INVALID_REQUEST"),
        ({"pollIntervalMinutes": 61}, 400, "INVALID_REQUEST"),
        ({"batchSize": "10"}, 400, "INVALID_REQUEST"),
        ({"renderSettings": {"imageQuality": 7}}, 400, "INVALID_SETTINGS"),
        ({"sourceConnector": None}, 400, "INVALID_REQUEST"),
        ({"sourceConnector": {"type": "ftp"}}, 400, "INVALID_REQUEST"),
        ({"sourceConnector": {"type": "s3"}}, 400, "CONNECTOR_UNAVAILABLE"),
        ({"sourceConnector": {"type": "onedrive", "config": {"folderId": "x"}}}, 409, "SIGN_IN_REQUIRED"),
        ({"sourceConnector": google("../../etc")}, 400, "INVALID_REQUEST"),
        ({"sourceConnector": google("x", clientEmail="nobody")}, 400, "INVALID_REQUEST"),
        ({"outputConnector": google("x", privateKey="MIIE")}, 400, "INVALID_REQUEST"),
        ({"outputConnector": google("x", privateKey=None)}, 400, "INVALID_REQUEST"),
    ],
)
def test_a_wrong_pipeline_is_refused(slow, change, status, code):
    answer = slow.api.post("/pipelines", json=body(slow, **change))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_connectors_are_listed_with_their_fields(slow):
    listed = {each["type"]: each for each in slow.api.get("/pipelines/connectors").json()["connectors"]}
    assert set(listed) == {"onedrive", "googledrive", "dropbox", "s3"}
    assert listed["googledrive"]["configFields"] == ["clientEmail", "privateKey", "folderId"]
    assert listed["dropbox"]["status"] == "coming_soon"


def test_unknown_pipelines_and_statuses_are_refused(glossi, pipe):
    assert glossi.api.get("/pipelines/nobody").status_code == 404
    assert glossi.api.get("/pipelines/nobody/jobs").status_code == 404
    path = pipe().path
    assert glossi.api.get(f"{path}/jobs?status=sleeping").status_code == 400
    assert glossi.api.patch(path, json={"status": "DONE"}).status_code == 400
