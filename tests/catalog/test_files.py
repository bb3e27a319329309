from __future__ import annotations

import hashlib
import json
import os

import pytest

from airflow_provider_render.catalog.files import (
    CHUNK,
    Outputs,
    Signatures,
    check_output,
    look_at_outputs,
    model_file,
    present_outputs,
    publish,
    read_models,
    source_record,
)
from airflow_provider_render.core.errors import ModelFileError, OutputError
from airflow_provider_render.core.journal import Phase, Record


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def remembered(model):
    """Return what the journal gives back of a model after a night on disk."""
    return json.loads(json.dumps(source_record(model)))


def test_a_model_is_hashed_in_pieces(root):
    data = os.urandom(2 * CHUNK + 5)
    (root / "a.glb").write(data)
    model = model_file(root / "a.glb")
    assert (model.name, model.size, model.sha256, model.extension) == ("a.glb", len(data), sha(data), ".glb")
    with model.source.open() as file:
        file.seek(CHUNK)
        assert file.read(3) == data[CHUNK : CHUNK + 3]
    with model.source.open() as again:
        assert again.read(3) == data[:3]


def test_an_unchanged_model_is_not_read_again(root):
    (root / "a.glb").write(b"model")
    known = remembered(model_file(root / "a.glb"))
    assert known["sha256"] == sha(b"model")
    assert model_file(root / "a.glb", {**known, "sha256": "as remembered"}).sha256 == "as remembered"


def test_a_changed_model_is_read_again(root):
    (root / "a.glb").write(b"model")
    known = remembered(model_file(root / "a.glb"))
    (root / "a.glb").write(b"other")
    assert model_file(root / "a.glb", known).sha256 == sha(b"other")


def test_a_model_at_another_path_is_read_even_with_equal_size_and_time(tmp_path):
    (tmp_path / "a.glb").write_bytes(b"one")
    (tmp_path / "b.glb").write_bytes(b"two")
    os.utime(tmp_path / "a.glb", ns=(1, 1))
    os.utime(tmp_path / "b.glb", ns=(1, 1))
    known = remembered(model_file(tmp_path / "a.glb"))
    assert model_file(tmp_path / "b.glb", known).sha256 == sha(b"two")


def test_missing_empty_and_folder_are_told_apart(root):
    (root / "empty.glb").write(b"")
    (root / "folder.glb/file").write(b"x")
    for name, message in [
        ("none.glb", "there is no model file at"),
        ("empty.glb", "is empty"),
        ("folder.glb", "is a folder, not a file"),
    ]:
        with pytest.raises(ModelFileError, match=message):
            model_file(root / name)


def test_a_storage_that_cannot_be_reached_is_the_models_error():
    with pytest.raises(ModelFileError, match="install the Airflow provider"):
        model_file("nosuchscheme://bucket/a.glb")


def test_a_model_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.glb").write_bytes(b"model")
    signatures = Signatures()
    found = signatures.entry

    def then_grow(place):
        entry = found(place)
        (tmp_path / "a.glb").write_bytes(b"model, and more")
        return entry

    monkeypatch.setattr(signatures, "entry", then_grow)
    with pytest.raises(ModelFileError, match="changed while it was read"):
        model_file(tmp_path / "a.glb", None, signatures)


class CountedCalls:
    """Counts what a file system is asked."""

    def __init__(self, fs, monkeypatch):
        self.calls = []
        for name in ("ls", "info", "find", "_open"):
            monkeypatch.setattr(type(fs), name, self.counting(name, getattr(type(fs), name)))

    def counting(self, name, original):
        def counted(*args, **kwargs):
            self.calls.append(name)
            return original(*args, **kwargs)

        return counted


def test_many_models_of_one_folder_cost_one_listing(bucket, monkeypatch):
    from fsspec.implementations.memory import MemoryFileSystem

    paths = [f"{bucket}/models/{number}.glb" for number in range(50)]
    root = check_output(bucket)
    for number in range(50):
        (root / f"models/{number}.glb").write(f"model {number}".encode())
    first = read_models(dict.fromkeys(paths))
    known = {path: remembered(model) for path, model in first.items()}
    counted = CountedCalls(MemoryFileSystem(), monkeypatch)
    again = read_models({**known, f"{bucket}/models/none.glb": None})
    assert counted.calls == ["ls"]
    assert [again[path].sha256 for path in paths] == [first[path].sha256 for path in paths]
    assert isinstance(again[f"{bucket}/models/none.glb"], ModelFileError)


def test_one_bad_model_does_not_keep_the_others_from_being_read(root):
    (root / "good.glb").write(b"model")
    told = []
    models = read_models({str(root / "good.glb"): None, str(root / "none.glb"): None}, progress=told.append)
    assert models[str(root / "good.glb")].sha256 == sha(b"model")
    assert "there is no model file" in str(models[str(root / "none.glb")])
    assert told == [1, 2]


def test_the_output_folder_is_made_and_left_clean(root):
    there = check_output(root / "renders/new")
    assert list(there.walk()) == []


def test_an_output_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        check_output(tmp_path / "file")
    with pytest.raises(OutputError, match="cannot write to the output folder"):
        check_output(tmp_path / "file/below")


def test_publishing_where_nothing_can_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "picture").write_bytes(b"x")
    with pytest.raises(OutputError, match="cannot write"):
        publish(tmp_path / "picture", check_output(tmp_path) / "file/picture.png")


@pytest.mark.parametrize("look", [present_outputs, look_at_outputs], ids=["listing", "one_by_one"])
def test_of_what_is_there_only_the_files_that_matter_are_kept(root, look):
    (root / "A/one.png").write(b"123")
    (root / "A/dark/two.png").write(b"12345")
    (root / "B/others.png").write(b"1")
    (root / "_render/state/0000.json").write(b"{}")
    assert look(root, {"A/one.png", "A/dark/two.png", "A/lost.png"}) == {"A/one.png": 3, "A/dark/two.png": 5}


@pytest.mark.parametrize(
    ("files", "there"),
    [
        ([("A/one.png", 3)], True),
        ([("A/one.png", 3), ("A/two.png", 5)], False),
        ([("A/one.png", 4)], False),
        ([], False),
    ],
)
def test_delivered_means_that_every_file_is_there_in_full_length(files, there):
    record = Record("f", Phase.DELIVERED, files=tuple({"path": path, "size": size} for path, size in files))
    assert Outputs({"A/one.png": 3}).has(record) is there
