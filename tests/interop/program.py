"""lattice-node as a test sees it: JSON lines in both directions."""
import json
import os
import signal
import subprocess
import threading

PATH = os.path.join(os.environ['LATTICE_PROGRAMS'], 'lattice-node')


class LatticeNode:
    def __init__(self, node_id, peers=(), options=()):
        arguments = [PATH, '--id', node_id, '--http', '127.0.0.1:0', *options]
        for peer_id, url in peers:
            arguments += ['--peer', f'{peer_id}={url}']
        self.events = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        ready = self.wait_for(lambda event: event['event'] == 'ready')
        self.url = 'http://' + ready['http']

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify_all()

    def find(self, matches):
        return next((event for event in self.events if matches(event)), None)

    def wait_for(self, matches, seconds=20):
        """The first event that matches."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.find(matches) is not None, seconds):
                raise AssertionError(f'no such event among {self.events}')
            return self.find(matches)

    def delivered(self, message_id):
        return [event for event in self.events if event['event'] == 'delivered' and event['message_id'] == message_id]

    def broadcast(self, message_type, payload):
        self.process.stdin.write(f'broadcast {message_type} {json.dumps(payload)}\n')
        self.process.stdin.flush()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        return self.process.returncode
