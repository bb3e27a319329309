"""Apache Airflow provider for 3D product rendering."""

from __future__ import annotations

__version__ = "0.1.0"
