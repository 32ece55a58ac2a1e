"""Benchmarks: `python -m authpatterns bench`. What is compared is measured side by side, in turns, in one run.

Absolute times say something about a machine; ratios say something about the code. Needs the extra `bench`.
"""
