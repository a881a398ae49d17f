"""Whoever includes <lattice/lattice.hpp> pays little: few preprocessed lines, and none of the expensive headers.

usage: umbrella_cost.py REPOSITORY COMPILER
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import layering
import tree

LINES_MAX = 60_000
EXPENSIVE = set('''
    condition_variable filesystem fstream functional future iostream istream mutex ostream random ranges regex sstream
    thread unordered_map map algorithm'''.split())


def reached(source, start='lattice/lattice.hpp'):
    """The headers of ours that the umbrella reaches, itself included."""
    names, pending = set(), [start]
    while pending:
        name = pending.pop()
        if name not in names and (source.root / 'include' / name).is_file():
            names.add(name)
            pending += [included for _, included in source.includes(f'include/{name}')]
    return sorted(names)


def violations(source):
    return [f'include/{header} includes <{name}>, which is too expensive for what the umbrella reaches'
            for header in reached(source)
            for _, name in source.includes(f'include/{header}') if name in EXPENSIVE]


def preprocessed_lines(compiler, include, text):
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / 'unit.cpp'
        unit.write_text(text, encoding='utf-8')
        command = [compiler, '-std=c++20', f'-I{include}', '-E', '-P', str(unit)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.count('\n')


def standard_headers(source):
    return sorted({name for header in reached(source) for _, name in source.includes(f'include/{header}')
                   if not layering.is_library(name)})


CLEAN = {'include/lattice/lattice.hpp': '#include <lattice/core/a.hpp>\n', 'include/lattice/core/a.hpp': '#include <span>\n'}
PLANTED = [
    {**CLEAN, 'include/lattice/core/a.hpp': '#include <mutex>\n'},
    {'include/lattice/lattice.hpp': '#  include <sstream>\n'},
]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, compiler = tree.Tree(sys.argv[1]), sys.argv[2]
    problems = tree.prove(sys.modules[__name__]) or violations(source)
    include = source.root / 'include'
    if not (include / 'lattice/lattice.hpp').is_file():
        problems.append('include/lattice/lattice.hpp is missing')
    else:
        ours = preprocessed_lines(compiler, include, '#include <lattice/lattice.hpp>\n')
        floor = preprocessed_lines(compiler, include, ''.join(f'#include <{name}>\n' for name in standard_headers(source)))
        print(f'{ours} preprocessed lines; the standard headers that it includes are {floor} of them')
        is_gcc = 'Free Software' in subprocess.run([compiler, '--version'], capture_output=True, text=True).stdout
        if is_gcc and ours > LINES_MAX:
            problems.append(f'lattice/lattice.hpp is {ours} preprocessed lines, more than {LINES_MAX}')
        if ours <= floor:
            problems.append('the umbrella counts no line of its own: the count cannot be right')
    print('\n'.join(problems))
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
