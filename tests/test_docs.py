"""The documentation says what is: links lead somewhere, examples import, tables match the code."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import BaseOperator
from annotated_types import Ge, Le

from airflow_provider_render.core import errors
from airflow_provider_render.core.job import OutputKind
from airflow_provider_render.forms import glossi, imagine, threekit
from airflow_provider_render.operators.base import RenderBaseOperator, WaitingOperator
from airflow_provider_render.operators.catalog import RenderCatalogOperator, RenderModelOperator
from airflow_provider_render.operators.dxgl import DxglDatasetOperator, DxglUploadOverlayOperator
from airflow_provider_render.operators.folder import RenderFolderOperator
from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    PayingOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.provider_info import get_provider_info
from airflow_provider_render.sensors.render import RenderSensor
from airflow_provider_render.triggers.render import RenderTrigger
from airflow_provider_render.vendors.dxgl import resources, settings
from airflow_provider_render.vendors.dxgl.errors import PAID_CALLS
from airflow_provider_render.vendors.dxgl.settings import NAMES, DxglSettings
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "samples/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
OPERATORS = ROOT / "docs/operators.md"
DXGL = ROOT / "docs/dxgl.md"
WITH_TABLE = [
    RenderBaseOperator,
    WaitingOperator,
    PayingOperator,
    RenderCatalogOperator,
    RenderModelOperator,
    RenderFolderOperator,
    UploadModelOperator,
    RenderSensor,
    DownloadRendersOperator,
    DxglUploadOverlayOperator,
    DxglDatasetOperator,
    RenderTrigger,
]
WITHOUT_TABLE = [SubmitRenderOperator]


def vendor_operators() -> list[tuple[type, Path]]:
    """Operators and sensors of one vendor, which its page explains; DXGL's are with the neutral ones."""
    found = []
    for vendor in (glossi, imagine, threekit):
        name = vendor.FORM["connection-type"]
        page = ROOT / f"docs/{name}.md"
        for module in (*vendor.MODULES["operators"], *vendor.MODULES.get("sensors", ())):
            path = f"airflow_provider_render.{module}"
            kinds = (kind for kind in vars(import_module(path)).values() if inspect.isclass(kind))
            own = [kind for kind in kinds if kind.__module__ == path and issubclass(kind, BaseOperator)]
            found += [(kind, page) for kind in own if kind.__name__ != f"{name.title()}Operator"]
    return found


