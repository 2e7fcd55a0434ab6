"""The consent form on paper: one A4 page, in both languages."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page

from models import Consent, Organization, Person
from referral.access import as_installation
from referral.actions.seeding.accounts import PASSWORD
from referral.extensions import db
from tests import browser
from tests.pages import axe_findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

A4 = (595, 842)
"""Points."""


@pytest.fixture
def address(demo_app: Flask) -> str:
    """The paper form of somebody of the first station, for a receiver that was named before."""
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        station = sa.select(Organization.id).where(Organization.name.like("云溪街道社会工作%")).scalar_subquery()
        known = sa.select(Consent).join(Consent.person).where(Person.station_id == station)
        consent = db.session.scalars(known.limit(1)).one()
        return f"/people/{consent.person_id}/consents/paper?receiver={consent.organization_id}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_prints_on_one_a4_page(demo_app: Flask, address: str, page: Page, language: str) -> None:
    with browser.served(demo_app) as url:
        page.goto(f"{url}/sign-in")
        page.fill("input[name=login]", "supervisor")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button")
        page.goto(f"{url}{address}&in={language}")
        assert axe_findings(page) == []
        printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert box is not None
    assert tuple(round(float(side)) for side in box.groups()) == A4
