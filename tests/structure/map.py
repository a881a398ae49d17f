"""README's map of folders is true: it names every folder of include/lattice, examples and tests, and none that is not there."""
import re
import sys

import tree

ROOTS = ('include/lattice', 'examples', 'tests')


def present(source):
    """root -> the folders, and for include/lattice the headers, that lie in it."""
    found = {root: set() for root in ROOTS}
    for path in source.tracked():
        for root in ROOTS:
            if path.as_posix().startswith(root + '/'):
                parts = path.as_posix()[len(root) + 1:].split('/')
                if len(parts) > 1:
                    found[root].add(parts[0] + '/')
                elif root == 'include/lattice':
                    found[root].add(parts[0])
    return found


def drawn(text):
    """root -> what README's map names in it; None when there is no map."""
    block = re.search(r'^```\ninclude/lattice/\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
    if block is None:
        return None
    found = {root: set() for root in ROOTS}
    root = 'include/lattice'
    for line in block.group(1).splitlines():
        first = line.split(' ', 1)[0].rstrip('/')
        if first:
            root = first if first in ROOTS else None
            line = line[len(first) + 1:]
        if root == 'include/lattice':
            found[root].add(line.split()[0])
        elif root is not None:
            found[root] |= set(re.findall(r'(?<![\w/])\w+/(?!\w)', line)) - {'include/'}
    return found


def violations(source):
    text = source.text('README.md') if (source.root / 'README.md').is_file() else ''
    named, there = drawn(text), present(source)
    if named is None:
        return ['README.md has no map, a block that begins with include/lattice/']
    there['tests'] -= there['include/lattice']  # they are "the same folders as include/"
    return [f'README.md does not name {root}/{name}' for root in ROOTS for name in sorted(there[root] - named[root])] + \
           [f'README.md names {root}/{name}, which is not there' for root in ROOTS
            for name in sorted(named[root] - there[root])]


def planted(map_text):
    return {'README.md': f'```\n{map_text}```\n', 'include/lattice/a.hpp': '', 'include/lattice/core/b.hpp': '',
            'examples/demo/main.cpp': '', 'tests/core/b_test.cpp': '', 'tests/bench/b.cpp': ''}


GOOD = ('include/lattice/\n  a.hpp   all\n  core/   the core: a/b\nexamples/   small ones, then demo/\n'
        'tests/      the same folders as include/, and\n            bench/\n.ci/run     all\n')
CLEAN = planted(GOOD)
PLANTED = [
    planted(GOOD.replace('  core/   the core: a/b\n', '')),
    planted(GOOD.replace('  a.hpp', '  b.hpp')),
    planted(GOOD.replace('demo/', 'demo/ node/')),
    planted(GOOD.replace('            bench/\n', '')),
    planted('nothing\n'),
]

if __name__ == '__main__':
    tree.main(sys.modules[__name__])
