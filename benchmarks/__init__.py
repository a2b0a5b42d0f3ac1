"""What Helmr for Python costs, as ratios against what a user would write by hand.

One module per row of the table. `python -m benchmarks` lists the rows, `python -m benchmarks ROW` measures
one; `make bench` measures all and prints the table (scripts/bench.py).
"""
