"""The same seed takes the same course with every compiler at hand, without optimisation and with all of it.

Two builds are compared that differ in everything; with LATTICE_EVERY_BUILD set in the environment, all four. Compilers that are
not installed are left out; with fewer than two builds to compare the test is skipped (exit code 77).
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """
#include <cstdio>
#include <lattice/sim/campaign.hpp>

int main() {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        std::printf("%016llx\\n", static_cast<unsigned long long>(lattice::sim::run_seed(seed).trace));
    }
}
"""
BUILDS = (("g++", "-O3", "-march=native", "-ffp-contract=fast"), ("clang++", "-O0"), ("g++", "-O0"),
          ("clang++", "-O3", "-march=native", "-ffp-contract=fast"))


def traces(folder, number, compiler, *flags):
    """The traces of all seeds in one build."""
    include = pathlib.Path(__file__).resolve().parents[2] / "include"
    program = folder / f"traces{number}"
    subprocess.run([compiler, "-std=c++20", *flags, "-w", f"-I{include}", folder / "traces.cpp", "-o", program], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def main():
    """Builds, runs and compares."""
    candidates = BUILDS if os.environ.get("LATTICE_EVERY_BUILD") else BUILDS[:2]
    builds = [build for build in candidates if shutil.which(build[0])]
    if len(builds) < 2:
        print("skipped: there are not two compilers here to compare")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "traces.cpp").write_text(PROGRAM, encoding="utf-8")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda job: traces(folder, job[0], *job[1]), enumerate(builds)))
    for build, result in zip(builds, results):
        if result != results[0]:
            sys.exit(f"{' '.join(build)} takes another course than {' '.join(builds[0])}:\n{result}\n{results[0]}")
    print(f"{len(builds)} builds agree on {len(results[0].split())} traces")


if __name__ == "__main__":
    main()
