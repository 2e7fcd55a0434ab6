"""The libraries that the application is made of, each made once."""

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session

from models.base import Base


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, with its session called what it behaves like, so that actions can ask for a Session."""

    session: Session  # type: ignore[assignment]


db = Database(metadata=Base.metadata, session_options={"expire_on_commit": False})
"""Models stand on a plain declarative base, so that `models/` never imports Flask."""
migrate = Migrate(render_as_batch=True, compare_type=True)
login_manager = LoginManager()
csrf = CSRFProtect()
