from __future__ import annotations

import json
import shutil
import time

import pytest

from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import OutputError, RenderInputError
from tests.catalog.runs import Shop, outcomes, quiet

pytestmark = pytest.mark.usefixtures("fast_disk")


def table(shop, path="_render/table.jsonl"):
    return [json.loads(line) for line in (shop.output / path).read_text().splitlines()]


def finished(shop, run="monday", **spec):
    """Run once with its tables, and return the report."""
    task = shop.task(run, **spec)
    task.submit()
    now = task.begin(task.memory)
    plan = now.plan()
    now.look(plan, lost=True)
    now.deliver(plan)
    now.prune(plan)
    report = now.report(plan)
    now.export(plan)
    return report


class TestTable:
    def test_it_has_all_that_is_delivered_by_this_run_and_before(self, shop):
        finished(shop)
        shop.stock("C/dark")
        finished(shop, "tuesday", table=True)
        rows = table(shop)
        assert sorted((row["item_key"], row["kind"], row["delivered"]) for row in rows) == [
            (key, kind, when)
            for key, when in (("A", "before"), ("B", "before"), ("C/dark", "this run"))
            for kind in ("image", "video")
        ]
        assert all(row["uri"] == str(shop.output / row["path"]) for row in rows)
        assert sum(row["credits"] for row in rows) == shop.service.bill
        assert {row["job_id"] for row in rows} == set(shop.service.renders)

    def test_without_the_option_there_is_none(self, shop):
        finished(shop)
        assert not (shop.output / "_render/table.jsonl").exists()

    @pytest.mark.parametrize("prune", [True, False])
    def test_what_left_the_catalog_is_not_in_it(self, shop, prune):
        finished(shop)
        del shop.rows["A"]
        finished(shop, "tuesday", table=True, prune=prune)
        assert {row["item_key"] for row in table(shop)} == {"B"}

    def test_the_parts_of_all_groups_are_the_whole(self, tmp_path):
        shop = Shop(tmp_path)
        for number in range(12):
            shop.stock(f"SKU-{number}")
        for group in range(3):
            finished(shop, group=group, groups=3, table=str(tmp_path / "t.jsonl"))
        parts = sorted((tmp_path / "t.jsonl.parts").iterdir())
        rows = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
        assert len(parts) == 3
        assert sorted({row["item_key"] for row in rows}) == sorted(shop.rows)
        assert len(rows) == 24

    def test_a_run_over_some_of_the_items_keeps_the_rows_of_the_others(self, shop):
        finished(shop, partial=True)
        del shop.rows["A"]
        finished(shop, "tuesday", partial=True, table=True)
        assert {row["item_key"] for row in table(shop)} == {"A", "B"}

    def test_a_failed_new_render_keeps_the_rows_of_the_files_that_are_there(self, shop):
        finished(shop)
        shop.stock("A", look="new")
        shop.service.failing["A"] = 9
        finished(shop, "tuesday", table=True)
        rows = [row for row in table(shop) if row["item_key"] == "A"]
        assert [(row["job_id"], row["credits"], row["delivered"]) for row in rows] == [
            (None, None, "before")
        ] * 2

    def test_a_table_that_cannot_be_had_is_told_before_anything_is_paid(self, shop):
        for wrong, message in (
            ({"table": "t.csv"}, "table: must end in"),
            ({"table_name": "renders"}, "table_conn_id, table_name: one needs the other"),
            ({"table_conn_id": "nowhere", "table_name": "renders"}, "no Airflow connection 'nowhere'"),
        ):
            with pytest.raises(RenderInputError, match=message):
                shop.task(**wrong).submit()
        assert shop.service.bill == 0

    @pytest.mark.parametrize("groups", [1, 2])
    def test_a_place_that_cannot_be_written_is_told_before_anything_is_paid(self, shop, groups):
        (shop.folder / "folder.jsonl").mkdir()
        (shop.folder / "file").write_text("")
        for wrong, message in (
            ("folder.jsonl", r"table: .*folder\.jsonl is a folder, not a file"),
            ("file/table.jsonl", r"table: cannot write .*table\.jsonl"),
        ):
            with pytest.raises(RenderInputError, match=message):
                shop.task(table=str(shop.folder / wrong), groups=groups).submit()
        assert shop.service.calls == []

    def test_it_does_not_keep_what_is_paid_already_from_being_delivered(self, shop):
        task = shop.task(table=str(shop.folder / "table.jsonl"))
        task.submit()
        (shop.folder / "table.jsonl").mkdir()
        assert set(outcomes(task.attempt()).values()) == {"delivered"}
        assert shop.service.bill == 2


