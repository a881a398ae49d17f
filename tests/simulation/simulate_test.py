"""Drives lattice-simulate as its users do: figures, JSON, replay, faults, and what it says to nonsense."""

import json
import os
import pathlib
import subprocess
import sys


def run(*arguments):
    """Runs the program; gives the finished process."""
    root = pathlib.Path(os.environ["LATTICE_PROGRAMS"])
    program = next(path for path in root.rglob("lattice-simulate") if path.is_file())
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=100, check=False)


def check(holds, what, process):
    """Fails the test with a sentence and what the program said."""
    if not holds:
        sys.exit(f"{what}\n{process.args}\n{process.stdout}\n{process.stderr}")


def main():
    """Runs all checks."""
    table = run("--nodes", "100", "--mode", "rumor", "--runs", "5")
    check(table.returncode == 0 and "residue" in table.stdout and "s = exp(-k (1 - s))" in table.stdout,
          "the table lacks a figure or its theory", table)

    arguments = ("--nodes", "200", "--mode", "push-pull", "--loss", "0.1", "--runs", "3", "--seed", "7", "--json")
    first, second = run(*arguments), run(*arguments)
    check(first.stdout == second.stdout, "the same seed gives another result", first)
    figures = json.loads(first.stdout)["figures"]
    check(figures["everyone"]["mean"] == 1, "announcements do not reach everyone at 10 % loss", first)
    check(1 / 0.9 <= figures["payloads_per_delivery"]["mean"] <= 4.5, "payloads per delivery are out of bounds", first)
    check(figures["time_ms_50"]["mean"] < figures["time_ms_100"]["mean"], "times are out of order", first)

    overlay = run("--nodes", "200", "--mode", "overlay", "--json")
    figures = json.loads(overlay.stdout)["figures"]
    check(figures["everyone"]["mean"] == 1, "the overlay does not reach everyone", overlay)
    check(1 <= figures["payloads_per_delivery"]["mean"] <= 1.2, "the overlay is no tree", overlay)

    faults = run("--faults", "--seed", "3", "--runs", "10")
    check(faults.returncode == 0 and "0 of 10 worlds" in faults.stdout, "drawn worlds break an invariant", faults)
    single = run("--faults", "--seed", "3")
    check("trace" in single.stdout and "seed 3: " in single.stdout, "a single world is not described", single)

    for nonsense in (["--nodes", "one"], ["--mode", "shout"], ["--loss", "2"], ["--latency", "soon"], ["--nodes"],
                     ["--speed", "9"], ["--latency", "9ms..1ms"], ["--dials", "-1"]):
        process = run(*nonsense)
        check(process.returncode == 2 and process.stderr.startswith("lattice-simulate: ") and nonsense[0] in process.stderr,
              "nonsense is not refused with a sentence", process)


if __name__ == "__main__":
    main()
