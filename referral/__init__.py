"""The platform: pages, actions and commands over the records of `models` and the engine of `matching`."""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from models import Base, migrations
from models.field_groups import without_group
from models.keyring import use_keyring
from referral import (
    access,
    cli,
    config,
    errors,
    extensions,
    filters,
    halts,  # noqa: F401  listens to every session
    headers,
    i18n,
    navigation,
    oidc,
    origins,
    resources,
    sessions,
    transactions,
)

BLUEPRINTS = (
    "account",
    "intake",
    "casework",
    "plans",
    "providers",
    "coordination",
    "evaluation",
    "admin",
    "oversight",
    "phone",
    "public",
)
"""One for each user's job."""


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Return the application. Settings come from REFERRAL_* variables; `overrides` win over them.

    Raises `config.SecretMissing` without a secret and `KeyTrouble` without keys outside the demonstration, and
    RuntimeError where a route has no guard or a column no field group.
    """
    app = Flask(
        __name__,
        instance_path=str(instance_folder()),
        template_folder=str(resources.templates()),
        static_folder="static",
    )
    overrides = dict(overrides or {})
    demonstration = bool(overrides.get("DEMONSTRATION", os.environ.get("REFERRAL_DEMONSTRATION") == "1"))
    app.config.update(
        config.settings(Path(app.instance_path), demonstration=demonstration, secret=overrides.get("SECRET_KEY"))
        | overrides
    )
    use_keyring(config.keys(Path(app.instance_path), demonstration=demonstration))
    url = app.config["SQLALCHEMY_DATABASE_URI"] = config.database_address(app.config["DATABASE_URL"])
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", transactions.engine_options(url))
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    if os.environ.get("REFERRAL_BEHIND_PROXY"):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]

    config.check(app.config)
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(Path(migrations.__file__).parent))
    extensions.csrf.init_app(app)
    sessions.init_app(app)
    oidc.init_app(app)
    i18n.init_app(app)
    filters.init_app(app)
    errors.init_app(app)
    origins.init_app(app)
    headers.init_app(app)
    navigation.init_app(app)
    with app.app_context():
        transactions.prepare(extensions.db.engine)
        for name in BLUEPRINTS:
            app.register_blueprint(import_module(f"referral.{name}").blueprint)
        cli.init_app(app)
        if open_routes := access.unguarded():
            raise RuntimeError(f"routes without a guard: {', '.join(sorted(open_routes))}")
    if unsaid := sorted(without_group(Base)):
        raise RuntimeError(f"columns of which nobody has said what they tell of people: {', '.join(unsaid)}")
    return app


def instance_folder() -> Path:
    """Return where the database and the demonstration's secret lie.

    That is REFERRAL_INSTANCE, or `instance` beside the checkout, else in the folder we are in.
    """
    if folder := os.environ.get("REFERRAL_INSTANCE"):
        return Path(folder).resolve()
    checkout = Path(__file__).resolve().parent.parent
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / "instance"
