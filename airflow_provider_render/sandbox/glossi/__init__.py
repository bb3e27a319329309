"""The double of Glossi: its REST API, its storage, and its Pipelines over local folders.

Pipelines watch folders of Google Drive. Here ``<data>/glossi/drive/<folderId>/`` stands for the Drive folder
of that id; it is made when a pipeline with the id is created. Put finished files into it (write them
elsewhere and move them in), find the renders in the folder that the output's ``folderId`` names. A poll
happens every ``pollIntervalMinutes`` divided by ``--speed``.
"""

from __future__ import annotations

from airflow_provider_render.sandbox.glossi.app import build

__all__ = ["build"]
