from __future__ import annotations

import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_render.catalog.files import model_file
from airflow_provider_render.catalog.preflight import ModelInfo, check_model
from airflow_provider_render.core.errors import ModelFileError
from airflow_provider_render.core.vendor import Capabilities
from tests.catalog.models import BINARY, MTL, OBJ, PNG, TRIANGLE, document, glb, zipped, zipped_files

EVERY = frozenset({".glb", ".gltf", ".zip", ".obj", ".stl", ".step", ".usdz", ".fbx"})
TAKES = Capabilities(EVERY, max_model_bytes=50_000, zip_holds=frozenset({".obj"}))


@pytest.fixture
def look(root):
    def look(data: bytes, name: str = "chair.glb") -> ModelInfo:
        (root / name).write(data)
        return check_model(model_file(root / name), TAKES)

    return look


@pytest.fixture
def flaw(look):
    def flaw(data: bytes, name: str = "chair.glb") -> str:
        with pytest.raises(ModelFileError) as caught:
            look(data, name)
        assert str(caught.value).startswith(f"model {name} ")
        return str(caught.value)

    return flaw


def test_a_whole_glb_passes_and_tells_what_is_in_it(look):
    assert look(glb()) == ModelInfo(len(glb()), triangles=1, materials=1, images=1)


def test_bytes_after_the_end_do_no_harm(look):
    assert look(glb() + b"\0\0\0\0").triangles == 1


def test_only_the_header_and_the_json_of_a_large_glb_are_read(tmp_path):
    path = tmp_path / "large.glb"
    path.write_bytes(
        glb(document("buffers", 0, "byteLength", to=40_000), BINARY + bytes(40_000 - len(BINARY)))
    )
    model = model_file(path)
    read = []

    class Counting:
        name, size = model.name, model.size

        def open(self):
            file = path.open("rb")
            counted = type("Counted", (), {})()
            counted.__class__ = type(
                "Counted",
                (),
                {
                    "read": lambda _, n=-1: read.append(n) or file.read(n),
                    "seek": lambda _, n: file.seek(n),
                    "tell": lambda _: file.tell(),
                    "__enter__": lambda self: self,
                    "__exit__": lambda *_: file.close(),
                },
            )
            return counted

    check_model(type(model)(Counting(), model.sha256), TAKES)
    assert min(read) >= 0
    assert sum(read) < 5_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"glTF", "is too short to be a GLB: 4 bytes"),
        (b"XXXX" + glb()[4:], "is not a GLB: it starts with b'XXXX'"),
        (b"<!DOCTYPE html><html><body>404 Not Found", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "is a Git LFS pointer"),
        (glb(version=1), "is glTF version 1"),
        (glb()[: len(glb()) // 2], "is cut short"),
        (glb()[:12] + struct.pack("<I4s", 10, b"BIN\0") + glb()[20:], "its first chunk is b'BIN\\x00'"),
        (
            glb()[:12] + struct.pack("<I4s", 10**9, b"JSON") + glb()[20:],
            "its JSON chunk says it has 1,000,000,000",
        ),
        (glb(b'{"asset": '), "has broken JSON"),
        (glb(b"\xff\xfe{}"), "has broken JSON"),
        (glb(b"[" * 3_000), "has broken JSON"),
        (glb([]), "it is not an object"),
        (glb(document("asset", to={"version": "1.0"})), "is glTF version '1.0'"),
        (glb(document("asset", to=None)), "is glTF version None"),
        (glb(document("meshes", to={})), "meshes is not a list of objects"),
        (
            glb(document("buffers", 0, "uri", to="chair.bin")),
            "refers to other files, which are not uploaded: chair.bin",
        ),
        (glb(document("images", 0, to={"uri": "wood.png"})), "wood.png; export it as one .glb file"),
        (glb(document("buffers", 0, "byteLength", to=10**6)), "buffer 0 needs 1,000,000 bytes"),
        (glb(document("bufferViews", 0, "byteOffset", to=10**8)), "bufferView 0 ends at byte 100,000,036"),
        (glb(document("bufferViews", 0, "byteOffset", to=-4)), "bufferView 0 has byteOffset -4"),
        (glb(document("bufferViews", 0, "buffer", to=7)), "bufferView 0 refers to buffer 7, there are 1"),
        (glb(document("accessors", 0, "count", to=10**9)), "beyond its bufferView"),
        (glb(document("accessors", 0, "count", to=0)), "accessor 0 has 0 elements"),
        (glb(document("accessors", 0, "type", to="VEC9")), "accessor 0 has 3 elements of type VEC9"),
        (glb(document("accessors", 0, "componentType", to=[])), "accessor 0 has type 'VEC3' of []"),
        (
            glb(document("meshes", 0, "primitives", 0, "attributes", "POSITION", to=999)),
            "refers to accessor 999",
        ),
        (glb(document("meshes", 0, "primitives", 0, "attributes", to={})), "mesh 0 has no positions"),
        (glb(document("meshes", 0, "primitives", 0, "material", to=3)), "mesh 0 refers to material 3"),
        (glb(document("meshes", 0, "primitives", to=None)), "mesh 0 has no list of primitives"),
        (glb(document("textures", 0, "source", to=5)), "texture 0 refers to image 5"),
        (glb(document("nodes", 1, "mesh", to=-1)), "node 1 refers to mesh -1"),
        (glb(document("nodes", 1, "children", to=[0])), "is in a cycle"),
        (glb(document("nodes", 0, "children", to=[0])), "is in a cycle"),
        (glb(document("scenes", 0, "nodes", to=[])), "has nothing to render"),
        (glb(document("scenes", 0, "nodes", to=0)), "its scene has nodes 0"),
        (glb(document("nodes", to=[{}])), "has nothing to render"),
        (glb(document("meshes", 0, "primitives", 0, "mode", to=1)), "has nothing to render"),
        (glb(binary=BINARY.replace(PNG, bytes(len(PNG)))), "image 0 is no PNG, JPEG, WebP or KTX2"),
    ],
)
def test_a_damaged_glb_is_refused_with_the_reason(flaw, data, message):
    assert message in flaw(data)


