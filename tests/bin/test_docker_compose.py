from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]


def test_the_whole_stack_is_there(services):
    wanted = {"postgres", "sandbox", "migrate", "api-server", "scheduler", "dag-processor", "triggerer"}
    assert set(services) == wanted


def test_every_published_port_is_bound_to_the_loopback_interface(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8080:8080"]


def test_everything_that_talks_to_the_local_vendor_shares_its_network(services):
    for name in ("migrate", "api-server", "scheduler", "dag-processor", "triggerer"):
        assert services[name]["network_mode"] == "service:sandbox", name


def test_only_postgres_and_airflow_images_are_pulled(services):
    assert {service["image"] for service in services.values()} == {
        "postgres:17",
        "airflow-provider-render:local",
    }
    assert "FROM apache/airflow:" in services["sandbox"]["build"]["dockerfile_inline"]


def test_the_image_has_the_airflow_that_the_tests_use(services):
    pinned = [
        line for line in (ROOT / "constraints.txt").read_text().splitlines() if "apache-airflow==" in line
    ]
    version = pinned[0].partition("==")[2]
    assert f"FROM apache/airflow:{version}\n" in services["sandbox"]["build"]["dockerfile_inline"]


def test_mounted_folders_are_part_of_the_project(services):
    mounts = [volume.split(":")[0] for volume in services["scheduler"]["volumes"]]
    folders = [mount for mount in mounts if mount.startswith("./") and not mount.startswith("./.demo/")]
    assert folders == ["./dags", "./samples"]
    assert all((ROOT / folder).is_dir() for folder in folders)


def test_dependencies_name_services(services):
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
