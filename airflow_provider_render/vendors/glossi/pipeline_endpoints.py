"""Every endpoint of Glossi's pipelines, each written once; all of their paths are assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_render.core import answers
from airflow_provider_render.core.calls import Answer, Call, Effect, Operation, send
from airflow_provider_render.core.errors import UnexpectedAnswerError
from airflow_provider_render.core.paths import AssumedPath
from airflow_provider_render.vendors.glossi.paths import ASSUMED, ASSUMED_WORDS
from airflow_provider_render.vendors.glossi.pipeline_answers import Connector, Pipeline, PipelineJob
from airflow_provider_render.vendors.glossi.pipeline_body import refuse_connectors, refuse_dots


def create_pipeline(body: Mapping[str, Any]) -> Call[Pipeline]:
    """Make a pipeline, which begins to render what is in its folder: ``POST /api/v1/pipelines``.

    The path is assumed; the connection extra ``pipelines_path`` corrects it.

    :param body: as :func:`~airflow_provider_render.vendors.glossi.pipeline_body.pipeline_body` makes it.
    :raises RenderInputError: it has dots for a secret, or a storage that no call can connect.
    """
    refuse_connectors(body)
    refuse_dots(body)
    where = AssumedPath(ASSUMED, "pipelines_path")
    return Call("POST", where, answers.one(Pipeline, under="pipeline"), Effect.PAID, json=dict(body))


def list_pipelines() -> Call[tuple[Pipeline, ...]]:
    """Read all pipelines: ``GET /api/v1/pipelines``.

    The path is assumed; the connection extra ``pipelines_path`` corrects it.

    :raises UnexpectedAnswerError: the answer says that there are more than it holds.
    """
    return Call("GET", AssumedPath(ASSUMED, "pipelines_path"), _all_pipelines)


def find_pipeline(name: str) -> Operation[Pipeline | None]:
    """Return the pipeline with a name, or None where there is none.

    :raises UnexpectedAnswerError: there are several, or the list is not whole.
    """
    found = [one for one in (yield from send(list_pipelines())) if one.name == name]
    if len(found) > 1:
        ids = ", ".join(one.id for one in found)
        raise UnexpectedAnswerError(
            f"Glossi has {len(found)} pipelines named {name!r}: {ids}; rename all but one"
        )
    return found[0] if found else None


def get_pipeline(pipeline_id: str) -> Call[Pipeline]:
    """Read a pipeline, with how many files are in each stage: ``GET /api/v1/pipelines/:id``.

    The path is assumed; the connection extra ``pipeline_path`` corrects it.
    """
    where = AssumedPath(ASSUMED, "pipeline_path", id=pipeline_id)
    return Call("GET", where, answers.one(Pipeline, under="pipeline"))


def list_pipeline_jobs(pipeline_id: str, *, status: str | None = None) -> Call[tuple[PipelineJob, ...]]:
    """Read the files of a pipeline: ``GET /api/v1/pipelines/:id/jobs``.

    The path is assumed; the connection extra ``pipeline_jobs_path`` corrects it.

    :param status: only those in this stage, in the vendor's words.
    """
    where = AssumedPath(ASSUMED, "pipeline_jobs_path", id=pipeline_id)
    return Call("GET", where, answers.many(PipelineJob, "jobs"), query={"status": status})


def update_pipeline(pipeline_id: str, changes: Mapping[str, Any]) -> Call[Pipeline | None]:
    """Change what is given and leave the rest: ``PATCH /api/v1/pipelines/:id``.

    The path is assumed; the connection extra ``pipeline_path`` corrects it.

    :param changes: fields of the pipeline.
    :returns: the pipeline, or None where the vendor's answer does not hold it.
    :raises RenderInputError: a secret is given as dots.
    """
    refuse_dots(changes)
    where = AssumedPath(ASSUMED, "pipeline_path", id=pipeline_id)
    return Call("PATCH", where, _perhaps, json=dict(changes))


def pause_pipeline(pipeline_id: str, word: str = ASSUMED_WORDS["pause_word"]) -> Call[Pipeline | None]:
    """Stop a pipeline from looking for files: ``PATCH /api/v1/pipelines/:id``.

    :param word: what its status is set to, which is assumed.
    """
    return update_pipeline(pipeline_id, {"status": word})


def resume_pipeline(pipeline_id: str, word: str = ASSUMED_WORDS["resume_word"]) -> Call[Pipeline | None]:
    """Let a pipeline look for files again and forget its errors: ``PATCH /api/v1/pipelines/:id``.

    :param word: what its status is set to, which is assumed.
    """
    return update_pipeline(pipeline_id, {"status": word})


def delete_pipeline(pipeline_id: str) -> Call[None]:
    """Remove a pipeline and the history of its files: ``DELETE /api/v1/pipelines/:id``.

    The path is assumed; the connection extra ``pipeline_path`` corrects it.
    """
    return Call("DELETE", AssumedPath(ASSUMED, "pipeline_path", id=pipeline_id), answers.nothing)


def list_connectors() -> Call[tuple[Connector, ...]]:
    """Read the storages that there are: ``GET /api/v1/pipelines/connectors``.

    The path is assumed; the connection extra ``connectors_path`` corrects it.
    """
    where = AssumedPath(ASSUMED, "connectors_path")
    return Call("GET", where, answers.many(Connector, "connectors"))


def _all_pipelines(answer: Answer) -> tuple[Pipeline, ...]:
    found = answers.many(Pipeline, "pipelines")(answer)
    body = answer.json()
    said = body if isinstance(body, Mapping) else {}
    more = said.get("hasMore") or said.get("nextCursor") or said.get("next")
    total = said.get("total")
    if more or (isinstance(total, int) and total > len(found)):
        raise UnexpectedAnswerError(
            f"Glossi lists {len(found)} pipelines and says that there are more; how to read on is not"
            " documented. Nothing was changed."
        )
    return found


def _perhaps(answer: Answer) -> Pipeline | None:
    body = answer.json() if answer.body.strip() else None
    inner = body.get("pipeline", body) if isinstance(body, Mapping) else None
    known = isinstance(inner, Mapping) and {"id", "pipelineId"} & inner.keys()
    return Pipeline.model_validate(inner) if known else None
