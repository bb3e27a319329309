"""The benchmarks run and tell what they promise; how the figures turn out is no test."""

from __future__ import annotations

import json

import pytest

from benchmarks import imports, night, transfer, unchanged, waiting
from benchmarks.__main__ import BENCHMARKS, arguments, main, sizes_of
from benchmarks.figures import Figure, save, table
from benchmarks.sizes import TINY
from benchmarks.vendor import Render, Tally, least_status_requests, open_over_page

MODULES = {
    "night": night,
    "waiting": waiting,
    "transfer": transfer,
    "unchanged": unchanged,
    "imports": imports,
}
TOLD = {
    "waiting": ["lateness", "CPU seconds", "memory grown", "event loop blocked", "over the least", "TCP"],
    "transfer": ["download of", "upload of", "at once", "memory of a download"],
    "unchanged": ["20 products on the disk", "requests to the vendor", "growth on the disk"],
    "imports": ["operators and sensor", "dags/dxgl_nightly_catalog.py"],
}
NIGHT = [
    "task instances",
    "worker starts",
    "trigger rows",
    "Execution API calls",
    "SQL statements",
    "wall time",
    "new models: status requests over the least",
    "new settings: TCP connections",
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", TOLD)
def test_a_tiny_benchmark_yields_its_figures(name):
    figures = MODULES[name].measure(TINY)
    for words in TOLD[name]:
        assert any(words in figure.name for figure in figures), words
    assert all(figure.baseline is not None or figure.limit is not None for figure in figures)


@pytest.mark.stack
@pytest.mark.timeout(900)
def test_a_tiny_night_runs_through_a_real_airflow():
    figures = {figure.name: figure for figure in night.measure(TINY)}
    for words in NIGHT:
        assert any(words in name for name in figures), words
    assert figures["task instances"].value == TINY.groups
    assert figures["trigger rows"].value == TINY.groups
    assert figures["worker starts"].value >= 2 * TINY.groups
    assert figures["Execution API calls"].value > 0
    assert figures["task instances"].baseline == (3 * TINY.stock_items + 1) * TINY.items / TINY.stock_items


def test_every_benchmark_of_the_command_can_be_measured():
    assert set(BENCHMARKS) == set(MODULES)
    assert all(callable(module.measure) for module in MODULES.values())


def test_the_command_line_changes_single_sizes():
    options = arguments(["--quick", "--items", "7", "--skus", "10", "20", "--only", "imports"])
    sizes = sizes_of(options)
    assert (sizes.items, sizes.skus, options.only) == (7, (10, 20), ["imports"])
    assert sizes.renders == sizes_of(arguments(["--quick"])).renders


def test_the_command_writes_what_it_measured_and_tells_of_missed_targets(monkeypatch, tmp_path, capsys):
    missed = Figure("1. Group", "seconds", 3.0, "s", 1.0, "plain", 2.0, "<= 2 s")
    monkeypatch.setattr(imports, "measure", lambda sizes: [missed])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert main(["--tiny", "--only", "imports", "--output", str(tmp_path / "new/latest.json")]) == 1
    assert "MISS" in capsys.readouterr().out
    document = json.loads((tmp_path / "new/latest.json").read_text())
    assert document["figures"][0]["ratio"] == 3.0
    assert document["machine"]["cores"] >= 1
    assert document["sizes"]["items"] == TINY.items


def test_the_table_shows_value_baseline_ratio_target_and_verdict():
    shown = table(
        [
            Figure("1. Load", "calls", 12, "", 1200, "stock", 20, "<= 20"),
            Figure("1. Load", "plain", 1234.5, "ms", note="a note"),
            Figure("2. Files", "slow", 2.0, "s", 1.0, "httpx", 1.15, "<= 1.15 x"),
        ]
    )
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "calls 12 1,200 stock x0.01 <= 20 pass" in lines
    assert "slow 2 s 1 httpx x2 <= 1.15 x MISS" in lines
    assert lines.index("a note") == lines.index("plain 1,234 ms") + 1
    assert "2. Files" in lines


def test_saved_figures_carry_ratio_and_verdict(tmp_path):
    save(tmp_path / "r.json", {}, {}, [Figure("g", "n", 1.0, limit=2.0), Figure("g", "m", 1.0)])
    first, second = json.loads((tmp_path / "r.json").read_text())["figures"]
    assert (first["passed"], second["passed"], second["ratio"]) == (True, None, None)


def _made(count, ended):
    return [Render(f"r{number}", 0.0, ended(number), preview=False) for number in range(count)]


def test_a_look_needs_the_pages_that_show_what_was_open_before():
    looks = [
        (at + page / 100, f"GET /dxgl/v1/renders?limit=100&offset={page}")
        for at in (10, 20)
        for page in (0, 1)
    ]
    renders = _made(200, lambda number: 5.0 if number < 100 else 99.0)
    tally = Tally(1, looks)
    assert least_status_requests(tally, renders) == 2 + 1
    assert open_over_page(tally, renders) == 2 + 1


def test_previews_fill_the_pages_of_the_vendors_list():
    renders = [Render(f"r{number}", 0.0, 99.0, preview=number % 2 == 0) for number in range(200)]
    tally = Tally(1, [(10.0, "GET /dxgl/v1/renders?limit=100&offset=0")])
    assert (least_status_requests(tally, renders), open_over_page(tally, renders)) == (2, 1)


def test_asking_what_a_finished_render_has_is_no_status_request():
    tally = Tally(
        1,
        [
            (1.0, "GET /dxgl/v1/renders?limit=100"),
            (2.0, "GET /dxgl/v1/renders/abc?"),
            (3.0, "GET /dxgl/v1/renders/abc?"),
            (4.0, "GET /dxgl/v1/renders/abc/video?"),
            (5.0, "HEAD /dxgl/v1/renders/xyz/video?"),
            (6.0, "POST /dxgl/v1/renders/batch?"),
        ],
    )
    assert tally.status_requests == [1.0, 5.0, 2.0]
