"""Who may import whom, where the contracts of import-linter cannot say it."""

import grimp
import pytest
from grimp import ImportGraph

MAY_JOIN = {
    # the round and what is computed like one: on a copy, ahead of time, for planning, for many cities
    "referral.actions.rounds",
    "referral.previewwork",
    "referral.scenariowork",
    "referral.studywork",
    "referral.citywork",
    "referral.commands.rounds",
    # records turned into arrays
    "referral.queries.gathering.opening_arrays",
    "referral.queries.gathering.rates",
    "referral.queries.parameters",
    "referral.queries.policy_evidence",
    "referral.queries.refusals",
    "referral.queries.training",
    # what is learned
    "referral.actions.learning",
    "referral.actions.learning_words",
    "referral.actions.suggestions",
    # figures kept with a record, shown with the engine's own names for them
    "referral.coordination.learned",
    "referral.coordination.learned_words",
    "referral.coordination.network_words",
    # the demonstration's own
    "referral.actions.seeding.respite",
    # measurements
    "referral.bench",
    "referral.bench_city",
    "referral.bench_database",
}
"""The modules that may see both the records and the engine: they turn the ones into arrays for the other."""


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """Every import of our three packages."""
    return grimp.build_graph("referral", "models", "matching", cache_dir=None)


def sees(graph: ImportGraph, package: str) -> set[str]:
    """The modules that import something of a package themselves."""
    within = {package, *graph.find_descendants(package)}
    return {importer for module in within for importer in graph.find_modules_that_directly_import(module)} - within


def test_only_the_round_joins_records_and_matching(graph: ImportGraph) -> None:
    both = sees(graph, "matching") & sees(graph, "models")
    assert both <= MAY_JOIN
