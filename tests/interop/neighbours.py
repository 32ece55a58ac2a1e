"""Modules of other folders of tests: what a model owes, a real part owes too."""

import importlib.util
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def neighbour(room, name):
    """Module `name` from the folder `room` beside this one."""
    label = f"{room}_{name}"
    if label not in sys.modules:
        spec = importlib.util.spec_from_file_location(label, TESTS / room / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[label] = module
        spec.loader.exec_module(module)
    return sys.modules[label]