def test_compressed_geometry_passes(look):
    draco = document("accessors", 0, to={"componentType": 5126, "count": 3, "type": "VEC3"})
    assert look(glb(draco)).triangles == 1
    meshopt = document(
        "buffers",
        to=[*TRIANGLE["buffers"], {"byteLength": 99, "extensions": {"EXT_meshopt_compression": {}}}],
    )
    assert look(glb(meshopt)).triangles == 1


def test_a_gltf_file_passes_if_everything_is_inside_it(look, flaw):
    inside = document("buffers", 0, "uri", to="data:application/octet-stream;base64,AAAA")
    assert look(json.dumps(inside).encode(), "chair.gltf").triangles == 1
    outside = document("buffers", 0, "uri", to="chair.bin")
    assert "export it as one .glb" in flaw(json.dumps(outside).encode(), "chair.gltf")
    assert "buffer 0 has no data" in flaw(json.dumps(TRIANGLE).encode(), "chair.gltf")


WHOLE_ZIP = {"chair.obj": OBJ, "chair.mtl": MTL, "textures/Wood Grain.png": PNG}


def test_a_zipped_obj_passes_with_clutter_of_other_systems(look):
    data = zipped_files({**WHOLE_ZIP, "__MACOSX/._chair.obj": b"x", ".DS_Store": b"x", "empty/": b""})
    assert look(data, "chair.zip") == ModelInfo(len(data), triangles=1, materials=1, images=1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped_files(WHOLE_ZIP)[:-30], "is not a whole zip archive"),
        (zipped(readme__txt=b"x"), "must hold exactly one OBJ, it holds 0"),
        (zipped(a__obj=OBJ, b__obj=OBJ), "must hold exactly one OBJ, it holds 2: a.obj, b.obj"),
        (zipped(chair__obj=OBJ), "lacks a file that its OBJ names: chair.mtl"),
        (zipped(chair__obj=OBJ, chair__mtl=MTL), "lacks a texture that chair.mtl names: grain.png"),
        (zipped(chair__obj=b"v 0 0 0\n"), "has nothing to render: 1 vertices and 0 faces"),
        (zipped_files({"../chair.obj": OBJ}), "unsafe path: '../chair.obj'"),
        (zipped_files({"/etc/chair.obj": OBJ}), "unsafe path"),
        (zipped_files({"C:\\chair.obj": OBJ}), "unsafe path"),
    ],
)
def test_a_zip_that_cannot_be_rendered_is_refused_with_the_reason(flaw, data, message):
    assert message in flaw(data, "chair.zip")


