"""Credentials: the RFCs' own examples, which challenge is taken, and when not to ask again."""

import re
import time

import pytest

from snapplatform.rtsp.auth import Authenticator, read_challenges

# RFC 2617, 3.5.
EXAMPLE = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
# RFC 7616, 3.9.1.
NEWER = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def fields(header: str) -> dict[str, str]:
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^ ,]*))', rest)}


def test_the_example_of_rfc_2617() -> None:
    one = Authenticator("Mufasa", "Circle Of Life")
    assert one.header("GET", "/dir/index.html") == ""
    assert one.challenged([EXAMPLE]) == ""
    said = fields(one.header("GET", "/dir/index.html", "0a4f113b"))
    assert said == {
        "username": "Mufasa",
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
        "response": "6629fae49393a05397450978507c4ef1",
        "opaque": "5ccc069c403ebaf9f0171e9517f40e41",
    }
    assert fields(one.header("GET", "/dir/index.html"))["nc"] == "00000002"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    one = Authenticator("Mufasa", "Circle of Life")
    assert one.challenged([NEWER.format(algorithm)]) == ""
    said = fields(one.header("GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"))
    assert (said["response"], said["algorithm"]) == (response, algorithm)


def test_without_qop_as_cameras_do_it() -> None:
    one = Authenticator("Mufasa", "Circle Of Life")
    one.challenged(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
    said = fields(one.header("GET", "/dir/index.html"))
    assert said["response"] == "670fd8c2df070c60b045671b8b24ff02"  # the same data in the form of RFC 2069
    assert "nc" not in said


def test_the_example_of_rfc_7617() -> None:
    one = Authenticator("test", "123\u00a3")
    one.challenged(['Basic realm="foo", charset="UTF-8"'])
    assert one.header("GET", "/") == "Basic dGVzdDoxMjPCow=="


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        (['Basic realm="a"', 'Digest realm="b", nonce="n"'], "Digest"),
        (['Digest realm="b", nonce="n"', 'Basic realm="a"'], "Digest"),
        (['Basic realm="Digest x", Digest realm="b", nonce="n"'], "Digest"),
        (['Digest realm="b", nonce="n", Basic realm="a"'], "Digest"),
        (['Digest realm="b", nonce="n"', 'Digest realm="b", nonce="n", algorithm=SHA-256'], "SHA-256"),
        (['Digest realm="b", nonce="n", algorithm=SHA-512', 'Basic realm="a"'], "Basic"),
        (['Digest realm="b", nonce="n", qop="auth-int"', 'Basic realm="a"'], "Basic"),
        (["basic realm=a"], "Basic"),
    ],
)
def test_the_strongest_challenge_is_taken(values: list[str], taken: str) -> None:
    one = Authenticator("u", "p")
    assert one.challenged(values) == ""
    assert taken in one.header("OPTIONS", "rtsp://h/")


def test_quotes_and_commas_in_names() -> None:
    one = Authenticator('u"s\\er', "p")
    one.challenged(['Digest realm="a, \\"b\\" Basic c", nonce="n,1"'])
    said = one.header("OPTIONS", "rtsp://h/")
    assert 'username="u\\"s\\\\er", realm="a, \\"b\\" Basic c", nonce="n,1"' in said


DIGEST = 'Digest realm="r", nonce="{}"'


def test_a_wrong_password_is_not_tried_again() -> None:
    one = Authenticator("u", "wrong")
    assert one.challenged([DIGEST.format(1)]) == ""
    assert one.challenged([DIGEST.format(2)]) == "user name or password are wrong"


def test_a_stale_nonce_is_renewed() -> None:
    one = Authenticator("u", "p")
    one.challenged([DIGEST.format(1)])
    assert one.challenged([DIGEST.format(2) + ", stale=TRUE"]) == ""
    assert fields(one.header("PLAY", "rtsp://h/"))["nonce"] == "2"


def test_a_nonce_that_was_good_once_is_renewed() -> None:
    """Some cameras forget to say that it is stale."""
    one = Authenticator("u", "p")
    one.challenged([DIGEST.format(1)])
    one.accepted = True
    assert one.challenged([DIGEST.format(2)]) == ""
    assert one.challenged([DIGEST.format(3)]) != ""


@pytest.mark.parametrize("weaker", ['Basic realm="r"', 'Digest realm="r", nonce="1"'])
def test_nobody_can_ask_for_less_afterwards(weaker: str) -> None:
    one = Authenticator("u", "p")
    one.challenged([DIGEST.format(1) + ", algorithm=SHA-256"])
    one.accepted = True
    assert one.challenged([weaker]) == "it wants a weaker kind of authentication than before"


@pytest.mark.parametrize("values", [[], ["Negotiate"], ["Digest realm=x"], ['Digest nonce="n", algorithm=X']])
def test_what_is_not_known_here(values: list[str]) -> None:
    assert "not known" in Authenticator("u", "p").challenged(values)


def test_without_credentials_nothing_is_said() -> None:
    one = Authenticator(None, None)
    assert one.challenged([EXAMPLE]) == "it wants a user name and a password"
    assert one.header("OPTIONS", "rtsp://h/") == ""


@pytest.mark.parametrize("piece", ['\\"', "a=", 'a="', "a", "a ", ", ", 'Digest "', "\\", "Digest a=,"])
def test_hostile_challenges_are_read_in_linear_time(piece: str) -> None:
    header = ("Digest " + piece * 4096)[:4096]
    begin = time.process_time()
    for _ in range(64):  # as many as one answer can hold
        read_challenges(header)
    assert time.process_time() - begin < 2