class TestTimes:
    def times(self, shop, key="A"):
        names = ("submitted_at", "rendered_at", "delivered_at")
        document = json.loads(shop.files()[f"{key}/render.json"])
        rows = [row for row in table(shop) if row["item_key"] == key]
        told = {tuple(one[name] for name in names) for one in (document, *rows)}
        assert len(told) == 1
        return told.pop()

    def test_they_are_told_in_their_order_and_alike_in_the_table_and_beside_the_files(self, shop):
        finished(shop, table=True)
        submitted, rendered, delivered = self.times(shop)
        assert submitted <= rendered <= delivered

    def test_a_free_second_download_changes_only_when_it_was_delivered(self, shop):
        finished(shop, table=True)
        before = self.times(shop)
        time.sleep(0.002)
        (shop.output / "A/video.mp4").unlink()
        finished(shop, "tuesday", table=True)
        after = self.times(shop)
        assert shop.service.bill == 2
        assert after[:2] == before[:2]
        assert after[2] > before[2]

    def test_a_new_title_changes_none(self, shop):
        finished(shop, table=True)
        before = self.times(shop)
        shop.rows["A"]["title"] = "Armchair"
        finished(shop, "tuesday", table=True)
        assert self.times(shop) == before

    def test_of_a_render_that_was_taken_over_nobody_knows_when_it_was_submitted(self, shop):
        shop.render()
        shutil.rmtree(shop.output)
        finished(shop, "tuesday", table=True)
        submitted, rendered, delivered = self.times(shop)
        assert (submitted, shop.service.bill) == (None, 2)
        assert rendered <= delivered

    def test_a_state_of_before_they_were_noted_is_read_and_makes_none_up(self, shop):
        shop.render()
        for file in (shop.output / "_render/state").iterdir():
            data = json.loads(file.read_text())
            for record in data["items"].values():
                del record["submitted"], record["rendered"]
            file.write_text(json.dumps(data))
        (shop.output / "A/video.mp4").unlink()
        finished(shop, "tuesday", table=True)
        assert self.times(shop)[:2] == (None, None)
        assert shop.service.bill == 2


class TestDatabase:
    def wanted(self, database):
        return {"table_conn_id": database.conn_id, "table_name": "renders"}

    def test_it_is_kept_in_step_from_run_to_run(self, shop, database):
        finished(shop, **self.wanted(database))
        assert database.run("SELECT DISTINCT item_key FROM renders ORDER BY 1") == [("A",), ("B",)]
        assert database.run("SELECT SUM(credits) FROM renders") == [(2,)]
        del shop.rows["A"]
        shop.stock("C")
        finished(shop, "tuesday", **self.wanted(database))
        told = database.run("SELECT DISTINCT item_key, delivered FROM renders ORDER BY 1")
        assert told == [("B", "before"), ("C", "this run")]

    def test_groups_keep_their_own_rows_only(self, tmp_path, database):
        shop = Shop(tmp_path)
        for number in range(12):
            shop.stock(f"SKU-{number}")
        for run in ("monday", "tuesday"):
            for group in range(3):
                finished(shop, run, group=group, groups=3, **self.wanted(database))
        assert database.run("SELECT COUNT(*), COUNT(DISTINCT item_key) FROM renders") == [(24, 12)]

    AWAY = ("AIRFLOW_CONN_WAREHOUSE", '{"conn_type": "sqlite", "host": "/nowhere/at.all"}')

    def test_one_that_is_away_is_told_before_anything_is_paid(self, shop, database, monkeypatch):
        monkeypatch.setenv(*self.AWAY)
        with pytest.raises(OutputError, match="cannot write renders"):
            shop.task(**self.wanted(database)).submit()
        assert shop.service.calls == []

    def test_a_table_that_lacks_columns_is_told_before_anything_is_paid(self, shop, database):
        database.run("CREATE TABLE renders (sku TEXT)")
        with pytest.raises(OutputError, match="it lacks the columns folder_id, shard, row_id"):
            shop.task(**self.wanted(database)).submit()
        assert shop.service.calls == []

    def test_one_that_goes_away_later_loses_nothing_that_was_paid(self, shop, database):
        task = shop.task(**self.wanted(database))
        task.submit()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(*self.AWAY)
            assert set(outcomes(task.finish()).values()) == {"delivered"}
            run = task.begin(task.memory)
            with pytest.raises(OutputError, match="cannot write renders"):
                run.export(run.plan())
        finished(shop, **self.wanted(database))
        assert database.run("SELECT DISTINCT item_key FROM renders ORDER BY 1") == [("A",), ("B",)]
        assert shop.service.bill == 2

    def test_one_that_is_away_while_nothing_is_to_be_paid_does_not_hold_up_the_files(
        self, shop, database, monkeypatch
    ):
        shop.render()
        (shop.output / "A/video.mp4").unlink()
        monkeypatch.setenv(*self.AWAY)
        report = shop.render("tuesday", **self.wanted(database))
        assert outcomes(report) == {"A": "delivered", "B": "unchanged"}

    def test_a_long_sku_does_not_sink_the_table(self, shop, database):
        shop.rows["A"]["sku"] = "S" * 400
        finished(shop, **self.wanted(database))
        assert database.run("SELECT DISTINCT length(sku) FROM renders ORDER BY 1") == [(1,), (400,)]


