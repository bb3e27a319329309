"""Procedural product models: meshes, baked PBR textures and the glTF and OBJ files made of them."""

from __future__ import annotations
