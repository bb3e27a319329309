from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import AuthError, UnavailableError
from airflow_provider_render.core.job import RenderStatus
from airflow_provider_render.core.looking import Look, unread
from tests.vendors.dxgl.desk import VENDOR, Desk, Shelf, job, refusal, rows


def look(shelf, *ids):
    desk = Desk(shelf)
    return desk.run(VENDOR.states([job(name) for name in ids])), desk


def names(count, prefix="r"):
    return [f"{prefix}{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("word", "status", "progress"),
    [
        ("pending", RenderStatus.QUEUED, 0.0),
        ("poster-processing", RenderStatus.RUNNING, 0.25),
        ("poster-done", RenderStatus.RUNNING, 0.5),
        ("video-processing", RenderStatus.RUNNING, 0.75),
        ("done", RenderStatus.SUCCEEDED, 1.0),
        ("error", RenderStatus.FAILED, None),
        ("failed", RenderStatus.FAILED, None),
        ("denoising", RenderStatus.RUNNING, None),
    ],
)
def test_a_word_of_the_vendor_becomes_a_status(word, status, progress):
    states, _ = look(Shelf([{"id": "r0", "status": word}]), "r0")
    assert (states["r0"].status, states["r0"].word, states["r0"].progress) == (status, word, progress)


def test_the_reason_of_a_failure_is_passed_on():
    states, _ = look(Shelf([{"id": "r0", "status": "error", "errorMessage": "no mesh"}]), "r0")
    assert states["r0"].error == "no mesh"


def test_no_renders_need_no_call():
    states, desk = look(Shelf(rows(5)))
    assert (states, desk.calls) == ({}, [])


def test_a_few_renders_are_asked_one_by_one():
    states, desk = look(Shelf(rows(500)), "r1", "r400", "r1")
    assert states.keys() == {"r1", "r400"}
    assert desk.labels == ["GET /v1/renders/r1", "GET /v1/renders/r400"]


def test_a_hundred_renders_need_one_call():
    states, desk = look(Shelf(rows(300)), *names(100))
    assert (len(states), len(desk.calls)) == (100, 1)


def test_reading_stops_where_all_are_seen():
    states, desk = look(Shelf(rows(1000)), *names(250))
    assert (len(states), [call.query["offset"] for call in desk.calls]) == (250, [0, 100, 200])


def test_previews_among_the_renders_only_double_the_pages():
    pairs = zip(rows(400, prefix="preview"), rows(400), strict=True)
    states, desk = look(Shelf([row for pair in pairs for row in pair]), *names(400))
    assert (len(states), len(desk.calls)) == (400, 8)


def test_a_page_of_somebody_elses_newer_renders_does_not_end_the_reading():
    states, desk = look(Shelf(rows(100, prefix="other") + rows(200)), *names(200))
    assert (len(states), len(desk.calls)) == (200, 3)


def test_the_last_renders_of_a_night_are_read_from_pages_that_show_few_of_them():
    states, desk = look(Shelf(rows(800, "done")), *(f"r{number}" for number in range(0, 800, 20)))
    assert (len(states), len(desk.calls)) == (40, 8)


def test_a_list_without_totals_is_enough():
    states, desk = look(Shelf(rows(150), meta=False), *names(150))
    assert (len(states), len(desk.calls)) == (150, 2)


def test_renders_behind_many_older_ones_are_found_among_those_under_way():
    shelf = Shelf(rows(5000, "done", "old") + rows(90, "poster-done"))
    states, desk = look(shelf, *names(90))
    assert len(states) == 90
    assert [call.query.get("status") for call in desk.calls] == [
        None,
        "pending",
        "poster-processing",
        "poster-done",
    ]


def test_what_has_ended_behind_many_older_ones_is_asked_for_alone():
    shelf = Shelf(rows(5000, "done", "old") + rows(40, "pending") + rows(2, "done", "new"))
    states, desk = look(shelf, *names(40), "new0", "new1")
    assert {state.word for state in states.values()} == {"pending", "done"}
    assert (len(states), desk.labels[2:]) == (42, ["GET /v1/renders/new0", "GET /v1/renders/new1"])


def test_renders_that_are_gone_are_left_out():
    states, _ = look(Shelf(rows(10)), *names(10), "gone")
    assert states.keys() == set(names(10))
    assert look(Shelf([]), "gone")[0] == {}


def test_new_rows_that_shift_the_pages_lose_and_double_nothing():
    shelf = Shelf(rows(200))
    shelf.after_page = lambda: shelf.renders.insert(
        0, {"id": f"new{len(shelf.renders)}", "status": "pending"}
    )
    assert look(shelf, *names(200))[0].keys() == set(names(200))


def test_deleted_rows_that_shift_the_pages_hide_nothing():
    shelf = Shelf(rows(300))
    shelf.after_page = lambda: shelf.renders.pop(0)
    wanted = names(300)[20:]
    assert look(shelf, *wanted)[0].keys() == set(wanted)


def test_a_render_that_moves_on_while_it_is_looked_for_is_found():
    shelf = Shelf(rows(500, "done", "old") + rows(60, "pending"))
    words = iter(["pending", "poster-processing", "poster-done", "video-processing", "done", "done"])

    def move():
        word = next(words)
        for row in shelf.renders[500:]:
            row["status"] = word

    shelf.after_page = move
    states, _ = look(shelf, *names(60))
    assert states.keys() == set(names(60))


def test_the_number_of_calls_stays_bounded_in_a_crowded_account():
    crowd = [
        row
        for number in range(40)
        for row in (*rows(99, "done", f"old{number}-"), rows(1, "done", f"r{number}-")[0])
    ]
    states, desk = look(Shelf(crowd), *(f"r{number}-0" for number in range(40)))
    assert len(states) == 40
    assert len(desk.calls) <= 3 + 4 + 40


def bear(shelf, *ids):
    desk, jobs = Desk(shelf), [job(name) for name in ids]
    return desk.run(Look(jobs).work(VENDOR.states(jobs))), desk


@pytest.mark.parametrize(
    ("refused", "error"),
    [(refusal(403, "forbidden"), AuthError), (refusal(500, "internal"), UnavailableError)],
)
@pytest.mark.parametrize("others", [2, 250])
def test_a_render_that_cannot_be_read_does_not_hide_the_others(refused, error, others):
    shelf = Shelf(rows(others))

    def react(method, path, query, body):
        return refused if path == "/v1/renders/0" else shelf(method, path, query, body)

    states, desk = bear(react, "0", *names(others))
    assert {name: type(why) for name, why in unread(states).items()} == {"0": error}
    assert {state.status for name, state in states.items() if name != "0"} == {RenderStatus.QUEUED}
    assert states.keys() == {"0", *names(others)}
    assert desk.labels.count("GET /v1/renders/0") == 1
    with pytest.raises(error):
        look(react, "0", *names(others))


def test_a_list_that_cannot_be_read_concerns_all():
    with pytest.raises(UnavailableError):
        bear(lambda *_: refusal(500, "internal"), *names(50))
