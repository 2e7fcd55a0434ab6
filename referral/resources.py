"""Where the folders of templates and seed data lie, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``templates`` or ``seed``: inside the package in a wheel, beside it in a checkout.

    Raises FileNotFoundError where neither exists, for then the installation is broken.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ is missing beside {_PACKAGE}: install Yuanqiao again")


def templates() -> Path:
    """The folder of page templates."""
    return folder("templates")


def seed() -> Path:
    """The folder of reference lists and the demonstration district."""
    return folder("seed")
