import io
import struct
import zlib

import pytest

from voice.blackbox.record_file import MAGIC, STEP, Record, RecordWriter, read_records
from voice.errors import SettingsError


def written(*records, close=True):
    file = io.BytesIO()
    writer = RecordWriter(file)
    for record in records:
        writer.put(record)
    if close:
        writer.close()
    else:
        writer.flush()
    return file.getvalue()


RECORDS = [Record(STEP, {"t": at}, [b"a" * at, b"b"]) for at in range(50)]


def read(path, data):
    path.write_bytes(data)
    return list(read_records(path))


def test_records_come_back_in_order(tmp_path):
    assert read(tmp_path / "x.vbox", written(*RECORDS)) == RECORDS


def test_a_file_whose_writer_was_killed_reads_up_to_its_last_batch(tmp_path):
    assert read(tmp_path / "x.vbox", written(*RECORDS, close=False)) == RECORDS


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_torn_file_reads_up_to_the_tear(tmp_path, share):
    data = written(*RECORDS)
    found = read(tmp_path / "x.vbox", data[: int(len(data) * share)])
    assert found == RECORDS[: len(found)]


def test_a_damaged_file_reads_up_to_the_damage(tmp_path):
    data = bytearray(written(*RECORDS))
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    found = read(tmp_path / "x.vbox", bytes(data))
    assert found == RECORDS[: len(found)]


@pytest.mark.parametrize(
    "body",
    [b'{"t": 1, "sizes": []]', b'{"t": "\xff", "sizes": []}', b'{"t": 1}', b'{"sizes": [5]}', b"7"],
)
def test_a_record_that_is_no_record_ends_the_reading(tmp_path, body):
    broken = struct.pack("<cII", STEP, len(body), 0) + body
    assert read(tmp_path / "x.vbox", MAGIC + zlib.compress(broken)) == []


def test_a_record_that_claims_gigabytes_ends_the_reading(tmp_path):
    claim = struct.pack("<cII", STEP, 2**31, 2**31)
    assert read(tmp_path / "x.vbox", MAGIC + zlib.compress(claim + bytes(1_000))) == []


def test_another_file_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match="notes.txt is no black box"):
        read(tmp_path / "notes.txt", b"Dear diary")


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match="gone.vbox cannot be read: No such file"):
        list(read_records(tmp_path / "gone.vbox"))


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        list(read_records(tmp_path))


def test_an_empty_recording_holds_no_records(tmp_path):
    assert read(tmp_path / "x.vbox", MAGIC) == []
