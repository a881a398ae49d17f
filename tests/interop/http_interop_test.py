"""A node of the reference's kind and nodes of this library in one network: each pushes to the other and pulls from it."""
import json
import unittest

from program import LatticeNode
from reference_node import ReferenceNode, call

PAYLOAD = {'proof_id': 'proof_12345', 'transaction': 'transfer(alice, bob, 100)', 'weights': [1, 2.5, -3e10],
           'nested': {'ünï': 'cödé \u2028 "quoted" \\ / \n', 'empty': {}, 'none': None, 'yes': True}}


class Interop(unittest.TestCase):
    def setUp(self):
        self.reference = ReferenceNode('python1')
        self.addCleanup(self.reference.end)

    def start(self, node_id='cpp1', peers=None, options=()):
        peers = [('python1', self.reference.url)] if peers is None else peers
        node = LatticeNode(node_id, peers, options)
        self.addCleanup(node.end)
        return node

    def wait_for_delivery(self, node, message_id):
        return node.wait_for(lambda event: event['event'] == 'delivered' and event['message_id'] == message_id)

    def test_it_is_pushed_to(self):
        node = self.start()
        message = self.reference.make('proof', PAYLOAD)
        self.assertEqual(self.reference.push(node.url, message), 200)
        event = self.wait_for_delivery(node, message['message_id'])
        self.assertEqual(event['message_type'], 'proof')
        self.assertEqual(event['payload'], PAYLOAD)
        self.assertEqual(event['origin_node'], 'python1')
        self.assertEqual(self.reference.push(node.url, dict(message, ttl=3)), 200, 'a duplicate is 200 too')
        self.assertEqual(len(node.delivered(message['message_id'])), 1)

    def test_fields_that_may_be_absent_may_be_absent(self):
        node = self.start()
        message = self.reference.make('proof', PAYLOAD)
        for field in ('ttl', 'seen_by', 'signature', 'public_key'):
            del message[field]
        message['a_field_of_a_later_version'] = [1, {'x': None}]
        self.assertEqual(self.reference.push(node.url, message), 200)
        self.wait_for_delivery(node, message['message_id'])

    def test_it_pushes(self):
        node = self.start()
        node.broadcast('proof', PAYLOAD)
        self.assertTrue(self.reference.wait_for(lambda: len(self.reference.messages) == 1))
        message, = self.reference.messages.values()
        self.assertRegex(message['message_id'], '^[0-9a-f]{64}$')
        self.assertEqual(message['message_type'], 'proof')
        self.assertEqual(message['payload'], PAYLOAD)
        self.assertEqual(message['origin_node'], 'cpp1')
        self.assertIsInstance(message['timestamp'], float)
        self.assertIsInstance(message['ttl'], int)
        self.assertIn('cpp1', message['seen_by'])
        method, path, headers = self.reference.requests[0]
        self.assertEqual((method, path), ('POST', '/api/gossip'))
        self.assertEqual(headers['Content-Type'], 'application/json')

    def test_it_is_pulled_from(self):
        node = self.start(peers=[])
        node.broadcast('proof', PAYLOAD)
        node.broadcast('state_update', {'height': 7})
        for _ in range(200):
            if len(call(node.url, 'GET', '/api/gossip/message_ids')[1]['message_ids']) == 2:
                break
        self.assertEqual(self.reference.synchronise(node.url), 2)
        self.assertEqual(self.reference.synchronise(node.url), 0)
        payloads = {message['message_type']: message['payload'] for message in self.reference.messages.values()}
        self.assertEqual(payloads, {'proof': PAYLOAD, 'state_update': {'height': 7}})
        self.assertEqual(call(node.url, 'GET', '/api/gossip/message/' + '0' * 64)[0], 404)
        ids = call(node.url, 'GET', '/api/gossip/message_ids')[1]['message_ids']
        first = call(node.url, 'GET', '/api/gossip/message_ids?limit=1')[1]['message_ids']
        rest = call(node.url, 'GET', f'/api/gossip/message_ids?after={first[0]}')[1]['message_ids']
        self.assertEqual(first + rest, sorted(ids))

    def test_it_pulls(self):
        made = [self.reference.make('proof', {'n': n}) for n in range(20)]
        node = self.start(options=['--anti-entropy-interval', '200ms'])
        for n, message in enumerate(made):
            self.assertEqual(self.wait_for_delivery(node, message['message_id'])['payload'], {'n': n})
        paths = {path for _, path, _ in self.reference.requests}
        self.assertIn('/api/gossip/message_ids', paths)
        self.assertIn('/api/gossip/message/' + made[0]['message_id'], paths)
        self.assertFalse([path for path in paths if path.startswith('/api/gossip/frames')])

    def test_what_it_relays_is_still_the_same_message(self):
        receiver = self.start('cpp2', peers=[])
        self.reference.peers = [receiver.url]
        sender = self.start('cpp1')
        sender.broadcast('proof', PAYLOAD)
        event = receiver.wait_for(lambda event: event['event'] == 'delivered')
        self.assertEqual(event['payload'], PAYLOAD)
        self.assertEqual(event['origin_node'], 'cpp1')
        self.assertEqual([event['message_id']], list(self.reference.messages))
        _, served, _ = call(receiver.url, 'GET', '/api/gossip/message/' + event['message_id'])
        self.assertEqual(served['payload'], PAYLOAD)
        self.assertEqual(call(sender.url, 'POST', '/api/gossip', served)[1], {'status': 'duplicate'})

    def test_bad_requests_get_the_status_that_says_why(self):
        node = self.start(peers=[])
        message = self.reference.make('proof', PAYLOAD)
        cases = [
            (400, {'value': dict(message, message_id='zz')}),
            (400, {'value': {key: message[key] for key in message if key != 'payload'}}),
            (400, {'value': dict(message, payload=[1])}),
            (400, {'value': dict(message, timestamp='now')}),
            (400, {'value': [message]}),
            (400, {'body': '{"message_id":'}),
            (400, {'body': json.dumps(message)[:-1] + ',"ttl":3}'}),
            (413, {'body': ' ' * 1_000_000}),
            (415, {'value': message, 'headers': {'Content-Type': 'text/plain'}}),
            (403, {'value': message, 'headers': {'Origin': 'https://evil.example'}}),
            (422, {'value': dict(message, timestamp=message['timestamp'] - 3600)}),
            (422, {'value': dict(message, timestamp=message['timestamp'] + 3600)}),
            (422, {'value': dict(message, ttl=0)}),
        ]
        for status, arguments in cases:
            self.assertEqual(call(node.url, 'POST', '/api/gossip', **arguments)[0], status, str(arguments)[:200])
        self.assertEqual(call(node.url, 'GET', '/api/gossip')[0], 405)
        self.assertEqual(call(node.url, 'GET', '/nothing')[0], 404)
        self.assertEqual(call(node.url, 'GET', '/api/gossip/message_ids')[1], {'message_ids': []})
        self.assertEqual(self.reference.push(node.url, message), 200, 'what was refused was not seen')
        self.wait_for_delivery(node, message['message_id'])
        self.assertEqual(len([event for event in node.events if event['event'] == 'delivered']), 1)

    def test_health_metrics_and_statistics(self):
        node = self.start()
        self.assertEqual(self.reference.push(node.url, self.reference.make('proof', PAYLOAD)), 200)
        status, health, headers = call(node.url, 'GET', '/health')
        self.assertEqual((status, health), (200, {'status': 'ok', 'node_id': 'cpp1'}))
        self.assertEqual(headers['X-Lattice'], '1')
        status, statistics, _ = call(node.url, 'GET', '/api/gossip/stats')
        self.assertEqual((status, statistics['messages_received']), (200, 1))
        status, text, headers = call(node.url, 'GET', '/metrics')
        self.assertEqual(status, 200)
        self.assertTrue(headers['Content-Type'].startswith('text/plain; version=0.0.4'))
        self.assertIn('lattice_messages_received_total 1\n', text)


if __name__ == '__main__':
    unittest.main()
