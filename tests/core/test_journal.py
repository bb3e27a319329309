from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.journal import (
    Action,
    Phase,
    Record,
    decide,
    intend,
    observed,
    preparing,
    submitted,
)

JOB = RenderJob("fake", "R1", "M1", {"aspect": "1:1"}, {"order": "O1"})
FILES = ({"path": "A/poster.png", "name": "poster.png", "size": 3},)

texts = st.text(max_size=10)
jobs = st.builds(
    RenderJob,
    texts,
    texts,
    texts,
    st.dictionaries(texts, st.integers() | texts, max_size=2),
    st.dictionaries(texts, texts, max_size=2),
)
records = st.builds(
    Record,
    fingerprint=texts,
    phase=st.sampled_from(Phase),
    generation=st.integers(0, 9),
    job=st.none() | jobs,
    model_id=st.none() | texts,
    run=texts,
    delivered_by=texts,
    exclude=st.lists(texts, max_size=3, unique=True).map(tuple),
    force=st.none() | texts,
    spent=st.decimals(0, 1000, places=2),
    error=st.none() | texts,
    files=st.lists(st.dictionaries(texts, texts, max_size=2), max_size=2).map(tuple),
    source=st.dictionaries(texts, st.integers() | texts, max_size=3),
    updated=texts,
    submitted=texts,
    rendered=texts,
    lost=st.decimals(0, 1000, places=2),
)


def record(phase, **changes):
    return replace(Record("f", phase, job=JOB, spent=Decimal(2), files=FILES), **changes)


class TestJson:
    @given(records)
    def test_a_record_comes_back_from_json_as_it_was(self, before):
        assert Record.from_json(json.loads(json.dumps(before.to_json()))) == before

    @pytest.mark.parametrize(
        "data",
        [
            {},
            {"fingerprint": "f"},
            {"fingerprint": "f", "phase": "unheard of"},
            {"fingerprint": "f", "phase": "intent", "generation": "many"},
            {"fingerprint": "f", "phase": "intent", "spent": "much"},
            {"fingerprint": "f", "phase": "submitted", "job": {"id": "R1"}},
            {"fingerprint": "f", "phase": "submitted", "job": [1]},
        ],
    )
    def test_what_is_no_record_is_refused(self, data):
        with pytest.raises(ValueError):
            Record.from_json(data)

    def test_fields_that_a_later_version_adds_are_ignored(self):
        assert Record.from_json({"fingerprint": "f", "phase": "intent", "colour": 1}) == Record(
            "f", Phase.INTENT
        )

    def test_what_is_not_known_takes_no_room(self):
        names = {"submitted", "rendered", "lost"}
        assert names.isdisjoint(Record("f", Phase.INTENT).to_json())
        full = Record("f", Phase.INTENT, submitted="t1", rendered="t2", lost=Decimal(1)).to_json()
        assert {name: full[name] for name in names} == {"submitted": "t1", "rendered": "t2", "lost": "1"}