class TestTitles:
    def told(self, shop, key="B"):
        return json.loads(shop.files()[f"{key}/render.json"])

    def test_a_new_title_or_tag_is_told_without_any_call_or_payment(self, shop):
        shop.render()
        before = self.told(shop)
        quiet(shop.service)
        shop.rows["B"] |= {"title": "Garden bench", "tags": "outdoor, oak"}
        report = shop.render("tuesday")
        assert self.told(shop) == {**before, "title": "Garden bench", "tags": ["outdoor", "oak"]}
        assert (shop.service.calls, shop.service.downloads, report.spent) == ([], [], 0)
        assert outcomes(report)["B"] == "unchanged"

    def test_what_did_not_change_is_not_written(self, shop):
        shop.render()
        times = {path: path.stat().st_mtime_ns for path in shop.output.rglob("render.json")}
        shop.rows["B"]["title"] = "Garden bench"
        shop.render("tuesday")
        changed = {path.parent.name for path in times if path.stat().st_mtime_ns != times[path]}
        assert changed == {"B"}

    def test_records_of_before_titles_were_noted_rewrite_nothing_and_tell_the_next_change(self, shop):
        shop.render()
        for file in (shop.output / "_render/state").iterdir():
            data = json.loads(file.read_text())
            for record in data["items"].values():
                del record["told"]
            file.write_text(json.dumps(data))
        (shop.output / "B/render.json").write_text('{"title": "by hand"}')
        shop.render("tuesday")
        assert self.told(shop) == {"title": "by hand"}
        shop.rows["B"]["title"] = "Garden bench"
        shop.render("wednesday")
        assert self.told(shop)["title"] == "Garden bench"

    def test_a_plan_alone_writes_no_file_of_an_item(self, shop):
        shop.render()
        before = shop.files()
        shop.rows["B"]["title"] = "Garden bench"
        shop.task("tuesday").begin().plan()
        assert shop.files() == before

    def test_a_file_that_cannot_be_written_is_tried_again_by_the_next_run(self, shop, caplog):
        shop.render()
        shop.rows["B"]["title"] = "Garden bench"
        file = shop.output / "B/render.json"
        file.unlink()
        file.mkdir()
        assert outcomes(shop.render("tuesday"))["B"] == "unchanged"
        assert "cannot write its new title or tags" in caplog.text
        file.rmdir()
        shop.render("wednesday")
        assert self.told(shop)["title"] == "Garden bench"


class TestSpent:
    def test_it_counts_renders_that_were_cancelled_and_replaced_in_the_same_run(self, shop):
        shop.service.slow = True
        task = shop.task()
        run, plan = task.submit()
        run.expire(run.open(plan))
        for render in shop.service.renders.values():
            render.status = "cancelled"
        shop.service.slow = False
        report = task.attempt()
        assert set(outcomes(report).values()) == {"delivered"}
        assert report.spent == task.spent == shop.service.bill == 4
        assert sum(item.credits for item in report.items) == 2
        assert report.summary()["credits_spent"] == "4"
        assert report.fruitless == 2

    def test_what_the_vendor_failed_is_fruitless_in_the_run_that_paid_for_it(self, shop):
        shop.service.failing["A"] = 1
        report = shop.render()
        assert outcomes(report) == {"A": "failed", "B": "delivered"}
        assert (report.spent, report.fruitless) == (2, 1)
        assert {item.key: item.fruitless for item in report.items} == {"A": 1, "B": 0}
        report = shop.render("tuesday")
        assert set(outcomes(report).values()) == {"delivered", "unchanged"}
        assert (report.spent, report.fruitless) == (1, 0)

    def test_what_an_earlier_run_lost_is_not_told_again_of_an_item_that_is_left_alone(self, shop):
        shop.service.failing["A"] = 1
        assert shop.render(max_attempts=1).fruitless == 1
        report = shop.render("tuesday", max_attempts=1)
        assert outcomes(report)["A"] == "failed"
        assert (report.spent, report.fruitless) == (0, 0)

    def test_what_an_earlier_run_paid_is_not_in_it(self, shop):
        shop.service.slow = True
        shop.task().submit()
        shop.service.slow = False
        report = shop.render("tuesday")
        assert set(outcomes(report).values()) == {"delivered"}
        assert (report.spent, report.summary()["credits_spent"]) == (0, "0")


def test_a_table_of_a_state_that_is_not_in_memory_reads_it_file_by_file(tmp_path, monkeypatch):
    shop = Shop(tmp_path)
    for number in range(30):
        shop.stock(f"SKU-{number}")
    shop.render()
    store = StateStore(shop.output)
    seen = []
    for number, records in store.each(range(store.shards)):
        seen += records
        assert len(records) < 30, number
    assert sorted(seen) == sorted(shop.rows)
    assert store._known == {}
