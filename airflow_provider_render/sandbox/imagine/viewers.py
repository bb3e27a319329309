"""The viewer pages: small public web pages around what was really rendered."""

from __future__ import annotations

import html
import mimetypes
from string import Template
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.imagine import assumed
from airflow_provider_render.sandbox.imagine.outputs import DONE, SPIN, VIEWER_3D, VIEWER_AR

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.imagine.double import Imagine

PAGES = {VIEWER_3D: "3d-viewer", VIEWER_AR: "ar-viewer", SPIN: "360-viewer"}
GLB, FILM, POSTER = "model.glb", "turntable.mp4", "poster.jpg"
AR_GLB, USDZ, AR_POSTER = "ar.glb", "ar.usdz", "ar.jpg"
FRAMES = tuple(f"spin-{number:02d}.jpg" for number in range(assumed.SPIN_FRAMES))
MEDIA_TYPES = {".glb": "model/gltf-binary", ".usdz": "model/vnd.usdz+zip"}

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #222; background: #f3f3f1; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; text-align: center; }
video, img.view { width: 100%; max-height: 75vh; object-fit: contain; background: #fff; border-radius: 8px; }
img.spin { cursor: grab; touch-action: none; user-select: none; }
a { display: inline-block; margin: 1rem .5rem; padding: .5rem 1rem; color: #fff; background: #345;
    border-radius: 6px; text-decoration: none; }
a:has(img.view) { padding: 0; background: none; }
</style>
</head>
<body><main>
<h1>$title</h1>
$content
</main></body>
</html>
""")
MISSING = PAGE.substitute(title="Not available", content="<p>This content does not exist, or not yet.</p>")

VIEW_3D = Template("""<video src="$base/$film" poster="$base/$poster" autoplay loop muted playsinline
  controls></video>
<p><a href="$base/$glb" type="model/gltf-binary" download>3D model (GLB)</a></p>""")

VIEW_AR = Template("""<a rel="ar" href="$base/$usdz" type="model/vnd.usdz+zip"><img class="view"
  src="$base/$poster" alt="$title"></a>
<p><a rel="ar" href="$base/$usdz" type="model/vnd.usdz+zip"><img alt="" src="$base/$poster" width="24">
  View on iOS (USDZ)</a>
<a href="intent://arvr.google.com/scene-viewer/1.0?file=$base/$glb#Intent;scheme=https;end">
  View on Android</a>
<a href="$base/$glb" type="model/gltf-binary">3D model (GLB)</a></p>""")

VIEW_360 = Template("""<img class="view spin" id="spin" src="$base/$first" alt="$title" draggable="false">
<p>Drag to turn.</p>
<script>
const frames = $frames.map(name => { const one = new Image(); one.src = "$base/" + name; return one; });
const view = document.getElementById("spin");
let held = null, place = 0;
view.onpointerdown = event => { held = event.clientX; view.setPointerCapture(event.pointerId); };
view.onpointerup = () => { held = null; };
view.onpointermove = event => {
  if (held === null) return;
  place += (event.clientX - held) / view.clientWidth * frames.length;
  held = event.clientX;
  view.src = frames[((Math.round(place) % frames.length) + frames.length) % frames.length].src;
};
</script>""")


def asset_key(viewer: str, name: str) -> str:
    """Key in the storage of a file of a viewer page."""
    return f"public/viewers/{viewer}/{name}"


def media_type(file: Path) -> str:
    """Content-Type of a file of a viewer page."""
    guessed = mimetypes.guess_type(file.name)[0]
    return MEDIA_TYPES.get(file.suffix, guessed or "application/octet-stream")


def page(imagine: Imagine, name: str, viewer: str) -> str | None:
    """
    Write a viewer page.

    :param name: its part of the path, like ``3d-viewer``.
    :param viewer: UUID of the product's viewers.
    :return: None if there is nothing to show.
    """
    product = imagine.products.viewed(viewer)
    kind = next((kind for kind, known in PAGES.items() if known == name), None)
    if product is None or kind is None:
        return None
    if not any(each.status == DONE for each in imagine.outputs.of_product(product.id, kind)):
        return None
    title = html.escape(product.title)
    return PAGE.substitute(title=title, content=_content(imagine, kind, viewer, title))


def _content(imagine: Imagine, kind: str, viewer: str, title: str) -> str:
    base = f"../../assets/{viewer}"
    if kind == VIEWER_3D:
        return VIEW_3D.substitute(base=base, film=FILM, poster=POSTER, glb=GLB)
    if kind == SPIN:
        return VIEW_360.substitute(base=base, first=FRAMES[0], title=title, frames=list(FRAMES))
    public = f"{imagine.ground.origins.storage_url(imagine.name)}/product/public/assets/{viewer}"
    names = {"usdz": USDZ, "poster": AR_POSTER, "glb": AR_GLB}
    return VIEW_AR.substitute(base=public, title=title, **names)
