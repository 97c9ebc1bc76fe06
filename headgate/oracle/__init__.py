"""
The exact referee: what the best plan of a book is worth, by linear and mixed-integer programming.

An independent formulation of docs/explanation/planning-rules.md, read straight from the checked
tables; HiGHS solves it. It shares nothing with the planner nor with the checker, and so it can
judge both: no plan is worth more than the mixed program, and no prices prove less than the linear
one.
"""

from headgate.oracle.referee import Optimum, linear_prices, linear_program, mixed_program

__all__ = ["Optimum", "linear_prices", "linear_program", "mixed_program"]
