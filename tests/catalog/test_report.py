from __future__ import annotations

import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from airflow_provider_render.catalog.report import ItemReport, Outcome, Report, Stage, report_name

FILES = (
    {"path": "A~2F1/video.mp4", "kind": "video", "size": 9},
    {"path": "A~2F1/poster #1.png", "kind": "poster", "size": 9},
)


def report(**changes) -> Report:
    items = [
        ItemReport(
            "A/1",
            Outcome.DELIVERED,
            title="Chair | *best*",
            folder="A~2F1",
            credits=Decimal("1.5"),
            job_id="r1",
            portal_url="https://portal.example/r1",
            files=FILES,
            seconds=12.5,
        ),
        ItemReport("B", Outcome.UNCHANGED, folder="B", files=({"path": "B/x.png", "kind": "image"},)),
        ItemReport("C", Outcome.FAILED, Stage.CHECK, reason="model c.glb is <cut> short."),
        ItemReport("D", Outcome.FAILED, Stage.DOWNLOAD, reason="no route", credits=Decimal(2)),
        ItemReport("E", Outcome.DELIVERED, adopted=True, fruitless=Decimal("0.5")),
        ItemReport("F", Outcome.PENDING, Stage.RENDER),
    ]
    defaults = {
        "run_id": "manual__2026-01-02T03:04:05+00:00",
        "vendor": "DXGL",
        "started": "2026-01-02T03:04:05+00:00",
        "finished": "2026-01-02T03:14:05+00:00",
        "planned": Decimal(5),
        "spent": Decimal("3.5"),
        "avoided": Decimal(7),
        "items": items,
        "orphans": ["old"],
    }
    return Report(**{**defaults, **changes})


def test_totals_add_up():
    whole = report()
    assert whole.spent == Decimal("3.5")
    assert whole.counts() == {
        "items": 6,
        "delivered": 2,
        "unchanged": 1,
        "failed": 2,
        "pending": 1,
        "adopted": 1,
        "orphans": 1,
        "pruned": 0,
    }


def test_a_report_is_written_under_its_run_and_as_the_latest(root):
    url = report().write(root)
    folder = root / "_render/reports"
    name = report_name(report().run_id)
    assert url == str(folder / f"{name}.json")
    assert (folder / f"{name}.json").read() == (folder / "latest.json").read()
    assert (folder / f"{name}.md").read() == (folder / "latest.md").read()
    assert Report.from_json(json.loads((folder / "latest.json").read())) == report()


def test_groups_of_a_run_add_up_to_one_report():
    one, other = report(run_id="r"), report(run_id="r", started="2025", finished="2027", note="stopped")
    one.add(other)
    assert (len(one.items), one.planned, one.avoided) == (12, Decimal(10), Decimal(14))
    assert (one.started, one.finished, one.note, one.orphans) == ("2025", "2027", "stopped", ["old", "old"])


def test_people_read_the_sum_first_then_failures_with_what_to_do_then_the_items():
    text = report(note="Stopped: the account is empty.").markdown()
    assert text.index("**6 items: 2 delivered, 1 unchanged, 2 failed, 1 pending.**") < text.index(
        "## Failures"
    )
    assert text.index("## Failures") < text.index("## No longer in the catalog") < text.index("## Items")
    assert "Spent 3.5 credits of 5 planned; 7 credits avoided" in text
    assert "> Stopped: the account is empty." in text
    assert r"- **C** (check): model c.glb is \<cut\> short. Correct the row or the model file" in text
    assert "- **D** (download): no route. The render is paid and safe at the vendor" in text


def test_the_table_links_to_folders_and_to_the_vendor():
    text = report().markdown()
    assert (
        r"| [A/1 (Chair \| \*best\*)](../../A~2F1/) | delivered | 1.5 | [r1](https://portal.example/r1) | 2 |"
        in text
    )
    assert "| F | pending | 0 |  | 0 |" in text


