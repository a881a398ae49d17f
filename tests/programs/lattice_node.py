"""lattice-node as a process: started, talked to, waited for. Python's standard library only."""
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time

PROGRAM = os.path.join(os.environ['LATTICE_PROGRAMS'], 'lattice-node')
PATIENCE = 20  # seconds for what must happen


def free_ports(count):
    """Ports that nobody has just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(('127.0.0.1', 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def run(*arguments):
    """Runs the program until it ends by itself."""
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE)


class Node:
    """A running node. `events` holds every line that it printed, in order."""

    def __init__(self, *arguments, reading=True, stdin=subprocess.PIPE):
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1)
        self.events = []
        self._lines = queue.Queue()
        self._thread = None
        self._read_one()
        if reading:
            self.read_on()

    def _read_one(self):
        line = self.process.stdout.readline()
        if line:
            self._lines.put(line)

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def read_on(self):
        """Reads what it prints from now on."""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def say(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def broadcast(self, message_type, payload):
        self.say(f'broadcast {message_type} {json.dumps(payload)}')

    def wait(self, condition, timeout=PATIENCE):
        """Takes in events until `condition(events)`; whether that came in time."""
        deadline = time.monotonic() + timeout
        while not condition(self.events):
            try:
                self.events.append(json.loads(self._lines.get(timeout=max(0, deadline - time.monotonic()))))
            except queue.Empty:
                return False
        return True

    def ready(self):
        """The ready event, which comes first."""
        self.wait(lambda events: events)
        return self.events[0]

    def of(self, kind):
        return [event for event in self.events if event['event'] == kind]

    def delivered(self):
        return self.of('delivered')

    def wait_delivered(self, count, timeout=PATIENCE):
        return self.wait(lambda _: len(self.delivered()) >= count, timeout)

    def stop(self, number=signal.SIGTERM):
        """Sends a signal; gives the exit status, and what stood on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self._thread is not None:
            self._thread.join()
        self.errors = self.process.stderr.read()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        while not self._lines.empty():
            self.events.append(json.loads(self._lines.get()))
        return self.process.returncode


class Cluster:
    """Nodes n0, n1, ... on loopback, each with its own port; `links` says who knows whom, `scheme` is http or tcp."""

    def __init__(self, case, count, links=None, options=(), scheme='http'):
        self.case = case
        self.scheme = scheme
        self.ports = free_ports(count)
        self.links = links or {i: [k for k in range(count) if k != i] for i in range(count)}
        self.options = list(options)
        self.nodes = []
        for i in range(count):
            self.nodes.append(self.start(i))
        for i, node in enumerate(self.nodes):
            case.assertEqual(node.ready(), {'event': 'ready', 'id': f'n{i}', scheme: f'127.0.0.1:{self.ports[i]}'})

    def start(self, i, **settings):
        arguments = ['--id', f'n{i}', f'--{self.scheme}', f'127.0.0.1:{self.ports[i]}', *self.options]
        for peer in self.links[i]:
            arguments += ['--peer', f'n{peer}={self.scheme}://127.0.0.1:{self.ports[peer]}']
        node = Node(*arguments, **settings)
        self.case.addCleanup(lambda: node.process.poll() is None and node.stop(signal.SIGKILL))
        return node

    def stop(self):
        for i, node in enumerate(self.nodes):
            self.case.assertEqual(node.stop(), 0, f'n{i}')
            self.case.assertEqual(node.errors, '', f'n{i}')