DOCUMENTED = [(operator, OPERATORS) for operator in WITH_TABLE] + vendor_operators()


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(page: Path) -> list[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head; empty where there is none."""
    pattern = rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)"
    section = re.search(pattern, page.read_text(), flags=re.MULTILINE | re.DOTALL).group(1)
    rows = re.search(r"(?:^\|.*\n?)+", section, flags=re.MULTILINE)
    lines = rows.group().strip().splitlines()[2:] if rows else []
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def default_text(parameter: inspect.Parameter) -> str:
    return "required" if parameter.default is parameter.empty else str(parameter.default)


def test_there_are_pages_and_all_of_them_are_in_the_index():
    index = (ROOT / "docs/README.md").read_text()
    pages = [page for page in PAGES if page.parent.name == "docs" and page.name != "README.md"]
    assert len(pages) >= 8
    assert [page.name for page in pages if f"({page.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_something(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if target.startswith(("https://", "http://")):
            continue
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_heading_is_there_twice(page):
    if page.name != "CHANGELOG.md":
        assert len(set(anchors(page))) == len(anchors(page))


def test_every_python_example_imports_and_every_dag_in_it_is_whole(tmp_path):
    expected = set()
    for page in PAGES:
        for number, block in enumerate(python_blocks(page)):
            file = tmp_path / f"{page.stem.lower()}_{number}.py"
            file.write_text(block)
            if "DAG(" in block:
                expected.add(str(file))
    assert len(list(tmp_path.iterdir())) >= 8

    bag = DagBag(tmp_path, safe_mode=False)

    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert {dag.fileloc for dag in bag.dags.values()} == expected
    assert str(tmp_path / "readme_0.py") in expected
    tasks = [task for dag in bag.dags.values() for task in dag.tasks]
    paid = [task for task in tasks if task.task_type != "_PythonDecoratedOperator"]
    assert [task.task_id for task in paid if task.retries < 1] == []


@pytest.mark.parametrize(
    ("operator", "page"), DOCUMENTED, ids=[operator.__name__ for operator, _ in DOCUMENTED]
)
def test_a_parameter_table_matches_the_signature(operator, page):
    own = inspect.signature(vars(operator)["__init__"]).parameters
    wanted = {
        name: default_text(parameter) for name, parameter in own.items() if name not in ("self", "kwargs")
    }

    told = {row[0]: row[1] for row in table(page, operator.__name__)}

    assert told == wanted


@pytest.mark.parametrize(
    ("operator", "page"), DOCUMENTED, ids=[operator.__name__ for operator, _ in DOCUMENTED]
)
def test_a_parameter_table_says_what_is_templated(operator, page):
    rows = table(page, operator.__name__)
    parameters = {row[0] for row in rows}
    fields = set(getattr(operator, "template_fields", ()))
    if "output_folder" in fields - parameters:
        fields |= {"output"}
    assert {row[0] for row in rows if "Templated" in row[2]} == fields & parameters


def test_operators_without_a_table_have_no_parameters_of_their_own():
    assert [operator for operator in WITHOUT_TABLE if "__init__" in vars(operator)] == []
    assert {operator.__mro__[1] for operator in WITHOUT_TABLE} <= {PayingOperator}


def test_the_settings_table_has_every_setting_with_its_range():
    rows = {row[0]: row for row in table(DXGL, "Settings")}
    assert list(rows) == list(NAMES.values())
    for snake, info in DxglSettings.model_fields.items():
        allowed, bounds = rows[NAMES[snake]][1], {type(bound): bound for bound in info.metadata}
        if Ge in bounds and Le in bounds:
            assert allowed.startswith(f"{bounds[Ge].ge} to {bounds[Le].le}")
        for choice in get_args(get_args(info.annotation)[0]):
            if isinstance(choice, str):
                assert f"`{choice}`" in f"`{allowed}`"


def test_the_settings_table_has_the_defaults():
    told = {row[0]: row[2] for row in table(DXGL, "Settings")}
    common = settings.canonical({}) | settings.canonical({"effect": "dataset"}) | settings.canonical({})
    for name, default in common.items():
        if name != "output":
            assert told[name] == str(default).lower(), name
    for effect, own in settings.BY_EFFECT.items():
        for name, default in own.items():
            assert f"{effect} {default:g}" in told[name]


def test_the_price_table_is_the_price_list():
    told = {tier: int(price) for tier, price in table(DXGL, "Prices")}
    assert told == settings.PRICES | settings.DATASET_PRICES


def test_the_table_of_calls_has_every_endpoint_with_its_cost():
    told = {row[0]: (row[1].replace("`", ""), row[2]) for row in table(DXGL, "Calls")}
    groups = {"models": "Models", "renders": "Renders", "assets": "Assets", "overlays": "Overlays"}
    own = {
        f"{group}.{name}": vars(getattr(resources, kind))[name].__doc__
        for group, kind in {**groups, "account": "Account"}.items()
        for name in vars(getattr(resources, kind))
        if not name.startswith("_")
    }
    assert told.keys() == own.keys()
    for name, text in own.items():
        call, cost = told[name]
        documented = re.search(r"``([A-Z]+ [^`]+)``", text)
        path = documented.group(1) if documented else None
        assert path is None or call == path, name
        assert (cost != "-") == (path in PAID_CALLS), name


@pytest.mark.parametrize(
    "form", get_provider_info()["connection-types"], ids=lambda form: form["connection-type"]
)
def test_every_extra_of_a_connection_form_is_told_on_the_vendors_page(form):
    page = ROOT / f"docs/{form['connection-type']}.md"
    rows = {row[0].replace("`", ""): row[1] for row in table(page, "The connection")}
    told = {name: label for name, label in rows.items() if label != "JSON only"}
    fields = {f"extra {extra}": field["label"] for extra, field in form["conn-fields"].items()}
    assert told == {"port": "Port", **fields, **form["ui-field-behaviour"]["relabeling"]}


def test_every_error_and_every_kind_of_output_is_told():
    tree = (ROOT / "docs/errors.md").read_text()
    money = (ROOT / "docs/money.md").read_text()
    kinds = [
        kind
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, errors.RenderError)
    ]
    final = [
        kind for kind in kinds if issubclass(kind, errors.VendorError) and kind is not errors.VendorError
    ]
    assert [kind.__name__ for kind in kinds if kind.__name__ not in tree] == []
    assert [kind.__name__ for kind in final if f"`{kind.__name__}`" not in money] == []
    assert [kind for kind in OutputKind if f"`{kind}`" not in OPERATORS.read_text()] == []


def test_the_assumed_waits_are_those_of_the_code():
    told = {row[0]: row[1] for row in table(DXGL, "Assumed")}
    policy = DxglVendor.poll_policy
    assert told["how long a new render may be unknown"].startswith(f"{policy.listing_grace / 60:g} minute")
    assert told["how long a cut-off submit may take to show"].startswith(f"{policy.settling / 60:g} minute")
    assert told["how often to look"] == f"after {policy.first:g} seconds, at most every {policy.cap:g}"