def test_what_went_into_renders_that_came_to_nothing_is_told_and_no_refund_is_made_up(root):
    bad = ItemReport("G", Outcome.FAILED, Stage.RENDER, credits=Decimal(2), fruitless=Decimal(2))
    whole = report(items=[*report().items, bad])
    assert whole.fruitless == Decimal("2.5")
    assert (whole.to_json()["credits"]["fruitless"], whole.to_json()["credits"]["refunded"]) == ("2.5", None)
    assert (whole.summary()["credits_fruitless"], whole.summary()["credits_refunded"]) == ("2.5", None)
    told = whole.markdown()
    assert "2.5 credits went into renders that came to nothing." in told
    assert "Whether they are given back, DXGL does not tell" in told
    whole.write(root)
    page = (root / "_render/reports/gallery.html").read().decode()
    assert "3.5 credits spent, 2.5 of them for nothing" in page


def test_a_run_in_which_nothing_was_lost_does_not_speak_of_it():
    text = report(items=[ItemReport("A", Outcome.DELIVERED, credits=Decimal(1))]).markdown()
    assert "came to nothing" not in text


def test_a_report_of_before_this_was_counted_is_read():
    data = report().to_json()
    for item in data["items"]:
        del item["fruitless"]
    assert Report.from_json(data).fruitless == 0


def test_an_empty_report_is_readable():
    text = report(items=[], orphans=[]).markdown()
    assert "**0 items: none.**" in text
    assert "##" not in text


def test_the_markdown_of_a_huge_catalog_is_cut_and_says_so():
    many = [ItemReport(str(number), Outcome.UNCHANGED) for number in range(6_000)]
    assert "1000 more items are in the JSON" in report(items=many).markdown()


@pytest.mark.parametrize("text", ["x", "ü", "\U0001f600", '"'])
def test_the_summary_stays_below_two_kilobytes(root, text):
    failed = [ItemReport(text * 500 + str(n), Outcome.FAILED) for n in range(10_000)]
    brief = report(items=failed, note=text * 5_000, run_id=text * 400).summary(root)
    assert len(json.dumps(brief)) < 2_000
    assert brief["failed"] == 10_000


def test_the_summary_tells_counts_credits_and_where_the_report_is(root):
    whole = report()
    brief = whole.summary(root)
    assert brief["report"] == whole.write(root)
    assert (brief["credits_spent"], brief["credits_planned"], brief["credits_avoided"]) == ("3.5", "5", "7")
    assert brief["failed_keys"] == ["C", "D"]
    assert "report" not in whole.summary()


@pytest.mark.parametrize("run", ["a/b", "../../etc", "", "latest", "x" * 500, "a b", ".hidden", "ü", "a\0b"])
def test_names_of_reports_are_safe_and_different(run):
    name = report_name(run)
    assert re.fullmatch(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,140}", name)
    assert name != "latest"
    assert name != report_name(run + "!")


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "poster")]

    def handle_data(self, data):
        self.texts.append(data)


def test_the_gallery_shows_files_that_are_there_and_nothing_from_elsewhere(root):
    for file in (*FILES, {"path": "B/x.png"}):
        (root / file["path"]).write(b"x")
    report().write(root)
    seen = Seen((root / "_render/reports/gallery.html").read().decode())
    assert {unquote(link) for link in seen.links} == {
        "../../A~2F1/video.mp4",
        "../../A~2F1/poster #1.png",
        "../../B/x.png",
    }
    for link in seen.links:
        assert (root / unquote(link).removeprefix("../../")).entry() is not None
    assert "script" not in seen.tags
    assert {"video", "img"} <= set(seen.tags)


def test_the_gallery_escapes_what_the_catalog_says(root):
    evil = '"><script>alert(1)</script>'
    items = [ItemReport(evil, Outcome.FAILED, title=evil, reason=evil), ItemReport(evil, Outcome.DELIVERED)]
    report(items=items, vendor=evil).write(root)
    seen = Seen((root / "_render/reports/gallery.html").read().decode())
    assert "script" not in seen.tags
    assert evil in seen.texts
