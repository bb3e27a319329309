"""One static page that shows what a catalog's renders look like."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from airflow_provider_render.catalog.report import ItemReport, Report

MOST_ITEMS = 2000
_STILLS = ("poster", "image", "thumbnail")
_VIDEOS = ("web_video", "video")
_PLAY = (
    'tabindex="0" onmouseenter="this.play()" onfocus="this.play()"'
    ' onmouseleave="this.pause()" onblur="this.pause()"'
)

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 1200px; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
header p { margin: .25rem 0 1.5rem; opacity: .75; }
main { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); }
figure { margin: 0; border: 1px solid #8884; border-radius: 10px; overflow: hidden; }
figure .shot { min-height: 4rem; background: #8881; display: grid; place-items: center; }
img, video { width: 100%; display: block; cursor: pointer; }
figcaption { padding: .6rem .8rem; overflow-wrap: anywhere; }
small { display: block; opacity: .75; }
.failed { border-color: #c33; } .failed small { color: #c33; opacity: 1; }
"""


def gallery_page(report: Report) -> str:
    """Return an HTML page of a report's items, for the folder that the report is in.

    It loads nothing from elsewhere; a video plays while the pointer or the keyboard is on it.
    """
    counts = report.counts()
    cards = "\n".join(map(_card, report.items[:MOST_ITEMS]))
    facts = f"{counts['items']} items, {counts['delivered']} new, {counts['failed']} failed,"
    lost = f", {report.fruitless} of them for nothing" if report.fruitless else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Renders at {escape(report.vendor)}</title><style>{_STYLE}</style></head>\n<body><header>"
        f"<h1>Renders at {escape(report.vendor)}</h1><p>{facts} {report.spent} credits spent{lost}"
        f" &middot; {escape(report.finished or report.started)}{_cut(report)}</p></header>\n"
        f"<main>\n{cards}\n</main></body></html>\n"
    )


def _cut(report: Report) -> str:
    total = len(report.items)
    return f" &middot; the first {MOST_ITEMS} of {total}" if total > MOST_ITEMS else ""


def _card(item: ItemReport) -> str:
    title = f"<strong>{escape(item.title or item.key)}</strong>"
    key = f"<small>{escape(item.key)}</small>" if item.title else ""
    note = f"<small>{escape(item.reason or 'failed')}</small>" if item.outcome == "failed" else ""
    return (
        f'<figure class="{item.outcome}"><div class="shot">{_shot(item)}</div>'
        f"<figcaption>{title}{key}{note}{_more(item)}</figcaption></figure>"
    )


def _more(item: ItemReport) -> str:
    """Return links to the pages of an item, and to its other pictures."""
    pages = [
        f'<a href="{escape(str(file["link"]))}">{escape(PurePosixPath(str(file["name"])).stem)}</a>'
        for file in item.files
        if str(file.get("link", "")).startswith(("https://", "http://"))
    ]
    pictures = [file for file in item.files if file.get("kind") == "image"]
    if len(pictures) > 1:
        pages += [f'<a href="{_href(file)}">{number}</a>' for number, file in enumerate(pictures, 1)]
    return f"<small>{' '.join(pages)}</small>" if pages else ""


def _shot(item: ItemReport) -> str:
    still, video = _first(item, _STILLS), _first(item, _VIDEOS)
    if video:
        poster = f' poster="{still}"' if still else ""
        return f'<video src="{video}"{poster} loop muted playsinline preload="none" {_PLAY}></video>'
    if still:
        return (
            f'<a href="{still}"><img src="{still}" alt="{escape(item.title or item.key)}" loading="lazy"></a>'
        )
    return f"<span>{escape(item.outcome)}</span>"


def _first(item: ItemReport, kinds: tuple[str, ...]) -> str | None:
    """Return the link to the first file of the first kind there is, relative to the report's folder."""
    files: Mapping[str, Any] = {str(file.get("kind")): file for file in reversed(item.files)}
    return next((_href(files[kind]) for kind in kinds if kind in files), None)


def _href(file: Mapping[str, Any]) -> str:
    return "../../" + quote(str(file["path"]).encode("utf-8", "replace"))
