"""What must not stand in a file: unfinished marks, paths of one machine, tests that sleep or cannot fail."""
import re
import sys

import tree

# Joined here, so that this file does not hold what it looks for.
UNFINISHED = re.compile(r'\b(' + '|'.join(['TO' 'DO', 'FIX' 'ME', 'X' 'XX', 'HA' 'CK']) + r')\b')
MACHINE_PATH = re.compile(r'(?<![\w.\-])/(' + '|'.join(['wo' 'rk', 'ho' 'me', 'ro' 'ot']) + r')/')
SLEEP = re.compile(r'\b(sleep' r'_for|sleep' r'_until|us' r'leep)\b')
EMPTY = re.compile(r'\b(REQUIRE|CHECK)\s*\(\s*(true|1)\s*\)|\bSUC' r'CEED\s*\(')

RULES = [
    (UNFINISHED, '', 'an unfinished mark'),
    (MACHINE_PATH, '', 'a path of one machine'),
    (SLEEP, 'tests/', 'a test that sleeps'),
    (EMPTY, 'tests/', 'an assertion that cannot fail'),
]


def violations(source):
    found = []
    for path in source.tracked():
        try:
            text = source.text(path)
        except UnicodeDecodeError:
            continue  # a corpus file
        for pattern, prefix, name in RULES:
            if path.as_posix().startswith(prefix):
                found += [f'{path}:{text.count(chr(10), 0, match.start()) + 1} holds {name}: {match.group(0)}'
                          for match in pattern.finditer(text)]
    return found


CLEAN = {'tests/a_test.cpp': 'CHECK(true_story);\n// see https://example.org/home/page\n', 'include/a.hpp': 'sleep' '_for\n'}
PLANTED = [
    {'README.md': 'TO' 'DO: finish\n'},
    {'examples/run': 'cd /ho' 'me/me\n'},
    {'tests/a_test.cpp': 'std::this_thread::sleep' '_for(1s);\n'},
    {'tests/a_test.cpp': 'REQUIRE( ' 'true );\n'},
]

if __name__ == '__main__':
    tree.main(sys.modules[__name__])