class TestDecide:
    @pytest.mark.parametrize(
        ("phase", "present", "action"),
        [
            (Phase.INTENT, True, Action.RECOVER),
            (Phase.SUBMITTED, False, Action.WAIT),
            (Phase.SUCCEEDED, True, Action.DELIVER),
            (Phase.SUCCEEDED, False, Action.DELIVER),
            (Phase.DELIVERED, False, Action.DELIVER),
            (Phase.DELIVERED, True, Action.SKIP),
            (Phase.FAILED, True, Action.RENDER),
        ],
    )
    def test_what_is_there_says_what_is_to_be_done(self, phase, present, action):
        assert decide(record(phase), "f", outputs_present=present) is action

    def test_what_is_new_is_rendered(self):
        assert decide(None, "f", outputs_present=False) is Action.RENDER

    @pytest.mark.parametrize("phase", Phase)
    def test_what_should_look_different_is_rendered_however_far_the_old_one_came(self, phase):
        assert decide(record(phase), "g", outputs_present=True) is Action.RENDER

    @pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.INTENT}))
    def test_force_renders_anew_what_it_has_not_been_served_for(self, phase):
        assert decide(record(phase), "f", outputs_present=True, force="f1") is Action.RENDER

    def test_force_does_not_skip_the_question_what_became_of_a_cut_off_submit(self):
        assert decide(record(Phase.INTENT), "f", outputs_present=True, force="f1") is Action.RECOVER

    @pytest.mark.parametrize(
        ("phase", "action"), [(Phase.SUBMITTED, Action.WAIT), (Phase.DELIVERED, Action.SKIP)]
    )
    def test_a_force_that_was_served_is_over(self, phase, action):
        assert decide(record(phase, force="f1"), "f", outputs_present=True, force="f1") is action

    def test_a_force_of_the_past_means_nothing_to_a_run_without(self):
        assert decide(record(Phase.DELIVERED, force="f1"), "f", outputs_present=True) is Action.SKIP

    @pytest.mark.parametrize(
        ("failures", "most", "action"),
        [(0, 2, Action.RENDER), (1, 2, Action.GIVE_UP), (1, 3, Action.RENDER), (0, 1, Action.GIVE_UP)],
    )
    @pytest.mark.parametrize("phase", [Phase.FAILED, Phase.GONE])
    def test_a_fruitless_render_is_paid_as_often_as_it_may_fail(self, phase, failures, most, action):
        failed = record(phase, failures=failures)
        assert decide(failed, "f", outputs_present=False, max_attempts=most) is action


class TestIntend:
    def test_only_fruitless_renders_in_a_row_count_as_failures(self):
        again = intend(record(Phase.FAILED, failures=1), "f")
        assert again.failures == 2
        assert intend(again, "f").failures == 2
        assert intend(record(Phase.DELIVERED, failures=1), "f", force="f1").failures == 0

    def test_the_first_intent_has_generation_zero(self):
        assert intend(None, "f", force="f1", exclude=["R0"]) == Record(
            "f", Phase.INTENT, force="f1", exclude=("R0",)
        )

    @pytest.mark.parametrize("phase", Phase)
    def test_another_look_starts_anew_and_remembers_only_the_files(self, phase):
        before = record(phase, generation=4, exclude=("R0",), error="no")
        assert intend(before, "g") == Record("g", Phase.INTENT, files=FILES)

    @pytest.mark.parametrize(
        ("phase", "generation"), [(Phase.INTENT, 3), (Phase.FAILED, 4), (Phase.DELIVERED, 4)]
    )
    def test_generation_goes_up_after_a_failure_or_by_force_and_not_after_a_crash(self, phase, generation):
        assert intend(record(phase, generation=3), "f").generation == generation

    def test_job_cost_and_error_of_the_earlier_render_are_gone(self):
        after = intend(record(Phase.FAILED, error="no"), "f")
        assert (after.job, after.spent, after.error) == (None, 0, None)
        assert after.files == FILES

    def test_excluded_renders_add_up_without_repeats(self):
        before = record(Phase.DELIVERED, exclude=("R0", "R1"))
        assert intend(before, "f", exclude=["R1", "R2"]).exclude == ("R0", "R1", "R2")

    def test_an_unforced_retry_keeps_the_force_it_goes_on_for(self):
        assert intend(record(Phase.INTENT, force="f1"), "f").force == "f1"

    @given(records, texts, st.lists(texts, max_size=3, unique=True), st.none() | texts)
    def test_an_intent_leads_back_to_the_vendor_and_repeats_itself(self, before, mark, exclude, force):
        once = intend(before, mark, exclude=exclude, force=force)
        assert decide(once, mark, outputs_present=True, force=force) is Action.RECOVER
        assert intend(once, mark, exclude=exclude, force=force) == once


