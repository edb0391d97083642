"""A function's process on this machine, as the rehearsal and the bench start it."""

from pathlib import Path

import pytest

from stand_ins.lambda_runtime.process import LambdaProcess
from stand_ins.lambda_runtime.runtime_api import FunctionFailedError

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:talker"
LINES = 30_000
TALKER = f"""
def answer(event, context):
    print("a\\n" * {LINES}, end="")
    return event
"""


def talker(folder: Path, source: str) -> LambdaProcess:
    (folder / "app.py").write_text(source)
    return LambdaProcess(folder, {}, function_arn=ARN, handler="app.answer")


def test_the_log_holds_every_line_that_a_function_printed_before_its_answer(
    tmp_path: Path,
) -> None:
    with talker(tmp_path, TALKER) as process:
        for run in (1, 2):
            assert process.invoke({"run": run}) == {"run": run}
            assert process.log.splitlines() == ["a"] * LINES * run


def test_a_function_that_does_not_start_says_why(tmp_path: Path) -> None:
    process = talker(tmp_path, "raise RuntimeError('no table')")

    with pytest.raises(FunctionFailedError, match="no table"), process:
        pass
