"""The files that jobs leave: pictures as layers, everything else as results of their runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from airflow_provider_render.core.calls import Fetch, Operation, send
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderOutput, Settings
from airflow_provider_render.core.model import MEDIA_TYPES, PICTURE_TYPES, media_type_of
from airflow_provider_render.vendors.threekit import handles
from airflow_provider_render.vendors.threekit.answers.assets import Layer
from airflow_provider_render.vendors.threekit.answers.jobs import StoredFile
from airflow_provider_render.vendors.threekit.configuring import stages_meant
from airflow_provider_render.vendors.threekit.endpoints.files import file_content, get_file
from airflow_provider_render.vendors.threekit.endpoints.jobs import all_runs, all_tasks
from airflow_provider_render.vendors.threekit.endpoints.layers import all_layers, get_layer, layer_file
from airflow_provider_render.vendors.threekit.handles import Kind
from airflow_provider_render.vendors.threekit.rendering import matching_layers
from airflow_provider_render.vendors.threekit.settings import canonical

PICTURE_ENDINGS = {"png": ".png", "jpg": ".jpg", "jpeg": ".jpg", "webp": ".webp"}
SAME_FORMAT = {"jpeg": "jpg"}
"""Threekit's layers spell a format otherwise."""

AR_ENDINGS = frozenset({".usdz"})
MODEL_ENDINGS = frozenset({*MEDIA_TYPES, ".dxf", ".svg"}) - {".zip"}
KINDS: Mapping[str, OutputKind] = {
    **dict.fromkeys(MODEL_ENDINGS, OutputKind.MODEL),
    **dict.fromkeys(AR_ENDINGS, OutputKind.AR),
    **dict.fromkeys(PICTURE_TYPES, OutputKind.IMAGE),
}
"""What a file is, by its ending."""
OTHER = OutputKind.ARCHIVE
"""What every other file is."""

SELECTION = "attributes"
"""In the settings of a render job of its own: wanted values by attribute."""


def kinds(settings: Settings | None) -> frozenset[OutputKind]:
    """Return the kinds of files that a render has; None for all that jobs leave."""
    if settings is None:
        return frozenset((*KINDS.values(), OTHER))
    return frozenset({KINDS[PICTURE_ENDINGS[canonical(settings)["format"]]]})


def outputs(job: RenderJob) -> Operation[list[RenderOutput]]:
    """List the files of a finished render, export or import."""
    handle = handles.read(job)
    if handle.kind is Kind.FILE:
        return _named([(yield from send(get_file(handle.id)))])
    layers = yield from _layers(job, handle)
    if layers:
        return _pictures(layers, job.settings)
    return [] if handle.kind is Kind.LAYER else _named((yield from _results(handle)))


def locate(output: RenderOutput) -> Fetch:
    """Say where a file is; a picture in a format that Threekit did not make is converted on its way."""
    if "file" in output.ref:
        return file_content(output.ref["file"])
    return layer_file(**json.loads(output.ref["layer"]))


def _layers(job: RenderJob, handle: handles.Handle) -> Operation[list[Layer]]:
    """Return the layers of a render: those of its job, or older ones that the job left as they were."""
    if handle.kind is Kind.LAYER:
        return [(yield from send(get_layer(handle.id)))]
    if handle.kind not in (Kind.ASSET, Kind.JOB):
        return []
    asset_id = handle.asset or None
    made = yield from all_layers(job_id=handle.id, **({"asset_id": asset_id} if asset_id else {}))
    mine = [layer for layer in made if layer.file_id and (not asset_id or layer.asset_id in (None, asset_id))]
    if SELECTION in job.settings and asset_id:
        return mine + (yield from _older(mine, asset_id, job.settings))
    if not mine and asset_id and job.settings:
        return (yield from matching_layers(asset_id, job.settings))[:1]
    return mine


def _older(made: Sequence[Layer], asset_id: str, settings: Settings) -> Operation[list[Layer]]:
    """Return the pictures of a selection that were there before its job, the newest of each."""
    stages = {stage["assetId"]: stage["attributes"] for stage in settings.get("stages") or ()}
    if not stages:
        meant = yield from stages_meant(asset_id)
        stages = {stage_id: {} for stage_id in meant}
    known = {_shown(layer) for layer in made}
    found = []
    for layer in (yield from all_layers(asset_id=asset_id)):
        if layer.file_id and _selected(layer, settings, stages) and _shown(layer) not in known:
            known.add(_shown(layer))
            found.append(layer)
    return found


