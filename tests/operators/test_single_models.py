"""Single models: of one name, and of no group."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.operators.account import new_model
from tests.operators.test_catalog import single


def warnings(caplog):
    return [
        record.getMessage() for record in caplog.records if "take each other's place" in record.getMessage()
    ]


def test_models_of_one_name_in_two_folders_are_warned_of(idle, tmp_path, caplog):
    oak, elm = new_model(tmp_path / "oak"), new_model(tmp_path / "elm")
    out = tmp_path / "out"
    single(idle, oak, out, deferrable=True).start()
    assert warnings(caplog) == []

    single(idle, elm, out, run_id="nightly-2", plan_only=True).run()

    (said,) = warnings(caplog)
    assert said.startswith(f"chair was made from {oak} before, and is to be made from {elm} now")
    assert said.endswith("Give each a sku of its own.")


def test_a_model_that_moved_or_changed_or_has_a_sku_is_not_warned_of(idle, tmp_path, caplog):
    oak, out = new_model(tmp_path / "oak"), tmp_path / "out"
    single(idle, oak, out, deferrable=True).start()
    single(idle, oak, out, deferrable=True, sku="CHR-1").start()

    moved = tmp_path / "elm/chair.glb"
    moved.parent.mkdir()
    moved.write_bytes(Path(oak).read_bytes())
    single(idle, str(moved), out, run_id="moved", plan_only=True, settings={"length": 9}).run()
    single(idle, new_model(tmp_path / "oak"), out, run_id="changed", plan_only=True).run()
    single(idle, new_model(tmp_path / "elm"), out, run_id="named", plan_only=True, sku="CHR-1").run()

    assert warnings(caplog) == []


@pytest.mark.parametrize("name", ["shard_group", "shard_groups"])
def test_a_single_model_takes_no_group(idle, tmp_path, name):
    with pytest.raises(TypeError, match=name):
        single(idle, new_model(tmp_path), tmp_path / "out", **{name: 1})
