"""The top level holds what a newcomer needs to see, and nothing else; dotfiles aside."""
import sys

import tree

EXPECTED = {'CMakeLists.txt', 'CMakePresets.json', 'LICENSE', 'README.md', 'include', 'examples', 'tests'}


def violations(source):
    present = {path.parts[0] for path in source.tracked() if not path.parts[0].startswith('.')}
    return ([f'{name} does not belong to the top level' for name in sorted(present - EXPECTED)] +
            [f'{name} is missing from the top level' for name in sorted(EXPECTED - present)])


CLEAN = {name if '.' in name or name == 'LICENSE' else f'{name}/file': '' for name in EXPECTED} | {'.ci/run': ''}
PLANTED = [
    CLEAN | {'src/a.cpp': ''},
    CLEAN | {'NOTES.md': ''},
    {path: text for path, text in CLEAN.items() if path != 'LICENSE'},
]

if __name__ == '__main__':
    tree.main(sys.modules[__name__])
