"""What a connection knows of its peer."""

import pytest

from snapplatform.net.sockets import address_of


@pytest.mark.parametrize(
    ("peername", "address"),
    [
        (("192.0.2.7", 1935), "192.0.2.7"),
        (("2001:db8::1", 1935, 0, 0), "2001:db8::1"),
        (("::ffff:127.0.0.1", 1935, 0, 0), "127.0.0.1"),
        (None, ""),
        ("", ""),
        ((), ""),
    ],
)
def test_the_address_is_the_same_however_the_socket_was_opened(peername: object, address: str) -> None:
    assert address_of(peername) == address
