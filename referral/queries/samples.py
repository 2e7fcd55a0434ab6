"""Samples of files for evaluators: who may be drawn, what a drawn file tells, what was found in it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    FileSample,
    Finding,
    FindingStatus,
    Organization,
    Person,
    Referral,
    SampledFile,
    Strata,
    Visit,
)
from models.area import township_code
from referral.access import scope, without_scope
from referral.queries.age_bands import age_from
from referral.queries.report.figures import AGE_BANDS
from referral.queries.report.frame import Frame


def population(session: Session, frame: Frame, strata: Strata) -> dict[UUID, str]:
    """Return the people served in a frame with the stratum of each. One statement."""
    labels: dict[Strata, sa.ColumnElement[str]] = {
        Strata.NONE: sa.literal("all"),
        Strata.TOWNSHIP: sa.func.substr(Person.area_code, 1, 9),
        Strata.SEX: sa.func.coalesce(sa.cast(Person.sex, sa.String), "?"),
        Strata.AGE: sa.func.coalesce(
            sa.cast(age_from(Person.born_on, frame.end, [first for _l, first, _m in AGE_BANDS if first]), sa.String),
            "?",
        ),
    }
    with without_scope(session, because="strata of those whose visits the evaluator may see, for drawing"):
        rows = session.execute(sa.select(Person.id, labels[strata]).where(frame.served_person(Person.id)))
        return {key: township_code(label) if strata is Strata.TOWNSHIP else label for key, label in rows}


def samples(actor: Account) -> sa.Select[FileSample]:
    """Return the select of the samples that a reader may see, the last drawn first."""
    return sa.select(FileSample).where(scope(actor, FileSample)).order_by(FileSample.drawn_at.desc())


def files_of(session: Session, sample: FileSample) -> Sequence[SampledFile]:
    """Return the files of a sample in the order they were drawn. One statement."""
    return session.scalars(
        sa.select(SampledFile).where(SampledFile.sample_id == sample.id).order_by(SampledFile.place)
    ).all()


def numbers_found(session: Session, files: Sequence[SampledFile]) -> dict[UUID, int]:
    """Return how many findings each of some files has; files without any are left out. One statement."""
    found = session.execute(
        sa.select(Finding.file_id, sa.func.count())
        .where(Finding.file_id.in_([file.id for file in files]))
        .group_by(Finding.file_id)
    ).all()
    return {file: count for file, count in found}  # noqa: C416  rows are no pairs to a type checker


def visits_of(session: Session, actor: Account, person_id: UUID) -> Sequence[Visit]:
    """Return the newest visits of a drawn person that a reader may see, at most 200. One statement."""
    return session.scalars(
        sa.select(Visit)
        .options(joinedload(Visit.term), joinedload(Visit.organization))
        .where(scope(actor, Visit), Visit.person_id == person_id, Visit.replaced.is_(False))
        .order_by(Visit.started_at.desc())
        .limit(200)
    ).all()


def referrals_of(session: Session, actor: Account, person_id: UUID) -> Sequence[Any]:
    """Return when help was asked for a drawn person, and what became of it. One statement."""
    return session.execute(
        sa.select(Referral.requested_at, Referral.status, Referral.outcome)
        .where(scope(actor, Referral), Referral.person_id == person_id)
        .order_by(Referral.requested_at)
    ).all()


def findings_of(session: Session, file: SampledFile) -> Sequence[Finding]:
    """Return what was found in a file, in the order of finding. One statement."""
    return session.scalars(sa.select(Finding).where(Finding.file_id == file.id).order_by(Finding.found_at)).all()


def who_can_answer(session: Session, actor: Account, person_id: UUID) -> Sequence[Any]:
    """Return key and name of the organizations that helped a person or were asked to. One statement."""
    given = sa.select(Visit.organization_id).where(scope(actor, Visit), Visit.person_id == person_id)
    asked = sa.select(Referral.organization_id).where(scope(actor, Referral), Referral.person_id == person_id)
    return session.execute(
        sa.select(Organization.id, Organization.name).where(
            sa.or_(Organization.id.in_(given), Organization.id.in_(asked))
        )
    ).all()


def asked_of(actor: Account) -> sa.Select[Any]:
    """Return the select of what an organization is asked, with each person's number; what waits stands first."""
    statement: sa.Select[*tuple[Any, ...]] = (
        sa.select(Finding, Person.number)
        .outerjoin(Person, Person.id == Finding.person_id)
        .where(scope(actor, Finding), Finding.status != FindingStatus.NOT_ASKED)
        .order_by(Finding.status != FindingStatus.ASKED, Finding.answer_by, Finding.id)
    )
    return statement
