from __future__ import annotations

import pytest
import trimesh

from airflow_provider_render.sandbox.glossi.footprint import UNKNOWN, footprint
from tests.sandbox import shapes


def test_the_box_is_that_of_all_nodes_where_they_stand(tmp_path):
    scene = trimesh.Scene()
    for offset in (0, 3):
        placed = trimesh.transformations.translation_matrix((offset, 0, 0))
        scene.add_geometry(trimesh.creation.box((1, 2, 0.5)), transform=placed)
    path = tmp_path / "two.glb"
    path.write_bytes(scene.export(file_type="glb"))
    low, high = footprint(path)
    assert low == pytest.approx([-0.5, -1, -0.25])
    assert high == pytest.approx([3.5, 1, 0.25])


@pytest.mark.parametrize("content", [b"", b"glTF", shapes.corrupt_glb(), shapes.OBJ])
def test_a_file_that_does_not_tell_counts_as_a_metre(tmp_path, content):
    path = tmp_path / "broken.glb"
    path.write_bytes(content)
    assert footprint(path) == UNKNOWN
    assert footprint(tmp_path / "missing.glb") == UNKNOWN
