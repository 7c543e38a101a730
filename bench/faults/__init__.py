"""The fault bench: what holds under kills, freezes, restarts and full disks, one figure a command.

    python -m bench.faults --list
    python -m bench.faults kill9 --seed 1 --database postgresql

A figure is one module of this package with `run(context) -> Verdict`, and a line in registry.py.
"""