def _selected(layer: Layer, settings: Settings, stages: Mapping[str, Any]) -> bool:
    wanted = canonical({name: settings[name] for name in ("width", "height") if name in settings})
    return (
        layer.width in (None, wanted["width"])
        and layer.height in (None, wanted["height"])
        and (layer.stage_id or "") in stages
        and _within(layer.asset_layer_configuration, settings[SELECTION])
        and _within(layer.stage_configuration, stages[layer.stage_id or ""])
    )


def _within(configuration: Mapping[str, Any], values: Mapping[str, Sequence[Any]]) -> bool:
    return all(configuration.get(name) in wanted for name, wanted in values.items())


def _shown(layer: Layer) -> str:
    shown = [layer.asset_layer_configuration, layer.stage_id or "", layer.stage_configuration]
    return json.dumps(shown, sort_keys=True)


def _pictures(layers: Sequence[Layer], settings: Settings) -> list[RenderOutput]:
    wanted = str(settings.get("format") or "png")
    if len(layers) == 1:
        single = "image" if (layers[0].format or wanted) in PICTURE_ENDINGS else "model"
        return [_picture(layers[0], single, wanted)]
    staged = len({layer.stage_id for layer in layers}) > 1
    named = sorted(((_stem(layer, staged), layer) for layer in layers), key=lambda pair: pair[1].age_key)
    names = _unique(stem for stem, _ in named)
    return [_picture(layer, name, wanted) for name, (_, layer) in zip(names, named, strict=True)]


def _picture(layer: Layer, stem: str, wanted: str) -> RenderOutput:
    made = layer.format or wanted
    if made not in PICTURE_ENDINGS or SAME_FORMAT.get(wanted, wanted) == SAME_FORMAT.get(made, made):
        return _output(f"{stem}{PICTURE_ENDINGS.get(made, f'.{made}')}", {"file": str(layer.file_id)})
    query = {
        "asset_id": layer.asset_id,
        "configuration": layer.asset_layer_configuration,
        "stage_id": layer.stage_id or None,
        "stage_configuration": layer.stage_configuration or None,
        "job_id": layer.job_id,
        "width": layer.width,
        "height": layer.height,
        "optimization": {"format": SAME_FORMAT.get(wanted, wanted)},
    }
    given = {name: value for name, value in query.items() if value is not None}
    return _output(f"{stem}{PICTURE_ENDINGS[wanted]}", {"layer": json.dumps(given)})


def _results(handle: handles.Handle) -> Operation[list[StoredFile]]:
    """Return the result files of a job's runs; of one asset's part only where it is clear which those are."""
    runs = yield from all_runs(job_id=handle.id)
    with_files = [run for run in runs if run.outputs]
    if handle.kind is Kind.ASSET and len(with_files) > 1:
        tasks = yield from all_tasks(job_id=handle.id)
        mine = {task.id for task in tasks if handle.asset in str(task.parameters)}
        with_files = [run for run in with_files if run.task_id in mine]
    return [file for run in with_files for file in run.outputs]


def _named(files: Sequence[StoredFile]) -> list[RenderOutput]:
    names = _unique(file.filename or f"{file.id}.{file.extension or 'bin'}" for file in files)
    return [_output(name, {"file": file.id}) for name, file in zip(names, files, strict=True)]


def _output(name: str, ref: Mapping[str, str]) -> RenderOutput:
    ending = PurePosixPath(name).suffix.lower()
    return RenderOutput(KINDS.get(ending, OTHER), name, media_type_of(name), ref)


def _stem(layer: Layer, staged: bool) -> str:
    """Return a name that tells what a picture shows: values of attributes, of the asset and the stage.

    :param staged: whether the stage's id, by its beginning, is part of the name.
    """
    values = [*layer.asset_layer_configuration.values(), *layer.stage_configuration.values()]
    stage = [layer.stage_id[:8]] if staged and layer.stage_id else []
    words = [re.sub(r"[^A-Za-z0-9._-]+", "-", str(value)).strip("-.") for value in [*values, *stage]]
    return "_".join(filter(None, words))[:80] or "image"


def _unique(names: Iterable[str]) -> list[str]:
    """Return names of which no two are equal, by numbering those that are."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        path = PurePosixPath(name)
        ending = path.suffix if path.suffix.lower() in {**MEDIA_TYPES, **PICTURE_TYPES} else ""
        again = f"-{seen[name]}" if seen[name] > 1 else ""
        found.append(f"{name.removesuffix(ending)}{again}{ending}")
    return found
