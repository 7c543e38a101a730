"""Decisions: deny over allow over nothing, actions under all their names, resources field by field."""

from typing import Any

import pytest

from snapplatform.access.policies.evaluation import Verdict, evaluate
from tests.unit.access.documents import ACCOUNT, attached, request, statement

ALLOWED, EXPLICIT, IMPLICIT = Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY


def verdict(*statements: dict[str, Any], asked: Any = None) -> Verdict:
    return evaluate([attached(*statements)], asked or request()).verdict


def test_nothing_said_is_no():
    decision = evaluate([], request())
    assert (decision.verdict, decision.policy, decision.statement) == (IMPLICIT, None, None)
    assert not decision.allowed
    assert decision.why == "No statement allows it."


def test_an_explicit_deny_wins_wherever_it_stands():
    allow, deny = (
        attached(statement(), name="all"),
        attached(statement("Deny", "snap:Get*"), name="not", via="g"),
    )
    for policies in ([allow, deny], [deny, allow]):
        decision = evaluate(policies, request())
        assert (decision.verdict, decision.policy, decision.statement) == (
            EXPLICIT,
            deny,
            deny.document.statements[0],
        )
    assert decision.why == "Denied by Statement[0] of policy not of group g."
    assert decision.verdict == "ExplicitDeny"  # the vendor's word


def test_the_first_statement_that_allows_is_named():
    policy = attached(statement(action="snap:List*"), statement(action="snap:GetJob"), statement())
    decision = evaluate([policy], request())
    assert decision.statement is policy.document.statements[1]
    assert decision.why == "Allowed by Statement[1] of policy tested."


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*", "snap:GetJob", ALLOWED),
        ("*:*", "snap:GetJob", ALLOWED),
        ("snap:getjob", "snap:GetJob", ALLOWED),
        ("SNAP:GET*", "snap:GetJob", ALLOWED),
        ("snap:GetJo?", "snap:GetJob", ALLOWED),
        ("snap:GetJob?", "snap:GetJob", IMPLICIT),
        ("snap:Get", "snap:GetJob", IMPLICIT),
        ("ice:GetLiveSnapshotJob", "snap:GetJob", ALLOWED),
        ("ice:*", "snap:GetJob", ALLOWED),
        ("ice:*", "snap:CreateBucket", IMPLICIT),
        ("ice:SendLiveSnapshotJobCommand", "snap:StopJob", ALLOWED),
        ("tiw:*", "snap:GetJob", IMPLICIT),
        ("tiw:CreateSnapshotTask", "snap:CreateWhiteboardTask", ALLOWED),
    ],
)
def test_actions_go_by_all_their_names(pattern: str, name: str, expected: Verdict):
    assert verdict(statement(action=pattern), asked=request(name)) is expected


def test_a_deny_on_any_alias_wins():
    asked = request("snap:StartJob")
    denied = statement("Deny", "ice:SendLiveSnapshotJobCommand")
    assert verdict(statement(action="snap:*"), denied, asked=asked) is EXPLICIT


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", ALLOWED),
        ("acs:snap:*:*:*", ALLOWED),
        ("acs:snap:cn-shanghai:*:job/*", ALLOWED),  # the region is not compared
        (f"acs:snap:*:{ACCOUNT}:job/7", ALLOWED),
        ("acs:ice:*:*:*", ALLOWED),
        ("acs:ICE:*:*:job/7", ALLOWED),
        ("acs:*:*:100000000000000?:job/7", ALLOWED),
        ("acs:tiw:*:*:*", IMPLICIT),
        ("acs:snap:*:1000000000000002:*", IMPLICIT),
        ("acs:snap:*:*:job/8", IMPLICIT),
        ("acs:snap:*:*:jobs/*", IMPLICIT),
        ("acs:snap:*:*:JOB/7", IMPLICIT),
    ],
)
def test_resources(pattern: str, expected: Verdict):
    assert verdict(statement(target=pattern)) is expected
    turned = {"Effect": "Allow", "Action": "*", "NotResource": pattern}
    assert verdict(turned) is (IMPLICIT if expected is ALLOWED else ALLOWED)


def test_a_star_never_reaches_into_the_next_field():
    """A stream may have colons in its name, and would else pass for a job."""
    asked = request("snap:GetStream", "stream", "x:1:job/1")
    assert verdict(statement(target="acs:snap:*:*:job/*"), asked=asked) is IMPLICIT
    assert verdict(statement(target="acs:snap:*:*:stream/x:*"), asked=asked) is ALLOWED


def test_a_thing_is_meant_under_any_of_its_names():
    asked = request("snap:GetStream", "stream", "0197-id", "door")
    every = statement()
    assert verdict(every, statement("Deny", target="acs:snap:*:*:stream/door"), asked=asked) is EXPLICIT
    assert verdict(every, statement("Deny", target="acs:snap:*:*:stream/0197-id"), asked=asked) is EXPLICIT
    others = {"Effect": "Deny", "Action": "*", "NotResource": "acs:snap:*:*:stream/door"}
    assert verdict(every, others, asked=asked) is ALLOWED


def test_not_action_is_everything_else():
    but_ice = {"Effect": "Allow", "NotAction": ["ice:*", "snap:List*"], "Resource": "*"}
    assert verdict(but_ice, asked=request("snap:CreateBucket", "bucket")) is ALLOWED
    assert verdict(but_ice, asked=request("snap:ListBuckets", "bucket")) is IMPLICIT
    assert verdict(but_ice, asked=request("snap:GetJob")) is IMPLICIT  # it is ice:GetLiveSnapshotJob too


def test_conditions_decide_whether_a_statement_applies():
    policy = statement(Condition={"StringLike": {"snap:StreamName": "door*"}})
    assert verdict(policy, asked=request(snap_StreamName="door-1")) is ALLOWED
    assert verdict(policy, asked=request(snap_StreamName="roof")) is IMPLICIT
    assert verdict(policy) is IMPLICIT
    safe = statement("Deny", Condition={"Bool": {"acs:SecureTransport": "false"}})
    assert verdict(statement(), safe, asked=request(acs_SecureTransport=False)) is EXPLICIT
    assert verdict(statement(), safe, asked=request(acs_SecureTransport=True)) is ALLOWED
