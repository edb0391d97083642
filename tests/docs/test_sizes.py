"""Modules and folders of the package stay small enough to be read at once."""

from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "chalicelib"
MODULES = sorted(PACKAGE.rglob("*.py"))
LINES_OF_A_MODULE = 250
MODULES_OF_A_FOLDER = 15
LISTS = {"errors.py"}
"""Modules that only list one small thing after the other."""


def test_no_module_is_too_long() -> None:
    lengths = {
        str(each.relative_to(PACKAGE)): len(each.read_text().splitlines()) for each in MODULES
    }
    assert lengths.keys() >= LISTS
    assert [name for name in lengths.keys() - LISTS if lengths[name] > LINES_OF_A_MODULE] == []


def test_no_folder_has_too_many_modules() -> None:
    folders = {each.parent for each in MODULES}
    crowded = {each.name for each in folders if len(list(each.glob("*.py"))) > MODULES_OF_A_FOLDER}
    assert crowded == set()
