#pragma once

/// Frames as bytes, version 1: what nodes of this library speak to each other. Standard library only.
///
/// Every frame stands alone and is preceded by its length, so a receiver finds the next one without understanding
/// this one:
///
///     +----------+-----------+--------+---------------------------+
///     | length   | version=1 | kind   | fields                    |
///     | varint   | 1 byte    | 1 byte | length - 2 bytes          |
///     +----------+-----------+--------+---------------------------+
///
/// kind 1 Push, 2 Provide. The payload is last, so that it can be sent from where it lies (see EncodedFrame):
///
///     +-----+------+-------+-----------+-------------+----------+-----------+
///     | ttl | hops | flags | type size | origin size | id       | timestamp |
///     | 1   | 1    | 1     | 1         | 1           | 32 bytes | 8 bytes   |
///     +-----+------+-------+-----------+-------------+----------+-----------+
///     +---------+------------+-----------+------+--------+----------------+----------------------+
///     | expiry  | public key | signature | type | origin | extension      | payload              |
///     | 8  (f1) | 32    (f2) | 64   (f4) |      |        | size, ...  (f8)| the rest of the frame |
///     +---------+------------+-----------+------+--------+----------------+----------------------+
///
///     The extension is followed, before the payload, by
///
///     +----------------+-------------------------------------------------------------------------------+
///     | priority       | route (f32, Push only):                                                       |
///     | 1        (f16) | route flags 1 | loss 1 | round trip 2 | view 4 | first 8, last 8 (flag 8)     |
///     +----------------+-------------------------------------------------------------------------------+
///
///     flags     fN: the field is present when bit N is set. Other bits: 0; a receiver skips the frame when one is set
///     priority  0 critical, 1 high, 3 bulk; others, and none at all, are normal
///     route     see Route. Its flags: 1 acknowledge, 4 overlay, 8 the slice is not empty; the upper half is
///               the copy
///     id        Message::id(): the SHA-256 of the fields, or what a foreign node called the message. It travels so
///               that a duplicate is recognised before anything is hashed
///     extension varint, then so many bytes. In the first of them bit 1 says that the sender counts the receiver
///               (Envelope::receipt); other bits and bytes are ignored by version 1
///
/// kind 3 Announce, 4 Request, 5 NotFound, 6 SyncRequest, 7 SyncIds, 8 Reconcile, 9 Acknowledge, 10 LinkControl:
///
///     Announce, Request, NotFound   flags 1 | count varint | count * 32 bytes
///     SyncRequest                   flags 1 | after 32 bytes | limit varint
///     SyncIds                       flags 1 | after 32 bytes | count varint | count * 32 bytes
///     Reconcile                     flags 1 | step 1 | session varint | size varint | so many bytes of a reconciler's
///     Acknowledge                   flags 1 | count varint | count * (name 8 bytes, copy 1, tally varint (bit 1))
///     LinkControl                   flags 1 | step 1 | origin 8 bytes (steps 7 to 9) | name 32 bytes (7; 8 may)
///
///     step      Reconcile: 0 request, 1 reply, 2 wants. LinkControl: 0 probe, 1 echo, 2 join, 3 join and keep, 4 welcome,
///               5 refuse, 6 leave, 7 herald, 8 graft, 9 prune. A receiver skips a frame with another one
///     origin    FNV-1a, 64 bits, of the origin's node id
///     session   below 2^32
///     flags     bit 1: names are ids, not keys (Naming; never set in Announce); in Acknowledge, items have tallies.
///               bit 2: complete (SyncIds only). bit 4: answer (Announce only)
///     tally     twice the nodes reached, at most 2^31 - 1, and 1 more when no more are expected
///
/// kind 240 to 255 belongs to the transport: what two ends of a link say to each other, which the codec skips as unknown.
/// TCP's are in transport/tcp/context.hpp.
///
/// Numbers. varint: seven bits per byte, lowest first, shortest form only (see varint). Times: microseconds since the
/// Unix epoch in 8 bytes, lowest first; 0 to 2^53, and an expiry is not 0. Eight fixed bytes rather than a varint,
/// because today's times take eight there as well. A ttl above ceiling::hops counts as ceiling::hops.
///
/// Later versions. Bytes behind the last field of kinds 3 to 10, and the extension of kinds 1 and 2, are for additions
/// that may be ignored. A kind, flag or version that a receiver does not know makes it skip the frame, and go on behind
/// it.
///
/// Bounds. length <= WireLimits::frame_max(), payload <= WireLimits::payload_max, type 1 to 64 and origin 1 to 128
/// printable ASCII characters without spaces, count <= 8,192. A frame beyond them, or whose fields do not fit into its
/// length, is malformed, and its sender is not to be listened to any longer. Vectors for other languages:
/// tests/golden/.

#include <lattice/codec/decode.hpp>
#include <lattice/codec/encode.hpp>
#include <lattice/codec/stream.hpp>
#include <lattice/codec/wire.hpp>
