"""How far a call has come, and how far its record."""

from enum import Enum, auto


class Phase(Enum):
    """A call's stages, in their order."""

    NEW = auto()
    SETUP = auto()
    TALKING = auto()
    CLOSING = auto()  # hung up, the record is being closed
    ENDED = auto()


class Record(Enum):
    """What has become of a call's record."""

    NONE = auto()
    RUNNING = auto()
    STOPPING = auto()
    KEPT = auto()
    LOST = auto()
