"""How often something may be tried: one row for each thing that is counted, shared by all processes."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.field_groups import FieldGroup


class RateLimit(Base):
    """A bucket that fills up again with time."""

    __tablename__ = "rate_limit"
    field_group = FieldGroup.INSTALLATION

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """Fingerprint of what is counted, such as an account on a device: the table tells nobody who tried."""
    full_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    """When the bucket will be full again, in milliseconds since 1970: numbers add up alike on both databases.

    A row whose moment has passed says nothing any more.
    """
