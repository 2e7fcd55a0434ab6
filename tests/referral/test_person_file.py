"""The copy of a person's own file: all that was measured, promised and said, and nothing of anybody else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Attitude,
    ConfirmationSaid,
    ConfirmationWay,
    ContactResult,
    FreeDays,
    Household,
    Mode,
    Organization,
    Person,
    PictureKind,
    PlanKind,
    RedFlag,
    SeenNeed,
    TaxonomyTerm,
    Visit,
    VisitDetail,
    VisitKind,
    VisitPicture,
)
from models.goal import LEVELS
from referral.actions import goals, plans, satisfying
from referral.actions.visits import log_visit
from referral.casework.file_in_words import sections
from referral.clock import local_date
from referral.i18n import speaking
from referral.queries.person_file import person_file
from tests.factories import AT, make_person
from tests.referral.test_closing import Scene

OTHER: dict[str, Any] = {"name": "邻居甲乙", "phone": "13999990000", "address": "别处八号", "contact_note": "找别人"}


@pytest.fixture
def scene(session_on_both: Session) -> Scene:
    return Scene(session_on_both)


def copy_of(session: Session, person: Person, *, whole: bool = True) -> dict[str, str]:
    """Each section's title and everything that stands in it."""
    session.flush()
    session.expire_all()
    found = sections(person_file(session, person.id, because="a test"), whole=whole)
    return {str(section.title): str([[str(cell) for cell in row] for row in section.rows]) for section in found}


def person_of(scene: Scene) -> Person:
    return scene.session.get_one(Person, scene.case.person_id)


def visited(scene: Scene, person: Person, **more: Any) -> Visit:
    usual: dict[str, Any] = {
        "person": person, "term": scene.session.get_one(TaxonomyTerm, scene.need.term_id),
        "organization": scene.session.get_one(Organization, scene.referral.organization_id),
        "by": scene.officer,
        "kind": VisitKind.HOME_VISIT, "contact_result": ContactResult.MET_PERSON, "started_at": AT, "minutes": 30,
        "units": Decimal(1), "note": "独自谈心",
    }  # fmt: skip
    return log_visit(scene.session, **(usual | more))


@pytest.fixture
def full(scene: Scene) -> Scene:
    """The person of the scene with everything, beside somebody of the same household with the same."""
    session = scene.session
    person = session.get_one(Person, scene.case.person_id)
    household = session.get_one(Household, person.household_id)
    other = make_person(session, household=household, relation_to_head="spouse", **OTHER)
    second = Scene(session)
    session.get_one(Person, second.case.person_id).name = "另外一人"
    for made, mark in ((scene, "本人"), (second, "他人")):
        made.take("phq9", *([2] * 9), note=f"{mark}量表备注")
        goal = goals.set_goal(
            session, made.case, title=f"{mark}目标", levels={n: f"{mark}第{n}步" for n in LEVELS}, weight=1,
            baseline_level=-1, target_on=local_date(AT) + timedelta(days=30), by=made.worker, at=AT,
        )  # fmt: skip
        goals.rate(session, goal, level=1, on=local_date(AT), mode=Mode.ASKED, by=made.worker, at=AT, note=f"{mark}评")
        plans.make(
            session, made.referral, plans.PlanTerms(
                kind=PlanKind.RECURRING, rule="FREQ=DAILY;INTERVAL=7", free_days=FreeDays.KEEP,
                starts_on=local_date(AT), minutes=60, units=Decimal(1), note=f"{mark}计划",
            ), by=made.officer, at=AT,
        )  # fmt: skip
        made.complete()
        made.call(ConfirmationSaid.NOT_SERVED).note = f"{mark}的话"
        asked = satisfying.ask(session, made.referral, way=ConfirmationWay.CALL, by=made.worker, at=AT)
        satisfying.answer(session, asked, [5, 2, None], at=AT)
    visit = visited(scene, person)
    session.add(
        VisitDetail(visit_id=visit.id, attitude=Attitude.DOWN, seen_needs=[SeenNeed.FOOD.value], promise="带药来")
    )
    session.add(VisitPicture(visit_id=visit.id, kind=PictureKind.PHOTO, image="aGVsbG8=", width=1, height=1))
    for number, one in enumerate((person, other)):
        visited(
            scene, one, kind=VisitKind.GROUP, note="邻居甲乙和大家一起", started_at=AT + timedelta(hours=2),
            activity_key=visit.id, entry_key=f"group{number}",
        )  # fmt: skip
    return scene


def test_the_copy_holds_answers_scores_goals_plans_visits_and_the_persons_own_word(full: Scene) -> None:
    copy = copy_of(full.session, person_of(full))
    assert "本人量表备注" in copy["问答记录"]
    assert "18" in copy["问答记录"]
    item = full.version("phq9").definition["items"][0]["zh"]
    choice = full.version("phq9").definition["choices"][full.version("phq9").definition["items"][0]["choices"]][2]
    assert item in copy["问答记录"]
    assert choice["zh"] in copy["问答记录"]
    assert "本人目标" in copy["目标"]
    assert "本人第2步" in copy["目标"]
    assert "本人评" in copy["目标"]
    assert "本人计划" in copy["服务计划"]
    assert copy["计划上门"].count("2026") >= 1
    assert "本人的话" in copy["本人的话"]
    assert "5 分" in copy["本人的话"]
    assert "没有回答" in copy["本人的话"]
    assert "带药来" in copy["走访其他记录"]
    assert "照片" in copy["走访其他记录"]
    assert "独自谈心" in copy["走访"]
    assert full.session.scalars(sa.select(RedFlag).where(RedFlag.person_id == full.case.person_id)).all()
    assert copy["需立即处置的回答"] != "[]"


@pytest.mark.parametrize("whole", [True, False])
def test_nothing_of_anybody_else_stands_in_it(full: Scene, whole: bool) -> None:
    copy = str(copy_of(full.session, person_of(full), whole=whole))
    for told in (*OTHER.values(), "另外一人", "他人", "和大家一起"):
        assert told not in copy, told
    for other in full.session.scalars(sa.select(Person).where(Person.id != full.case.person_id)):
        assert other.number not in copy, "a file number leads to somebody else"
    assert "aGVsbG8=" not in copy, "a picture may show others"
    assert "配偶" in copy, "that somebody lives there is the person's own matter"


def test_the_copy_is_whole_in_english_too(full: Scene) -> None:
    with speaking("en"):
        copy = copy_of(full.session, person_of(full))
    assert {"What was asked and answered", "Goals", "Service plans", "Planned visits", "The person’s own word"} <= set(
        copy
    )
    assert "not answered" in copy["The person’s own word"]
