"""lattice-maelstrom as Maelstrom sees it: exact answers, and every value on every node whatever the network does."""
import json
import os
import unittest

from maelstrom_network import Network

PROGRAM = [os.path.join(os.environ['LATTICE_PROGRAMS'], 'lattice-maelstrom')]


class Answers(unittest.TestCase):
    def setUp(self):
        self.network = Network(PROGRAM, 1)
        self.addCleanup(self.network.end)

    def call(self, body):
        """The answer without in_reply_to, which `call` has matched."""
        answer = self.network.call('n0', body)
        self.assertIn('in_reply_to', answer)
        del answer['in_reply_to']
        return answer

    def init(self):
        return self.call({'type': 'init', 'node_id': 'n0', 'node_ids': ['n0']})

    def test_each_request_has_exactly_the_documented_answer(self):
        self.assertEqual(self.init(), {'type': 'init_ok'})
        self.assertEqual(self.call({'type': 'topology', 'topology': {'n0': []}}), {'type': 'topology_ok'})
        self.assertEqual(self.call({'type': 'broadcast', 'message': 1000}), {'type': 'broadcast_ok'})
        self.assertEqual(self.call({'type': 'broadcast', 'message': -7}), {'type': 'broadcast_ok'})
        answer = self.call({'type': 'read'})
        self.assertEqual(sorted(answer), ['messages', 'type'])
        self.assertEqual(sorted(answer['messages']), [-7, 1000])
        self.assertEqual(self.network.not_json, [])

    def test_a_value_is_read_once_however_often_it_was_broadcast(self):
        self.init()
        for _ in range(3):
            self.assertEqual(self.call({'type': 'broadcast', 'message': 5}), {'type': 'broadcast_ok'})
        self.assertEqual(self.call({'type': 'read'})['messages'], [5])

    def test_a_repeated_init_changes_nothing(self):
        self.init()
        self.call({'type': 'broadcast', 'message': 5})
        self.assertEqual(self.init(), {'type': 'init_ok'})
        self.assertEqual(self.call({'type': 'read'})['messages'], [5])

    def test_an_unknown_request_is_not_supported(self):
        self.init()
        answer = self.call({'type': 'compare_and_swap'})
        self.assertEqual(sorted(answer), ['code', 'text', 'type'])
        self.assertEqual((answer['type'], answer['code']), ('error', 10))

    def test_a_value_that_is_no_integer_is_malformed(self):
        self.init()
        for body in ({'message': 'five'}, {'message': 1.5}, {'message': None}, {'message': 2 ** 63}, {}):
            answer = self.call({'type': 'broadcast', **body})
            self.assertEqual((answer['type'], answer['code']), ('error', 12), body)
        self.assertEqual(self.call({'type': 'read'})['messages'], [])

    def test_a_request_without_msg_id_is_carried_out_and_not_answered(self):
        self.init()
        self.network.tell('n0', {'type': 'broadcast', 'message': 3})
        self.network.tell('n0', {'type': 'no_such_request'})
        self.assertEqual(self.call({'type': 'read'})['messages'], [3])

    def test_what_is_no_message_is_passed_over(self):
        self.init()
        for line in ('', 'not JSON', '[]', '{}', '{"src": "c1", "dest": "n0", "body": 7}', '[' * 100000,
                     json.dumps({'src': 1, 'dest': 'n0', 'body': {'type': 'read', 'msg_id': 9}}),
                     json.dumps({'src': 'n9', 'dest': 'n0', 'body': {'type': 'gossip'}}),
                     json.dumps({'src': 'n9', 'dest': 'n0', 'body': {'type': 'gossip', 'frames': 'AAAA'}})):
            self.network.raw('n0', line)
        self.assertEqual(self.call({'type': 'broadcast', 'message': 1}), {'type': 'broadcast_ok'})
        self.assertEqual(self.network.not_json, [])

    def test_the_program_ends_with_its_input(self):
        self.init()
        self.assertEqual(self.network.end(), [0])


class Spreading(unittest.TestCase):
    def values_of(self, network, name):
        answer = network.call(name, {'type': 'read'})
        self.assertEqual(len(answer['messages']), len(set(answer['messages'])), 'a value is listed twice')
        return sorted(answer['messages'])

    def broadcast(self, network, values):
        for value in values:
            node = network.names[value % len(network.names)]
            self.assertEqual(network.call(node, {'type': 'broadcast', 'message': value})['type'], 'broadcast_ok')

    def expect_everywhere(self, network, values, timeout):
        expected = sorted(values)
        arrived = network.until(lambda: all(self.values_of(network, name) == expected for name in network.names),
                                timeout)
        self.assertTrue(arrived, {name: len(self.values_of(network, name)) for name in network.names})
        self.assertEqual(network.not_json, [])

    def test_every_value_reaches_every_node(self):
        with Network(PROGRAM, 5) as network:
            self.assertEqual({answer['type'] for answer in network.init()}, {'init_ok'})
            self.broadcast(network, range(100))
            self.expect_everywhere(network, range(100), 20)
            self.assertEqual(network.end(), [0] * 5)

    def test_through_loss_doubling_and_disorder(self):
        with Network(PROGRAM, 5, seed=2) as network:
            network.loss, network.doubling, network.latency = 0.2, 0.2, (0.0, 0.05)
            network.init()
            self.broadcast(network, range(100))
            self.expect_everywhere(network, range(100), 40)

    def test_after_a_partition_that_outlasts_announcements(self):
        with Network(PROGRAM, 5, seed=3) as network:
            network.init()
            network.cut = {'n0', 'n1'}
            self.broadcast(network, range(20))
            near = [value for value in range(20) if value % 5 < 2]
            far = [value for value in range(20) if value % 5 >= 2]
            self.assertTrue(network.until(lambda: self.values_of(network, 'n0') == near
                                          and self.values_of(network, 'n4') == far, 20))
            self.let_announcements_end(network)
            network.cut = set()
            self.expect_everywhere(network, range(20), 40)

    def let_announcements_end(self, network):
        """Waits until nodes speak no more than anti-entropy makes them."""
        counts = []

        def is_quiet():
            counts.append(network.between_nodes)
            return len(counts) > 50 and counts[-1] - counts[-50] <= 10
        self.assertTrue(network.until(is_quiet, 20))


if __name__ == '__main__':
    unittest.main()
