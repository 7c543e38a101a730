"""Explanations name what keeps each statement from applying."""

from snapplatform.access.policies.explanation import explain
from tests.unit.access.documents import attached, request, statement


def test_every_statement_is_explained():
    policy = attached(
        statement(action="snap:List*"),
        statement(target="acs:snap:*:*:job/8"),
        statement(Condition={"StringEquals": {"snap:StreamName": list("abcdefg")}}),
        statement(Condition={"Bool": {"acs:SecureTransport": "true"}}),
        statement("Deny"),
        name="night",
        via="guards",
    )
    found = explain([policy], request(snap_StreamName="door"))
    assert [str(one) for one in found] == [
        "policy night of group guards, Statement[0], Allow: is not about the action snap:GetJob",
        "policy night of group guards, Statement[1], Allow: is not about acs:snap:*:1000000000000001:job/7",
        "policy night of group guards, Statement[2], Allow: StringEquals snap:StreamName wants "
        "'a', 'b', 'c', 'd', 'e' and 2 more; the request says 'door'",
        "policy night of group guards, Statement[3], Allow: "
        "Bool acs:SecureTransport wants 'true'; the request says nothing",
        "policy night of group guards, Statement[4], Deny: applies",
    ]
