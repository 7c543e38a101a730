"""Policy documents: what is one, and where the mistake is in what is none."""

import json
from typing import Any

import pytest

from snapplatform.access.policies.document import Effect
from snapplatform.access.policies.errors import InvalidPolicy
from snapplatform.access.policies.language import MAX_STATEMENTS, digest_of, parse
from snapplatform.access.policies.reading import MAX_CHARACTERS
from snapplatform.errors import InvalidValue
from tests.unit.access.documents import statement, text


def test_a_whole_document():
    document = parse(
        text(
            statement("Allow", ["snap:Get*", "ICE:List?"], "acs:ice:cn-shanghai:*:job/*"),
            statement("Deny", "*", ["*"], Condition={"Bool": {"acs:SecureTransport": "false"}}),
        )
    )
    assert [one.effect for one in document.statements] == [Effect.ALLOW, Effect.DENY]
    assert [one.index for one in document.statements] == [0, 1]
    assert document.about(("snap:getjob",)) == (document.statements[1:], document.statements[:1])
    assert document.about(("snap:deletejob",)) == (document.statements[1:], ())


def test_one_statement_need_not_be_in_a_list():
    assert len(parse(json.dumps({"Version": "1", "Statement": statement()})).statements) == 1


def test_text_and_its_bytes_are_the_same_document():
    written = text(statement(Condition={"StringEquals": {"snap:StreamName": "Tür"}}))
    assert parse(written) == parse(written.encode())
    assert parse(written).digest == digest_of(written)


def in_condition(operator: str, key: str, value: Any) -> str:
    return text(statement(Condition={operator: {key: value}}))


VALID = [
    text(statement(Condition={})),
    text({"Effect": "Deny", "NotAction": "ice:*", "NotResource": "acs:snap::*:bucket/a:b:c"}),
    in_condition("StringLike", "acs:ResourceTag/team name", ["", "a*"]),
    in_condition("NumericLessThan", "acs:RequestTag/level", [5, "-0.5", 1.25]),
    in_condition("NumericEquals", "acs:RequestTag/level", "+007.50"),
    in_condition("DateEquals", "acs:CurrentTime", "2026-11-20T08:00Z"),
    in_condition("DateLessThan", "snap:MediaTime", "2024-02-29T23:59:59.5+14:00"),
    in_condition("Bool", "acs:SecureTransport", [True, "False"]),
    in_condition(
        "IpAddress", "acs:SourceIp", ["10.0.0.1/8", "2001:db8::/32", "::ffff:10.0.0.1", "192.0.2.7"]
    ),
    in_condition("NotIpAddress", "acs:SourceIp", "0.0.0.0/0"),
    in_condition("StringNotEquals", "acs:PrincipalARN", "acs:ram::1000000000000001:user/anna"),
]


@pytest.mark.parametrize("document", VALID)
def test_valid(document: str):
    assert parse(document).statements


def without(key: str) -> dict[str, Any]:
    found = statement()
    del found[key]
    return found


