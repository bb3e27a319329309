"""The double of Imagine.io, after its public Postman collection.

What can be rendered without looking anything up in the vendor's app, since no endpoint lists it:

======== ==================== =============================================== ================================
scene_id scene                cameras_to_render                               materials, for every product
======== ==================== =============================================== ================================
7550     Living Room          8152584 "cam 1", 8152585 "cam 2",               500 walnut, 501 oak, 502 linen,
                              8152586 "Top Shot"                              503 charcoal, 504 brass,
4275     Loft                 8152601 "cam 1", 8152602 "Close Up"             505 white lacquer
7601     Silo                 8152701 "silo camera 1", 8152702
                              "silo camera 2"
======== ==================== =============================================== ================================

Rooms have the origin in the middle of the floor, Y up, and are open towards +Z, where the cameras stand; a
product's position moves it from there, its rotation (degrees) turns it about X, then Y, then Z. The cameras
of the rooms stand where they stand, those of the silo scene come as close as the products allow.
"""

from __future__ import annotations

from airflow_provider_render.sandbox.imagine.app import build

__all__ = ["build"]
