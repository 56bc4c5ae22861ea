"""What an engine has told its scribe, as it leaves."""

from portal.telephony.engine import CallChange, Presence
from portal.telephony.scribe.letters import Begin, End, Noted, PhonesSeen
from portal.telephony.scribe.outbox import Outbox
from tests.calls.factory import Story


def noted(story: Story, change: CallChange, version: int) -> Noted:
    snapshot = {1: story.started, 2: story.answered, 3: story.finished}[version]()
    return Noted(snapshot, change)


def test_a_milestone_takes_along_what_rested_before_it() -> None:
    outbox, story = Outbox(), Story(1)
    outbox.put(Begin())
    outbox.put(noted(story, CallChange.LEGS, 1))
    outbox.put(answered := noted(story, CallChange.ANSWERED, 2))
    outbox.put(End())

    assert outbox.next() == [Begin(), answered, End()]


def test_facts_without_a_milestone_are_sent_too_at_the_end_or_when_they_have_rested() -> None:
    outbox, one, other = Outbox(), Story(1), Story(1)
    outbox.put(first := noted(one, CallChange.LEGS, 1))
    assert outbox.next() == [first]

    outbox.put(last := noted(other, CallChange.LEGS, 1))
    outbox.put(End())
    assert outbox.next() == [last, End()]


def test_of_phones_only_how_they_are_now_is_sent_and_all_together() -> None:
    outbox = Outbox()
    outbox.put(PhonesSeen(1, {"SIP/1": Presence.RINGING, "SIP/2": Presence.ONLINE}))
    outbox.put(PhonesSeen(1, {"SIP/1": Presence.BUSY}))
    outbox.put(PhonesSeen(2, {"SIP/3": Presence.OFFLINE}))

    one = PhonesSeen(1, {"SIP/1": Presence.BUSY, "SIP/2": Presence.ONLINE})
    assert outbox.next() == [one, PhonesSeen(2, {"SIP/3": Presence.OFFLINE})]


def test_a_call_is_kept_until_its_latest_is_written() -> None:
    outbox, story = Outbox(), Story(1)
    outbox.put(started := noted(story, CallChange.STARTED, 1))
    outbox.put(finished := noted(story, CallChange.FINISHED, 3))
    outbox.has_written(story.api_call_id, started.call.version)
    assert outbox.unwritten() == [finished]

    outbox.has_written(story.api_call_id, finished.call.version)
    assert outbox.unwritten() == []
