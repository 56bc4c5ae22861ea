"""Who knows a room's name finds its templates, its style and its tests under that name."""

from tests.architecture.sources import PORTAL, STATIC, TEMPLATES, TESTS, files, name, python_files, rooms

# Shared by all rooms.
SHARED_TEMPLATES = {"layout", "macros", "errors"}
# Of no room: what tests stand on, what holds for all, and the journeys through many rooms.
SHARED_TESTS = {"architecture", "bench", "journeys", "support"}


def test_every_folder_of_templates_is_a_room() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir() and any(path.iterdir())}

    assert not folders - SHARED_TEMPLATES - set(rooms())


def test_every_folder_of_tests_is_a_room() -> None:
    folders = {path.relative_to(TESTS).parts[0] for path in python_files(TESTS) if path.parent != TESTS}

    assert not folders - SHARED_TESTS - set(rooms())


def test_every_room_has_tests() -> None:
    tested = {path.relative_to(TESTS).parts[0] for path in files(TESTS, "test_*.py")}

    assert not set(rooms()) - tested


def test_the_style_sheet_is_made_of_every_file_in_the_order_written() -> None:
    written = [line.strip() for line in (STATIC / "css" / "order.txt").read_text().splitlines()]
    order = [line for line in written if line and not line.startswith("#")]
    present = [path.relative_to(STATIC / "css").as_posix() for path in files(STATIC / "css", "*.css")]

    assert sorted(order) == sorted(present), "each file of static/css stands once in order.txt"


def test_portal_is_code_catalogues_and_the_apis_document_only() -> None:
    others = [path for path in files(PORTAL) if path.suffix not in {".py", ".po", ".mo", ".pot", ".typed"}]
    others = [path for path in others if path.name != "openapi.json"]

    assert not [name(path) for path in others], "templates/, static/ and migrations/ stand at the top"
