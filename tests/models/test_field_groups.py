"""Every column says what it tells of people, and the application does not start with one that does not."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models import Base, Person, Program
from models.field_groups import FieldGroup, groups_of, marked, without_group


def test_every_mapped_column_has_a_group() -> None:
    columns = sum(len(groups_of(mapper.class_)) for mapper in Base.registry.mappers)
    assert columns > 400
    assert list(without_group(Base)) == []


def test_a_column_without_a_group_is_named() -> None:
    class Other(DeclarativeBase):
        pass

    class Thing(Other):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        said: Mapped[str] = mapped_column(info=marked(FieldGroup.NOTES))
        unsaid: Mapped[str]

    assert list(without_group(Other)) == ["Thing.unsaid"]
    assert groups_of(Thing)["id"] is FieldGroup.REFERENCE


def test_the_groups_of_a_person() -> None:
    groups = groups_of(Person)
    assert {name for name, group in groups.items() if group is FieldGroup.CERTIFICATES} == {
        "id_number",
        "id_number_index",
        "born_on",
    }
    assert groups["bank_card"] is FieldGroup.FINANCE
    assert {groups[name] for name in ("phone", "address", "latitude", "longitude")} == {FieldGroup.CONTACT}
    assert groups["household_id"] is groups["version"] is FieldGroup.REFERENCE
    assert groups_of(Program)["unit_price"] is FieldGroup.MONEY


def test_what_is_sealed_is_no_reference() -> None:
    """A value that is encrypted in the database must belong to a group that is kept from somebody."""
    sealed = 0
    for mapper in Base.registry.mappers:
        for attribute in mapper.column_attrs:
            column = attribute.columns[0]
            if isinstance(column, sa.Column) and type(column.type).__name__.startswith("Encrypted"):
                sealed += 1
                assert groups_of(mapper.class_)[attribute.key] is not FieldGroup.REFERENCE, column
    assert sealed > 25
