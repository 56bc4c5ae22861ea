"""B2: whichever statement of a service fails, its commit included, all is as it was or all is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.kernel.by_half import calls, doors, money, people, reach, work
from tests.kernel.by_half.world import Act, World
from tests.people import Cast
from tests.support.failing import leaves_old_or_new

STORIES: tuple[Callable[[World], Iterator[Act]], ...] = (
    people.users,
    people.company,
    people.entrance,
    people.keys,
    people.questions,
    people.offers,
    calls.phones,
    calls.contacts,
    calls.routing,
    calls.hooks,
    calls.crm,
    calls.log,
    money.papers,
    money.card,
    doors.factors,
    doors.passwords,
    work.missed_calls,
    work.remarks,
    work.files,
    work.books,
    work.records,
    reach.provider_link,
    reach.deliveries,
    reach.crm_people_come,
    reach.taken_back,
    reach.calls_of_the_crm,
    money.tariffs,
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_failing_statement_leaves_old_or_new(app: Flask, cast: Cast, story: Callable[[World], Iterator[Act]]) -> None:
    for act in story(World(app, cast)):
        leaves_old_or_new(app, act)
