# SPDX-License-Identifier: LGPL-2.1-or-later
"""RTP packets (RFC 3550), and AV1 in them (RTP Payload Format For AV1, version 1.0)."""
import contextlib
import dataclasses
import pathlib
import socket
import struct
import threading
import time

TEMPORAL_DELIMITER = 2  # obu_type


class Receiver:
    """A port for RTP, and the next one, where RTCP goes."""

    def __init__(self):
        while True:
            self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
            try:
                self._sockets[0].bind(("127.0.0.1", 0))
                self.port = self._sockets[0].getsockname()[1]
                if self.port % 2 == 0:
                    self._sockets[1].bind(("127.0.0.1", self.port + 1))
                    break
            except OSError:
                pass
            self.close()
        self._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._sockets[0].settimeout(0.2)

    def close(self):
        for one in self._sockets:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def until_end_of(self, sender):
        """All packets, until the sending process has ended and nothing comes any more."""
        packets = []
        while True:
            ended = sender.poll() is not None
            try:
                packets.append(self._sockets[0].recv(65536))
            except socket.timeout:
                if ended:
                    return packets


def is_bound(port):
    """Whether a process listens at a UDP port."""
    lines = pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]
    return any(int(line.split()[1].split(":")[1], 16) == port for line in lines)


@contextlib.contextmanager
def replay(packets, port):
    """Sends packets to a port of this machine, once somebody listens there."""
    stop = threading.Event()

    def send():
        while not is_bound(port) and not stop.wait(0.01):
            pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for packet in packets:
                if stop.is_set():
                    return
                out.sendto(packet, ("127.0.0.1", port))
                time.sleep(0.002)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@dataclasses.dataclass
class Unit:
    """A temporal unit as it arrives: OBUs without their sizes."""

    timestamp: int
    obus: list
    begins_sequence: bool


def leb128(data, at):
    """The value and where the next byte is (AV1 specification, 4.10.5)."""
    value = 0
    for i in range(8):
        value |= (data[at + i] & 0x7F) << (7 * i)
        if not data[at + i] & 0x80:
            return value, at + i + 1
    raise ValueError("leb128 of more than eight bytes")


def without_size(obu):
    """An OBU without obu_has_size_field and obu_size (AV1 specification, 5.3.1)."""
    header = 2 if obu[0] & 4 else 1
    if not obu[0] & 2:
        return obu
    size, begin = leb128(obu, header)
    if begin + size != len(obu):
        raise ValueError("an OBU whose size is wrong")
    return bytes([obu[0] & ~2]) + obu[1:header] + obu[begin:]


def temporal_units(stream):
    """A low-overhead stream's temporal units, each a list of OBUs without sizes and without the delimiter."""
    units, at = [], 0
    while at < len(stream):
        header = 2 if stream[at] & 4 else 1
        size, begin = leb128(stream, at + header)
        if stream[at] >> 3 & 15 == TEMPORAL_DELIMITER:
            units.append([])
        else:
            units[-1].append(without_size(stream[at:begin + size]))
        at = begin + size
    return units


def payload_of(packet):
    """Marker, timestamp and payload."""
    first, second, _, timestamp, _ = struct.unpack_from("!BBHII", packet)
    begin = 12 + 4 * (first & 15)
    if first >> 6 != 2 or first & 0x30:
        raise ValueError("an RTP packet of another version, with padding or an extension")
    return bool(second & 0x80), timestamp, packet[begin:]


def elements_of(payload):
    """The OBU elements of a payload (4.3 and 4.4): all but the W-th say how long they are."""
    count, elements, at = payload[0] >> 4 & 3, [], 1
    while at < len(payload):
        size, begin = leb128(payload, at) if len(elements) + 1 != count else (len(payload) - at, at)
        if begin + size > len(payload):
            raise ValueError("an OBU element beyond its packet")
        elements.append(payload[begin:begin + size])
        at = begin + size
    if count and len(elements) != count:
        raise ValueError(f"{len(elements)} OBU elements where {count} are announced")
    return elements


def depacketize(packets):
    """The temporal units in packets that all arrive, in order; ValueError where they break the format."""
    units, open_obu = [], None
    ended = True
    for packet in packets:
        marker, timestamp, payload = payload_of(packet)
        continues, goes_on, begins = payload[0] & 0x80, payload[0] & 0x40, payload[0] & 0x08
        if ended:
            units.append(Unit(timestamp, [], bool(begins)))
        elif timestamp != units[-1].timestamp:
            raise ValueError("a temporal unit without a marked packet")
        if bool(continues) != (open_obu is not None):
            raise ValueError("a fragment without the one before it")
        elements = elements_of(payload)
        if continues:
            elements[0] = open_obu + elements[0]
        open_obu = elements.pop() if goes_on else None
        units[-1].obus += [without_size(element) for element in elements]
        ended = marker
    if not ended or open_obu is not None:
        raise ValueError("the last temporal unit has no end")
    return units