INVALID = [
    ("", "document", "is not JSON"),
    ("[]", "document", "must be a JSON object"),
    ('{"Version": "1", ', "document", "line 1, column 18"),
    (b'{"Version": "\xff"}', "document", "not UTF-8: byte 13"),
    ('{"Version": "\ud800"}', "document", "half a character at place 13"),
    ("\ufeff" + text(statement()), "document", "BOM"),
    ('{"Version": "1", "Statement": NaN}', "document", "NaN is no value"),
    ("[" * 5000, "document", "nested deeper than 8"),
    ("[" * 9, "document", "nested deeper than 8 at place 8"),
    (text(statement()) + " " * MAX_CHARACTERS, "document", "6144 characters"),
    (text(*[statement()] * (MAX_STATEMENTS + 1)), "Statement", "100 statements"),
    ('{"Statement": []}', "Version", 'must be the text "1"'),
    ('{"Version": 1, "Statement": []}', "Version", 'must be the text "1"'),
    ('{"Version": "2012-10-17", "Statement": []}', "Version", 'must be the text "1"'),
    ('{"Version": "1", "Version": "1"}', "Version", "stands twice"),
    ('{"Version": "1", "Id": "x"}', "Id", "no such element; there are Version, Statement"),
    ('{"Version": "1"}', "Statement", "is missing"),
    ('{"Version": "1", "Statement": []}', "Statement", "empty list"),
    ('{"Version": "1", "Statement": "x"}', "Statement", "must be a JSON object"),
    ('{"Version": "1", "Statement": [{}, 5]}', "Statement[0].Effect", "is missing"),
    (text(statement(), "x"), "Statement[1]", "must be a JSON object"),
    (text(statement(Sid="x")), "Statement[0].Sid", "no such element"),
    (text(statement(effect="Allow", action="*", effekt="x")), "Statement[0].effekt", "no such element"),
    (text(statement(Principal={"RAM": ["x"]})), "Statement[0].Principal", "leave it out"),
    (text(statement("allow")), "Statement[0].Effect", "must be Allow or Deny"),
    (text(statement(["Allow"])), "Statement[0].Effect", "must be Allow or Deny"),
    (
        '{"Version": "1", "Statement": [{"Effect": "Deny", "Effect": "Allow"}]}',
        "Statement[0].Effect",
        "twice",
    ),
    (text(without("Action")), "Statement[0].Action", "write one of Action and NotAction"),
    (text(statement(NotAction="*")), "Statement[0].NotAction", "not both"),
    (text(without("Resource")), "Statement[0].Resource", "write one of Resource and NotResource"),
    (text(statement(NotResource="*")), "Statement[0].NotResource", "not both"),
    (text(statement(action=[])), "Statement[0].Action", "empty list"),
    (text(statement(action=["*", 5])), "Statement[0].Action[1]", "must be text"),
    (text(statement(action=None)), "Statement[0].Action", "must be text"),
    (text(statement(action=[["*"]])), "Statement[0].Action[0]", "must be text"),
    (text(statement(action="GetJob")), "Statement[0].Action", "service:Action"),
    (text(statement(action="snap:Get Job")), "Statement[0].Action", "service:Action"),
    (text(statement(action="snap:Gét")), "Statement[0].Action", "service:Action"),
    (text(statement(action="snap:Get\n")), "Statement[0].Action", "control"),
    (text(statement(target="arn:aws:s3:::x")), "Statement[0].Resource", "acs:service:region:account"),
    (text(statement(target="acs:snap:*:*")), "Statement[0].Resource", "acs:service:region:account"),
    (text(statement(target="acs:snap:*:*:")), "Statement[0].Resource", "acs:service:region:account"),
    (text(statement(target="acs:*")), "Statement[0].Resource", "acs:service:region:account"),
    (text(statement(target="acs::*:*:job/1")), "Statement[0].Resource", "the service can't be ''"),
    (text(statement(target="acs:snap:*:me:job/1")), "Statement[0].Resource", "the account can't be 'me'"),
    (text(statement(target="acs:snap:*::job/1")), "Statement[0].Resource", "the account can't be ''"),
    (text(statement(target="acs:snap:*:*:job/${x}")), "Statement[0].Resource", "no variables"),
    (text(statement(target="acs:snap:*:*:job/\u0000")), "Statement[0].Resource", "control"),
    (text(statement(target="acs:snap:*:*:job/\udfff")), "Statement[0].Resource", "invalid characters"),
    (text(statement(Condition=[])), "Statement[0].Condition", "must be a JSON object"),
    (text(statement(Condition={"StringLike": {}})), "Statement[0].Condition.StringLike", "no condition key"),
    (text(statement(Condition={"StringLike": 5})), "Statement[0].Condition.StringLike", "JSON object"),
]
INVALID_CONDITIONS = [
    ("StringLikes", "snap:Bucket", "x", "StringLikes", "no such element; there are StringEquals, "),
    ("stringlike", "snap:Bucket", "x", "stringlike", "no such element"),
    ("StringEqualsIfExists", "snap:Bucket", "x", "StringEqualsIfExists", "no such element"),
    ("ForAnyValue:StringEquals", "snap:Bucket", "x", "ForAnyValue:StringEquals", "no such element"),
    ("StringEquals", "snap:bucket", "x", "StringEquals.snap:bucket", "no such condition key; there are "),
    ("Bool", "acs:MFAPresent", "true", "Bool.acs:MFAPresent", "no such condition key"),
    ("StringEquals", "acs:ResourceTag/", "x", "StringEquals.acs:ResourceTag/", "no such condition key"),
    ("StringEquals", "acs:ResourceTag", "x", "StringEquals.acs:ResourceTag", "no such condition key"),
    ("StringEquals", "\ud800", "x", "StringEquals.\\ud800", "no such condition key"),
    ("StringEquals", "x" * 200, "x", "StringEquals." + "x" * 64, "no such condition key"),
    ("StringEquals", "acs:SourceIp", "10.0.0.1", "StringEquals.acs:SourceIp", "use one of IpAddress, Not"),
    ("StringEquals", "snap:MediaTime", "x", "StringEquals.snap:MediaTime", "is a time: use one of Date"),
    ("IpAddress", "snap:Bucket", "x", "IpAddress.snap:Bucket", "is a text: use one of StringEquals, "),
    ("StringEquals", "snap:Bucket", [], "StringEquals.snap:Bucket", "empty list"),
    ("StringEquals", "snap:Bucket", ["a", 5], "StringEquals.snap:Bucket[1]", "must be text"),
    ("StringEquals", "snap:Bucket", True, "StringEquals.snap:Bucket", "must be text"),
    ("StringEquals", "snap:Bucket", {"a": "b"}, "StringEquals.snap:Bucket", "must be text"),
    ("StringEquals", "snap:Bucket", "${acs:x}", "StringEquals.snap:Bucket", "no variables"),
    ("StringEquals", "snap:Bucket", "a\tb", "StringEquals.snap:Bucket", "control"),
    ("NumericEquals", "acs:RequestTag/n", "1e5", "NumericEquals.acs:RequestTag/n", "must be a number"),
    ("NumericEquals", "acs:RequestTag/n", 1e300, "NumericEquals.acs:RequestTag/n", "must be a number"),
    ("NumericEquals", "acs:RequestTag/n", "١", "NumericEquals.acs:RequestTag/n", "must be a number"),
    ("NumericEquals", "acs:RequestTag/n", "", "NumericEquals.acs:RequestTag/n", "must be a number"),
    ("Bool", "acs:SecureTransport", "yes", "Bool.acs:SecureTransport", "must be true or false"),
    ("Bool", "acs:SecureTransport", 1, "Bool.acs:SecureTransport", "must be text"),
    ("DateEquals", "acs:CurrentTime", "2026-11-20", "DateEquals.acs:CurrentTime", "a time with its zone"),
    ("DateEquals", "acs:CurrentTime", "2026-11-20T08:00:00", "DateEquals.acs:CurrentTime", "with its zone"),
    ("DateEquals", "acs:CurrentTime", "2026-02-30T08:00:00Z", "DateEquals.acs:CurrentTime", "no such time"),
    ("DateEquals", "acs:CurrentTime", "0001-01-01T00:00:00+14:00", "DateEquals.acs:CurrentTime", "no such"),
    ("DateEquals", "acs:CurrentTime", "9999-12-31T23:59:59-01:00", "DateEquals.acs:CurrentTime", "no such"),
    ("IpAddress", "acs:SourceIp", "10.0.*", "IpAddress.acs:SourceIp", "an address or a network"),
    ("IpAddress", "acs:SourceIp", "10.0.0.0/33", "IpAddress.acs:SourceIp", "an address or a network"),
    ("IpAddress", "acs:SourceIp", "10.0.0.0/255.0.0.0", "IpAddress.acs:SourceIp", "an address or a network"),
    ("IpAddress", "acs:SourceIp", "fe80::1%eth0", "IpAddress.acs:SourceIp", "an address or a network"),
    ("IpAddress", "acs:SourceIp", "", "IpAddress.acs:SourceIp", "an address or a network"),
]
INVALID += [
    (in_condition(operator, key, value), f"Statement[0].Condition.{path}", reason)
    for operator, key, value, path, reason in INVALID_CONDITIONS
]


