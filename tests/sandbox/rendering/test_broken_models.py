from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from airflow_provider_render.sandbox.rendering.convert import to_glb
from airflow_provider_render.sandbox.rendering.errors import ModelError
from airflow_provider_render.sandbox.rendering.scene import Scene

from .conftest import in_child
from .models import Model, ball, box, picture, plain


def good():
    return Model().add(ball(rings=6), "seat", **plain())


def edited(change):
    return lambda: good().changed(change).glb()


def patched(start, data):
    """A model with bytes of its first accessor overwritten."""

    def build():
        model = good()
        model.body = model.body[:start] + data + model.body[start + len(data) :]
        return model.glb()

    return build


def bad_index():
    model = good()
    view = model.tree["bufferViews"][model.tree["accessors"][-1]["bufferView"]]
    start = view["byteOffset"]
    model.body = model.body[:start] + b"\xff\xff\xff\x7f" + model.body[start + 4 :]
    return model.glb()


def bad_image():
    model = Model()
    texture = model.texture(b"this is no picture at all" * 9)
    return model.add(box(), "seat", pbrMetallicRoughness={"baseColorTexture": texture}).glb()


def nested(depth):
    text = b'{"a":' * depth
    return b"glTF" + struct.pack("<III", 2, 20 + len(text), len(text)) + b"JSON" + text


def without_meshes(tree):
    tree["nodes"][0].pop("mesh")


def flat():
    points, normals, uv, faces = ball(rings=4)
    return Model().add((points * 0, normals, uv, faces), "seat").glb()


