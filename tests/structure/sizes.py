"""No header over 400 lines, no function over 70: past that, it is two things under one name."""
import re
import sys

import tree

HEADER_LINES = 400
FUNCTION_LINES = 70

SCOPE = re.compile(r'\b(namespace|class|struct|union|enum|extern)\b')


def without_angles(text):
    """`template <class T> void f()` must not look like a class."""
    shorter = re.sub(r'<[^<>()]*>', '', text)
    return shorter if shorter == text else without_angles(shorter)


def functions(text):
    """(first line, lines) of each outermost block that follows a parameter list at namespace or class scope."""
    text = re.sub(r'^[ \t]*#(?:.*\\\n)*.*$', lambda m: '\n' * m.group(0).count('\n'), tree.without_comments(text),
                  flags=re.MULTILINE)
    scopes, inside = [], None  # `inside` is the depth at which the current function's block was opened
    start = 0  # where the text that introduces the next block begins
    for match in re.finditer(r'[{};]', text):
        at, sign = match.start(), match.group(0)
        if sign == '{':
            introduction = without_angles(text[start:at])
            if inside is None and not SCOPE.search(introduction) and ')' in introduction:
                inside = len(scopes)
                first = text.count('\n', 0, at - len(text[start:at].lstrip())) + 1
            scopes.append(at)
        elif sign == '}' and scopes:
            scopes.pop()
            if inside == len(scopes):
                yield first, text.count('\n', 0, at) + 2 - first
                inside = None
        start = at + 1


def violations(source):
    found = []
    for path in source.files('include/**/*.hpp', 'examples/**/*.hpp', 'examples/**/*.cpp'):
        text = source.text(path)
        lines = text.count('\n')
        if path.suffix == '.hpp' and lines > HEADER_LINES:
            found.append(f'{path} has {lines} lines, more than {HEADER_LINES}')
        found += [f'{path}:{first} begins a function of {count} lines, more than {FUNCTION_LINES}'
                  for first, count in functions(text) if count > FUNCTION_LINES]
    return found


def wrap(head, lines, tail='}\n'):
    return {'include/a.hpp': head + '    work();\n' * lines + tail}


CLEAN = wrap('namespace a {\nstruct b {\n  template <class T>\n  void f(T) {\n', 60,
             '}\n void g() { if (x) { y(); } }\n' * 100 + '};\n}\n')
PLANTED = [
    {'include/a.hpp': '// line\n' * 401},
    wrap('void f() {\n', 70),
    wrap('namespace a {\nstruct b {\n  template <class T>\n  void f(T) {\n    if (x) {\n    }\n', 70, '}\n};\n}\n'),
    wrap('struct a {\n  a() : b{1}, c(2) {\n', 70, '}\n};\n'),
    wrap('void f(char c = \'{\') noexcept\n{\n', 70),
]

if __name__ == '__main__':
    tree.main(sys.modules[__name__])
