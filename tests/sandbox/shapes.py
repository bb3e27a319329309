"""Small model files and pictures, made on the spot."""

from __future__ import annotations

import io
import itertools
import zipfile

import trimesh
from PIL import Image

_sizes = itertools.count(1)

OBJ = b"""mtllib plate.mtl
v 0 0 0
v 1 0 0
v 1 0.4 0
v 0 0.4 0
v 0.5 0.2 0.5
usemtl clay
f 1 2 5
f 2 3 5
f 3 4 5
f 4 1 5
f 4 3 2 1
"""
MTL = b"newmtl clay\nKd 0.7 0.3 0.2\nNs 200\n"


def glb() -> bytes:
    """A box that no other call gets."""
    height = 1 + next(_sizes) / 1000
    return trimesh.creation.box((1, height, 0.6)).export(file_type="glb")


def corrupt_glb() -> bytes:
    """A file that begins like a GLB."""
    return b"glTF\x02\x00\x00\x00" + b"\xff" * (100 + next(_sizes))


def obj_zip() -> bytes:
    """A scan: one OBJ with its MTL."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("scan/plate.obj", OBJ + b"# %d\n" % next(_sizes))
        archive.writestr("scan/plate.mtl", MTL)
    return target.getvalue()


def png(colour: str, size: tuple[int, int] = (64, 64)) -> bytes:
    """A picture of one colour."""
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "PNG")
    return target.getvalue()


def picture(content: bytes) -> Image.Image:
    """Open an image."""
    return Image.open(io.BytesIO(content)).convert("RGB")
