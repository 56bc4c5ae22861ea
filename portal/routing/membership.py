"""Who is in a group: set as a whole, without losing whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence

from portal.routing.models import HuntGroup, HuntMember


def fill(group: HuntGroup, crm_user_ids: Sequence[int]) -> None:
    """Exactly these CRM users are in the group, in this order."""
    _keep_turn(group, staying=set(crm_user_ids))
    present = {member.crm_user_id: member for member in group.members}
    members = []
    for position, user_id in enumerate(crm_user_ids):
        member = present.get(user_id) or HuntMember(account_id=group.account_id, crm_user_id=user_id)
        member.position = position
        members.append(member)
    group.members = members


def _keep_turn(group: HuntGroup, *, staying: set[int]) -> None:
    """Where the one with whom round robin last began goes, the one before takes the place: the next stays the next."""
    ids = [member.id for member in group.members]
    if group.last_member_id not in ids:
        return
    index = ids.index(group.last_member_id)
    backwards = [*group.members[index::-1], *group.members[:index:-1]]
    group.last_member_id = next((each.id for each in backwards if each.crm_user_id in staying), None)