BROKEN = {
    "empty": (lambda: b"", "file is empty"),
    "web page": (lambda: b"<html><body>404</body></html>", "not a GLB: it starts with b'<html><body>"),
    "bad magic": (lambda: b"XXXX" + good().glb()[4:], "not a GLB"),
    "other version": (lambda: b"glTF" + struct.pack("<I", 9) + good().glb()[8:], "version 9"),
    "cut in the header": (lambda: good().glb()[:10], "truncated: it has 10 bytes"),
    "cut in half": (lambda: good().glb()[: len(good().glb()) // 2], "truncated: its header says"),
    "broken JSON": (lambda: good().glb().replace(b'"asset"', b'"asset,'), "glTF JSON is broken"),
    "endless nesting": (lambda: nested(100_000), "glTF JSON is broken"),
    "glTF 1": (edited(lambda tree: tree["asset"].update(version="1.0")), "asset.version is '1.0'"),
    "no triangles": (edited(without_meshes), "shows no triangles"),
    "no extent": (flat, "has no extent"),
    "absurd count": (
        edited(lambda tree: tree["accessors"][0].update(count=10**9)),
        "impossible count 1000000000",
    ),
    "overrun": (
        edited(lambda tree: tree["accessors"][0].update(count=10**6)),
        "accessor 0 .*seat.* but its bufferView has",
    ),
    "view beyond": (
        edited(lambda tree: tree["bufferViews"][0].update(byteOffset=10**8)),
        "bufferView 0 ends at",
    ),
    "no accessor": (
        edited(lambda tree: tree["meshes"][0]["primitives"][0]["attributes"].update(POSITION=999)),
        "refers to accessors 999",
    ),
    "no position": (
        edited(lambda tree: tree["meshes"][0]["primitives"][0]["attributes"].pop("POSITION")),
        "mesh 'seat', primitive 0 has no POSITION",
    ),
    "cycle": (edited(lambda tree: tree["nodes"][0].update(children=[0])), "node 0 appears twice"),
    "missing child": (edited(lambda tree: tree["nodes"][0].update(children=[7])), "node 0 refers to nodes 7"),
    "bad transform": (edited(lambda tree: tree["nodes"][0].update(matrix=[1, 2])), "malformed transform"),
    "external buffer": (
        edited(lambda tree: tree["buffers"][0].update(uri="missing.bin")),
        "buffer 0 is the external file 'missing.bin'",
    ),
    "external texture": (
        edited(
            lambda tree: (
                tree.update(images=[{"uri": "wool.png"}], textures=[{"source": 0}])
                or tree["materials"][0].update(normalTexture={"index": 0})
            )
        ),
        "external file 'wool.png'",
    ),
    "no material": (
        edited(lambda tree: tree["meshes"][0]["primitives"][0].update(material=5)),
        "refers to materials 5",
    ),
    "index beyond": (bad_index, "uses vertex 2147483647, but has only"),
    "NaN positions": (patched(0, struct.pack("<f", float("nan")) * 9), "not finite"),
    "no picture": (bad_image, "image 0 .* is not a readable picture"),
    "draco": (
        edited(lambda tree: tree.update(extensionsRequired=["KHR_draco_mesh_compression"])),
        "needs Draco compression",
    ),
    "wrong types": (edited(lambda tree: tree.update(nodes="none")), "."),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_model_is_refused_with_one_clear_sentence(tmp_path, name):
    build, wanted = BROKEN[name]
    path = tmp_path / "model.glb"
    path.write_bytes(build())
    with pytest.raises(ModelError, match=wanted) as caught:
        Scene(path, 512)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(25))
def test_random_damage_ends_in_a_scene_or_a_model_error(tmp_path, seed):
    random = np.random.default_rng(seed)
    data = bytearray(good().glb())
    for place in random.integers(0 if seed % 2 else 12, len(data), 30):
        data[place] = random.integers(256)
    path = tmp_path / "model.glb"
    path.write_bytes(data)
    with suppress(ModelError):
        assert np.isfinite(Scene(path, 512).mesh.points).all()


def test_a_broken_model_fails_its_process_with_one_event(tmp_path):
    path = tmp_path / "model.glb"
    path.write_bytes(good().glb()[:200])
    spec = {
        "model": str(path),
        "output": str(tmp_path / "out"),
        "products": [{"type": "model", "name": "m.glb"}],
    }
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    code, events = in_child(tmp_path / "spec.json")
    assert code == 1
    assert [event["event"] for event in events] == ["started", "failed"]
    assert "truncated" in events[1]["error"]
    assert not list((tmp_path / "out").glob("*"))


def test_a_missing_model_fails(tmp_path):
    with pytest.raises(ModelError, match="does not exist"):
        Scene(tmp_path / "none.glb", 512)


def gltf(model, folder, inline):
    tree, body = json.loads(json.dumps(model.tree)), model.body
    (folder / "scene data.bin").write_bytes(body)
    data = "data:application/octet-stream;base64," + base64.b64encode(body).decode()
    tree["buffers"][0]["uri"] = data if inline else "scene%20data.bin"
    (folder / "model.gltf").write_text(json.dumps(tree))
    return folder / "model.gltf"


@pytest.mark.parametrize("inline", [True, False])
def test_a_gltf_with_its_data_inline_or_beside_it_becomes_the_same_glb(tmp_path, inline):
    model = Model()
    texture = model.texture(picture((10, 200, 30)))
    model.add(box(), pbrMetallicRoughness={"baseColorTexture": texture})
    to_glb(gltf(model, tmp_path, inline), tmp_path / "packed.glb")
    packed, original = Scene(tmp_path / "packed.glb", 512), Scene(model.save(tmp_path / "direct.glb"), 512)
    assert (packed.mesh.points == original.mesh.points).all()
    assert packed.mesh.materials[0].has("base")


def test_a_byte_order_mark_before_the_json_is_ignored(tmp_path):
    path = gltf(good(), tmp_path, True)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(Scene(path, 512).mesh.faces)


def test_a_gltf_may_not_read_outside_its_folder(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.bin").write_bytes(good().body)
    tree = good().tree
    tree["buffers"][0]["uri"] = "../secret.bin"
    (tmp_path / "inner" / "model.gltf").write_text(json.dumps(tree))
    with pytest.raises(ModelError, match="missing"):
        Scene(tmp_path / "inner" / "model.gltf", 512)


OBJ = b"""mtllib plate.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl clay
f 1/1 2/2 3/3 4/4
"""
MTL = b"newmtl clay\nKd 0.8 0.8 0.8\nNs 200\nmap_Kd maps/clay.png\n"


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_zipped_obj_becomes_a_rough_textured_glb(tmp_path):
    members = {"a/plate.obj": OBJ, "a/plate.mtl": MTL, "a/maps/clay.png": picture((200, 80, 40), (16, 16))}
    source = zipped(tmp_path / "plate.zip", **members)
    code, events = in_child("--to-glb", source, tmp_path / "plate.glb")
    assert (code, events[-1]["event"]) == (0, "done")
    material = Scene(tmp_path / "plate.glb", 512).mesh.materials[0]
    assert (material.roughness, material.metallic) == (1.0, 0.0)
    assert material.has("base")
    assert material.name == "clay"


def test_members_that_climb_out_of_the_zip_are_ignored(tmp_path):
    members = {"plate.obj": OBJ, "plate.mtl": MTL.split(b"map")[0], "../evil.obj": OBJ, "/abs.obj": OBJ}
    source = zipped(tmp_path / "plate.zip", **members)
    to_glb(source, tmp_path / "plate.glb")
    assert not (tmp_path.parent / "evil.obj").exists()
    assert Scene(tmp_path / "plate.glb", 512).mesh.names


@pytest.mark.parametrize(
    ("members", "wanted"),
    [
        ({"a.obj": OBJ, "b.obj": OBJ}, "exactly one OBJ file, but holds 2"),
        ({"readme.txt": b"hello"}, "exactly one OBJ file, but holds 0"),
        ({"a.obj": b"v 0 0 0\n"}, "OBJ"),
        ({"a.obj": b"\xff\xfe\x00garbage"}, "OBJ"),
    ],
)
def test_a_zip_without_one_good_obj_is_refused(tmp_path, members, wanted):
    with pytest.raises(ModelError, match=wanted):
        to_glb(zipped(tmp_path / "m.zip", **members), tmp_path / "m.glb")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("airflow_provider_render.sandbox.rendering.convert.MOST_BYTES", 1000)
    with pytest.raises(ModelError, match="unpacks to more than"):
        to_glb(zipped(tmp_path / "m.zip", **{"a.obj": b"#" * 2000}), tmp_path / "m.glb")


def test_a_damaged_zip_is_refused(tmp_path):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.obj", OBJ)
    (tmp_path / "m.zip").write_bytes(target.getvalue()[:-30])
    with pytest.raises(ModelError, match="ZIP is broken"):
        to_glb(tmp_path / "m.zip", tmp_path / "m.glb")
