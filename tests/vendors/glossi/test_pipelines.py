from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_render.core.errors import RenderInputError, UnexpectedAnswerError
from airflow_provider_render.vendors.glossi import pipeline_endpoints as pipelines
from airflow_provider_render.vendors.glossi.folder import Folder, Look, Standing
from airflow_provider_render.vendors.glossi.pipeline_answers import Pipeline, PipelineJob
from airflow_provider_render.vendors.glossi.pipeline_body import GoogleDrive, pipeline_body
from airflow_provider_render.vendors.glossi.words import Words
from tests.vendors.desk import answer
from tests.vendors.glossi.desk import VENDOR, Desk

PRIVATE = "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----"
DRIVE = GoogleDrive("folder-1", "robot@acme.iam", PRIVATE)
SETTINGS = VENDOR.settings({"templateId": "T1", "renderShots": False})
WORDS = Words.read()


def body(**more):
    return pipeline_body("nightly", DRIVE, DRIVE, SETTINGS, **more)


class TestBody:
    def test_it_has_storages_options_and_every_render_setting(self):
        made = body(options={"pollIntervalMinutes": 10, "batch_size": 5})
        assert made["sourceConnector"]["config"]["privateKey"] == PRIVATE
        assert (made["name"], made["templateId"]) == ("nightly", "T1")
        assert (made["pollIntervalMinutes"], made["batchSize"]) == (10, 5)
        assert "maxRetries" not in made
        assert made["renderSettings"] == {
            "renderBookmarks": True,
            "renderShots": False,
            "renderVariants": True,
            "imageQuality": 1,
            "videoQuality": 1,
        }

    def test_the_private_key_is_sent_and_shown_nowhere(self):
        call = pipelines.create_pipeline(body())
        assert "MIIsecret" in json.dumps(call.json)
        assert "MIIsecret" not in f"{call!r} {DRIVE!r} {body()!r}"

    def test_its_keys_can_be_replaced_and_left_out(self):
        made = body(overrides={"renderSettings": None, "settings": {"a": 1}})
        assert "renderSettings" not in made
        assert made["settings"] == {"a": 1}

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"pollIntervalMinutes": 4}, "pollIntervalMinutes"),
            ({"pollIntervalMinutes": 61}, "pollIntervalMinutes"),
            ({"maxRetries": -1}, "maxRetries"),
            ({"processExistingFiles": "yes"}, "processExistingFiles"),
            ({"colour": 1}, "colour"),
        ],
    )
    def test_wrong_options_are_told_before_anything_is_sent(self, options, words):
        with pytest.raises(RenderInputError, match=f"{words}.*Nothing was sent"):
            body(options=options)

    @pytest.mark.parametrize(
        ("drive", "words"),
        [
            (GoogleDrive("", "a@b", PRIVATE), "folder needs its id"),
            (GoogleDrive("f", "", PRIVATE), "service account's address"),
            (GoogleDrive("f", "a@b", "MIIsecret"), "BEGIN PRIVATE KEY"),
        ],
    )
    def test_a_storage_that_lacks_something_is_told_without_its_key(self, drive, words):
        with pytest.raises(RenderInputError, match=words) as raised:
            drive.body()
        assert "MIIsecret" not in str(raised.value)

    @pytest.mark.parametrize(
        ("kind", "words"), [("OneDrive", "sign in with Microsoft.*dashboard"), ("s3", "announced s3")]
    )
    def test_a_storage_that_no_call_can_connect_is_told(self, kind, words):
        with pytest.raises(RenderInputError, match=words):
            pipelines.create_pipeline({"name": "p", "sourceConnector": {"type": kind}})

    @pytest.mark.parametrize(
        "call", [pipelines.create_pipeline, lambda body: pipelines.update_pipeline("L", body)]
    )
    def test_dots_are_never_written_back_for_a_secret(self, call):
        read = {"sourceConnector": {"type": "googledrive", "config": {"privateKey": "••••••••"}}}
        with pytest.raises(RenderInputError, match=r"sourceConnector\.config\.privateKey holds dots"):
            call(read)


class TestAnswers:
    def test_a_pipeline_is_found_by_its_name(self):
        listed = {"pipelines": [{"id": "L1", "name": "a"}, {"id": "L2", "name": "b"}]}
        desk = Desk({"GET /pipelines": listed})
        assert desk.run(pipelines.find_pipeline("b")).id == "L2"
        assert desk.run(pipelines.find_pipeline("c")) is None

    def test_two_pipelines_of_one_name_are_told(self):
        listed = [{"id": "L1", "name": "a"}, {"pipelineId": "L2", "name": "a"}]
        with pytest.raises(UnexpectedAnswerError, match="L1, L2"):
            Desk({"GET /pipelines": (200, listed)}).run(pipelines.find_pipeline("a"))

    @pytest.mark.parametrize("more", [{"hasMore": True}, {"total": 2}, {"nextCursor": "x"}])
    def test_a_list_that_is_not_whole_is_not_taken_for_one(self, more):
        said = {"pipelines": [{"id": "L1", "name": "a"}], **more}
        with pytest.raises(UnexpectedAnswerError, match="there are more"):
            Desk({"GET /pipelines": said}).run(pipelines.find_pipeline("b"))

    @pytest.mark.parametrize("name", ["jobCounts", "counts", "stages", "stats", "jobs"])
    def test_counts_are_read_under_any_likely_name(self, name):
        said = {"pipeline": {"id": "L1", name: {"Rendering": 2, "completed": 0, "total": 2}}}
        read = pipelines.get_pipeline("L1").parse(answer(200, said))
        assert read.counts == {"RENDERING": 2}
        assert Pipeline.model_validate({"id": "L1"}).counts is None

    @pytest.mark.parametrize(("said", "known"), [(b"", False), ({}, False), ({"id": "L1"}, True)])
    def test_a_change_may_be_answered_with_nothing(self, said, known):
        read = pipelines.resume_pipeline("L1").parse(answer(200, said))
        assert (read is not None) == known

    def test_pausing_and_resuming_use_the_connections_words(self):
        assert pipelines.pause_pipeline("L1").json == {"status": "PAUSED"}
        assert pipelines.resume_pipeline("L1", "RUNNING").json == {"status": "RUNNING"}