@pytest.mark.parametrize(("document", "path", "reason"), INVALID)
def test_invalid_with_path_and_reason(document: str | bytes, path: str, reason: str):
    with pytest.raises(InvalidPolicy) as caught:
        parse(document)
    assert caught.value.path == path
    assert reason in caught.value.reason
    assert isinstance(caught.value, InvalidValue)  # so APIs answer it as one
    str(caught.value).encode()  # can be shown and stored, whatever was in the document


def test_a_key_that_stands_twice_in_a_condition():
    for inner, path in (
        (
            '{"Bool": {"acs:SecureTransport": "true", "acs:SecureTransport": "false"}}',
            "Bool.acs:SecureTransport",
        ),
        ('{"Bool": {"acs:SecureTransport": "true"}, "Bool": {"acs:SecureTransport": "false"}}', "Bool"),
    ):
        with pytest.raises(InvalidPolicy, match="stands twice") as caught:
            parse(text(statement(Condition="%")).replace('"%"', inner))
        assert caught.value.path == f"Statement[0].Condition.{path}"


def test_the_largest_document_is_taken():
    names = [f"snap:Action{number:04}" for number in range(400)]
    while len(text(statement(action=names))) > MAX_CHARACTERS:
        names.pop()
    written = text(statement(action=names))
    assert parse(written + " " * (MAX_CHARACTERS - len(written))).statements
