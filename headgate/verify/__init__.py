"""The independent checker: it proves a plan against its book, without any of the planner's code."""

from headgate.verify.bound import bound_of
from headgate.verify.check import CheckResult, check_plan
from headgate.verify.digests import another_book, check_digests
from headgate.verify.rules import RULES

__all__ = ["RULES", "CheckResult", "another_book", "bound_of", "check_digests", "check_plan"]
