from __future__ import annotations

import json

import pytest

from airflow_provider_render.catalog.brevity import MOST_BYTES, require_small
from airflow_provider_render.catalog.manifest import tell_files
from airflow_provider_render.core.errors import OutputError, RenderInputError


def entries(count: int, text: str = "x") -> list[dict]:
    return [
        {
            "uri": f"s3://acme/{text * 40}/{number}.png",
            "name": f"{number}.png",
            "size": 7,
            "job_id": f"r{number}",
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("text", ["x", "ü", "\U0001f600"])
def test_ten_thousand_files_are_told_in_a_small_xcom_and_all_of_them_in_the_manifest(root, text):
    files = entries(10_000, text)
    told = tell_files(root, "renders/nightly-1/download", files, renders=5_000)
    assert len(json.dumps(told)) < 10_000
    assert (told["renders"], told["file_count"], told["bytes"]) == (5_000, 10_000, 70_000)
    assert told["truncated"]
    assert told["files"] == files[: len(told["files"])] != []
    (written,) = [root / root.below(entry) for entry in root.walk()]
    assert written.url == told["manifest"]
    assert [json.loads(line) for line in written.read().splitlines()] == files


def test_a_usual_number_of_files_is_told_whole(root):
    told = tell_files(root, "run", entries(6), renders=3)
    assert (told["files"], told["truncated"]) == (entries(6), False)


def test_a_run_replaces_its_own_manifest_and_no_other(root):
    first = tell_files(root, "renders/one/download", entries(2), renders=1)["manifest"]
    again = tell_files(root, "renders/one/download", entries(1), renders=1)["manifest"]
    other = tell_files(root, "renders/two/download", entries(3), renders=1)["manifest"]
    assert first == again != other
    assert len((root / root.below(next(root.walk()))).read().splitlines()) in (1, 3)
    assert len(list(root.walk())) == 2


def test_a_manifest_that_cannot_be_written_is_told(tmp_path):
    from airflow_provider_render.catalog.storage import place

    (tmp_path / "_render").write_text("a file where a folder should be")
    with pytest.raises(OutputError, match=r"cannot write .*manifests"):
        tell_files(place(tmp_path), "run", entries(1), renders=1)


def test_what_cannot_be_cut_is_refused_where_it_is_too_large():
    require_small("job", "x" * (MOST_BYTES - 2), "Do this.")
    with pytest.raises(RenderInputError, match=r"job: .* takes 9003 bytes .* 9000 are the most\. Do this\."):
        require_small("job", "x" * (MOST_BYTES + 1), "Do this.")
