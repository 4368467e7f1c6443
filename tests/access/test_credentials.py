"""Header values → one credential, or a refusal (contract A1)."""

from __future__ import annotations

from base64 import b64encode

import pytest

from kwrest.access.credentials import Credential, Pair, Token, credential, token_text
from kwrest.errors import BadCredentials, BadToken, KwrestError

SECRET = "kwr1_" + "a" * 43


def b64(text: str | bytes) -> bytes:
    return b64encode(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    "authorization, found",
    [
        (b"Basic " + b64("root:pw"), Pair("root", "pw", header=False)),
        (b"basic " + b64("root:pw"), Pair("root", "pw", header=False)),
        (b"BASIC  " + b64("root:pw") + b" ", Pair("root", "pw", header=False)),
        (b"Basic " + b64("root:a:b:"), Pair("root", "a:b:", header=False)),
        (b"Basic " + b64("root:"), Pair("root", "", header=False)),
        (b"Basic " + b64(":pw"), Pair("", "pw", header=False)),
        (b"Basic " + b64("zoë:pässwörd/@^#%"), Pair("zoë", "pässwörd/@^#%", header=False)),
        (b"Basic " + b64("zo\xeb:p\xe4ss".encode("latin-1")), Pair("zoë", "päss", header=False)),
        (b"Basic " + b64(f"root:{SECRET}"), Token("root", SECRET, header=False)),
        (b"Basic " + b64("root:kwr1_"), Token("root", "kwr1_", header=False)),
        (b"Bearer " + b64(f"root:{SECRET}"), Token("root", SECRET, header=False)),
        (b"Token " + b64(f"root:{SECRET}"), Token("root", SECRET, header=False)),
        (b"token " + b64(f"root:{SECRET}"), Token("root", SECRET, header=False)),
    ],
)
def test_authorization(authorization: bytes, found: Credential) -> None:
    assert credential([authorization], [], []) == found
    assert credential([authorization], [b"other"], [b"pw"]) == found, "Authorization counts"


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Basic",
        b"Basic ",
        b"Basic root:pw",
        b"Basic " + b64("rootpw"),
        b"Basic " + b64("root:pw").rstrip(b"="),
        b"Basic " + b64("root:pww") + b"=",
        b"Basic " + b64("root:pw") + b"\n",
        b"Basic " + b64("root:pw")[:4] + b" " + b64("root:pw")[4:],
        b"Basic " + b64("root:pw") + b", Basic " + b64("root:pw"),
        b"Basic " + b64("a:pw").replace(b"==", b"") + b"==" if b64("a:pw")[-1:] != b"=" else b"Basic YTpwdx==",
        b"Basic " + b64(b"\xff\xfe:\xfb\xff").replace(b"+", b"-").replace(b"/", b"_"),
        b"Bearer " + b64("root:pw"),
        b"Bearer " + SECRET.encode(),
        b"Token " + b64("root:pw"),
        b"Token root:pw",
        b"Token root:" + SECRET.encode(),
        b"Digest username=root",
        b"Negotiate " + b64("root:pw"),
        SECRET.encode(),
        b64(f"root:{SECRET}"),
    ],
)
def test_an_authorization_of_no_known_form_is_refused_without_fall_back(authorization: bytes) -> None:
    with pytest.raises(BadToken, match=r"^Incorrect authentication token$"):
        credential([authorization], [b"root"], [b"pw"])


@pytest.mark.parametrize(
    "username, password, found",
    [
        ([b"root"], [b"pw"], Pair("root", "pw", header=True)),
        ([b"root"], [b"a:b"], Pair("root", "a:b", header=True)),
        (["zoë".encode()], ["pä".encode("latin-1")], Pair("zoë", "pä", header=True)),
        ([b"root"], [SECRET.encode()], Token("root", SECRET, header=True)),
        ([], [], None),
    ],
)
def test_header_pair(username: list[bytes], password: list[bytes], found: Credential | None) -> None:
    assert credential([], username, password) == found


ONE = b"Basic " + b64("root:pw")


@pytest.mark.parametrize(
    "authorization, username, password",
    [
        ([ONE, ONE], [], []),
        ([ONE], [b"root", b"root"], []),
        ([ONE], [b"root"], [b"pw", b"pw"]),
        ([], [b"root", b"root"], [b"pw"]),
        ([], [b"root"], [b"pw", b"pw"]),
        ([], [b"root"], []),
        ([], [], [b"pw"]),
    ],
)
def test_a_header_sent_twice_or_half_a_pair_is_refused(
    authorization: list[bytes], username: list[bytes], password: list[bytes]
) -> None:
    with pytest.raises(BadCredentials):
        credential(authorization, username, password)


@pytest.mark.parametrize(
    "said, refusal",
    [
        (Pair("a", "b", header=True), BadCredentials),
        (Token("a", "b", header=True), BadCredentials),
        (Pair("a", "b", header=False), BadToken),
        (Token("a", "b", header=False), BadToken),
    ],
)
def test_the_refusal_says_what_the_form_promises(said: Credential, refusal: type[KwrestError]) -> None:
    assert type(said.refusal) is refusal


def test_a_token_is_read_as_it_was_written_and_nothing_secret_is_printed() -> None:
    read = credential([b"Basic " + token_text("zoë", SECRET).encode()], [], [])
    assert read == Token("zoë", SECRET, header=False)
    assert SECRET not in repr(read) and "pw" not in repr(Pair("root", "pw", header=True))
