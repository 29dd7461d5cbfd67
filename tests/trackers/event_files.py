"""What TensorBoard would read: records of a length, its checksum, the event and its checksum."""

import struct


def read_events(folder):
    """Return the events in the one event file of a folder."""
    from tensorboardX.proto.event_pb2 import Event

    (file,) = folder.glob("events.out.tfevents.*")
    data, events, place = file.read_bytes(), [], 0
    while place < len(data):
        (length,) = struct.unpack("<Q", data[place : place + 8])
        events.append(Event.FromString(data[place + 12 : place + 12 + length]))
        place += 16 + length
    return events


def scalars(events):
    """Return (step, value) by tag, in the order of the file."""
    found = {}
    for event in events:
        for value in event.summary.value:
            if not value.HasField("tensor"):
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def texts(events):
    """Return texts by tag."""
    return {
        value.tag: value.tensor.string_val[0].decode()
        for event in events
        for value in event.summary.value
        if value.HasField("tensor")
    }
