"""Local doubles of the render vendors: their documented API over real sockets, with real pictures.

Start with ``python -m airflow_provider_render.sandbox``. Nothing here imports the client side of this
package, so that a mistake of the client is never repeated by the double it is tested against.
"""

from __future__ import annotations
