"""The commands of `referral`, one module each."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click
from flask.cli import with_appcontext

from referral.access import as_installation
from referral.extensions import db


def on_records(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application, with the installation itself declared as who looks."""

    @with_appcontext
    def run(*args: Any, **kwargs: Any) -> Any:
        as_installation(db.session, because=f"command {click.get_current_context().command_path}")
        return command(*args, **kwargs)

    return update_wrapper(run, command)
