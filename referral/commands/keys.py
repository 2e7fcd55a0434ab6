"""`referral keys`: make the keys that data about people is sealed with, change them, take old ones away."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from models import keyring
from models.keyring import Keyring, KeyTrouble, new_keys
from referral import reindexing, resealing
from referral.extensions import db
from referral.i18n import _


@click.group("keys")
def command() -> None:
    """Make, change and take away the keys of sealed data. See docs/keys.md."""


@command.command("new")
@click.argument("file", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write a file with new keys, for its owner alone. Works before there is a database."""
    try:
        keyring.write(file, new_keys())
    except FileExistsError:
        sys.exit(f"{file} is there already; without its keys nothing sealed with them can be read. Nothing was done.")
    click.echo(f"{file} made. Set REFERRAL_KEYS={file} and keep a copy apart from the database and its backups:")
    click.echo("whoever has both can read everything; without the keys nobody can.")


@command.command("list")
@with_appcontext
def list_() -> None:
    """Show how many values each key has sealed."""
    ring = keyring.keyring()
    for name, count in resealing.count_by_key(db.session, ring.names).items():
        if name or count:
            mark = _("current") if name == ring.current else "" if name else _("with keys that are not there")
            click.echo(f"{name:<8} {count:>10} {mark}")


@command.command("rotate")
@click.option("--resume", is_flag=True, help="Make no new key: go on with one that was begun.")
@with_appcontext
def rotate(resume: bool) -> None:
    """Make a new data key and seal every value with it, while the platform goes on working.

    Ended on the way, `--resume` goes on where it stopped. The old key stays in the file until `keys retire`.
    """
    ring = keyring.keyring()
    if not resume:
        name = _add_key(_file_of(ring))
        ring.look_again()
        click.echo(_("New key %(name)s.", name=name))
    total = resealing.reseal(db.session, ring, _tell)
    click.echo("")
    click.echo(_("%(count)s values sealed anew with %(name)s.", count=total, name=ring.current))


@command.command("retire")
@click.argument("name")
@with_appcontext
def retire(name: str) -> None:
    """Take an old data key out of the file. Refused while any value still needs it."""
    ring = keyring.keyring()
    file = _file_of(ring)
    if name not in ring.names or name == ring.current:
        sys.exit(_("%(name)s is not an old key: the file has %(names)s.", name=name, names=", ".join(ring.names)))
    if left := resealing.count_by_key(db.session, (name,))[name]:
        sys.exit(
            _("%(count)s values still need %(name)s: first `referral keys rotate --resume`.", count=left, name=name)
        )
    content = keyring.read(file)
    del content["keys"][name]
    keyring.write(file, content, over=True)
    click.echo(_("%(name)s is gone from the file. Backups from before still need it: keep a copy apart.", name=name))


@command.command("reindex")
@with_appcontext
def reindex() -> None:
    """Make a new index key and every fingerprint anew. End every process of the platform first.

    Everybody signs in again; links that were sent and recovery codes no longer work.
    """
    ring = keyring.keyring()
    file = _file_of(ring)
    following = file.with_name(f"{file.name}.next")
    if not following.exists():
        keyring.write(following, keyring.read(file) | {"index": new_keys()["index"]})
    new = Keyring(keyring.read(following))
    try:
        count = reindexing.reindex(db.session, ring, new)
    except reindexing.DoneBefore:
        count = 0
    following.replace(file)
    click.echo(_("Fingerprints of %(count)s people made anew.", count=count))


def _file_of(ring: Keyring) -> Path:
    if ring.source is None:
        raise KeyTrouble("The keys come from REFERRAL_KEYS_JSON; changing them needs a file: set REFERRAL_KEYS.")
    return ring.source


def _add_key(file: Path) -> str:
    """Put a new data key into the file and make it the current one; return its name."""
    content = keyring.read(file)
    number = max((int(name[1:]) for name in content["keys"] if name[1:].isdigit()), default=0) + 1
    name = f"k{number}"
    content["keys"][name] = new_keys()["keys"]["k1"]
    keyring.write(file, content | {"current": name}, over=True)
    return name


def _tell(place: str, done: int) -> None:
    click.echo(f"\r{place:<32} {done:>9}", nl=False)
    sys.stdout.flush()
