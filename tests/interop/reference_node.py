"""A node of the reference's kind: plain JSON over three endpoints, and nothing of ours.

Written from what a foreign node can observe, with the standard library only. It parses and prints JSON anew when it
relays, opens a connection for every request, and changes ttl and seen_by on the way, as the reference does.
"""
import hashlib
import http.client
import http.server
import json
import threading
import time
import urllib.parse


class ReferenceNode:
    def __init__(self, node_id):
        self.node_id = node_id
        self.peers = []  # base URLs
        self.messages = {}
        self.requests = []  # (method, path, headers) of everything that came
        self.changed = threading.Condition()
        node = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                node.note('POST', self)
                if self.path != '/api/gossip':
                    return self.answer(404, {'detail': 'Not Found'})
                node.receive(json.loads(body))
                self.answer(200, {'status': 'ok'})

            def do_GET(self):
                node.note('GET', self)
                with node.changed:
                    if self.path == '/api/gossip/message_ids':
                        return self.answer(200, {'message_ids': list(node.messages)})
                    prefix = '/api/gossip/message/'
                    message = node.messages.get(self.path[len(prefix):]) if self.path.startswith(prefix) else None
                self.answer(200 if message else 404, message or {'detail': 'Not Found'})

            def answer(self, status, value):
                text = json.dumps(value).encode()
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a caller that went away

        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def note(self, method, handler):
        with self.changed:
            self.requests.append((method, handler.path, dict(handler.headers)))
            self.changed.notify_all()

    def make(self, message_type, payload):
        """A message of this node's, in its cache; nobody has been told of it."""
        timestamp = time.time()
        text = json.dumps({'type': message_type, 'payload': payload, 'origin': self.node_id, 'at': timestamp},
                          sort_keys=True)
        message = {'message_id': hashlib.sha256(text.encode()).hexdigest(), 'message_type': message_type,
                   'payload': payload, 'origin_node': self.node_id, 'timestamp': timestamp, 'ttl': 10,
                   'seen_by': [self.node_id], 'signature': None, 'public_key': None}
        with self.changed:
            self.messages[message['message_id']] = message
        return message

    def receive(self, message):
        with self.changed:
            if message['message_id'] in self.messages or message.get('ttl', 10) <= 0:
                return
            self.messages[message['message_id']] = message
            self.changed.notify_all()
        relayed = dict(message, ttl=message.get('ttl', 10) - 1,
                       seen_by=sorted(set(message.get('seen_by', [])) | {self.node_id}))
        if relayed['ttl'] > 0:
            for peer in self.peers:
                threading.Thread(target=self.push, args=(peer, relayed), daemon=True).start()

    def push(self, url, message):
        return call(url, 'POST', '/api/gossip', message)[0]

    def synchronise(self, url):
        """Fetches from `url` every message that it lists and this node does not hold; returns how many."""
        status, answer, _ = call(url, 'GET', '/api/gossip/message_ids')
        fetched = 0
        for message_id in answer['message_ids'] if status == 200 else []:
            if message_id not in self.messages:
                status, message, _ = call(url, 'GET', f'/api/gossip/message/{message_id}')
                if status == 200:
                    with self.changed:
                        self.messages[message_id] = message
                        self.changed.notify_all()
                    fetched += 1
        return fetched

    def wait_for(self, condition, seconds=20):
        with self.changed:
            return self.changed.wait_for(condition, seconds)


def call(url, method, path, value=None, headers=None, body=None):
    """One request on a connection of its own: status, decoded JSON or text, headers."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=10)
    try:
        if value is not None:
            body = json.dumps(value)
        connection.request(method, path, body, {'Content-Type': 'application/json', **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        try:
            return answer.status, json.loads(text), answer.headers
        except ValueError:
            return answer.status, text, answer.headers
    finally:
        connection.close()
