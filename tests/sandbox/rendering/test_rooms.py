from __future__ import annotations

import av
import numpy as np
import pytest

from .conftest import pixels
from .models import Model, box, plain

ROOM = {"floor": "#208020", "wall": "#2020c0", "size": [4, 2.5, 4]}
INSIDE = {"type": "free", "position": [0, 1.2, 1.9], "target": [0, 0.2, -2], "fov": 60}


@pytest.fixture
def stool(tmp_path):
    """A small red block that stands on the ground."""
    return Model().add(box((0.5, 0.5, 0.5)), "stool", at=(0, 0.25, 0), **plain()).save(tmp_path / "stool.glb")


def is_floor(colour):
    return colour[1] > 2 * colour[2]


def is_wall(colour):
    return colour[2] > 2 * colour[1]


def test_a_room_fills_the_picture_round_the_product(make, stool, still):
    image = pixels(make(stool, still(room=ROOM, camera=INSIDE, background=None)))
    assert image[..., 3].min() == 255
    assert is_floor(image[90, 10])
    assert is_wall(image[30, 48])
    assert is_wall(image[48, 4])
    assert is_wall(image[48, 92])
    assert image[66, 48, 0] > 1.5 * image[66, 48, 2]


def test_without_a_room_the_background_shows(make, stool, still):
    assert (pixels(make(stool, still(camera=INSIDE)))[0, 0] == 255).all()


def test_floor_and_wall_meet_where_the_camera_sees_their_edge(make, stool, still):
    level = {"type": "free", "position": [0.6, 1.25, 0], "target": [0.6, 1.25, -2], "fov": 90}
    image = pixels(make(stool, still(room=ROOM, camera=level, shadows=False)))
    column = image[:, 40]
    last_wall = max(row for row in range(96) if not is_floor(column[row]))
    # The edge is 1.25 below the eye and 2 away; the picture's lower half spans 2 there.
    assert last_wall == pytest.approx(48 + 48 * 1.25 / 2, abs=2)


def test_a_wall_between_the_camera_and_the_product_is_not_there(make, stool, still):
    for position in ([6, 1, 0], [-6, 1, 0], [0, 1, -6], [0, 9, 0.1]):
        camera = {"type": "free", "position": position, "target": [0, 0.25, 0], "fov": 20}
        image = pixels(make(stool, still(room=ROOM, camera=camera)))
        assert image[48, 48, 0] > 1.5 * image[48, 48, 2]
        assert is_floor(image[80, 48])


def test_the_open_front_shows_the_background(make, stool, still):
    camera = {"type": "free", "position": [0, 1.2, -1.5], "target": [0, 1.2, 2], "fov": 40}
    image = pixels(make(stool, still(room=ROOM, camera=camera, background="#ff00ff")))
    assert image[48, 48].tolist() == [255, 0, 255]


def test_the_product_casts_a_soft_shadow_on_the_floor(make, stool, still):
    lit, shadowed = (
        pixels(make(stool, still(room=ROOM, camera=INSIDE, shadows=shadows))) for shadows in (False, True)
    )
    darker = (lit - shadowed)[..., 1]
    assert darker.max() > 9
    assert darker.min() >= -1
    assert np.abs(darker[:45]).max() <= 1
    assert 0 < np.abs(np.diff(darker[86:], axis=1)).max() < 6


def test_a_product_close_to_a_wall_darkens_it(make, models, stool, still):
    def brightness(z):
        scene = [{"model": str(stool), "position": [0, 0, z]}]
        camera = {"type": "free", "position": [0, 1.6, 0.5], "target": [0, 0.6, -2], "fov": 20}
        return pixels(make(scene, still(room=ROOM, camera=camera)))[48, 48, 2]

    assert brightness(-1.74) < brightness(1.5) - 3


def test_corners_are_darker_than_the_middle_of_a_wall(make, stool, still):
    room = {**ROOM, "wall": "#c0c0c0"}
    image = pixels(make(stool, still(room=room, camera=INSIDE)))
    edge = next(row for row in range(95, 0, -1) if abs(image[row, 70, 0] - image[row, 70, 1]) < 12)
    corner, middle = image[edge - 6, 70].sum(), image[24, 48].sum()
    assert corner < middle


def test_a_larger_room_has_its_walls_farther_away(make, stool, still):
    heights = []
    for size in ([4, 2.5, 4], [12, 6, 12]):
        image = pixels(make(stool, still(room={**ROOM, "size": size}, camera=INSIDE)))
        heights.append(sum(is_floor(colour) for colour in image[:, 8]))
    assert heights[1] > heights[0]


def test_a_colour_pass_tells_floor_and_walls_apart(make, stool, still):
    mask = {"pass": "color"}
    image = pixels(make(stool, still(room=ROOM, camera=INSIDE, **mask)))
    colours = {tuple(colour) for colour in image.reshape(-1, 3).tolist()}
    assert len(colours) == 3
    assert (0, 0, 0) not in colours


def first_and_last(path):
    with av.open(str(path)) as container:
        shots = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    return shots[0], shots[len(shots) // 4]


def test_a_room_keeps_still_while_the_product_turns_in_it(make, tmp_path):
    model = Model().add(box((1.2, 0.5, 0.3)), "bench", at=(0, 0.25, 0), **plain())
    film = {
        "type": "video",
        "width": 128,
        "height": 72,
        "seconds": 1,
        "fps": 8,
        "room": ROOM,
        "motion": {"effect": "turntable", "easing": False},
        "encodings": [{"name": "v.mp4", "crf": 4}],
    }
    before, after = first_and_last(make(model.save(tmp_path / "bench.glb"), film) / "v.mp4")
    assert np.abs(before[:5] - after[:5]).max() < 12
    assert np.abs(before[30:50, 30:98] - after[30:50, 30:98]).max() > 60


def test_a_reveal_begins_with_the_empty_room(make, stool):
    film = {
        "type": "video",
        "width": 64,
        "height": 64,
        "seconds": 0.5,
        "fps": 8,
        "room": ROOM,
        "motion": {"effect": "reveal"},
        "encodings": [{"name": "v.mp4", "crf": 4}],
    }
    before, _ = first_and_last(make(stool, film) / "v.mp4")
    assert (before[..., 0] < np.maximum(before[..., 1], before[..., 2])).all()


def test_film_changes_a_room_as_well(make, stool, still):
    plainly, film = (
        pixels(make(stool, still(room=ROOM, camera=INSIDE, tone=tone))) for tone in ("standard", "filmic")
    )
    assert np.abs(plainly[5:20] - film[5:20]).mean() > 4
