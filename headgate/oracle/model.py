"""Programs as HiGHS takes them, and what it makes of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.oracle.matrix import Program

LARGEST = 1_000.0
"""The largest cents of one piece become this much inside, where the solver's tolerances fit."""


class Solved(NamedTuple):
    """
    What came out, in cents without the program's constant.

    status : "optimal" or "time_limit"
    prices : of one more in each row; of a mixed program, and before the optimum, they mean nothing
    """

    status: str
    value: float
    bound: float
    prices: NDArray[np.float64]


def load_highspy() -> Any:
    """
    The solver's package.

    raises ImportError : it is not installed
    """
    try:
        import highspy
    except ImportError as error:
        raise ImportError("the exact referee needs HiGHS, which is not installed: "
                          'pip install "headgate[oracle]"') from error
    return highspy


def solve(highspy: Any, program: Program, time_limit_seconds: float | None) -> Solved:
    """
    The optimum of a program.

    raises RuntimeError : HiGHS found no optimum, and had the time
    """
    if len(program.cost) == 0:
        return Solved("optimal", 0.0, 0.0, np.zeros(len(program.row_low)))
    scale = LARGEST / max(1.0, float(np.abs(program.cost).max()))
    solver = highspy.Highs()
    solver.silent()
    options: dict[str, object] = {"random_seed": 0, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6}
    if time_limit_seconds is not None:
        options["time_limit"] = float(time_limit_seconds)
    for name, setting in options.items():
        solver.setOptionValue(name, setting)
    solver.passModel(model_of(highspy, program, scale))
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    kinds = highspy.HighsModelStatus
    names = {kinds.kOptimal: "optimal", kinds.kTimeLimit: "time_limit"}
    if status not in names:
        raise RuntimeError(f"HiGHS stopped: {solver.modelStatusToString(status)}")
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    # A plan that delivers nothing always is one.
    value = float(program.cost @ np.array(solver.getSolution().col_value)) if found else 0.0
    if program.whole.any():
        bound = float(info.mip_dual_bound) / scale
    else:
        bound = value if status == kinds.kOptimal else float("inf")
    return Solved(names[status], value, max(bound, value),
                  np.array(solver.getSolution().row_dual) / scale)


def model_of(highspy: Any, program: Program, scale: float) -> Any:
    """The program as HiGHS takes it."""
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.cost), len(program.row_low)
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = program.cost * scale
    model.col_lower_ = np.zeros(len(program.cost))
    model.col_upper_ = program.high
    model.row_lower_, model.row_upper_ = program.row_low, program.row_high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = program.start
    model.a_matrix_.index_ = program.index
    model.a_matrix_.value_ = program.value
    if program.whole.any():
        kinds = highspy.HighsVarType
        model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous
                              for whole in program.whole.tolist()]
    return model
