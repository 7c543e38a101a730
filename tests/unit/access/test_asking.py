"""Requests made of a principal and a resource: what every request knows, and how things are named."""

from ipaddress import IPv4Address
from uuid import UUID

import pytest

from snapplatform import clock
from snapplatform.access.asking import request_of
from snapplatform.access.principal import Principal
from snapplatform.access.resources import MAX_NAME, TYPES, bucket_name, object_name, resource
from snapplatform.errors import InvalidValue
from tests.unit.access.documents import ACCOUNT, NOON

ANNA = Principal(ACCOUNT, UUID(int=1), "anna", source_ip="::ffff:192.0.2.7")


def test_what_every_request_knows():
    with clock.hold(NOON):
        request = request_of(
            ANNA, "snap:GetJob", resource(ACCOUNT, "job", 7), {"snap:Bucket": "b"}, secure=True
        )
    assert request.context == {
        "acs:CurrentTime": NOON,
        "acs:PrincipalARN": f"acs:ram::{ACCOUNT}:user/anna",
        "acs:SourceIp": IPv4Address("192.0.2.7"),
        "acs:SecureTransport": True,
        "snap:Bucket": "b",
    }


@pytest.mark.parametrize("source_ip", ["", "unix", "192.0.2.7:80", "*"])
def test_what_is_no_address_is_missing(source_ip: str):
    somebody = Principal(ACCOUNT, UUID(int=1), "anna", source_ip=source_ip)
    request = request_of(somebody, "snap:GetJob", resource(ACCOUNT, "job", 7))
    assert set(request.context) == {"acs:CurrentTime", "acs:PrincipalARN"}


def test_unknown_actions_and_types_are_mistakes_of_ours():
    with pytest.raises(ValueError, match="write it into"):
        request_of(ANNA, "snap:Nothing", resource(ACCOUNT, "job"))
    with pytest.raises(ValueError, match="write it into"):
        resource(ACCOUNT, "nothing")


def test_how_things_are_called():
    assert resource(ACCOUNT, "job").arn == f"acs:snap:*:{ACCOUNT}:job/*"
    assert resource(ACCOUNT, "stream", UUID(int=1), "a:b/c").relatives == (
        "stream/00000000-0000-0000-0000-000000000001",
        "stream/a:b/c",
    )
    assert resource(ACCOUNT, "bucket", bucket_name("local", "pics")).arn.endswith(":bucket/local/pics")
    assert object_name("local", "pics", "a/b.jpg") == "local/pics/a/b.jpg"
    assert str(resource(ACCOUNT, "node", "x")) == "acs:snap:*:*:node/x"
    assert resource(ACCOUNT, "job", "7", "7").relatives == ("job/7",)
    assert all(resource(ACCOUNT, kind, "x").relatives == (f"{kind}/x",) for kind in TYPES)


def test_a_name_too_long_for_anything_is_told():
    assert resource(ACCOUNT, "job", "x" * MAX_NAME)
    with pytest.raises(InvalidValue, match="1024"):
        resource(ACCOUNT, "job", "x" * (MAX_NAME + 1))
