from collections import Counter

import pytest

from tools.mutants.rules import PROJECT, Rule, rules


def test_twenty_rules_of_each_domain_are_taken_out_for_trial() -> None:
    assert Counter(rule.domain for rule in rules()) == {"rooms": 20, "sessions": 20, "media": 20}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.domain}: {rule.name}")
def test_the_code_that_holds_a_rule_stands_once_and_can_be_taken_out(rule: Rule) -> None:
    compile(rule.without((PROJECT / rule.file).read_text()), rule.file, "exec")
