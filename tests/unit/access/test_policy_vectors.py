"""Thousands of random policies and requests: two evaluators that share no code must agree."""

from collections import Counter
from random import Random

from snapplatform.access.actions import ACTIONS
from snapplatform.access.policies import keys
from snapplatform.access.policies.evaluation import Attached, Request, evaluate
from snapplatform.access.policies.explanation import explain
from snapplatform.access.policies.language import parse
from snapplatform.access.policies.values import Value, address, flag, time
from snapplatform.access.resources import resource
from tests.unit.access import brute_force, random_policies

READ = {
    keys.CURRENT_TIME: time,
    keys.MEDIA_TIME: time,
    keys.SECURE_TRANSPORT: flag,
    keys.SOURCE_IP: address,
}


def test_3000_random_decisions_agree_with_brute_force():
    random = Random(5)
    verdicts: Counter[str] = Counter()
    for number in range(3000):
        documents = [random_policies.document(random) for _ in range(random.randint(0, 3))]
        action = random.choice(ACTIONS)
        names = random.sample(random_policies.NAMES, random.randint(1, 2))
        thing = resource(random_policies.ACCOUNTS[0], random.choice(random_policies.KINDS), *names)
        said = random_policies.context(random)
        whole = [
            f"acs:{service}:*:{thing.account}:{relative}"
            for service in action.services
            for relative in thing.relatives
        ]
        expected = brute_force.decide(documents, action.name, list(action.aliases), whole, said)

        typed: dict[str, Value] = {key: READ.get(key, str)(text) for key, text in said.items()}
        policies = [Attached(f"p{index}", parse(text)) for index, text in enumerate(documents)]
        request = Request(action, thing, typed)
        decision = evaluate(policies, request)
        assert decision.verdict == expected, (number, documents, action.name, whole, said)

        effects = {one.statement.effect for one in explain(policies, request) if one.applies}
        assert ("Deny" in effects) == (expected == "ExplicitDeny"), (number, documents)
        assert ("Allow" in effects) or expected != "Allow"
        verdicts[expected] += 1
    assert min(verdicts.values()) > 300, verdicts
    assert len(verdicts) == 3
