"""lattice-node from outside: options, events, signals, and networks of processes over HTTP and TCP."""
import http.client
import json
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from lattice_node import Cluster, Node, PATIENCE, PROGRAM, free_ports, run


def get(port, path):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
    try:
        connection.request('GET', path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class Options(unittest.TestCase):
    def expect_refused(self, named, *arguments):
        result = run(*arguments)
        self.assertEqual(result.returncode, 2, arguments)
        self.assertEqual(result.stdout, '', arguments)
        self.assertIn(named, result.stderr)
        self.assertNotIn('terminate', result.stderr)

    def test_what_is_wrong_is_named(self):
        good = ['--id', 'a', '--http', '127.0.0.1:0']
        self.expect_refused('--id', '--http', '127.0.0.1:0')
        self.expect_refused('--id', '--id', 'two words', '--http', '127.0.0.1:0')
        self.expect_refused('--http', '--id', 'a')
        self.expect_refused('--no-such-option', *good, '--no-such-option')
        self.expect_refused('stray', *good, 'stray')
        self.expect_refused('--fanout needs a value', *good, '--fanout')
        self.expect_refused('--help takes no value', '--help=yes')
        for value in ('nohost', '127.0.0.1', '127.0.0.1:', '127.0.0.1:70000', '127.0.0.1:x', ':80', '::1:80', 'http://h:1'):
            self.expect_refused('--http', '--id', 'a', '--http', value)
        for value in ('b', 'b=', '=http://h:1', 'b=h:1', 'b=ftp://h:1', 'b=http://', 'b=tcp://h', 'b=http://h:1/path'):
            self.expect_refused('--peer', *good, '--peer', value)
        self.expect_refused('second time', *good, '--peer', 'b=http://h:1', '--peer', 'b=http://h:2')
        for option in ('--gossip-interval', '--anti-entropy-interval', '--fetch-timeout'):
            for value in ('', 'soon', '5 s', '5days', '-1', 'nan', 'inf', '1e3', '99999999999h'):
                self.expect_refused(option, *good, option, value)
        for option in ('--fanout', '--message-cache-size', '--payload-max'):
            for value in ('', 'many', '-1', '1.5', '99999999999999999999'):
                self.expect_refused(option, *good, option, value)
        self.expect_refused('--message-ttl', *good, '--message-ttl', '256')
        self.expect_refused('--enable-push', *good, '--enable-push', 'maybe')
        self.expect_refused('--foreign-ids', *good, '--foreign-ids', 'perhaps')

    def test_settings_that_cannot_work_together_are_named_by_their_option(self):
        good = ['--id', 'a', '--http', '127.0.0.1:0']
        self.expect_refused('--fanout:', *good, '--fanout', '0')
        self.expect_refused('--message-ttl:', *good, '--message-ttl', '33')
        self.expect_refused('--payload-max:', *good, '--payload-max', '0')
        self.expect_refused('--push-age-max:', *good, '--push-age-max', '2h', '--horizon', '1h')

    def test_help_lists_every_setting(self):
        result = run('--help')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        for option in ('--id', '--http', '--tcp', '--peer', '--fanout COUNT', '--gossip-interval DURATION',
                       '--message-ttl', '--message-cache-size', '--anti-entropy-interval', '--enable-push BOOL',
                       '--enable-pull', '--enable-anti-entropy', '--payload-max', '--seen-ids-max', '--horizon'):
            self.assertIn(option, result.stdout)
        self.assertIn('[500ms]', result.stdout)  # defaults are shown

    def test_every_field_of_the_settings_is_an_option(self):
        core = pathlib.Path(__file__).resolve().parents[2] / 'include/lattice/core'
        listed = run('--help').stdout
        for header, name in (('config.hpp', 'Config'), ('limits.hpp', 'Limits')):
            body = re.search(rf'^struct {name} {{\n(.*?)^}};', (core / header).read_text(), re.MULTILINE | re.DOTALL).group(1)
            fields = re.findall(r'^    [^/\n(]*?(\w+)(?:{[^;]*})?;', body, re.MULTILINE)
            self.assertGreater(len(fields), 10)
            for field in set(fields) - {'node_id', 'limits'}:
                self.assertIn('--' + field.replace('_', '-') + ' ', listed)

    def test_each_listed_preset_can_be_given(self):
        presets = re.findall(r'^  --(\S+) \S+ .*\[(\S+)\]$', run('--help').stdout, re.MULTILINE)
        self.assertGreater(len(presets), 30)
        arguments = [text for name, value in presets for text in (f'--{name}', value)]
        node = Node('--id', 'a', '--http', '127.0.0.1:0', *arguments)
        self.assertEqual(node.ready()['event'], 'ready')
        self.assertEqual(node.stop(), 0)

    def test_durations_and_truths_have_several_forms(self):
        for value in ('2', '0.25', '250ms', '1.5s', '1m', '0.5h', '100000us'):
            node = Node('--id=a', '--http=127.0.0.1:0', f'--gossip-interval={value}', '--enable-pull', 'off')
            self.assertEqual(node.ready()['event'], 'ready', value)
            self.assertEqual(node.stop(), 0)

    def test_an_address_that_is_taken_is_a_failure(self):
        node = Node('--id', 'a', '--http', '127.0.0.1:0')
        result = run('--id', 'b', '--http', node.ready()['http'])
        self.assertEqual((result.returncode, result.stdout), (1, ''))
        self.assertIn(node.ready()['http'], result.stderr)
        self.assertEqual(node.stop(), 0)


class OneNode(unittest.TestCase):
    def start(self, *arguments, **settings):
        node = Node('--id', 'a', '--http', '127.0.0.1:0', *arguments, **settings)
        self.addCleanup(lambda: node.process.poll() is None and node.stop(signal.SIGKILL))
        self.assertEqual(sorted(node.ready()), ['event', 'http', 'id'])
        self.assertEqual((node.ready()['event'], node.ready()['id']), ('ready', 'a'))
        node.port = int(node.ready()['http'].rsplit(':', 1)[1])
        return node

    def test_it_serves_once_it_says_so(self):
        node = self.start()
        self.assertEqual(get(node.port, '/health')[0], 200)
        self.assertIn('lattice_messages_received_total 0\n', get(node.port, '/metrics')[1])
        self.assertEqual(json.loads(get(node.port, '/api/gossip/stats')[1])['messages_sent'], 0)
        self.assertEqual(node.stop(), 0)
        self.assertEqual(node.errors, '')

    def test_both_signals_stop_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            node = self.start()
            self.assertEqual(node.stop(number), 0)
            self.assertEqual(len(node.events), 1)

    def test_the_end_of_its_input_does_not_stop_it(self):
        for stdin in (subprocess.PIPE, subprocess.DEVNULL):
            node = self.start(stdin=stdin)
            if stdin == subprocess.PIPE:
                node.process.stdin.close()
            self.assertEqual(get(node.port, '/health')[0], 200)
            self.assertIsNone(node.process.poll())
            self.assertEqual(node.stop(), 0)

    def test_it_runs_with_all_standard_descriptors_closed(self):
        port = free_ports(1)[0]
        process = subprocess.Popen(['sh', '-c', f'exec "{PROGRAM}" --id a --http 127.0.0.1:{port} <&- >&- 2>&-'])
        self.addCleanup(process.kill)

        def answers():
            try:
                return get(port, '/health')[0] == 200
            except OSError:
                return False
        probe = Node('--id', 'b', '--http', '127.0.0.1:0')
        self.assertTrue(probe.wait(lambda _: answers() or probe.say('tick')))  # each error event is a turn
        self.assertEqual(probe.stop(), 0)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_a_line_that_cannot_be_carried_out_is_an_error_and_no_more(self):
        node = self.start('--payload-max', '1000')
        lines = ['broadcast proof {"a":', 'broadcast proof', 'broadcast', 'proof {}', 'broadcast  {}', 'broadcast proof ',
                 'broadcast proof {"a":1} trailing', 'broadcast proof "' + 'x' * 2000 + '"', 'x' * 100_000,
                 'broadcast ' + 't' * 65 + ' {}', 'broadcast proof ' + '[' * 1000, 'broadcast proof {"a":1,"a":2}',
                 'broadcast proof "\ufffe\u0000"'.replace('\u0000', '\\ud800')]
        for line in lines:
            node.say(line)
        self.assertTrue(node.wait(lambda _: len(node.of('error')) >= len(lines)))
        for event in node.of('error'):
            self.assertEqual(sorted(event), ['event', 'input', 'message'])
            self.assertLessEqual(len(event['input']), 64)
        node.broadcast('proof', {'a': 1})
        node.say('')
        node.say('last')
        self.assertTrue(node.wait(lambda events: events[-1].get('input') == 'last'))
        self.assertEqual(len(node.of('error')), len(lines) + 1)
        self.assertEqual(json.loads(get(node.port, '/api/gossip/stats')[1])['messages_sent'], 1)
        self.assertEqual(node.stop(), 0)

    def test_a_foreign_message_is_delivered_and_served(self):
        node = self.start('--push-age-max', '24h')
        message = {'message_id': 'ab' * 32, 'message_type': 'proof', 'payload': {'proof': 'proof_12345', 'n': [1, 2.5]},
                   'origin_node': 'foreign', 'timestamp': time.time(), 'ttl': 10, 'seen_by': ['foreign']}
        connection = http.client.HTTPConnection('127.0.0.1', node.port, timeout=PATIENCE)
        for _ in range(2):
            connection.request('POST', '/api/gossip', json.dumps(message, indent=2), {'Content-Type': 'application/json'})
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            response.read()
        connection.close()
        self.assertTrue(node.wait_delivered(1))
        self.assertEqual(node.delivered(), [{'event': 'delivered', 'message_id': 'ab' * 32, 'message_type': 'proof',
                                             'payload': message['payload'], 'origin_node': 'foreign'}])
        self.assertEqual(json.loads(get(node.port, '/api/gossip/message_ids')[1]), {'message_ids': ['ab' * 32]})
        status, body = get(node.port, '/api/gossip/message/' + 'ab' * 32)
        self.assertEqual((status, json.loads(body)['payload']), (200, message['payload']))
        self.assertEqual(node.stop(), 0)
        self.assertEqual(len(node.delivered()), 1)


class Networks(unittest.TestCase):
    def expect_delivered(self, cluster, sent):
        """Every node has delivered, once, all that others sent. `sent` is a list of (index of the sender, type, payload)."""
        for i, node in enumerate(cluster.nodes):
            expected = sorted(json.dumps([f'n{by}', kind, payload], sort_keys=True) for by, kind, payload in sent if by != i)
            self.assertTrue(node.wait_delivered(len(expected)), f'n{i} delivered {len(node.delivered())} of {len(expected)}')
            found = sorted(json.dumps([event['origin_node'], event['message_type'], event['payload']], sort_keys=True)
                           for event in node.delivered())
            self.assertEqual(found, expected, f'n{i}')

    def expect_one_name_per_message(self, cluster):
        names = {}
        for node in cluster.nodes:
            for event in node.delivered():
                self.assertEqual(sorted(event), ['event', 'message_id', 'message_type', 'origin_node', 'payload'])
                self.assertRegex(event['message_id'], '^[0-9a-f]{64}$')
                key = json.dumps([event['origin_node'], event['payload']], sort_keys=True)
                self.assertEqual(names.setdefault(event['message_id'], key), key)

    def test_five_nodes_deliver_everything_once(self):
        for scheme in ('http', 'tcp'):
            with self.subTest(scheme):
                self.deliver_everything_once(scheme)

    def deliver_everything_once(self, scheme):
        cluster = Cluster(self, 5, scheme=scheme)
        payloads = [{'proof': 'proof_12345', 'transaction': 'transfer(alice, bob, 100)'}, {'nested': [{'a': None}, 'ü', 1.5]},
                    {}, [1, 2, 3], 'text', 7, None, {'_bytes': 'AAAA'}, {'long': 12345678901234567890123}]
        sent = [(i % 5, f'type-{i}', payload) for i, payload in enumerate(payloads)]
        for by, kind, payload in sent:
            cluster.nodes[by].broadcast(kind, payload)
        self.expect_delivered(cluster, sent)
        self.expect_one_name_per_message(cluster)
        cluster.stop()
        self.expect_delivered(cluster, sent)  # nothing came late
        self.assertEqual(sum(len(node.of('error')) for node in cluster.nodes), 0)

    def test_a_message_crosses_a_ring_of_eight(self):
        cluster = Cluster(self, 8, {i: [(i + 1) % 8, (i - 1) % 8] for i in range(8)})
        sent = [(0, 'proof', {'n': n}) for n in range(20)]
        for by, kind, payload in sent:
            cluster.nodes[by].broadcast(kind, payload)
        self.expect_delivered(cluster, sent)
        cluster.stop()

    def test_without_push_repair_carries_everything(self):
        cluster = Cluster(self, 3, options=['--enable-push', 'false', '--gossip-interval', '50ms', '--anti-entropy-interval',
                                            '500ms'])
        sent = [(0, 'proof', {'n': n}) for n in range(10)]
        for by, kind, payload in sent:
            cluster.nodes[by].broadcast(kind, payload)
        self.expect_delivered(cluster, sent)
        cluster.stop()

    def test_a_node_that_was_killed_catches_up(self):
        cluster = Cluster(self, 3, options=['--anti-entropy-interval', '1s', '--gossip-interval', '100ms'])
        cluster.nodes[0].broadcast('proof', {'n': 0})
        self.expect_delivered(cluster, [(0, 'proof', {'n': 0})])
        self.assertEqual(cluster.nodes[2].stop(signal.SIGKILL), -signal.SIGKILL)
        sent = [(0, 'proof', {'n': n}) for n in range(5)]
        for by, kind, payload in sent[1:]:
            cluster.nodes[by].broadcast(kind, payload)
        self.assertTrue(cluster.nodes[1].wait_delivered(5))
        cluster.nodes[2] = cluster.start(2)
        self.assertEqual(cluster.nodes[2].ready()['event'], 'ready')
        self.expect_delivered(cluster, sent)
        cluster.stop()

    def wait_until_held(self, cluster, ports, count):
        """Waits until all nodes at these ports hold the same `count` messages."""
        def held():
            return [sorted(json.loads(get(port, '/api/gossip/message_ids')[1])['message_ids']) for port in ports]
        deadline = time.monotonic() + 2 * PATIENCE
        sets = held()
        while any(each != sets[0] or len(each) != count for each in sets):
            self.assertLess(time.monotonic(), deadline, f'{[len(each) for each in sets]} of {count}')
            cluster.nodes[0].wait_delivered(10_000, timeout=0.1)  # reads on meanwhile
            sets = held()

    def test_nodes_that_are_killed_and_restarted_end_with_equal_sets(self):
        chance = random.Random(7)
        cluster = Cluster(self, 8, options=['--anti-entropy-interval', '500ms', '--gossip-interval', '100ms'])
        for turn in range(6):
            victim = chance.randrange(8)
            others = [(victim + 1 + n) % 8 for n in range(7)]
            for n in range(5):
                cluster.nodes[others[n]].broadcast('proof', {'turn': turn, 'n': n})
            self.wait_until_held(cluster, [cluster.ports[i] for i in others], 10 * turn + 5)
            self.assertEqual(cluster.nodes[victim].stop(signal.SIGKILL), -signal.SIGKILL)
            for n in range(5, 10):
                cluster.nodes[others[n % 7]].broadcast('proof', {'turn': turn, 'n': n})
            cluster.nodes[victim] = cluster.start(victim)
            self.assertEqual(cluster.nodes[victim].ready()['event'], 'ready')
        self.wait_until_held(cluster, cluster.ports, 60)
        cluster.stop()
        for node in cluster.nodes:
            names = [event['message_id'] for event in node.delivered()]
            self.assertEqual(len(names), len(set(names)), 'a message was delivered twice in one life')

    def test_who_does_not_read_its_output_holds_up_nobody(self):
        cluster = Cluster(self, 2, {0: [1], 1: [0]})
        middle_port, far_port = free_ports(2)
        cluster.links = {2: [3], 3: [2, 4], 4: [3]}
        cluster.ports += [free_ports(1)[0], middle_port, far_port]
        first, last = cluster.start(2), cluster.start(4)
        middle = cluster.start(3, reading=False)
        for node in (first, last, middle):
            self.assertEqual(node.ready()['event'], 'ready')
        for n in range(100):
            first.broadcast('bulk', {'n': n, 'filler': 'x' * 20_000})
        self.assertTrue(last.wait_delivered(100), f'{len(last.delivered())} of 100 came through')
        middle.read_on()
        self.assertTrue(middle.wait_delivered(100))
        for node in (first, last, middle):
            self.assertEqual(node.stop(), 0)
        cluster.stop()

    def test_a_node_with_both_bridges_between_http_and_tcp(self):
        web_port, bridge_port = free_ports(2)
        bridge_tcp, wire_tcp = free_ports(2)
        nodes = [Node('--id', 'web', '--http', f'127.0.0.1:{web_port}', '--peer', f'bridge=http://127.0.0.1:{bridge_port}'),
                 Node('--id', 'bridge', '--http', f'127.0.0.1:{bridge_port}', '--tcp', f'127.0.0.1:{bridge_tcp}', '--peer',
                      f'web=http://127.0.0.1:{web_port}', '--peer', f'wire=tcp://127.0.0.1:{wire_tcp}'),
                 Node('--id', 'wire', '--tcp', f'127.0.0.1:{wire_tcp}', '--peer', f'bridge=tcp://127.0.0.1:{bridge_tcp}')]
        for node in nodes:
            self.addCleanup(lambda node=node: node.process.poll() is None and node.stop(signal.SIGKILL))
        self.assertEqual(nodes[1].ready(), {'event': 'ready', 'id': 'bridge', 'http': f'127.0.0.1:{bridge_port}',
                                            'tcp': f'127.0.0.1:{bridge_tcp}'})
        self.assertEqual(nodes[2].ready(), {'event': 'ready', 'id': 'wire', 'tcp': f'127.0.0.1:{wire_tcp}'})
        nodes[0].broadcast('news', {'to': 'wire'})
        self.assertTrue(nodes[2].wait_delivered(1))
        nodes[2].broadcast('news', {'to': 'web'})
        self.assertTrue(nodes[0].wait_delivered(1))
        self.assertEqual(nodes[0].delivered()[0]['payload'], {'to': 'web'})
        self.assertTrue(nodes[1].wait_delivered(2))
        for node in nodes:
            self.assertEqual(node.stop(), 0)


class CountingProxy:
    """Forwards connections to a port on loopback, and counts the bytes that go there."""

    def __init__(self, case, port):
        self.target = port
        self.bytes_sent = 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        case.addCleanup(self.listener.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(('127.0.0.1', self.target))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, sink, sink is server), daemon=True).start()

    def _forward(self, source, sink, counted):
        with source, sink:
            try:
                while data := source.recv(65536):
                    self.bytes_sent += len(data) if counted else 0
                    sink.sendall(data)
            except OSError:
                pass