def look(counts=None, status="ACTIVE", jobs=(), **fields):
    pipeline = Pipeline.model_validate({"id": "L1", "status": status, **fields})
    return Look(pipeline, counts or {}, tuple(jobs))


def file(name, status, **fields):
    return PipelineJob.model_validate({"id": name, "status": status, "sourceFile": {"name": name}, **fields})


class TestFolder:
    def test_a_folder_is_done_when_it_was_quiet_for_longer_than_the_pipeline_sleeps(self):
        folder = Folder(frozenset(), WORDS)
        idle = look({"COMPLETED": 3}, pollIntervalMinutes=10)
        assert (
            folder.judge(look({"RENDERING": 1, "COMPLETED": 2}, pollIntervalMinutes=10), 0.0)
            is Standing.WORKING
        )
        assert folder.judge(idle, 100.0) is Standing.WORKING
        assert folder.judge(idle, 759.0) is Standing.WORKING
        assert folder.judge(idle, 760.0) is Standing.DONE

    def test_a_file_that_turns_up_begins_the_waiting_anew(self):
        folder = Folder(frozenset(), WORDS, quiet=60)
        assert folder.judge(look({"COMPLETED": 1}), 0.0) is Standing.WORKING
        assert folder.judge(look({"COMPLETED": 1, "QUEUED": 1}), 59.0) is Standing.WORKING
        assert folder.judge(look({"COMPLETED": 2}), 100.0) is Standing.WORKING
        assert folder.judge(look({"COMPLETED": 2}), 160.0) is Standing.DONE

    def test_named_files_are_done_as_soon_as_each_of_them_has_ended(self):
        folder = Folder(frozenset({"a.glb", "b.glb"}), WORDS)
        first = [file("a.glb", "COMPLETED"), file("c.glb", "RENDERING")]
        assert folder.judge(look({"COMPLETED": 1}, jobs=first), 0.0) is Standing.WORKING
        both = [*first, file("b.glb", "FAILED")]
        assert folder.judge(look({"FAILED": 1}, jobs=both), 1.0) is Standing.DONE

    @pytest.mark.parametrize("word", ["PAUSED", "paused", "ERROR"])
    def test_a_paused_pipeline_is_told_unless_everything_is_done(self, word):
        folder = Folder(frozenset(), WORDS, quiet=0)
        assert folder.judge(look({"QUEUED": 1}, status=word), 0.0) is Standing.PAUSED
        assert folder.judge(look({"COMPLETED": 1}, status=word), 1.0) is Standing.DONE

    def test_only_wanted_and_recent_failures_count(self):
        now = datetime(2026, 3, 1, tzinfo=UTC)
        jobs = [
            file("old.glb", "FAILED", updatedAt=(now - timedelta(days=1)).isoformat()),
            file("new.glb", "FAILED", failedAt=(now + timedelta(hours=1)).isoformat()),
            file("undated.glb", "failed", updatedAt="yesterday"),
            file("good.glb", "COMPLETED"),
        ]
        recent = Folder(frozenset(), WORDS, since=now)
        assert [job.file for job in recent.failed(jobs)] == ["new.glb", "undated.glb"]
        assert [job.file for job in Folder(frozenset({"old.glb"}), WORDS).failed(jobs)] == ["old.glb"]

    def test_counts_alone_are_asked_for_while_no_names_matter(self):
        desk = Desk({"GET /pipelines/L1": {"id": "L1", "jobCounts": {"RENDERING": 1}}})
        folder = Folder(frozenset(), WORDS)
        for _ in range(3):
            folder.judge(desk.run(folder.look("L1")), 0.0)
        assert desk.labels == ["GET /pipelines/L1"] * 3

    def test_files_are_listed_only_when_counts_have_changed(self):
        busy, idle = {"id": "L1", "jobCounts": {"RENDERING": 1}}, {"id": "L1", "jobCounts": {"COMPLETED": 1}}
        listed = {"jobs": [{"id": "x", "status": "RENDERING", "sourceFile": {"name": "a.glb"}}]}
        done = {"jobs": [{"id": "x", "status": "COMPLETED", "sourceFile": {"name": "a.glb"}}]}
        desk = Desk({"GET /pipelines/L1": [busy, busy, idle], "GET /pipelines/L1/jobs": [listed, done]})
        folder = Folder(frozenset({"a.glb"}), WORDS)
        standings = [folder.judge(desk.run(folder.look("L1")), float(now)) for now in range(3)]
        assert standings == [Standing.WORKING, Standing.WORKING, Standing.DONE]
        assert desk.labels.count("GET /pipelines/L1/jobs") == 2

    def test_a_pipeline_without_counts_is_counted_by_its_files(self):
        desk = Desk(
            {
                "GET /pipelines/L1": {"id": "L1"},
                "GET /pipelines/L1/jobs": {"jobs": [{"id": "x", "stage": "Rendering"}, {"status": "FAILED"}]},
            }
        )
        made = desk.run(Folder(frozenset(), WORDS).look("L1"))
        assert made.counts == {"RENDERING": 1, "FAILED": 1}
        assert made.jobs[1].file == "a file without name"
