"""Glossi's endpoints grouped as ``renders.get(id)``, the same for sync and async."""

from __future__ import annotations

from typing import Generic

from airflow_provider_render.core.resource import Driver, Mode, Resource, endpoint
from airflow_provider_render.vendors.glossi import endpoints, pipeline_endpoints, uploading


class Models(Resource[Mode]):
    """3D models."""

    upload = endpoint(uploading.upload_model)
    create = endpoint(endpoints.create_models)
    put_file = endpoint(endpoints.put_file)
    confirm = endpoint(endpoints.confirm_model)
    status = endpoint(endpoints.model_states)


class Templates(Resource[Mode]):
    """Scenes that models are put into."""

    list = endpoint(endpoints.list_templates)


class Projects(Resource[Mode]):
    """Models in a template."""

    create = endpoint(endpoints.create_projects)


class Renders(Resource[Mode]):
    """Render jobs of projects. ``create`` and ``retry`` may be charged."""

    create = endpoint(endpoints.create_renders)
    get = endpoint(endpoints.get_render)
    retry = endpoint(endpoints.retry_render)


class Jobs(Resource[Mode]):
    """Jobs of the one-call workflow. ``confirm`` starts one and may be charged."""

    create = endpoint(endpoints.create_job)
    confirm = endpoint(endpoints.confirm_job)
    get = endpoint(endpoints.get_job)


class Webhooks(Resource[Mode]):
    """The workspace's only webhook."""

    get = endpoint(endpoints.get_webhook)
    set = endpoint(endpoints.set_webhook)
    delete = endpoint(endpoints.delete_webhook)


class Pipelines(Resource[Mode]):
    """Pipelines from folder to folder. ``create`` starts rendering, which may be charged."""

    create = endpoint(pipeline_endpoints.create_pipeline)
    list = endpoint(pipeline_endpoints.list_pipelines)
    find = endpoint(pipeline_endpoints.find_pipeline)
    get = endpoint(pipeline_endpoints.get_pipeline)
    jobs = endpoint(pipeline_endpoints.list_pipeline_jobs)
    update = endpoint(pipeline_endpoints.update_pipeline)
    pause = endpoint(pipeline_endpoints.pause_pipeline)
    resume = endpoint(pipeline_endpoints.resume_pipeline)
    delete = endpoint(pipeline_endpoints.delete_pipeline)
    connectors = endpoint(pipeline_endpoints.list_connectors)


class GlossiApi(Generic[Mode]):
    """All of Glossi's endpoints.

    :param driver: carries the calls out.
    """

    def __init__(self, driver: Driver) -> None:
        self.models: Models[Mode] = Models(driver)
        self.templates: Templates[Mode] = Templates(driver)
        self.projects: Projects[Mode] = Projects(driver)
        self.renders: Renders[Mode] = Renders(driver)
        self.jobs: Jobs[Mode] = Jobs(driver)
        self.webhooks: Webhooks[Mode] = Webhooks(driver)
        self.pipelines: Pipelines[Mode] = Pipelines(driver)
