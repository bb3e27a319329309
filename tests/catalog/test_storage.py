from __future__ import annotations

import os

import pytest

from airflow_provider_render.catalog.storage import PART, place, url_of
from airflow_provider_render.core.errors import RenderInputError


def test_what_is_written_is_read_again_and_listed(root):
    (root / "a/b#c.txt").write(b"one")
    (root / "top.txt").write(b"four")
    assert (root / "a/b#c.txt").read() == b"one"
    assert {root.below(entry): entry.size for entry in root.walk()} == {"a/b#c.txt": 3, "top.txt": 4}
    assert {root.below(entry): entry.folder for entry in root.listing()} == {"a": True, "top.txt": False}


def test_a_place_knows_its_name_its_folder_and_its_url(root):
    file = root / "a/b.txt"
    file.write(b"x")
    assert file.name == "b.txt"
    assert str(file.parent) == str(root / "a")
    assert place(str(file)).read() == b"x"


def test_there_is_nothing_where_nothing_was_written(root):
    assert (root / "none").entry() is None
    assert list((root / "none").walk()) == []
    assert list((root / "none").listing()) == []
    (root / "none").remove()


def test_readers_can_seek(root):
    (root / "file").write(b"0123456789")
    with (root / "file").open() as file:
        file.seek(5)
        assert file.read(2) == b"56"


def test_the_signature_changes_with_the_bytes(root):
    file = root / "file"
    file.write(b"one")
    before = file.entry()
    file.write(b"three")
    assert before is not None
    assert file.entry() != before


def test_publishing_moves_a_file_and_replaces_an_older_one(root, tmp_path):
    (root / "out/a.png").write(b"old")
    local = tmp_path / "spool"
    local.write_bytes(b"new picture")
    (root / "out/a.png").publish(local)
    assert (root / "out/a.png").read() == b"new picture"
    assert not local.exists()


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path):
    folder = place(tmp_path)
    (folder / "taken/inside").write(b"x")
    with pytest.raises(OSError):
        (folder / "taken").write(b"y")
    assert [name for name in os.listdir(tmp_path) if name.endswith(PART)] == []
    assert (folder / "taken/inside").read() == b"x"


def test_file_urls_and_paths_are_the_same_place(tmp_path):
    assert place(f"file://{tmp_path}/a b").path == place(tmp_path / "a b").path == f"{tmp_path}/a b"


def test_an_object_storage_path_of_airflow_is_a_place(bucket):
    from airflow.sdk import ObjectStoragePath

    (place(bucket) / "a/b").write(b"x")
    assert place(ObjectStoragePath(bucket) / "a" / "b").read() == b"x"


def test_a_scheme_without_provider_names_what_to_install():
    with pytest.raises(RenderInputError, match="install the Airflow provider"):
        place("nosuchscheme://bucket/key")


def test_links_to_folders_are_not_followed_when_walking(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_bytes(b"x")
    (tmp_path / "a/again").symlink_to(tmp_path / "a")
    there = place(tmp_path)
    assert [there.below(entry) for entry in there.walk()] == ["a/file"]


@pytest.mark.parametrize(
    ("path", "conn_id", "url"),
    [
        ("s3://acme/a#b.glb", None, "s3://acme/a#b.glb"),
        ("s3://acme/a.glb", "aws", "s3://aws@acme/a.glb"),
        ("s3://aws@acme/a.glb", None, "s3://aws@acme/a.glb"),
        ("s3://aws@acme/a.glb", "other", "s3://other@acme/a.glb"),
        ("s3://acme", "aws", "s3://aws@acme"),
        ("file:///data/a.glb", "aws", "/data/a.glb"),
        ("file://localhost/data/a.glb", None, "/data/a.glb"),
        ("/data/../a.glb", None, "/a.glb"),
    ],
)
def test_a_url_names_its_connection(path, conn_id, url):
    assert url_of(path, conn_id) == url
