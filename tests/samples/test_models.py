from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

SAMPLES = Path(__file__).parents[2] / "samples"
MODELS = SAMPLES / "models"
NAMES = ("armchair", "bottle", "headphones", "planter", "side_table", "speaker", "table_lamp", "tea_set")
FILES = (*(f"{name}.glb" for name in NAMES), "planter_scan.zip")


class Glb:
    """A binary glTF file taken apart."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        length = struct.unpack_from("<I", data, 12)[0]
        self.document: dict[str, Any] = json.loads(data[20 : 20 + length])
        self.binary = data[28 + length :]

    def view(self, number: int) -> bytes:
        view = self.document["bufferViews"][number]
        return self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def geometry(self) -> list[tuple[int, str, str]]:
        return [
            (item["count"], item["type"], hashlib.sha256(self.view(item["bufferView"])).hexdigest())
            for item in self.document["accessors"]
        ]

    def images(self) -> dict[str, bytes]:
        return {image["name"]: self.view(image["bufferView"]) for image in self.document["images"]}

    def materials(self) -> list[dict[str, Any]]:
        return self.document["materials"]

    def without_base_colours(self) -> list[dict[str, Any]]:
        materials = json.loads(json.dumps(self.materials()))
        for material in materials:
            del material["pbrMetallicRoughness"]["baseColorFactor"]
        return materials


def make(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    script = SAMPLES / "make_models.py"
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, timeout=120)


@cache
def load(file: str) -> trimesh.Scene:
    return trimesh.load_scene(MODELS / file, process=False)


def catalog() -> list[dict[str, str]]:
    with (SAMPLES / "catalog.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models")
    assert make(out).returncode == 0
    return out


@pytest.fixture(scope="module", params=["armchair", "bottle", "tea_set"])
def recoloured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recoloured")
    assert make(out, "--only", request.param, "--accent", "#2f6f4f").returncode == 0
    assert [path.name for path in out.iterdir()] == [f"{request.param}.glb"]
    return out / f"{request.param}.glb"


def test_the_folder_holds_exactly_the_models_that_the_script_makes(rebuilt: Path) -> None:
    assert sorted(path.name for path in MODELS.iterdir()) == sorted(FILES)
    assert sorted(path.name for path in rebuilt.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("file", FILES)
def test_a_model_stands_on_the_ground_centred(file: str) -> None:
    low, high = load(file).bounds
    assert low[1] == pytest.approx(0, abs=1e-4)
    assert (low + high)[[0, 2]] == pytest.approx([0, 0], abs=2e-4)
    assert 0.1 < max(high - low) < 1.5


@pytest.mark.parametrize("file", FILES)
def test_a_model_has_finite_vertices_unit_normals_and_texture_coordinates(file: str) -> None:
    for mesh in load(file).geometry.values():
        assert np.isfinite(mesh.vertices).all()
        assert np.isfinite(mesh.visual.uv).all()
        assert len(mesh.visual.uv) == len(mesh.vertices)
        assert np.linalg.norm(mesh.vertex_normals, axis=1) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("name", NAMES)
def test_faces_wind_outwards_as_their_normals_say(name: str) -> None:
    for mesh in load(f"{name}.glb").geometry.values():
        agreement = np.einsum("ij,ij->i", mesh.face_normals, mesh.vertex_normals[mesh.faces].mean(axis=1))
        assert mesh.area_faces[agreement <= 0].sum() < 0.001 * mesh.area
        welded = trimesh.Trimesh(mesh.vertices, mesh.faces, process=True)
        welded.merge_vertices(merge_tex=True, merge_norm=True)
        assert not welded.is_watertight or welded.volume > 0


@pytest.mark.parametrize("file", FILES)
def test_a_model_is_small_enough_for_git_and_for_a_quick_render(file: str) -> None:
    assert 150_000 < (MODELS / file).stat().st_size < 700_000
    assert sum(len(mesh.faces) for mesh in load(file).geometry.values()) <= 40_000


def test_all_models_together_stay_below_four_megabytes() -> None:
    assert sum(path.stat().st_size for path in MODELS.iterdir()) <= 4_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_glb_carries_jpeg_textures_of_sensible_size(name: str) -> None:
    glb = Glb(MODELS / f"{name}.glb")
    assert any("baseColorTexture" in item["pbrMetallicRoughness"] for item in glb.materials())
    for data in glb.images().values():
        image = Image.open(io.BytesIO(data))
        image.load()
        assert image.format == "JPEG"
        assert max(image.size) <= 1024


@pytest.mark.parametrize("name", NAMES)
def test_colour_and_emission_factors_are_within_what_gltf_allows(name: str) -> None:
    for material in Glb(MODELS / f"{name}.glb").materials():
        factors = material["pbrMetallicRoughness"]
        numbers = [*factors["baseColorFactor"], *material.get("emissiveFactor", [])]
        assert all(0 <= x <= 1 for x in [*numbers, factors["metallicFactor"], factors["roughnessFactor"]])


def test_the_scan_is_an_obj_whose_material_and_textures_are_in_the_archive() -> None:
    with zipfile.ZipFile(MODELS / "planter_scan.zip") as archive:
        names = set(archive.namelist())
        wanted = re.findall(r"^map_Kd (.+)$", archive.read("planter.mtl").decode(), re.MULTILINE)
    assert {"planter.obj", "planter.mtl", *wanted} == names
    assert wanted


def test_the_scan_has_the_planters_shape() -> None:
    assert load("planter_scan.zip").extents == pytest.approx(load("planter.glb").extents, abs=2e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_reproduces_the_committed_geometry(name: str, rebuilt: Path) -> None:
    committed, again = Glb(MODELS / f"{name}.glb"), Glb(rebuilt / f"{name}.glb")
    for ours, theirs in zip(committed.document["accessors"], again.document["accessors"], strict=True):
        assert (ours["count"], ours["type"]) == (theirs["count"], theirs["type"])
        assert ours.get("max", []) == pytest.approx(theirs.get("max", []), abs=1e-5)
        assert ours.get("min", []) == pytest.approx(theirs.get("min", []), abs=1e-5)
    assert committed.images().keys() == again.images().keys()


def test_two_runs_give_the_same_bytes(rebuilt: Path, tmp_path: Path) -> None:
    assert make(tmp_path, "--only", "planter").returncode == 0
    for file in ("planter.glb", "planter_scan.zip"):
        assert (tmp_path / file).read_bytes() == (rebuilt / file).read_bytes()


def test_another_accent_changes_nothing_but_colours(recoloured: Path, rebuilt: Path) -> None:
    before, after = Glb(rebuilt / recoloured.name), Glb(recoloured)
    assert before.geometry() == after.geometry()
    assert before.without_base_colours() == after.without_base_colours()
    images = before.images()
    changed = {name for name, data in after.images().items() if data != images[name]}
    assert all(name.endswith("_base") for name in changed)
    assert changed or before.materials() != after.materials()


def test_an_accent_without_a_product_is_refused(tmp_path: Path) -> None:
    answer = make(tmp_path, "--accent", "#2f6f4f")
    assert answer.returncode == 2
    assert "--accent needs --only" in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("colour", ["2f6f4f0", "#12345g", "#1 2 3 "])
def test_a_colour_that_is_none_is_refused(colour: str, tmp_path: Path) -> None:
    answer = make(tmp_path, "--only", "armchair", "--accent", colour)
    assert answer.returncode == 2
    assert "a colour looks like #2f6f4f" in answer.stderr


def test_the_catalog_names_files_that_exist_and_unique_skus() -> None:
    rows = catalog()
    assert len(rows) == 8
    assert len({row["sku"] for row in rows}) == 8
    assert all(re.fullmatch(r"[A-Z]{3}-\d{4}", row["sku"]) for row in rows)
    assert all((SAMPLES / row["model"]).is_file() for row in rows)
    assert all(row["title"] and row["tags"] for row in rows)


def test_the_catalogs_settings_are_json_objects_with_valid_colours() -> None:
    settings = [json.loads(row["settings@dxgl"]) for row in catalog() if row["settings@dxgl"]]
    assert settings
    assert all(re.fullmatch(r"#[0-9a-f]{6}", item["bgColor"]) for item in settings)


def test_the_readme_lists_every_sku_with_its_file_and_triangles() -> None:
    text = (SAMPLES / "README.md").read_text()
    for row in catalog():
        triangles = sum(len(mesh.faces) for mesh in load(Path(row["model"]).name).geometry.values())
        line = next(line for line in text.splitlines() if row["sku"] in line)
        assert Path(row["model"]).name in line
        assert f"{triangles:,}" in line
