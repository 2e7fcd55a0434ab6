"""Photos and signatures: made anew, without what the camera wrote beside them, and sealed."""

import base64
import io

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from models import PictureKind, VisitPicture
from referral.actions.erasing import empty_file
from referral.actions.pictures import NotAPicture, from_address, remake
from tests.factories import AT
from tests.referral.phones import PhoneDesk

PLACE = 0x8825
"""The tag of Exif under which a position stands."""


@pytest.fixture
def desk(session: Session, client: FlaskClient) -> PhoneDesk:
    return PhoneDesk(session, client)


def taken(width: int = 3000, height: int = 2000) -> bytes:
    """A photo as a camera writes it: lying on its side, with position, maker and time."""
    picture = Image.effect_mandelbrot((width, height), (-2.0, -1.5, 1.0, 1.5), 20).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "CNRY-MAKER"
    exif.get_ifd(PLACE).update({1: "N", 2: (32.0, 12.0, 34.5), 3: "E", 4: (119.0, 26.0, 11.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"CNRY-COMMENT")
    return out.getvalue()


def address(data: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def drawn() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (600, 200), (0, 0, 0, 0)).save(out, "PNG")
    return out.getvalue()


def test_position_maker_and_comment_are_gone_and_the_photo_stands_upright() -> None:
    before = taken()
    assert Image.open(io.BytesIO(before)).getexif().get_ifd(PLACE)
    made = remake(before, PictureKind.PHOTO)
    after = Image.open(io.BytesIO(made.data))
    assert (made.width, made.height) == after.size
    assert after.size == (853, 1280)
    assert not dict(after.getexif())
    assert b"Exif" not in made.data
    assert b"CNRY" not in made.data
    assert len(made.data) < len(before)


@pytest.mark.parametrize("data", [b"<html>", b"", b"\xff\xd8\xff broken", b"GIF89a" + bytes(40)])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        remake(data, PictureKind.PHOTO)


def test_a_picture_that_blows_up_is_refused_before_it_is_drawn() -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    with pytest.raises(NotAPicture):
        remake(out.getvalue(), PictureKind.PHOTO)


@pytest.mark.parametrize(
    "text", ["", "data:text/html;base64,AAAA", "data:image/png;base64,???", "https://example.org/x"]
)
def test_only_pictures_of_a_canvas_are_taken_as_text(text: str) -> None:
    with pytest.raises(NotAPicture):
        from_address(text)


def test_photo_and_signature_come_sealed_to_their_writer_and_to_the_station(desk: PhoneDesk) -> None:
    fields = desk.fields(photo_data=address(taken(600, 400)), signature_data=address(drawn(), "png"))
    status, told = desk.send(desk.envelope("one", **fields))
    assert status == 200, told
    page = desk.client.get(f"/phone/visits/{told['reply']['visits'][0]}")
    assert page.status_code == 200
    kept = desk.session.scalars(sa.select(VisitPicture).order_by(VisitPicture.kind)).all()
    assert [one.kind for one in kept] == [PictureKind.PHOTO, PictureKind.SIGNATURE]
    raw = desk.session.execute(sa.text("SELECT image FROM visit_picture")).scalars().all()
    assert all("/9j/" not in one and "iVBOR" not in one for one in raw)
    for one, mimetype in zip(kept, ("image/jpeg", "image/png"), strict=True):
        shown = desk.client.get(f"/phone/pictures/{one.id}")
        assert (shown.status_code, shown.mimetype) == (200, mimetype)
        assert Image.open(io.BytesIO(shown.data)).size == (one.width, one.height)
        assert shown.headers["Cache-Control"] == "no-store"


def test_a_picture_that_cannot_be_read_saves_nothing_and_loses_nothing(desk: PhoneDesk) -> None:
    status, told = desk.send(desk.envelope("one", **desk.fields(photo_data="data:image/png;base64,AAAA")))
    assert (status, told["code"], told["fields"]["note"]) == (422, "not_a_picture", ["一起吃了午饭"])


def test_an_emptied_file_keeps_no_picture_and_no_promise(desk: PhoneDesk) -> None:
    desk.send(desk.envelope("one", **desk.fields(photo_data=address(taken(300, 200)))))
    desk.session.expire_all()
    empty_file(desk.session, desk.person, at=AT)
    assert not desk.session.scalars(sa.select(VisitPicture)).all()
    assert desk.session.execute(sa.text("SELECT promise, seen_needs, attitude FROM visit_detail")).one() == (None,) * 3