class TestLost:
    """What a run has paid for renders of an item that came to nothing."""

    @pytest.mark.parametrize("mark", ["f", "g"])
    @pytest.mark.parametrize("phase", [Phase.FAILED, Phase.GONE])
    def test_it_adds_up_over_the_renders_of_one_run(self, phase, mark):
        first = record(phase, run="monday")
        again = replace(intend(first, mark, run="monday"), run="monday")
        third = replace(submitted(again, JOB, Decimal(3)), phase=phase)
        assert (first.fruitless, again.fruitless, third.fruitless) == (2, 2, 5)

    def test_a_render_that_came_to_something_is_not_in_it(self):
        assert intend(record(Phase.DELIVERED, run="monday"), "f", force="x", run="monday").fruitless == 0
        assert record(Phase.SUBMITTED).fruitless == 0

    def test_what_another_run_paid_is_not_in_it(self):
        assert intend(record(Phase.FAILED, run="monday", lost=Decimal(9)), "f", run="tuesday").lost == 0

    def test_an_intent_that_is_repeated_counts_nothing_twice(self):
        once = replace(intend(record(Phase.FAILED, run="monday"), "f", run="monday"), run="monday")
        assert intend(once, "f", run="monday").lost == once.lost == 2


class TestTimes:
    DONE = RenderState(RenderStatus.SUCCEEDED, "done")

    def test_each_step_notes_its_own(self):
        accepted = submitted(intend(None, "f"), JOB, Decimal(3), "t1")
        assert (accepted.submitted, accepted.rendered) == ("t1", "")
        finished = observed(accepted, self.DONE, "t2")
        assert (finished.submitted, finished.rendered) == ("t1", "t2")
        assert observed(finished, self.DONE, "t3").rendered == "t2"

    def test_a_model_that_became_ready_is_not_rendered_yet(self):
        ready = observed(preparing(intend(None, "f"), JOB), self.DONE, "t1")
        assert (ready.phase, ready.rendered) == (Phase.PREPARED, "")

    @pytest.mark.parametrize("mark", ["f", "g"])
    def test_a_new_render_has_times_of_its_own(self, mark):
        before = record(Phase.DELIVERED, submitted="t1", rendered="t2")
        after = submitted(intend(before, mark, force="x"), JOB, Decimal(1))
        assert (after.submitted, after.rendered) == ("", "")


class TestProgress:
    def test_a_submitted_render_is_waited_for(self):
        after = submitted(intend(None, "f"), JOB, Decimal(3))
        assert (after.phase, after.job, after.model_id, after.spent) == (Phase.SUBMITTED, JOB, "M1", 3)
        assert decide(after, "f", outputs_present=False) is Action.WAIT

    @pytest.mark.parametrize("status", [RenderStatus.QUEUED, RenderStatus.RUNNING])
    def test_a_render_under_way_changes_nothing(self, status):
        before = record(Phase.SUBMITTED)
        assert observed(before, RenderState(status, "working")) == before

    def test_a_finished_render_is_to_be_delivered(self):
        after = observed(record(Phase.SUBMITTED), RenderState(RenderStatus.SUCCEEDED, "done"))
        assert decide(after, "f", outputs_present=False) is Action.DELIVER

    @pytest.mark.parametrize("status", [RenderStatus.FAILED, RenderStatus.CANCELLED])
    @pytest.mark.parametrize(("error", "told"), [("no light", "no light"), (None, "the vendor says: bust")])
    def test_a_failed_render_keeps_the_vendors_words_and_its_cost(self, status, error, told):
        after = observed(record(Phase.SUBMITTED), RenderState(status, "bust", error=error))
        assert (after.phase, after.error, after.spent) == (Phase.FAILED, told, 2)

    def test_a_render_the_vendor_lost_is_gone_and_will_not_be_adopted(self):
        lost = observed(record(Phase.SUBMITTED), None)
        assert (lost.phase, lost.exclude) == (Phase.GONE, (lost.job.id,))
