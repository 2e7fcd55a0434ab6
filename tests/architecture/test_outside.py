"""What leaves the house: addresses we build, and whom we call."""

from tests.architecture.test_house import found


def test_no_address_is_built_from_the_host_a_visitor_names() -> None:
    """A link that leaves the house (a mail, a text message, a webhook) begins with REFERRAL_BASE_ADDRESS.

    `addresses.whole` is for addresses shown to the reader of that very page, and begins with it too where it is set.
    """
    lines = found(r"_external|host_url|url_root|base_url", "referral")
    assert {line.split(":")[0] for line in lines} <= {"referral/addresses.py"}


def test_nothing_fetches_an_address_that_somebody_typed() -> None:
    """Only the city's sign-in, the mail server and listed hosts are called.

    Sign-in and mail server come from the settings, never from a form; `leaving` talks to the mail server through
    `mail`. An address that an administrator entered is called by `webhooks` alone: only where its host stands in the
    settings; its name is looked up once, private addresses are refused, and the connection goes to what was looked at.
    """
    network = r"^\s*(import|from) (requests|urllib\.request|http\.client|httpx|aiohttp|socket|smtplib|ftplib|urllib3)\b"
    lines = found(network, "referral", "models", "matching")
    assert {line.split(":")[0] for line in lines} <= {
        "referral/oidc.py",
        "referral/mail.py",
        "referral/leaving.py",
        "referral/webhooks.py",
    }
