"""Benchmarks of Helmr for Python, as ratios to equivalent hand-written code.

One module per row of the table. `python -m benchmarks` lists the rows, and `python -m benchmarks ROW`
measures one. `make bench` (scripts/bench.py) measures all and prints the table.
"""
