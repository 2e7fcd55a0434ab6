"""The matching core: arrays in, a frozen result out. It cannot see whom it matches."""

from matching.assign import solve
from matching.eligibility import Rule
from matching.params import BadParams, Params
from matching.problem import Needs, Openings, PairFacts, Problem
from matching.result import PARTS, Change, Move, Reason, Result, Why
from matching.tables import BadProblem

__all__ = [
    "PARTS",
    "BadParams",
    "BadProblem",
    "Change",
    "Move",
    "Needs",
    "Openings",
    "PairFacts",
    "Params",
    "Problem",
    "Reason",
    "Result",
    "Rule",
    "Why",
    "solve",
]