class Compression(unittest.TestCase):
    def bytes_for(self, payload, of_sender, of_receiver):
        """What goes over the wire so that a node with certain options sends a payload to another."""
        ports = free_ports(2)
        proxy = CountingProxy(self, ports[1])
        receiver = Node('--id', 'b', '--tcp', f'127.0.0.1:{ports[1]}', *of_receiver)
        sender = Node('--id', 'a', '--tcp', f'127.0.0.1:{ports[0]}', '--peer', f'b=tcp://127.0.0.1:{proxy.port}',
                      *of_sender)
        for node in (receiver, sender):
            self.addCleanup(lambda node=node: node.process.poll() is None and node.stop(signal.SIGKILL))
            node.ready()
        sender.broadcast('news', 'are you there?')  # What waits for a connection is not compressed.
        self.assertTrue(receiver.wait_delivered(1))
        before = proxy.bytes_sent
        sender.broadcast('news', payload)
        self.assertTrue(receiver.wait_delivered(2))
        self.assertEqual(receiver.delivered()[1]['payload'], payload)
        count = proxy.bytes_sent - before
        for node in (sender, receiver):
            self.assertEqual(node.stop(), 0)
        return count

    def setUp(self):
        if 'built without zstd' in run('--compression', 'zstd', '--help').stderr:
            self.skipTest('lattice-node was built without zstd')

    def test_payloads_are_compressed_for_peers_with_the_same_setting(self):
        payload = ', '.join(f'line {n} of many' for n in range(5_000))
        zstd = ('--compression', 'zstd')
        self.assertGreater(self.bytes_for(payload, zstd, ()), len(payload))
        self.assertLess(self.bytes_for(payload, zstd, zstd), len(payload) // 3)

    def test_a_dictionary_serves_small_payloads(self):
        payload = ''.join(random.Random(1).choice('abcdefghij') for _ in range(2_000))
        with tempfile.NamedTemporaryFile('w') as dictionary:
            dictionary.write(payload)
            dictionary.flush()
            options = ('--compression', 'zstd', '--compression-dictionary', dictionary.name)
            self.assertLess(self.bytes_for(payload, options, options), len(payload) // 2)
            beyond = options + ('--compressed-from', '5000')
            self.assertGreater(self.bytes_for(payload, beyond, options), len(payload))

    def test_what_is_wrong_is_named(self):
        good = ['--id', 'a', '--tcp', '127.0.0.1:0']
        for arguments in (['--compression', 'gzip'], ['--compression-dictionary', 'file'],
                          ['--compression', 'zstd', '--compression-dictionary', '']):
            result = run(*good, *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn('--compression', result.stderr)
        result = run(*good, '--compression', 'zstd', '--compression-dictionary', '/no/such/file')
        self.assertEqual(result.returncode, 1)
        self.assertIn('/no/such/file', result.stderr)


@unittest.skipUnless(shutil.which('openssl'), 'the openssl program, which makes the certificates, is not here')
class Tls(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.make_authority('authority')
        for name in ('a', 'b'):
            self.make_certificate(name, 'authority')

    def openssl(self, *arguments):
        subprocess.run(['openssl', *arguments], cwd=self.folder, check=True, capture_output=True)

    def make_authority(self, name):
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                     '-keyout', f'{name}.key', '-out', f'{name}.pem', '-subj', f'/CN={name}')

    def make_certificate(self, name, authority):
        self.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', f'{name}.key',
                     '-out', f'{name}.csr', '-subj', f'/CN={name}')
        self.openssl('x509', '-req', '-in', f'{name}.csr', '-CA', f'{authority}.pem', '-CAkey', f'{authority}.key',
                     '-CAcreateserial', '-days', '2', '-out', f'{name}.pem')

    def node(self, name, port, peer, certificate=None, authority='authority'):
        certificate = certificate or name
        node = Node('--id', name, '--tcp', f'127.0.0.1:{port}', '--peer', peer,
                    '--tls-certificate', str(self.folder / f'{certificate}.pem'),
                    '--tls-key', str(self.folder / f'{certificate}.key'),
                    '--tls-authorities', str(self.folder / f'{authority}.pem'))
        self.addCleanup(lambda: node.process.poll() is None and node.stop(signal.SIGKILL))
        node.ready()
        return node

    def test_nodes_with_certificates_hear_each_other_and_one_without_a_fitting_one_is_not_heard(self):
        ports = free_ports(3)
        a = self.node('a', ports[0], f'b=tcp://127.0.0.1:{ports[1]}')
        b = self.node('b', ports[1], f'a=tcp://127.0.0.1:{ports[0]}')
        impostor = self.node('c', ports[2], f'a=tcp://127.0.0.1:{ports[0]}', certificate='b')
        impostor.broadcast('news', {'from': 'impostor'})
        for n in range(20):
            b.broadcast('news', {'n': n})
        self.assertTrue(a.wait_delivered(20))
        self.assertEqual({event['origin_node'] for event in a.delivered()}, {'b'})
        for node in (a, b, impostor):
            self.assertEqual(node.stop(), 0)

    def test_files_that_are_missing_or_do_not_fit_are_a_failure(self):
        good = ['--id', 'a', '--tcp', '127.0.0.1:0']
        result = run(*good, '--tls-key', 'a.key')
        self.assertEqual(result.returncode, 2)
        self.assertIn('--tls-certificate', result.stderr)
        for key in ('no-such-file', 'b.key', 'a.pem'):
            result = run(*good, '--tls-certificate', str(self.folder / 'a.pem'), '--tls-key', str(self.folder / key),
                         '--tls-authorities', str(self.folder / 'authority.pem'))
            self.assertEqual(result.returncode, 1, key)
            self.assertEqual(result.stdout, '')


if __name__ == '__main__':
    unittest.main()
