"""The one door out: every HTTP request of this product to another machine goes through a `Door`.

door = Door(allow=settings.webhook_allow)
url = door.check_url("https://crm.example/hook?id=7")   # at saving, by its text
door.check_host(url)                                    # at saving, by its addresses
exchange = door.send(Request("GET", "https://crm.example/hook?id=7"), deadline_seconds=10)
"""

from __future__ import annotations

from portal.kernel.http.addresses import Address as Address
from portal.kernel.http.addresses import Network as Network
from portal.kernel.http.door import Door as Door
from portal.kernel.http.errors import DoorError as DoorError
from portal.kernel.http.errors import Failed as Failed
from portal.kernel.http.errors import FailureKind as FailureKind
from portal.kernel.http.errors import UrlReason as UrlReason
from portal.kernel.http.errors import UrlRefused as UrlRefused
from portal.kernel.http.journey import Peer as Peer
from portal.kernel.http.journey import Phases as Phases
from portal.kernel.http.journey import Stage as Stage
from portal.kernel.http.looped import Loop as Loop
from portal.kernel.http.looped import LoopedLine as LoopedLine
from portal.kernel.http.message import Exchange as Exchange
from portal.kernel.http.message import Reached as Reached
from portal.kernel.http.message import Request as Request
from portal.kernel.http.message import SentRequest as SentRequest
from portal.kernel.http.redact import is_secret as is_secret
from portal.kernel.http.redact import redact as redact
from portal.kernel.http.standing import Reply as Reply
from portal.kernel.http.standing import StandingLine as StandingLine
from portal.kernel.http.stream import Stream as Stream
from portal.kernel.http.target import CheckedUrl as CheckedUrl
from portal.kernel.http.trouble import ServiceTrouble as ServiceTrouble
from portal.kernel.http.trouble import Trouble as Trouble
from portal.kernel.http.trouble import retry_after as retry_after
