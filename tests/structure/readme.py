"""Takes the C++ blocks out of README.md, and compares what a program prints with what README says.

usage: readme.py extract README FOLDER     writes program_N.cpp (has a main), fragment_N.cpp (has none), program_N.txt
       readme.py compare EXPECTED PROGRAM  runs the program; without a file EXPECTED its exit status alone counts
       readme.py prove                     shows that both can fail

A ```text block right after a program's block (a sentence may stand between them) is what the program prints. In it a
line `...` stands for any lines, and `...` inside a line for any characters.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r'^```(\w*)[^\n]*\n(.*?)^```[ ]*$', re.MULTILINE | re.DOTALL)


def blocks(text):
    """(language, content) of each fenced block, in order."""
    return [match.groups() for match in BLOCK.finditer(text)]


def extract(text):
    """{file name: content} of all C++ blocks and of what their programs print."""
    files, found = {}, blocks(text)
    for number, (language, content) in enumerate(found):
        if language != 'cpp':
            continue
        if 'int main' not in content:
            files[f'fragment_{number}.cpp'] = content
            continue
        files[f'program_{number}.cpp'] = content
        following = found[number + 1] if number + 1 < len(found) else ('', '')
        if following[0] == 'text':
            files[f'program_{number}.txt'] = following[1]
    return files


def matches(expected, printed):
    lines = [r'(?:.*\n)*?' if line == '...' else '.*'.join(re.escape(part) for part in line.split('...')) + r'\n'
             for line in expected.rstrip('\n').split('\n')]
    return re.fullmatch(''.join(lines), printed.rstrip('\n') + '\n') is not None


def compare(expected, command):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if result.returncode != 0:
        return f'exit status {result.returncode}\n{result.stderr}'
    if expected is not None and not matches(expected, result.stdout):
        return f'README says:\n{expected}\nthe program prints:\n{result.stdout}'
    return None


def write(files, folder):
    """Only what changed is written, and what README lost is removed, so that builds stay small."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in files:
            old.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding='utf-8') != content:
            path.write_text(content, encoding='utf-8')


def prove():
    sample = 'a\n```cpp\nint main() {}\n```\nprints\n```text\none\n...\nt...o\n```\n```cpp\nstruct a;\n```\n```sh\nls\n```\n'
    files = extract(sample)
    assert sorted(files) == ['fragment_2.cpp', 'program_0.cpp', 'program_0.txt'], files
    expected = files['program_0.txt']
    assert matches(expected, 'one\ntwo\n') and matches(expected, 'one\nx\ny\ntoo\n')
    assert not matches(expected, 'one\nthree\n') and not matches(expected, 'two\n') and not matches('one\n', 'one\ntwo\n')
    assert compare(None, [sys.executable, '-c', 'raise SystemExit(3)']).startswith('exit status 3')
    assert compare('one\n', [sys.executable, '-c', 'print("two")']).startswith('README says')
    assert compare('one\n', [sys.executable, '-c', 'print("one")']) is None
    with tempfile.TemporaryDirectory() as folder:
        write(files, Path(folder))
        write({'fragment_2.cpp': ''}, Path(folder))
        assert [path.name for path in Path(folder).iterdir()] == ['fragment_2.cpp']


def main(arguments):
    if arguments[:1] == ['extract'] and len(arguments) == 3:
        write(extract(Path(arguments[1]).read_text(encoding='utf-8')), Path(arguments[2]))
    elif arguments[:1] == ['compare'] and len(arguments) == 3:
        expected = Path(arguments[1])
        sys.exit(compare(expected.read_text(encoding='utf-8') if expected.is_file() else None, [arguments[2]]))
    elif arguments == ['prove']:
        prove()
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
