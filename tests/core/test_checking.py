from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.checking import Number, SettingsCheck, Whole, extra_of, plain_number
from airflow_provider_render.core.errors import SettingsError


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    scene_id: str
    width: Whole | None = Field(default=None, ge=16, le=8192)
    zoom: Number | None = Field(default=None, ge=0.1, le=3)
    format: Literal["png", "webp"] | None = None
    shadows: bool = True
    bg_color: str | None = Field(default=None, min_length=1)


CHECK = SettingsCheck("Acme", Wanted, {"sceneId": "the id of a scene"})
OPEN = SettingsCheck("Acme", Wanted, extra=True)


def problems(raw, check=CHECK, **more):
    with pytest.raises(SettingsError) as caught:
        check.read({"scene_id": "S1", **raw}, **more)
    begin, end = "Acme render settings: ", ". Nothing was sent."
    text = str(caught.value)
    assert (text[: len(begin)], text[-len(end) :]) == (begin, end)
    return text[len(begin) : -len(end)].split("; ")


def test_names_are_the_vendor_s_or_in_snake_case_and_none_is_not_given():
    settings = CHECK.read({"sceneId": "S1", "bg_color": "#fff", "width": "640", "zoom": None})
    assert settings.model_dump(exclude_unset=True) == {"scene_id": "S1", "bg_color": "#fff", "width": 640}


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"width": 15}, "width: 15 is not allowed, use a whole number from 16 to 8192"),
        ({"width": True}, "width: True is not allowed, use a whole number from 16 to 8192"),
        ({"zoom": "far"}, "zoom: 'far' is not allowed, use a number from 0.1 to 3"),
        ({"format": "gif"}, "format: 'gif' is not allowed, use one of png, webp"),
        ({"shadows": "perhaps"}, "shadows: 'perhaps' is not allowed, use true or false"),
        ({"bg_color": ""}, "bgColor: '' is not allowed, use a text that is not empty"),
        ({"scene_id": 7}, "sceneId: 7 is not allowed, use the id of a scene"),
        ({"scene_id": None}, "sceneId: every render needs one, the id of a scene"),
        ({"widht": 64}, "widht: unknown, did you mean width?"),
        ({"fog": 1}, "fog: unknown, known are sceneId, width, zoom, format, shadows, bgColor"),
        ({"bgColor": "a", "bg_color": "b"}, "bgColor: given twice, also as bg_color"),
        ({"extra_settings": {}}, "extra_settings: unknown, known are"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(raw, problem):
    (told,) = problems(raw)
    assert told.startswith(problem)


def test_all_that_is_wrong_is_told_at_once_and_each_only_once():
    told = problems({"width": 1, "fog": 1, "bgColor": "a", "bg_color": "b"})
    assert [problem.partition(":")[0] for problem in told] == ["bgColor", "width", "fog"]
    assert problems({}, contradictions=lambda settings: ["a: wrong", "a: wrong"]) == ["a: wrong"]


def test_contradictions_are_told_beside_what_is_given_twice():
    told = problems({"bgColor": "a", "bg_color": "b"}, contradictions=lambda settings: [settings.scene_id])
    assert told == ["bgColor: given twice, also as bg_color", "S1"]


def test_what_a_vendor_adds_tomorrow_is_no_part_of_what_is_checked():
    raw = {"scene_id": "S1", "extra_settings": {"fog": 2}}
    assert OPEN.read(raw).scene_id == "S1"
    assert extra_of(raw) == {"fog": 2}
    assert extra_of({}) == {}
    assert problems({"extra_settings": "fog"}, OPEN) == [
        "extra_settings: a table of settings is wanted, not 'fog'"
    ]
    assert problems({"fog": 2}, OPEN)[0].endswith("(what is new at Acme goes under extra_settings)")


@pytest.mark.parametrize(
    ("value", "plain"), [(6.0, 6), (6.5, 6.5), (float("inf"), float("inf")), ("6.0", "6.0"), (True, True)]
)
def test_equal_numbers_have_one_form(value, plain):
    assert (plain_number(value), type(plain_number(value))) == (plain, type(plain))
