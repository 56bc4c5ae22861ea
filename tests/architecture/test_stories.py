"""What is proved by stories is complete: a new service and a new place for a secret are seen where they are added."""

from flask import Flask

from tests.kernel.by_half.services import LEFT_OUT, services, told
from tests.web.canaries.places import places
from tests.web.canaries.stories import STORIES


def test_every_service_has_its_story_or_its_reason() -> None:
    without = services() - told()

    assert len(services()) > 150
    assert not without - set(LEFT_OUT), "tell how it is done, so that it is broken at every place"
    assert not set(LEFT_OUT) - without, "it has its story now"


def test_every_place_that_takes_a_secret_has_its_story(house: Flask) -> None:
    found = places(house)

    assert not found - set(STORIES), "write how the secret goes in, so that it is looked for"
    assert not set(STORIES) - found, "no place takes this any more"
