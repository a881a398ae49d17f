"""Who may include whom: the arrows between the folders of include/lattice, and which folder may use which library."""
import sys

import tree

# folder -> the other folders that it may include
ARROWS = {
    'core': set(),
    'reconcile': {'core'},
    'codec': {'core'},
    'crypto': {'core'},
    'state': {'core', 'crypto'},
    'transport': {'core', 'codec'},
    'clock': {'core'},
    'peers': {'core', 'transport'},
    'store': {'core', 'codec'},
    'metrics': {'core'},
    'sim': {'core', 'reconcile', 'codec'},
    'process_wide.hpp': {'core'},
}

# Headers of the top level that join what is below; lattice.hpp is bound by `umbrella` besides.
JOINTS = {'lattice.hpp', 'node.hpp'}

# folder -> the libraries that it may use, by the start of the header's name
LIBRARIES = {
    'codec': ('nlohmann/', 'zstd'),
    'crypto': ('openssl/', 'sodium'),
    'transport': ('asio', 'httplib.h', 'openssl/', 'nlohmann/'),
    'clock': ('asio',),
    'peers': ('asio', 'httplib.h', 'nlohmann/'),
    'store': ('sqlite3.h',),
    'node.hpp': ('asio', 'httplib.h', 'nlohmann/'),
}

# The core pays for these headers and for no others; what they cost to compile is what every user pays.
CORE_STANDARD = set('''
    array atomic bit charconv chrono compare concepts cstddef cstdint cstring limits memory new optional span
    stdexcept string string_view type_traits utility variant vector'''.split())

# Intrinsics, in the headers that exist for them: *_x86.hpp and *_arm.hpp of any folder.
INTRINSICS = {'_x86.hpp': {'immintrin.h', 'cpuid.h'}, '_arm.hpp': {'arm_neon.h', 'arm_acle.h', 'sys/auxv.h'}}


def is_library(name):
    known = {start for starts in LIBRARIES.values() for start in starts}
    return '/' in name or name.endswith('.h') or any(name.startswith(start) for start in known)


def is_intrinsic(header, name):
    return any(str(header).endswith(ending) and name in names for ending, names in INTRINSICS.items())


def judge_external(path, folder, name):
    if is_intrinsic(path, name):
        return None
    if folder == 'core':
        if name not in CORE_STANDARD:
            return f'{path} includes <{name}>, which is not among the standard headers of the core'
    elif is_library(name) and not is_system(name):
        if not any(name.startswith(start) for start in LIBRARIES.get(folder, ())):
            return f'{path} includes <{name}>, a library that {folder} may not use'
    return None


def is_system(name):
    """Headers of the operating system, which the folders with sockets and files may use."""
    return name.startswith(('arpa/', 'net/', 'netinet/', 'linux/', 'sys/')) or name in {
        'fcntl.h', 'netdb.h', 'poll.h', 'pthread.h', 'signal.h', 'unistd.h'}


def judge_internal(path, folder, name, exists):
    if not exists:
        return f'{path} includes <{name}>, which does not exist'
    parts = name.split('/')
    target = parts[1] if len(parts) > 2 else 'top'
    if folder in JOINTS or target == folder or target in ARROWS.get(folder, ()):
        return None
    return f'{path} includes <{name}>, but {folder} may not include {target}'


def folder_of(path):
    return path.parts[2]  # a folder's name, or the name of a header of the top level


def violations(source):
    found = []
    graph = {}
    for path in source.files('include/lattice/**/*.hpp'):
        folder = folder_of(path)
        if folder not in ARROWS and folder not in JOINTS:
            found.append(f'{path} is in no folder of the map')
        graph[path.relative_to('include').as_posix()] = []
        for bracket, name in source.includes(path):
            if bracket == '"':
                found.append(f'{path} includes "{name}": headers are named from the top, as <lattice/...>')
                continue
            if name.startswith('lattice/'):
                graph[path.relative_to('include').as_posix()].append(name)
                verdict = judge_internal(path, folder, name, (source.root / 'include' / name).is_file())
            else:
                verdict = judge_external(path, folder, name)
            if verdict:
                found.append(verdict)
    return found + cycles(graph) + umbrella(source, graph)


def cycles(graph):
    """Each header of an include cycle once, by depth-first search."""
    state = {}

    def visit(name, trail):
        if state.get(name) == 'done':
            return []
        if name in trail:
            return [f'include cycle: {" -> ".join(trail[trail.index(name):] + [name])}']
        found = [cycle for target in graph.get(name, []) for cycle in visit(target, trail + [name])]
        state[name] = 'done'
        return found

    return [cycle for name in sorted(graph) for cycle in visit(name, [])]


def reachable(graph, start):
    seen, pending = set(), [start]
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += graph.get(name, [])
    return sorted(seen & set(graph))


def umbrella(source, graph):
    """lattice/lattice.hpp needs the standard library only, whatever way a header is reached."""
    if 'lattice/lattice.hpp' not in graph:
        return []
    return [f'lattice/lattice.hpp reaches <{name}> through {header}'
            for header in reachable(graph, 'lattice/lattice.hpp')
            for _, name in source.includes(f'include/{header}')
            if is_library(name) and not name.startswith('lattice/') and not is_intrinsic(header, name)]


def header(folder, *includes):
    return {f'include/lattice/{folder}/a.hpp': ''.join(f'#include {name}\n' for name in includes)}


CORE_B = {'include/lattice/core/b.hpp': '#include <span>\n'}
CLEAN = {**CORE_B, 'include/lattice/core/b_x86.hpp': '#include <immintrin.h>\n', **header('codec', '<lattice/core/b.hpp>', '<nlohmann/json.hpp>', '<map>'),
         'include/lattice/lattice.hpp': '#include <lattice/core/b.hpp>\n// #include <asio.hpp>\n'}
PLANTED = [
    header('core', '<map>'),
    header('core', '<asio.hpp>'),
    header('core', '<immintrin.h>'),
    {**header('core', '<lattice/codec/b.hpp>'), 'include/lattice/codec/b.hpp': ''},
    header('core', '<lattice/core/absent.hpp>'),
    header('core', '"b.hpp"'),
    header('clock', '<httplib.h>'),
    header('elsewhere', '<span>'),
    {'include/lattice/core/a.hpp': '#include <lattice/core/b.hpp>\n',
     'include/lattice/core/b.hpp': '# include <lattice/core/a.hpp>\n'},
    {**header('codec', '<nlohmann/json.hpp>'), 'include/lattice/lattice.hpp': '#include <lattice/codec/a.hpp>\n'},
]

if __name__ == '__main__':
    tree.main(sys.modules[__name__])
