"""A cold start: from the process's start to the first token, under Lambda's runtime client.

The same zip on the same stand-ins each time, in a new process.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from deploy.rehearsal.lambda_process import LambdaProcess

from bench.costs import Cost, interleaved, ratios, walls
from bench.join_event import join_event
from bench.report import cost_row

ARN="arn:aws:lambda:us-east-1:123456789012:function:roomkey-bench"

def processor_seconds(pid: int) -> float:
    return time.clock_gettime((~pid << 3) | 2)

def python_start(package: Path, environment, event, expected) -> Callable[[], Cost]:
    def start() -> Cost:
        with LambdaProcess(package, environment, function_arn=ARN) as function:
            began = time.perf_counter()
            answer = function.invoke(event)
            wall = function.start_seconds + time.perf_counter() - began
            if answer["statusCode"] != expected: raise RuntimeError(answer)
            c= Cost(wall, processor_seconds(function.pid))
            global last; last=function.start_seconds
            return c
    return start
