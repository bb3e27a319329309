"""The vendor-neutral description of one render job, as a JSON file.

Run a job in a child process of its own (a broken model then never harms the caller)::

    python -m airflow_provider_render.sandbox.rendering SPEC.json

SPEC.json is a :class:`RenderSpec`::

    {
      "model": "/path/chair.glb",       # .glb, .gltf (with side files) or .zip (one OBJ + MTL + textures)
      "output": "/path/folder",              # made when missing
      "products": [
        {"type": "still", "name": "front.png", "width": 1280, "height": 720,
         "camera": {"azimuth": 35, "elevation": 16}, "background": "#ffffff"},
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

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Pixels = Annotated[int, Field(ge=16, le=8192)]
Anchor = Literal[
    "top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImageBackground(_Part):
    """A picture behind the product, scaled to cover the frame and cropped.

    :param image: path of a PNG, JPEG or WebP file.
    :param align: which part of the picture survives the crop.
    """

    image: str
    align: Anchor = "top-left"


class Camera(_Part):
    """Where a still is taken from.

    :param azimuth: degrees around the product; 0 is its front, 90 its right-hand side (+X).
    :param elevation: degrees above the ground.
    :param fov: vertical field of view in degrees.
    :param zoom: 1 fits the product with a margin, 2 shows it twice as large.
    :param target: point looked at as fractions of the bounding box, (0.5, 0.5, 0.5) is its centre; null
        centres the product in the picture.
    """

    azimuth: float = Field(30.0, ge=-3600, le=3600)
    elevation: float = Field(16.0, ge=-89, le=89)
    fov: float = Field(28.0, ge=5, le=90)
    zoom: float = Field(1.0, ge=0.1, le=20)
    target: tuple[float, float, float] | None = None


class MaterialChange(_Part):
    """What a variant changes in one material; null keeps the model's own value.

    :param color: replaces the base colour; a base-colour texture keeps its light and dark.
    :param roughness: 0 is a mirror, 1 is chalk.
    :param metallic: 0 or 1, or between.
    """

    color: Colour | None = None
    roughness: float | None = Field(None, ge=0, le=1)
    metallic: float | None = Field(None, ge=0, le=1)


class _Picture(_Part):
    """What stills and videos share.

    :param width: pixels.
    :param height: pixels.
    :param background: ``#rrggbb``, an image, or null for transparent.
    :param shadows: soft contact shadow on the ground.
    :param reflector: the ground mirrors the product faintly.
    :param materials: changes by material name; shell wildcards work, ``*`` is every material.
    :param parts: names of the nodes, meshes or materials to draw (wildcards work), null for all. The camera
        and the shadow are those of the whole product, so that its layers lie exactly on each other.
    :param watermark: text drawn across the picture.
    :param tilt_x: degrees the product is tilted towards the viewer.
    """

    width: Pixels
    height: Pixels
    background: Colour | ImageBackground | None = "#ffffff"
    shadows: bool = True
    reflector: bool = False
    materials: dict[str, MaterialChange] = {}
    parts: list[str] | None = None
    watermark: str | None = Field(None, max_length=40)


class Still(_Picture):
    """One picture: PNG, WebP or JPEG by the ending of its name (JPEG has no transparency: white shows)."""

    type: Literal["still"] = "still"
    name: FileName
    camera: Camera = Camera()
    tilt_x: float = Field(0.0, ge=-90, le=90)

    _ending = field_validator("name")(lambda name: _ends(name, ".png", ".webp", ".jpg", ".jpeg"))


class Motion(_Part):
    """How the product moves.

    :param effect: ``turntable`` one full turn; ``hero-spin`` a fast spin that slows down to the front;
        ``showcase`` a swing to both sides; ``zoom-orbit`` a full turn while the camera comes closer;
        ``reveal`` the product grows while it turns to the front.
    :param sweep_angle: degrees of the spin; null is 540 for hero-spin, 180 for reveal.
    :param ease_out_ratio: share of the hero-spin that slows down.
    :param amplitude: degrees to either side in a showcase.
    :param zoom_start: camera distance at the beginning of a zoom-orbit, as a multiple.
    :param zoom_end: the same at the end.
    :param scale_from: size at the beginning of a reveal, as a share of the full size.
    :param easing: slow start and stop of the even motions.
    :param rotate_y: degrees of the starting position (of the final one for hero-spin and reveal).
    :param tilt_x: degrees the product is tilted towards the viewer.
    :param elevation: degrees of the camera above the ground.
    :param fov: vertical field of view in degrees.
    """

    effect: Literal["turntable", "hero-spin", "showcase", "zoom-orbit", "reveal"] = "turntable"
    sweep_angle: float | None = Field(None, ge=-3600, le=3600)
    ease_out_ratio: float = Field(0.6, ge=0, le=1)
    amplitude: float = Field(60.0, ge=0, le=180)
    zoom_start: float = Field(1.0, ge=0.1, le=3)
    zoom_end: float = Field(0.7, ge=0.1, le=3)
    scale_from: float = Field(0.0, ge=0, le=1)
    easing: bool = True
    rotate_y: float = Field(0.0, ge=-360, le=360)
    tilt_x: float = Field(0.0, ge=-90, le=90)
    elevation: float = Field(16.0, ge=-89, le=89)
    fov: float = Field(28.0, ge=5, le=90)


class Poster(_Part):
    """The first frame of a video as a picture (of a reveal the last one: its first is empty).

    :param width: pixels; null is the video's.
    :param height: pixels; null is the video's.
    """

    name: FileName
    width: Pixels | None = None
    height: Pixels | None = None

    _ending = field_validator("name")(lambda name: _ends(name, ".png", ".webp", ".jpg", ".jpeg"))


class Encoding(_Part):
    """One video file made of the frames.

    :param codec: ``h264`` (.mp4, 4:2:0, starts playing before it is loaded) or ``prores4444`` (.mov).
    :param width: pixels; null is the video's. H.264 rounds odd sizes down to even ones.
    :param height: pixels; null is the video's.
    :param alpha: transparent background instead of the video's; ProRes only. Without it a null background
        is white.
    :param crf: H.264 constant rate factor, lower is better and larger.
    """

    name: FileName
    codec: Literal["h264", "prores4444"] = "h264"
    width: Pixels | None = None
    height: Pixels | None = None
    alpha: bool = False
    crf: int = Field(19, ge=0, le=51)

    @model_validator(mode="after")
    def _codec_fits(self) -> Encoding:
        _ends(self.name, ".mov" if self.codec == "prores4444" else ".mp4")
        if self.alpha and self.codec != "prores4444":
            raise ValueError("only prores4444 carries transparency")
        return self


class Video(_Picture):
    """A moving picture; its frames are rendered once, at ``width`` x ``height``, for all encodings.

    :param seconds: length; the number of frames is ``round(seconds * fps)``.
    :param fps: frames per second.
    """

    type: Literal["video"] = "video"
    motion: Motion = Motion()
    seconds: float = Field(6.0, gt=0, le=60)
    fps: int = Field(24, ge=1, le=60)
    posters: list[Poster] = []
    encodings: list[Encoding] = Field(min_length=1)

    @property
    def frames(self) -> int:
        """Number of frames, at least one."""
        return max(1, round(self.seconds * self.fps))


class Dataset(_Part):
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

    _ending = field_validator("name")(lambda name: _ends(name, ".zip"))


class ModelExport(_Part):
    """The model as one self-contained GLB."""

    type: Literal["model"] = "model"
    name: FileName

    _ending = field_validator("name")(lambda name: _ends(name, ".glb"))


class Archive(_Part):
    """A ZIP of files that the other products made.

    :param members: name inside the ZIP -> name of the product file.
    """

    type: Literal["archive"] = "archive"
    name: FileName
    members: dict[str, FileName] = Field(min_length=1)

    _ending = field_validator("name")(lambda name: _ends(name, ".zip"))


Product = Annotated[Still | Video | Dataset | ModelExport | Archive, Field(discriminator="type")]


class RenderSpec(_Part):
    """One job: a model and what is to be made of it.

    :param model: path of the .glb, .gltf or .zip.
    :param output: folder that receives the files.
    :param products: what to make; archives are made last, posters first, the rest in this order.
    """

    model: str
    output: str
    products: list[Product] = Field(min_length=1)

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


def _ends(name: str, *endings: str) -> str:
    if not name.lower().endswith(endings):
        raise ValueError(f"{name} must end in {' or '.join(endings)}")
    return name
