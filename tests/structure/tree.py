"""What the checks share: a view of the source tree, and how a check is run and proven able to fail.

A check is a module with
    violations(tree)   a list of sentences, each naming a file and what is wrong with it
    PLANTED            a list of trees, {path: text}, each of which must have at least one violation
    CLEAN              a tree without any
`main(module)` first runs the check on those, then on the repository; a check that cannot fail is itself a failure.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


class Tree:
    def __init__(self, root):
        self.root = Path(root)

    def files(self, *patterns):
        """Paths relative to the root, sorted."""
        found = {path.relative_to(self.root) for pattern in patterns for path in self.root.glob(pattern)}
        return sorted(path for path in found if (self.root / path).is_file())

    def text(self, path):
        return (self.root / path).read_text(encoding='utf-8')

    def includes(self, path):
        """The includes of a file, as (bracket, name) with bracket '<' or '"'."""
        return INCLUDE.findall(without_comments(self.text(path)))

    def tracked(self):
        """The files that belong to the repository: what git knows or would take; without git, everything."""
        command = ['git', '-c', 'safe.directory=*', '-C', str(self.root), 'ls-files', '--cached', '--others',
                   '--exclude-standard']
        listing = subprocess.run(command, capture_output=True, text=True)
        if listing.returncode == 0:
            paths = [Path(line) for line in listing.stdout.splitlines()]
            return sorted(path for path in set(paths) if (self.root / path).is_file())
        return [path for path in self.files('**/*') if path.parts[0] not in ('.git', 'build')]


def without_comments(text):
    """C++ text with comments blanked and string contents emptied; line numbers stay."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)

    def blank(match):
        found = match.group(0)
        if found.startswith('"') and text.rfind('#', text.rfind('\n', 0, match.start()) + 1, match.start()) >= 0:
            return found  # the name in an include
        lines = '\n' * found.count('\n')
        return lines if found.startswith('/') else '""' + lines

    return pattern.sub(blank, text)


def plant(files, folder):
    for path, text in files.items():
        target = Path(folder) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding='utf-8')
    return Tree(folder)


def prove(check):
    """Sentences about planted trees that the check judges wrongly."""
    wrong = []
    for number, files in enumerate(check.PLANTED):
        with tempfile.TemporaryDirectory() as folder:
            if not check.violations(plant(files, folder)):
                wrong.append(f'planted violation {number} was not seen: {", ".join(files)}')
    with tempfile.TemporaryDirectory() as folder:
        wrong += [f'seen in a clean tree: {found}' for found in check.violations(plant(check.CLEAN, folder))]
    return wrong


def main(check):
    if len(sys.argv) != 2:
        sys.exit(f'usage: {sys.argv[0]} REPOSITORY')
    problems = prove(check) or check.violations(Tree(sys.argv[1]))
    for problem in problems:
        print(problem)
    print(f'{len(check.PLANTED)} planted violations seen' if not problems else f'{len(problems)} violations')
    sys.exit(1 if problems else 0)
