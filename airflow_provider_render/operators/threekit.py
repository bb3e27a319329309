"""What only Threekit has: imports, exports, renders of whole matrices, and items as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow_provider_render.catalog.brevity import require_small
from airflow_provider_render.catalog.files import model_file
from airflow_provider_render.catalog.manifest import tell_files
from airflow_provider_render.catalog.preflight import check_model
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    RenderInputError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import OutputKind, RenderJob
from airflow_provider_render.operators.parameters import (
    given,
    read_flag,
    read_model_id,
    read_settings,
    read_words,
)
from airflow_provider_render.operators.parcels import read_folder, require_apart
from airflow_provider_render.operators.threekit_job import ThreekitJobOperator, parcels_of
from airflow_provider_render.vendors.threekit import handles, matrix, models
from airflow_provider_render.vendors.threekit.answers.jobs import Started
from airflow_provider_render.vendors.threekit.endpoints.asset_jobs import render_matrix
from airflow_provider_render.vendors.threekit.endpoints.jobs import find_by_title
from airflow_provider_render.vendors.threekit.rendering import TITLE_PAGES
from airflow_provider_render.vendors.threekit.settings import canonical, check, skips_existing

FORMATS = ("glb", "usdz", "step", "stl", "dxf")
"""Formats that Threekit exports."""


class ThreekitImportAssetOperator(ThreekitJobOperator):
    """Upload a 3D file and have Threekit import it, and wait for the asset.

    Costs nothing: Threekit keeps equal bytes once, and an asset of the same name in the same folder is
    updated. Follows *Files API* and *Asset Jobs API*.

    Returns ``{"vendor", "model_id", "sha256", "name"}``, which
    :class:`~airflow_provider_render.operators.render.SubmitRenderOperator` takes as its ``model``.

    :param model: path or URL of the file.
    :param name: the asset's name; the file's without extension if None.
    :param target_asset_id: the asset to update; by its name if None.
    :param parent_folder_id: folder of the asset.
    :param import_settings: in the vendor's names, such as ``importAs``.
    """

    template_fields: Sequence[str] = (
        *ThreekitJobOperator.template_fields,
        "model",
        "name",
        "target_asset_id",
        "parent_folder_id",
        "import_settings",
    )

    def __init__(
        self,
        *,
        model: Any,
        name: str | None = None,
        target_asset_id: str | None = None,
        parent_folder_id: str | None = None,
        import_settings: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.name = name
        self.target_asset_id = target_asset_id
        self.parent_folder_id = parent_folder_id
        self.import_settings = import_settings

    def start(self, title: str) -> list[RenderJob]:
        """Upload the file and start its import."""
        model = model_file(self.model)
        check_model(model, self.hook.vendor.capabilities)
        name = f"{self.name}{model.extension}" if given(self.name) else model.name
        job = self.hook.run(
            models.import_model(
                models.Renamed(model.source, name),
                title,
                target_asset_id=given(self.target_asset_id),
                parent_folder_id=given(self.parent_folder_id),
                settings=read_settings(self.import_settings, "import_settings") or None,
            )
        )
        return [replace(job, refs={**job.refs, "sha256": model.sha256})]

    def find(self, title: str) -> list[RenderJob]:
        """Return the import that a cut-off try has started."""
        model = model_file(self.model)
        name = given(self.name) or model.name.removesuffix(model.extension)
        jobs = self.hook.run(_titled(self, title))
        found = [handles.of_import(job.id, name) for job in jobs[:1]]
        return [replace(job, refs={**job.refs, "sha256": model.sha256}) for job in found]

    def finish(self, jobs: list[RenderJob]) -> dict[str, Any]:
        """Return the asset."""
        (job,) = jobs
        asset_id = self.hook.run(self.hook.vendor.prepared(job))
        self.log.info("%s is asset %s at Threekit", job.refs["name"], asset_id)
        name, sha256 = job.refs["name"], job.refs["sha256"]
        return {"vendor": job.vendor, "model_id": asset_id, "sha256": sha256, "name": name}


class ThreekitExportAssetOperator(ThreekitJobOperator):
    """Write an asset, in one configuration, as files: GLB, USDZ, STEP, STL or DXF.

    Threekit keeps exports: what was exported before is there at once, and a repeat makes nothing twice.

    Returns one entry a file: ``{"uri", "name", "kind", "media_type", "size", "sha256", "job_id"}``.

    :param asset: id of the asset, or what :class:`ThreekitImportAssetOperator` returned.
    :param output: path or URL of the folder for the files.
    :param formats: one or several of ``glb``, ``usdz``, ``step``, ``stl``, ``dxf``.
    :param configuration: value of each attribute; the asset's own if None.
    :param ar: whether the files are made for AR.
    :param cache: whether Threekit keeps the files, and answers with those that it has.
    :param folder: folder below ``output``; ``{id}`` and ``{model_id}`` stand for ids of job and asset.
    """

    template_fields: Sequence[str] = (
        *ThreekitJobOperator.template_fields,
        "asset",
        "output_folder",
        "formats",
        "configuration",
    )
    template_fields_renderers = {"configuration": "json"}

    def __init__(
        self,
        *,
        asset: Any,
        output: Any,
        formats: Sequence[str] | str = ("glb",),
        configuration: Mapping[str, Any] | None = None,
        ar: bool = False,
        cache: bool = True,
        folder: str = "{model_id}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.asset = asset
        self.output_folder = output
        self.formats = formats
        self.configuration = configuration
        self.ar = read_flag("ar", ar)
        self.cache = read_flag("cache", cache)
        self.folder = read_folder(folder)

    def start(self, title: str) -> list[RenderJob]:
        """Start an export in each format, unless the file is there."""
        return [self._exported(format_) for format_ in self._formats()]

    def finish(self, jobs: list[RenderJob]) -> list[dict[str, Any]]:
        """Download the files."""
        kinds = {OutputKind.MODEL, OutputKind.AR, OutputKind.ARCHIVE}
        return self.deliver(jobs, self.output_folder, self.folder, kinds)

    def _exported(self, format_: Any) -> RenderJob:
        asset_id = read_model_id("asset", self.asset, self.hook)
        begun = self.hook.asset_jobs.export(
            asset_id,
            format_,
            configuration=read_settings(self.configuration, "configuration"),
            cache=self.cache,
            settings={"arExport": True} if self.ar else None,
        )
        if begun.file_id:
            return handles.of_file(begun.file_id, asset_id)
        return handles.of_job(str(begun.id), asset_id)

    def _formats(self) -> list[str]:
        if formats := read_words("formats", self.formats, FORMATS):
            return list(dict.fromkeys(formats))
        raise RenderInputError(f"formats: names none; allowed are {', '.join(FORMATS)}")


class ThreekitRenderOperator(ThreekitJobOperator):
    """Render assets in many configurations and stages, in one job.

    Renders every combination of the wanted values of attributes with every stage. Pictures that Threekit has
    already are not rendered again, unless the setting ``renderMissingLayers`` is off; they are delivered all
    the same. Uses render hours of the organisation's plan.

    Returns the files if there is an ``output``, as
    :class:`~airflow_provider_render.operators.render.DownloadRendersOperator` does, else the renders, one an
    asset, which that operator takes as its ``job``; more of them than fit into 9 kB are refused before
    anything is paid.

    :param assets: an asset's id, or what :class:`ThreekitImportAssetOperator` returned, or a list of those.
    :param attributes: wanted values by attribute, ``{"Color": ["Red", "Blue"]}``; an attribute that is not
        named is rendered with all that it has.
    :param stages: ids of stages, or tables ``{"stageId": ..., "attributes": {...}}``.
    :param settings: ``type``, ``width``, ``height``, ``format``, ``renderMissingLayers``.
    :param output: path or URL of a folder for the pictures; None leaves them at Threekit.
    :param folder: folder of each asset below it; ``{id}`` and ``{model_id}`` stand for ids. Assets that would
        share one are refused before anything is sent.
    """

    template_fields: Sequence[str] = (
        *ThreekitJobOperator.template_fields,
        "assets",
        "attributes",
        "stages",
        "settings",
        "output_folder",
    )
    template_fields_renderers = {"attributes": "json", "settings": "json"}

    def __init__(
        self,
        *,
        assets: Any,
        attributes: Mapping[str, Sequence[Any]] | None = None,
        stages: Any = (),
        settings: Mapping[str, Any] | None = None,
        output: Any = None,
        folder: str = "{model_id}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.assets = assets
        self.attributes = attributes
        self.stages = stages
        self.settings = settings
        self.output_folder = output
        self.folder = read_folder(folder)

    def start(self, title: str) -> list[RenderJob]:
        """Start the job, and pay for it in render hours."""
        selection = self._selection()
        renders = [handles.of_asset("0" * 36, asset_id, selection) for asset_id in self._asset_ids()]
        if given(self.output_folder):
            require_apart(parcels_of(renders, self.folder), "Put {model_id} into it. Nothing was sent")
        elif self.do_xcom_push:
            advice = "Name an output folder, or fewer assets. Nothing was sent."
            require_small("assets", [job.to_json() for job in renders], advice)
        begun = self.hook.run(
            render_matrix(
                [matrix.member(asset_id, selection["attributes"]) for asset_id in self._asset_ids()],
                [matrix.member(stage["assetId"], stage["attributes"]) for stage in selection["stages"]],
                job_name=title,
                type=selection["type"],
                render_missing_layers=skips_existing(selection),
                settings=matrix.output(selection, self.hook.vendor.words["output_format_field"]),
            )
        )
        if begun.id is None:
            raise UnexpectedAnswerError("Threekit took the job without naming it", happened=None)
        return self._jobs(begun.id)

    def find(self, title: str) -> list[RenderJob]:
        """Return the renders of a cut-off try."""
        jobs = self.hook.run(_titled(self, title))
        return self._jobs(jobs[0].id) if jobs else []

    def noted(self, jobs: list[RenderJob]) -> list[dict[str, Any]]:
        """Return the job's id: the rest follows from the parameters, and assets may be many."""
        return [{"job": jobs[0].refs["job"]}]

    def recalled(self, noted: list[dict[str, Any]]) -> list[RenderJob]:
        """Return the renders of the job."""
        return self._jobs(noted[0]["job"])

    def finish(self, jobs: list[RenderJob]) -> list[dict[str, Any]] | dict[str, Any]:
        """Return the renders, or their files."""
        if not given(self.output_folder):
            return [job.to_json() for job in jobs]
        files = self.deliver(jobs, self.output_folder, self.folder, {OutputKind.IMAGE})
        return tell_files(place(self.output_folder), f"threekit-{jobs[0].refs['job']}", files, len(jobs))

    def _jobs(self, job_id: str) -> list[RenderJob]:
        return [handles.of_asset(job_id, asset_id, self._selection()) for asset_id in self._asset_ids()]

    def _asset_ids(self) -> list[str]:
        several = (
            self.assets if isinstance(self.assets, Sequence) and not isinstance(self.assets, str) else ()
        )
        ids = [read_model_id("assets", asset, self.hook) for asset in (several or [self.assets])]
        return list(dict.fromkeys(ids))

    def _selection(self) -> dict[str, Any]:
        """Return settings, attributes and stages, checked."""
        settings = check(read_settings(self.settings))
        if foreign := settings.keys() & {"configuration", "stageId", "stageConfiguration"}:
            raise RenderInputError(f"settings: {', '.join(sorted(foreign))} go into attributes and stages")
        stages = [self.stages] if isinstance(self.stages, str | Mapping) else list(self.stages or ())
        wanted = canonical(settings) | settings
        shown = {name: wanted[name] for name in ("type", "width", "height", "format")}
        return {
            **shown,
            **{name: settings[name] for name in settings.keys() & {"renderMissingLayers"}},
            "attributes": values_of(read_settings(self.attributes, "attributes")),
            "stages": [_stage(stage) for stage in stages],
        }


