"""Models that no vendor should be paid for, by the extension of their file."""

from __future__ import annotations

import json
import struct

from tests.catalog.models import MTL, OBJ, PNG, document, glb, zipped, zipped_files

STL = bytes(80) + struct.pack("<I", 2) + bytes(100)
PAGE = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
INSIDE = document("buffers", 0, "uri", to="data:application/octet-stream;base64,AAAA")
WHOLE_ZIP = zipped_files({"chair.obj": OBJ, "chair.mtl": MTL, "wood grain.png": PNG})
GLB_ZIP = zipped(chair__glb=glb())
GLTF_ZIP = zipped_files({"chair.gltf": json.dumps(INSIDE).encode(), "textures/oak.png": PNG})

WHOLE: dict[str, bytes] = {
    ".glb": glb(),
    ".gltf": json.dumps(INSIDE).encode(),
    ".obj": OBJ,
    ".stl": STL,
    ".step": b"ISO-10303-21;\nHEADER;\nENDSEC;\n",
    ".stp": b"ISO-10303-21;\nHEADER;\nENDSEC;\n",
    ".usdz": zipped(chair__usdc=b"PXR-USDC"),
    ".zip": WHOLE_ZIP,
}

WRONG: dict[str, dict[str, tuple[bytes, str]]] = {
    ".glb": {
        "truncated": (glb()[: len(glb()) // 2], "cut short"),
        "wrong magic": (b"PK\3\4" + glb()[4:], "is not a GLB"),
        "zero geometry": (glb(document("scenes", 0, "nodes", to=[])), "nothing to render"),
        "missing texture": (glb(document("images", 0, to={"uri": "oak.png"})), "refers to other files"),
    },
    ".gltf": {
        "truncated": (json.dumps(INSIDE).encode()[:-9], "broken JSON"),
        "wrong magic": (b"glTF\2\0\0\0", "broken JSON"),
        "zero geometry": (json.dumps({**INSIDE, "scenes": [{"nodes": []}]}).encode(), "nothing to render"),
        "missing texture": (
            json.dumps({**INSIDE, "images": [{"uri": "oak.png"}]}).encode(),
            "refers to other files",
        ),
    },
    ".obj": {
        "truncated": (OBJ[: OBJ.index(b"f 1")], "nothing to render"),
        "wrong magic": (glb(), "nothing to render"),
        "zero geometry": (b"# made by hand\nv 0 0 0\n", "nothing to render"),
    },
    ".stl": {
        "truncated": (STL[:-30], "cut short"),
        "wrong magic": (b"not a mesh", "too short"),
        "zero geometry": (bytes(84), "nothing to render"),
    },
    ".step": {"wrong magic": (glb(), "is not a STEP file")},
    ".stp": {"wrong magic": (glb(), "is not a STEP file")},
    ".usdz": {
        "truncated": (WHOLE[".usdz"][:-20], "not a whole zip archive"),
        "wrong magic": (glb(), "not a whole zip archive"),
        "zero geometry": (zipped(readme__txt=b"x"), "no USD file"),
    },
    ".zip": {
        "truncated": (WHOLE_ZIP[:-30], "not a whole zip archive"),
        "wrong magic": (glb(), "not a whole zip archive"),
        "zero geometry": (zipped(chair__obj=b"v 0 0 0\n"), "nothing to render"),
        "missing texture": (zipped(chair__obj=OBJ, chair__mtl=MTL), "lacks a texture"),
        "missing material": (zipped(chair__obj=OBJ), "lacks a file that its OBJ names"),
        "unsafe path": (zipped_files({"../chair.obj": OBJ}), "unsafe path"),
    },
}
"""Data and the reason, by extension and what is wrong."""

ANY: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "a web page": (PAGE, "is a web page"),
    "a pointer": (POINTER, "is a Git LFS pointer"),
}
"""What is wrong whatever the extension is."""
