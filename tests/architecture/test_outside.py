"""What leaves the house: addresses we build, and whom we call."""

from tests.architecture.test_house import found


def test_no_address_is_built_from_the_host_a_visitor_names() -> None:
    """A link that leaves the house (a mail) begins with REFERRAL_BASE_ADDRESS."""
    lines = found(r"_external|host_url|url_root|base_url", "referral")
    # Shown to the administrator who reads that very page.
    assert {line.split(":")[0] for line in lines} <= {"referral/admin/accounts.py"}


def test_nothing_fetches_an_address_that_somebody_typed() -> None:
    """Only the city's sign-in and the mail server are called; both come from the settings, never from a form."""
    network = r"^\s*(import|from) (requests|urllib\.request|http\.client|httpx|aiohttp|socket|smtplib|ftplib|urllib3)\b"
    lines = found(network, "referral", "models", "matching")
    assert {line.split(":")[0] for line in lines} <= {"referral/oidc.py", "referral/mail.py"}
