"""``python -m airflow_provider_render.sandbox``."""

from __future__ import annotations

import sys

from airflow_provider_render.sandbox.command import main

sys.exit(main())
