"""The vendor-neutral description of one render job, as a JSON file.

Run a job in a child process of its own (a broken model then never harms the caller)::

    python -m airflow_provider_render.sandbox.rendering SPEC.json

SPEC.json is a :class:`RenderSpec`::

    {
      "model": "/path/chair.glb",            # .glb, .gltf (with side files), .zip (one OBJ + MTL + textures),
                                             # .obj (alone), .stl or .ply; or, instead, a scene:
      "scene": [{"model": "/path/chair.glb", "position": [0.8, 0, 0], "rotation": [0, -20, 0], "scale": 1,
                 "materials": {"fabric": {"color": "#2040a0"}}, "parts": null, "variant": null}],
      "output": "/path/folder",              # made when missing
      "products": [
        {"type": "still", "name": "front.png", "width": 1280, "height": 720,
         "camera": {"azimuth": 35, "elevation": 16}, "background": "#ffffff"},
        {"type": "still", "name": "corner.jpg", "width": 1280, "height": 720, "variant": "Navy",
         "camera": {"type": "free", "position": [1, 1.5, 3], "target": [0, 0.5, 0], "fov": 40},
         "room": {"floor": "#b59b7c", "wall": "#e9e6df", "size": [4, 2.6, 4]}, "tone": "filmic"},
        {"type": "still", "name": "mask.png", "width": 1280, "height": 720, "pass": "color"},
        {"type": "video", "width": 480, "height": 270, "seconds": 3, "fps": 24,
         "motion": {"effect": "turntable"}, "background": "#ffffff", "shadows": true, "reflector": false,
         "watermark": null,
         "posters": [{"name": "poster.png", "width": 480, "height": 270}],
         "encodings": [
           {"name": "video.mp4", "codec": "h264"},
           {"name": "web.mp4",   "codec": "h264", "width": 320, "height": 180},
           {"name": "thumb.mp4", "codec": "h264", "width": 120, "height": 68},
           {"name": "video.mov", "codec": "prores4444", "alpha": true}]},
        {"type": "dataset", "name": "dataset.zip", "views": 100, "size": 800, "coverage": "hemisphere"},
        {"type": "model", "name": "model.glb"},
        {"type": "model", "name": "navy.usdz", "variant": "Navy"},
        {"type": "archive", "name": "bundle.zip", "members": {"poster.png": "poster.png"}}
      ]
    }

Standard output carries one JSON object per line and nothing else::

    {"event": "started"}
    {"event": "product", "name": "poster.png"}     # complete and in place; the posters come first
    {"event": "done", "files": ["poster.png", "video.mp4", ...]}

or, with exit code 1, ``{"event": "failed", "error": "one sentence"}``. Diagnostics go to standard error.
Every file is written under a temporary name beside its final one and then renamed.

Conventions: glTF axes (Y up, the front looks along +Z); angles in degrees; colours ``#rrggbb``; a null
background is transparent. A positive turn moves the product's front to the viewer's right. The camera fits
the whole product, through its whole motion, with a margin; ``zoom`` brings it closer than that.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from .pictures import (
    Camera,
    Encoding,
    FileName,
    FreeCamera,
    ImageBackground,
    MaterialChange,
    Motion,
    Part,
    Pixels,
    Poster,
    Room,
    Still,
    Vector,
    Video,
    ends,
)

__all__ = [
    "Archive",
    "Camera",
    "Dataset",
    "Encoding",
    "FreeCamera",
    "ImageBackground",
    "MaterialChange",
    "ModelExport",
    "Motion",
    "PlacedModel",
    "Poster",
    "Product",
    "RenderSpec",
    "Room",
    "Still",
    "Video",
    "file_names",
]

MOST_PLACED = 64


class PlacedModel(Part):
    """One model of a scene.

    :param model: path, as :attr:`RenderSpec.model`.
    :param position: where the model's origin goes, in scene units (metres).
    :param rotation: degrees about X, then Y, then Z of the scene.
    :param scale: factor, applied first.
    :param materials: changes by material name, as in pictures.
    :param parts: names of the nodes, meshes or materials that are there, null for all.
    :param variant: name of a variant of this model; a picture's own variant takes its place.
    """

    model: str
    position: Vector = (0.0, 0.0, 0.0)
    rotation: Vector = (0.0, 0.0, 0.0)
    scale: float = Field(1.0, gt=0, le=1e6)
    materials: dict[str, MaterialChange] = {}
    parts: list[str] | None = None
    variant: str | None = None


class Dataset(Part):
    """Training views for NeRF and Gaussian splatting, as a ZIP.

    It holds ``images/`` (RGB on white), ``depth/`` (8 bit) and ``depth_16bit/`` (closer is darker; depth
    along the viewing axis = value / maximum * (depth_far - depth_near) + depth_near), ``normals/`` (world
    space), ``masks/``, ``transforms.json`` (instant-ngp and nerfstudio, OpenGL camera axes, the model's own
    units) and ``overview.webp``.

    :param views: number of cameras.
    :param size: width and height of each picture in pixels.
    :param coverage: cameras above the ground only, or all around.
    """

    type: Literal["dataset"] = "dataset"
    name: FileName
    views: int = Field(100, ge=1, le=1000)
    size: Pixels = 800
    coverage: Literal["hemisphere", "sphere"] = "hemisphere"

    _ending = field_validator("name")(lambda name: ends(name, ".zip"))


class ModelExport(Part):
    """The model, or the whole scene, as a file; its name's ending decides the format.

    ``.glb`` (a single .glb without changes is copied byte for byte) and ``.usdz`` (metres, Y up) carry
    materials and textures; ``.zip`` holds ``model.obj``, ``model.mtl`` and the textures, ``.obj`` is the OBJ
    alone; ``.stl`` (binary) and ``.dxf`` (3DFACE entities, a layer per material) are bare triangles. All keep
    the model's own units (glTF: metres) and Y up. ``.step`` and ``.stp`` are accepted here and fail the job
    with a sentence that says why: a mesh has no exact surfaces.

    :param materials: changes by material name, as in pictures.
    :param parts: names of the nodes, meshes or materials to export, null for all.
    :param variant: name of a variant to export; null keeps what the models show by themselves (and in a GLB
        the choice).
    """

    type: Literal["model"] = "model"
    name: FileName
    materials: dict[str, MaterialChange] = {}
    parts: list[str] | None = None
    variant: str | None = None

    _ending = field_validator("name")(
        lambda name: ends(name, ".glb", ".usdz", ".stl", ".obj", ".zip", ".dxf", ".step", ".stp")
    )


class Archive(Part):
    """A ZIP of files that the other products made.

    :param members: name inside the ZIP -> name of the product file.
    """

    type: Literal["archive"] = "archive"
    name: FileName
    members: dict[str, FileName] = Field(min_length=1)

    _ending = field_validator("name")(lambda name: ends(name, ".zip"))


Product = Annotated[Still | Video | Dataset | ModelExport | Archive, Field(discriminator="type")]


class RenderSpec(Part):
    """One job: a model or a scene of several, and what is to be made of it.

    :param model: path of the .glb, .gltf, .zip, .obj, .stl or .ply.
    :param scene: models placed together, instead of ``model``.
    :param output: folder that receives the files.
    :param products: what to make; archives are made last, posters first, the rest in this order.
    """

    model: str | None = None
    scene: list[PlacedModel] | None = Field(None, min_length=1, max_length=MOST_PLACED)
    output: str
    products: list[Product] = Field(min_length=1)

    @property
    def placed(self) -> list[PlacedModel]:
        """All models of the job; a single one stands where its file puts it."""
        return self.scene or [PlacedModel(model=self.model or "")]

    @model_validator(mode="after")
    def _has_models(self) -> RenderSpec:
        if (self.model is None) == (self.scene is None):
            raise ValueError("give either model or scene")
        return self

    @model_validator(mode="after")
    def _names_fit(self) -> RenderSpec:
        names = [name for product in self.products for name in file_names(product)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"the file name {min(twice)} is used twice")
        for product in self.products:
            if isinstance(product, Archive) and (missing := set(product.members.values()) - set(names)):
                raise ValueError(f"the archive {product.name} wants {min(missing)}, which no product makes")
        return self


def file_names(product: Product) -> list[str]:
    """Names of the files that a product becomes."""
    if isinstance(product, Video):
        return [poster.name for poster in product.posters] + [film.name for film in product.encodings]
    return [product.name]
