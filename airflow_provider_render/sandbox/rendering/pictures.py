"""Stills and videos as the spec of a job describes them; :mod:`.spec` has the whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Pixels = Annotated[int, Field(ge=16, le=8192)]
Length = Annotated[float, Field(gt=0, le=1e6)]
Coordinate = Annotated[float, Field(ge=-1e9, le=1e9)]
Vector = tuple[Coordinate, Coordinate, Coordinate]
Anchor = Literal[
    "top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"
]  # fmt: skip


class Part(BaseModel):
    """Any object of the spec; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ImageBackground(Part):
    """A picture behind the product, scaled to cover the frame and cropped.

    :param image: path of a PNG, JPEG or WebP file.
    :param align: which part of the picture survives the crop.
    """

    image: str
    align: Anchor = "top-left"


class Camera(Part):
    """Where a still is taken from: on an orbit round what it shows.

    :param azimuth: degrees around the product; 0 is its front, 90 its right-hand side (+X).
    :param elevation: degrees above the ground.
    :param fov: vertical field of view in degrees.
    :param zoom: 1 fits the product with a margin, 2 shows it twice as large.
    :param target: point looked at as fractions of the bounding box, (0.5, 0.5, 0.5) is its centre; null
        centres the product in the picture.
    """

    type: Literal["orbit"] = "orbit"
    azimuth: float = Field(30.0, ge=-3600, le=3600)
    elevation: float = Field(16.0, ge=-89, le=89)
    fov: float = Field(28.0, ge=5, le=90)
    zoom: float = Field(1.0, ge=0.1, le=20)
    target: tuple[float, float, float] | None = None


class FreeCamera(Part):
    """A camera anywhere in the scene.

    :param position: where it stands, in the model's units (glTF: metres).
    :param target: the point in the middle of the picture.
    :param fov: vertical field of view in degrees.
    """

    type: Literal["free"]
    position: Vector
    target: Vector = (0.0, 0.0, 0.0)
    fov: float = Field(40.0, ge=5, le=120)

    @model_validator(mode="after")
    def _looks_somewhere(self) -> FreeCamera:
        if self.position == self.target:
            raise ValueError("position and target are the same point")
        return self


class Room(Part):
    """A room round the origin, open towards +Z: floor, ceiling, back wall and two side walls.

    Walls are seen from inside only, so that no camera looks at the back of one. The floor is at the lowest
    point of the models and reaches forward as far as the camera needs.

    :param floor: colour.
    :param wall: colour; the ceiling is lighter.
    :param size: width, height and depth in the model's units (glTF: metres).
    """

    floor: Colour = "#b59b7c"
    wall: Colour = "#e9e6df"
    size: tuple[Length, Length, Length] = (4.0, 2.6, 4.0)


class MaterialChange(Part):
    """What a variant changes in one material; null keeps the model's own value.

    :param color: replaces the base colour; a base-colour texture keeps its light and dark.
    :param roughness: 0 is a mirror, 1 is chalk.
    :param metallic: 0 or 1, or between.
    """

    color: Colour | None = None
    roughness: float | None = Field(None, ge=0, le=1)
    metallic: float | None = Field(None, ge=0, le=1)


class Picture(Part):
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
    :param variant: name of a KHR_materials_variants variant; null keeps what the models show by themselves.
        In a scene it applies to every model that has it.
    :param room: a room round the product, null for none.
    :param tone: how light becomes colour: ``standard`` keeps colours as they are up to the highlights,
        ``filmic`` rolls highlights off softly and deepens shadows, as film does.
    """

    width: Pixels
    height: Pixels
    background: Colour | ImageBackground | None = "#ffffff"
    shadows: bool = True
    reflector: bool = False
    materials: dict[str, MaterialChange] = {}
    parts: list[str] | None = None
    watermark: str | None = Field(None, max_length=40)
    variant: str | None = None
    room: Room | None = None
    tone: Literal["standard", "filmic"] = "standard"


def _camera_kind(value: Any) -> str:
    kind = value.get("type", "orbit") if isinstance(value, dict) else getattr(value, "type", "orbit")
    return str(kind)


AnyCamera = Annotated[
    Annotated[Camera, Tag("orbit")] | Annotated[FreeCamera, Tag("free")], Discriminator(_camera_kind)
]


class Still(Picture):
    """One picture: PNG, WebP or JPEG by the ending of its name (JPEG has no transparency: white shows).

    :param camera: on an orbit, or free.
    :param tilt_x: degrees the product is tilted towards the viewer.
    :param layer: ``pass`` in JSON. ``beauty`` is the picture, ``color`` a mask: every material of every model
        in one flat colour of its own, on black, without light, edges or watermark.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    type: Literal["still"] = "still"
    name: FileName
    camera: AnyCamera = Camera()
    tilt_x: float = Field(0.0, ge=-90, le=90)
    layer: Literal["beauty", "color"] = Field("beauty", alias="pass")

    _ending = field_validator("name")(lambda name: ends(name, ".png", ".webp", ".jpg", ".jpeg"))


class Motion(Part):
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


class Poster(Part):
    """The first frame of a video as a picture (of a reveal the last one: its first is empty).

    :param width: pixels; null is the video's.
    :param height: pixels; null is the video's.
    """

    name: FileName
    width: Pixels | None = None
    height: Pixels | None = None

    _ending = field_validator("name")(lambda name: ends(name, ".png", ".webp", ".jpg", ".jpeg"))


class Encoding(Part):
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
        ends(self.name, ".mov" if self.codec == "prores4444" else ".mp4")
        if self.alpha and self.codec != "prores4444":
            raise ValueError("only prores4444 carries transparency")
        return self


class Video(Picture):
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


def ends(name: str, *endings: str) -> str:
    """The name, if it has one of the endings.

    :raises ValueError: it has another one.
    """
    if not name.lower().endswith(endings):
        raise ValueError(f"{name} must end in {' or '.join(endings)}")
    return name
