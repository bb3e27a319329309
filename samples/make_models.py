"""Make the sample models: ``python make_models.py [OUT] [--only NAME [--accent "#2f6f4f"]]``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelling import furniture, gear, home
from modelling.gltf import glb
from modelling.materials import srgb
from modelling.mesh import Part, grounded
from modelling.obj import zipped_obj

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Product:
    """A sample product.

    :param title: name of the scene in its file.
    :param accent: the colour that ``--accent`` replaces.
    :param build: makes the parts in a given accent colour.
    :param scanned: also written as a zipped OBJ, ``NAME_scan.zip``.
    """

    title: str
    accent: str
    build: Callable[[str], list[Part]]
    scanned: bool = False

    def parts(self, accent: str | None = None) -> list[Part]:
        """Return the product's parts, standing on y=0."""
        return grounded(self.build(accent or self.accent))


PRODUCTS = {
    "armchair": Product("Armchair", "#a54f33", furniture.armchair),
    "side_table": Product("Side table", "#2f6f62", furniture.side_table),
    "table_lamp": Product("Table lamp", "#2b5a86", home.table_lamp),
    "tea_set": Product("Tea set", "#93a893", home.tea_set),
    "planter": Product("Planter", "#d9d2c5", home.planter, scanned=True),
    "bottle": Product("Bottle", "#1d5f63", gear.bottle),
    "speaker": Product("Speaker", "#59606a", gear.speaker),
    "headphones": Product("Headphones", "#94633f", gear.headphones),
}


def write(out: Path, name: str, accent: str | None = None) -> list[Path]:
    """Write one product's files into the folder ``out`` and return their paths.

    :param name: a key of :data:`PRODUCTS`.
    :param accent: sRGB colour like ``#2f6f4f`` instead of the product's own.
    """
    product = PRODUCTS[name]
    parts = product.parts(accent)
    files = {f"{name}.glb": glb(product.title, parts)}
    if product.scanned:
        files[f"{name}_scan.zip"] = zipped_obj(name, parts)
    out.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        (out / path).write_bytes(data)
    return [out / path for path in files]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Make the sample models.")
    parser.add_argument(
        "out", nargs="?", type=Path, default=Path(__file__).parent / "models", help="folder to fill"
    )
    parser.add_argument("--only", choices=sorted(PRODUCTS), help="make this product alone")
    parser.add_argument("--accent", type=_colour, help="its main colour, like #2f6f4f; needs --only")
    chosen = parser.parse_args(arguments)
    if chosen.accent and not chosen.only:
        parser.error("--accent needs --only: it is the colour of one product")
    for name in [chosen.only] if chosen.only else PRODUCTS:
        for path in write(chosen.out, name, chosen.accent):
            print(f"{path} {path.stat().st_size / 1000:.0f} kB")


def _colour(text: str) -> str:
    try:
        srgb(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


if __name__ == "__main__":
    main()
