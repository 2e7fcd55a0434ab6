"""A round for each city of a province: the same in turn and on processes, and taken up again where it stopped."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from models import Area, Referral, Round, RoundStatus
from referral import citywork, clock
from referral.actions import rounds
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.referral import province
from tests.referral.province import CITIES, NEEDS, PLACES, PROVINCE

HERE = Path(__file__).resolve().parents[2]
DIE = (
    "import sys; from pathlib import Path; from tests.referral import province; "
    "province.die_while_writing(province.CITIES[2], Path(sys.argv.pop())); from referral.cli import main; main()"
)


@pytest.fixture
def app_on_both(make_app: MakeApp, database_url: str) -> Flask:
    """The application on a database with a small province in it; once on each make."""
    app = make_app(database_url)
    with app.app_context():
        province.province(db.session(), clock.now())
        db.session.remove()
    return app


def run(app: Flask, *arguments: str) -> Result:
    result = app.test_cli_runner().invoke(args=["round", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def mark_of(output: str) -> str:
    found = re.search(r"批次 (M\d{4}-\d+)", output)
    assert found, output
    return found[1]


def test_processes_find_the_same_for_each_city_as_one_after_the_other(app_on_both: Flask) -> None:
    run_of_two = run(app_on_both, "--cities-of", PROVINCE, "--processes", "2", "--seed", "3")
    assert run_of_two.exit_code == 0, run_of_two.output
    assert f"4 个城市中完成 4 个：{4 * NEEDS} 项需求中可满足 {4 * PLACES} 项" in run_of_two.output
    assert "合肥市" in run_of_two.output
    with app_on_both.app_context(), Session(db.engine) as session:
        on_processes = province.outcome(session)
        assert {one.batch for one in province.made(session).values()} == {mark_of(run_of_two.output)}
        assert set(on_processes) == set(CITIES)
    in_turn = run(app_on_both, "--cities", ",".join(CITIES[:2]), "--cities", ",".join(CITIES[2:]), "--seed", "3")
    assert in_turn.exit_code == 0, in_turn.output
    with app_on_both.app_context(), Session(db.engine) as session:
        assert province.outcome(session) == on_processes
        assert on_processes[CITIES[0]] == (RoundStatus.PROPOSED, NEEDS, PLACES, on_processes[CITIES[0]][3], True, 3)
        assert [province.taken(session, city) for city in CITIES] == [PLACES] * 4
    nothing = run(app_on_both, "--resume", mark_of(in_turn.output))
    assert nothing.exit_code == 0
    assert "待计算 0 个" in nothing.output


def test_a_killed_worker_is_replaced_and_its_city_computed_again(
    app_on_both: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YUANQIAO_TEST_MARK", str(tmp_path / "killed"))
    monkeypatch.setattr(citywork, "do_elsewhere", province.do_and_die)
    result = run(app_on_both, "--cities-of", PROVINCE, "--processes", "2")
    assert (tmp_path / "killed").exists()
    assert result.exit_code == 0, result.output
    with app_on_both.app_context(), Session(db.engine) as session:
        for code, one in province.made(session).items():
            assert (one.status, one.served, province.written(session, one)) == (RoundStatus.PROPOSED, PLACES, NEEDS)
            assert province.taken(session, code) == PLACES


def test_a_run_that_is_killed_leaves_nothing_half_done_and_goes_on_by_its_mark(
    app_on_both: Flask, tmp_path: Path
) -> None:
    env = os.environ | {
        "REFERRAL_DATABASE_URL": app_on_both.config["DATABASE_URL"],
        "REFERRAL_DEMONSTRATION": "1",
        "REFERRAL_SECRET_KEY": "for tests only",
        "LANG": "C.UTF-8",
    }
    command = [sys.executable, "-c", DIE, "round", "--cities-of", PROVINCE, str(tmp_path / "killed")]
    killed = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with app_on_both.app_context(), Session(db.engine) as session:
        stopped = province.made(session)
        states = [stopped[city].status for city in CITIES]
        assert states == [RoundStatus.PROPOSED, RoundStatus.PROPOSED, RoundStatus.RUNNING, RoundStatus.WAITING]
        assert [province.written(session, stopped[city]) for city in CITIES] == [NEEDS, NEEDS, 0, 0]
        assert [province.taken(session, city) for city in CITIES] == [PLACES, PLACES, 0, 0]
        standing = {code: one.finished_at for code, one in stopped.items()}
    again = run(app_on_both, "--resume", mark_of(killed.stdout))
    assert again.exit_code == 0, again.output
    assert "4 个城市，待计算 2 个" in again.output
    with app_on_both.app_context(), Session(db.engine) as session:
        now = province.made(session)
        assert {one.id for one in now.values()} == {one.id for one in stopped.values()}
        assert [now[city].finished_at == standing[city] for city in CITIES] == [True, True, False, False]
        assert [province.written(session, now[city]) for city in CITIES] == [NEEDS] * 4
        assert [province.taken(session, city) for city in CITIES] == [PLACES] * 4


def test_apply_makes_the_referrals_of_every_city(app_on_both: Flask) -> None:
    first = run(app_on_both, "--cities-of", PROVINCE)
    mark = mark_of(first.output)
    applied = run(app_on_both, "--resume", mark, "--apply", "--processes", "2")
    assert applied.exit_code == 0, applied.output
    with app_on_both.app_context(), Session(db.engine) as session:
        assert {one.status for one in province.made(session).values()} == {RoundStatus.APPLIED}
        assert session.scalar(sa.select(sa.func.count()).select_from(Referral)) == 4 * PLACES


@pytest.fixture
def small(app: Flask, session: Session) -> Flask:
    province.province(session, clock.now())
    return app


def test_a_city_whose_round_fails_is_named_and_the_others_stand(
    small: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose = rounds.propose

    def fail(session: Session, running: Round, *rest: object, **more: object) -> None:
        if running.area_code == CITIES[1]:
            raise ArithmeticError("too large")
        propose(session, running, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "propose", fail)
    result = run(small, "--cities-of", PROVINCE)
    assert result.exit_code == 1
    assert "未完成（ArithmeticError）" in result.output
    assert f"4 个城市中完成 3 个：{3 * NEEDS} 项需求中可满足 {3 * PLACES} 项" in result.output
    mark = mark_of(result.output)
    assert f"referral round --resume {mark}" in result.output
    monkeypatch.undo()
    assert run(small, "--resume", mark).exit_code == 0
    assert {one.status for one in province.made(session).values()} == {RoundStatus.PROPOSED}


def test_a_city_with_a_round_at_work_is_left_to_it(small: Flask, session: Session) -> None:
    with transaction(session):
        rounds.start_round(session, area=CITIES[0], at=clock.now())
    result = run(small, "--cities", ",".join(CITIES[:2]))
    assert result.exit_code == 0, result.output
    assert f"{CITIES[0]}：已有一轮匹配正在计算" in result.output
    assert "1 个城市中完成 1 个" in result.output
    assert run(small, "--cities", CITIES[0]).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "请在 --area"),
        (("--area", CITIES[0], "--cities-of", PROVINCE), "请在 --area"),
        (("--cities-of", "990000000000"), "没有代码为 990000000000 的区划"),
        (("--cities", f"{CITIES[0]},340900000000"), "没有代码为 340900000000 的区划"),
        (("--resume", "M1999-00001"), "没有标记为"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    small: Flask, session: Session, arguments: tuple[str, ...], said: str
) -> None:
    result = run(small, *arguments)
    assert result.exit_code != 0
    assert said in result.output
    assert not session.scalars(sa.select(Round)).all()


def test_a_division_that_was_merged_away_gets_no_round(small: Flask, session: Session) -> None:
    session.get_one(Area, CITIES[3]).replaced_by_code = CITIES[0]
    session.commit()
    assert citywork.cities_of(session, PROVINCE) == CITIES[:3]


def test_a_cluster_computes_the_cities_with_settings_of_its_own(
    small: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dask.distributed import LocalCluster

    monkeypatch.setenv("REFERRAL_DATABASE_URL", small.config["DATABASE_URL"])
    monkeypatch.setenv("REFERRAL_DEMONSTRATION", "1")
    monkeypatch.setenv("REFERRAL_SECRET_KEY", "for tests only")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as workers:
        result = run(small, "--cities", ",".join(CITIES[:2]), "--cluster", workers.scheduler_address)
    assert result.exit_code == 0, result.output
    made = province.made(session)
    assert [(made[city].status, made[city].served) for city in CITIES[:2]] == [(RoundStatus.PROPOSED, PLACES)] * 2
