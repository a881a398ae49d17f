"""A network as Maelstrom makes one: processes that speak JSON lines over their standard input and output.

The network loses, doubles, delays and cuts what nodes send to each other, as told; clients always get through. Python's
standard library only.
"""
import heapq
import json
import queue
import random
import subprocess
import threading
import time


class Process:
    """One node, and the thread that reads what it prints."""

    def __init__(self, command, take):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1)
        self.errors = []
        self.threads = [threading.Thread(target=self._read, args=(take,), daemon=True),
                        threading.Thread(target=self._read_errors, daemon=True)]
        self.lock = threading.Lock()
        for thread in self.threads:
            thread.start()

    def _read(self, take):
        for line in self.process.stdout:
            take(line)

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def write(self, line):
        with self.lock:
            try:
                self.process.stdin.write(line + '\n')
            except (BrokenPipeError, ValueError):
                pass  # it ended; who waits for an answer notices

    def end(self, timeout=10):
        """Ends the input and gives the exit status."""
        with self.lock:
            self.process.stdin.close()
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return status


class Network:
    """Nodes n0, n1, ... and a client c1. Use it in a `with` statement."""

    def __init__(self, command, count, seed=1):
        self.random = random.Random(seed)
        self.names = [f'n{i}' for i in range(count)]
        self.loss = 0.0
        self.doubling = 0.0
        self.latency = (0.0, 0.0)  # seconds, least and most
        self.cut = set()  # the nodes on one side of a partition
        self.between_nodes = 0  # messages that nodes sent to each other
        self.not_json = []  # lines of output that are not messages
        self._answers = {}
        self._answer_lock = threading.Lock()
        self._msg_id = 0
        self._pending = []  # (time, number, destination, line)
        self._number = 0
        self._wakeup = threading.Condition()
        self._ended = False
        self.nodes = {}
        for name in self.names:
            self.nodes[name] = Process(command, self._take)
        self._thread = threading.Thread(target=self._deliver, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Exit statuses of all nodes."""
        with self._wakeup:
            self._ended = True
            self._wakeup.notify()
        self._thread.join()
        nodes, self.nodes = self.nodes, {}
        return [node.end() for node in nodes.values()]

    def call(self, node, body, timeout=10):
        """Sends a request and gives the body of the answer."""
        waiting = queue.Queue()
        with self._answer_lock:
            self._msg_id += 1
            msg_id = self._msg_id
            self._answers[msg_id] = waiting
        self.tell(node, {**body, 'msg_id': msg_id})
        return waiting.get(timeout=timeout)

    def tell(self, node, body):
        """Sends a request that wants no answer."""
        self.raw(node, json.dumps({'src': 'c1', 'dest': node, 'body': body}))

    def raw(self, node, line):
        self.nodes[node].write(line)

    def init(self):
        return [self.call(name, {'type': 'init', 'node_id': name, 'node_ids': self.names}) for name in self.names]

    def until(self, condition, timeout):
        """Asks again and again; whether it became true in time."""
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while not condition():
            if time.monotonic() > deadline:
                return False
            pause.wait(0.02)
        return True

    def _take(self, line):
        try:
            message = json.loads(line)
            destination, body = message['dest'], message['body']
        except (ValueError, KeyError, TypeError):
            self.not_json.append(line)
            return
        if destination.startswith('c'):
            with self._answer_lock:
                waiting = self._answers.get(body.get('in_reply_to'))
            if waiting is not None:
                waiting.put(body)
        else:
            self._carry(message['src'], destination, line.rstrip('\n'))

    def _carry(self, source, destination, line):
        with self._wakeup:
            self.between_nodes += 1
            if (source in self.cut) != (destination in self.cut) or self.random.random() < self.loss:
                return
            for _ in range(2 if self.random.random() < self.doubling else 1):
                self._number += 1
                due = time.monotonic() + self.random.uniform(*self.latency)
                heapq.heappush(self._pending, (due, self._number, destination, line))
            self._wakeup.notify()

    def _deliver(self):
        while True:
            with self._wakeup:
                while not self._ended and (not self._pending or self._pending[0][0] > time.monotonic()):
                    self._wakeup.wait(self._pending[0][0] - time.monotonic() if self._pending else None)
                if self._ended:
                    return
                _, _, destination, line = heapq.heappop(self._pending)
            self.nodes[destination].write(line)
