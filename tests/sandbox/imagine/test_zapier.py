from __future__ import annotations

TOKEN = "/users/api/v3/zapier/token/"
VERIFY = "/users/api/v3/token/verify/"
IMAGES = "/rendering-system/api/v3/images-render-detail-zapier/"


def headers(sandbox) -> dict[str, str]:
    return {"Authorization": f"Zapier {sandbox.ready['zapier_token']}"}


def test_the_token_is_shown_to_who_is_logged_in(waiting):
    assert waiting.anonymous.get(TOKEN).status_code == 401
    session = {"Cookie": f"sessionid={waiting.ready['zapier_session']}"}
    answer = waiting.anonymous.get(TOKEN, headers=session).json()
    assert answer["data"] == {"api_key": waiting.ready["zapier_token"]}


def test_the_token_is_verified_without_an_origin(waiting):
    answer = waiting.anonymous.get(VERIFY, headers=headers(waiting))
    assert (answer.status_code, answer.json().keys()) == (200, {"id", "name"})


def test_api_keys_and_zapier_tokens_are_not_exchangeable(waiting):
    assert waiting.api.get(VERIFY).status_code == 401
    crossed = {**headers(waiting), "Origin": waiting.origin}
    assert waiting.anonymous.get("/v1/product/details/", headers=crossed).status_code == 401


def test_repeated_slashes_count_as_one(waiting):
    assert waiting.anonymous.get(f"{waiting.url}/{VERIFY}", headers=headers(waiting)).status_code == 200


def test_all_images_are_listed_newest_first_and_cost_nothing(quick, studio):
    before = len(quick.bill()["calls"])
    page = quick.anonymous.get(IMAGES, headers=headers(quick)).json()
    ids = [each["id"] for each in page["results"]]
    assert ids == sorted(ids, reverse=True)
    assert "api_hits_available" not in page
    assert len(quick.bill()["calls"]) == before
    image = next(each for each in page["results"] if each["id"] == studio.images[0]["id"])
    assert image["image_name"].endswith(image["angle_name"])
    assert (image["tags"], image["file"] is not None) == ([], True)
