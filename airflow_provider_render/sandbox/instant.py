"""Ready-made tiny files in place of renders: for load figures only.

A sandbox with ``--instant`` answers, bills and waits as ever, but its pictures and videos do not show the
model, and models that no renderer could read succeed. Never judge a vendor, a picture or a model by it.
"""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.rendering.spec import RenderSpec, file_names

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from airflow_provider_render.sandbox.render_process import Event

SIDE = 16
CODECS = {".mp4": ("h264", "yuv420p"), ".mov": ("prores_ks", "yuva444p10le")}
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})


async def events(spec: Path, timeout: float) -> AsyncGenerator[Event, None]:  # noqa: ASYNC109
    """
    Write a ready-made file for every product of a spec, with the events of the real renderer.

    :param spec: the job as a file.
    :param timeout: without meaning here.
    """
    yield {"event": "started"}
    names = _write(spec)
    for name in names:
        yield {"event": "product", "name": name}
    yield {"event": "done", "files": names}


def _write(spec: Path) -> list[str]:
    job = RenderSpec.model_validate_json(spec.read_bytes())
    names = [name for product in job.products for name in file_names(product)]
    folder = Path(job.output)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(ready_made(Path(name).suffix.lower()))
    return names


@cache
def ready_made(ending: str) -> bytes:
    """
    Return the smallest valid file of a format.

    :param ending: of the file's name, such as ``.png``; one that is not known gives an empty text.
    """
    if ending in PICTURES:
        return _picture(ending)
    if ending in CODECS:
        return _film(*CODECS[ending])
    if ending in (".zip", ".usdz"):
        return _archive()
    plain = {".glb": _glb(), ".stl": bytes(84), ".dxf": b"0\nEOF\n"}
    return plain.get(ending, b"\n")


def _picture(ending: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    kind = {".jpg": "jpeg"}.get(ending, ending[1:])
    Image.new("RGB", (SIDE, SIDE), "#808080").save(buffer, kind)
    return buffer.getvalue()


def _film(codec: str, pixels: str) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mov" if codec.startswith("prores") else "mp4") as film:
        stream: Any = film.add_stream(codec, rate=1)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, pixels
        frame: Any = av.VideoFrame(SIDE, SIDE, "rgb24")
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        film.mux([*stream.encode(frame), *stream.encode(None)])
    return buffer.getvalue()


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("instant.txt", "made by a sandbox with --instant, for load figures only\n")
    return buffer.getvalue()


def _glb() -> bytes:
    text = json.dumps({"asset": {"version": "2.0"}}).encode()
    text += b" " * (-len(text) % 4)
    head = b"glTF" + (2).to_bytes(4, "little") + (20 + len(text)).to_bytes(4, "little")
    return head + len(text).to_bytes(4, "little") + b"JSON" + text