class ThreekitImportProductsOperator(ThreekitJobOperator):
    """Make or change items of the catalog from JSON, and wait until it is done.

    An entry with a ``query`` changes every item that the query names and may be repeated; one without makes a
    new item. Where a try was cut off while it sent entries without a query nobody can tell what became of it,
    and the task fails. Follows *Product Import API*.

    Returns ``{"job_id", "products"}``.

    :param products: a list of ``{"product": {...}, "query": {...}}``, also as JSON text, or path or URL of a
        JSON file with one.
    """

    template_fields: Sequence[str] = (*ThreekitJobOperator.template_fields, "products")

    def __init__(self, *, products: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.products = products

    def start(self, title: str) -> list[RenderJob]:
        """Send the items."""
        answer = self.hook.products.import_json(self._entries(), sync=False)
        begun = Started.model_validate(answer if isinstance(answer, Mapping) else {})
        if begun.id is None:
            raise UnexpectedAnswerError("Threekit took the items without naming a job", happened=None)
        return [handles.of_job(begun.id)]

    def find(self, title: str) -> list[RenderJob]:
        """Repeat what may be repeated.

        :raises AmbiguousSubmitError: an entry has no query.
        """
        entries = self._entries()
        new = sum(not entry.get("query") for entry in entries)
        if new:
            raise AmbiguousSubmitError(
                f"an earlier try was cut off while it sent {len(entries)} items, {new} of them without a"
                " query: sent again, those would be made twice. Look for them in the catalog, then clear the"
                " task or give them a query.",
                happened=None,
            )
        return self.start(title)

    def finish(self, jobs: list[RenderJob]) -> dict[str, Any]:
        """Return the job and the number of items."""
        return {"job_id": jobs[0].refs["job"], "products": len(self._entries())}

    def _entries(self) -> list[dict[str, Any]]:
        entries = _read_json(self.products) if isinstance(self.products, str) else self.products
        if not isinstance(entries, list) or not entries or not all(map(_is_entry, entries)):
            raise RenderInputError('products: a list of {"product": {...}, "query": {...}} is wanted')
        return entries


def _read_json(text: str) -> Any:
    """Read JSON text, as a template gives it, or the file at a path or URL."""
    try:
        if text.lstrip().startswith("["):
            return json.loads(text)
        with place(text).open() as file:
            return json.load(file)
    except Exception as error:
        raise RenderInputError(f"products: cannot read {text[:200]}: {error}") from error


def values_of(attributes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return wanted values by attribute; one alone may be given without a list."""
    return {
        name: list(value) if isinstance(value, list | tuple) else [value]
        for name, value in attributes.items()
    }


def _stage(stage: Any) -> dict[str, Any]:
    table = stage if isinstance(stage, Mapping) else {"stageId": stage}
    stage_id = table.get("stageId") or table.get("assetId")
    if not isinstance(stage_id, str) or given(stage_id) is None:
        raise RenderInputError(f"stages: neither an id nor a table with a stageId: {stage!r}")
    attributes = read_settings(table.get("attributes"), "stages: attributes")
    return {"assetId": stage_id, "attributes": values_of(attributes)}


def _titled(task: ThreekitJobOperator, title: str) -> Any:
    return find_by_title(title, field=task.hook.vendor.words["job_title_field"], pages=TITLE_PAGES)


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("product"), Mapping)