def test_a_zip_with_damaged_content_is_refused(flaw):
    data = bytearray(zipped(chair__obj=OBJ * 50))
    data[45:60] = bytes(15)
    assert "is damaged: chair.obj" in flaw(bytes(data), "chair.zip")


def test_an_obj_is_counted_across_the_pieces_it_is_read_in(tmp_path):
    text = b"".join(b"v %d 0 0\nf 1 2 3\n" % number for number in range(200_000))
    (tmp_path / "a.obj").write_bytes(text)
    info = check_model(model_file(tmp_path / "a.obj"), Capabilities(EVERY))
    assert info.triangles == 200_000


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.obj", b"v 1 2 3\n", "has nothing to render"),
        ("a.stl", bytes(80) + struct.pack("<I", 4 * 10**9) + bytes(500), "is cut short"),
        ("a.stl", bytes(84), "has nothing to render"),
        ("a.stl", b"x", "is too short"),
        ("a.step", b"nonsense", "is not a STEP file"),
        ("a.usdz", b"nonsense", "is not a whole zip archive"),
        ("a.usdz", zipped(a__txt=b""), "there is no USD file in it"),
    ],
)
def test_other_types_get_a_short_look(flaw, name, data, message):
    assert message in flaw(data, name)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.stl", bytes(80) + struct.pack("<I", 1) + bytes(50)),
        ("a.stl", b"solid a\n facet normal 0 0 1\n" + bytes(80)),
        ("a.step", b"ISO-10303-21;"),
        ("a.usdz", zipped(a__usdc=b"PXR")),
        ("a.fbx", b"Kaydara FBX Binary"),
    ],
)
def test_other_types_pass(look, name, data):
    assert look(data, name).size == len(data)


def test_type_and_size_are_the_vendors(root):
    (root / "a.ply").write(b"ply")
    with pytest.raises(ModelFileError, match=r"the vendor does not take; it takes .*\.glb"):
        check_model(model_file(root / "a.ply"), TAKES)
    (root / "a.glb").write(bytes(50_001))
    with pytest.raises(ModelFileError, match=r"has 50,001 bytes \(0.1 MB\), the vendor takes 50,000"):
        check_model(model_file(root / "a.glb"), TAKES)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 60) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(TRIANGLE)), inner, max_size=3)
    ),
    max_leaves=5,
)


def verdict(path) -> str:
    """Return what is wrong with a model, if anything; any other error breaks the test."""
    try:
        info = check_model(model_file(path), TAKES)
    except ModelFileError as error:
        return str(error)
    return f"model {path.name} has {info.triangles} triangles"


def paths(value, path=()):
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from paths(inner, (*path, step))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(list(paths(TRIANGLE))), VALUES)
def test_no_broken_document_breaks_the_look_itself(tmp_path, path, value):
    (tmp_path / "a.glb").write_bytes(glb(document(*path, to=value)))
    assert verdict(tmp_path / "a.glb").startswith("model a.glb ")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=20),
    st.sampled_from(["a.glb", "a.zip"]),
)
def test_no_damaged_bytes_break_the_look_itself(tmp_path, changes, name):
    data = bytearray(glb() if name == "a.glb" else zipped_files(WHOLE_ZIP))
    for place, byte in changes:
        data[int(place * len(data))] = byte
    (tmp_path / name).write_bytes(data)
    assert verdict(tmp_path / name).startswith(f"model {name} ")
