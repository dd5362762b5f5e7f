"""Reads a run directory with other people's readers.

TensorBoard's event_accumulator must give every number of metrics.csv, each step
once per tag; the safetensors package every checkpoint, moments and features file,
and a checksum over the bytes that is the one they carry.
"""
import csv
import glob
import json
import math
import struct
import sys
import zlib

import numpy as np
from safetensors import safe_open
from tensorboard.backend.event_processing import event_accumulator

run = sys.argv[1]

accumulator = event_accumulator.EventAccumulator(run, size_guidance={"scalars": 0})
accumulator.Reload()
scalars = {}
for tag in accumulator.Tags()["scalars"]:
    for event in accumulator.Scalars(tag):
        key = (tag, event.step)
        assert key not in scalars, f"{key} occurs twice"
        scalars[key] = event.value
rows = {}
with open(f"{run}/metrics.csv") as file:
    for row in csv.DictReader(file):
        value = float(row["value"])
        if math.isnan(value):
            continue
        parts = [row[name] for name in ("split", "layer", "metric", "anchor")]
        rows["/".join(part for part in parts if part), int(row["step"])] = value
assert scalars.keys() == rows.keys(), scalars.keys() ^ rows.keys()
for key, value in rows.items():
    assert np.float32(value) == np.float32(scalars[key]), (key, value, scalars[key])
print(f"TensorBoard reads {len(scalars)} scalars of {len(accumulator.Tags()['scalars'])} tags")

files = glob.glob(f"{run}/checkpoints/*") + glob.glob(f"{run}/moments/*")
assert len(files) > 10
tensors = 0
for path in files:
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
        for name in file.keys():
            file.get_tensor(name)
            tensors += 1
    data = open(path, "rb").read()
    crc = metadata["nclab.crc32"].encode()
    head = 8 + struct.unpack("<Q", data[:8])[0]
    field = b'"nclab.crc32":"'
    at = data.index(field, 0, head) + len(field)
    assert data[at:at + 8] == crc
    assert b"%08x" % zlib.crc32(data[:at] + b"0" * 8 + data[at + 8:]) == crc, path
with safe_open(f"{run}/checkpoints/step-2000.safetensors", framework="numpy") as file:
    assert file.get_tensor("fc1.weight").shape == (8, 6)
    assert file.get_tensor("fc1.weight").dtype == np.float32
print(f"safetensors reads {tensors} tensors of {len(files)} files, and their checksums are right")
json.load(open(f"{run}/manifest.json"))
