"""Suggestions from a person's own words."""

import pytest

from matching.text import Suggester, train

EXAMPLES = {
    "meals": ["老人在家做不了饭，想要送餐", "每天中午送餐上门", "希望助餐，自己不能做饭", "需要午饭送到家"],
    "respite": ["照顾母亲太累，想有人替几天", "需要喘息服务", "家里人要出门，老人没人照看几天", "想短期托养"],
    "transport": ["去医院没有车", "需要接送看病", "腿脚不便，出门就医要人接送", "透析需要车接送"],
    "repairs": ["屋顶漏水要修", "家里电线老化，想检修", "门窗坏了", "厕所要装扶手"],
}


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    pairs = [(text, label) for label, texts in EXAMPLES.items() for text in texts]
    return train([text for text, _ in pairs], [label for _, label in pairs])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("中午想要送餐", "meals"),
        ("看病没人接送", "transport"),
        ("屋顶又漏水了", "repairs"),
        ("想请人替几天，照顾太累", "respite"),
    ],
)
def test_the_service_meant_comes_first_and_at_most_three_are_named(suggester: Suggester, text: str, label: str) -> None:
    suggestions = suggester.suggest(text)
    assert suggestions[0].label == label
    assert len(suggestions) <= 3
    scores = [suggestion.score for suggestion in suggestions]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


@pytest.mark.parametrize("text", ["", "。。。！", "lorem ipsum dolor", "股票基金投资理财", "12345"])
def test_nothing_is_suggested_for_what_was_never_learnt(suggester: Suggester, text: str) -> None:
    assert suggester.suggest(text) == []


def test_the_order_of_examples_and_full_width_letters_change_nothing(suggester: Suggester) -> None:
    pairs = [(text, label) for label, texts in EXAMPLES.items() for text in texts][::-1]
    other = train([text for text, _ in pairs], [label for _, label in pairs])
    for text in ("需要送餐和接送", "老人没人照看"):
        assert suggester.suggest(text) == other.suggest(text)
    mixed = train(["ABC 12", "xyz"], ["a", "b"])
    assert mixed.suggest("ＡＢＣ　１２") == mixed.suggest("abc 12") != []


def test_a_higher_threshold_makes_it_abstain() -> None:
    pairs = [(text, label) for label, texts in EXAMPLES.items() for text in texts]
    strict = train([text for text, _ in pairs], [label for _, label in pairs], threshold=0.999)
    assert strict.suggest("家里需要") == []


def test_examples_without_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        train(["a", "b"], ["x"])
    with pytest.raises(ValueError, match="label"):
        train(["a", "b"], ["x", "x"])
