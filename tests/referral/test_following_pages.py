"""What refusals change, as the coordinator reads it."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Proposal, Round, RoundKind
from referral.extensions import db
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.test_following import Street, follow, held_by_round


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_desk_the_round_and_the_proposals_say_who_was_refused_and_who_moves(app: Flask, language: str) -> None:
    with app.app_context(), Session(db.engine) as session:
        street = Street(session)
        for capacity, name in ((street.a, "甲社"), (street.b, "乙社"), (street.c, "丙社")):
            session.refresh(capacity, ["service_at_location"])
            there = capacity.service_at_location
            session.refresh(there, ["service"])
            session.refresh(there.service, ["organization"])
            there.service.organization.name = name
        held_by_round(session, street)
        follow(session)
        login = session.scalars(sa.select(Account.login).order_by(Account.created_at, Account.id)).first()
        key = session.scalars(sa.select(Round.id).where(Round.kind == RoundKind.FOLLOW_UP)).one()
        proposals = session.scalars(sa.select(Proposal.id).where(Proposal.round_id == key)).all()
        numbers = [street.old.number, street.young.number]
        session.rollback()
    client = sign_in(app.test_client(), str(login))
    for address in ("/coordination", f"/coordination/rounds/{key}"):
        page = client.get(address, headers={"Accept-Language": language})
        check_page(page, language)
        text = page.get_data(as_text=True)
        assert all(number in text for number in numbers)
        assert all(name in text for name in ("甲社", "乙社", "丙社"))
    for one in proposals:
        check_page(client.get(f"/coordination/proposals/{one}", headers={"Accept-Language": language}), language)


@pytest.mark.parametrize(("params", "said"), [({}, False), ({"draw_within": 5}, True), ({"fair_by": "sex"}, True)])
def test_a_follow_up_says_that_it_applied_neither_floors_nor_chance_where_rounds_have_them(
    app: Flask, params: dict[str, object], said: bool
) -> None:
    with app.app_context(), Session(db.engine) as session:
        held_by_round(session, Street(session))
        follow(session)
        login = session.scalars(sa.select(Account.login).order_by(Account.created_at, Account.id)).first()
        made = session.scalars(sa.select(Round).where(Round.kind == RoundKind.FOLLOW_UP)).one()
        made.params = made.params | params
        key = made.id
        session.commit()
    client = sign_in(app.test_client(), str(login))
    page = client.get(f"/coordination/rounds/{key}", headers={"Accept-Language": "en"})
    check_page(page, "en")
    assert ("neither the floors for groups nor drawing by chance" in page.text) is said
