"""Writes the files of this folder, as other people's programs write them.

    python3 make.py     needs NumPy and PyTorch (2.15.0 was used)

`rows` [4, 3] float32 and `labels` [4] int64 count from 0; `whole` is 5.
"""

import collections
import pathlib
import pickle
import zipfile

import numpy as np
import torch

here = pathlib.Path(__file__).parent
rows = np.arange(12, dtype=np.float32).reshape(4, 3)
labels = np.arange(4)
torch_rows, torch_labels = torch.from_numpy(rows), torch.from_numpy(labels)


def put(name, value, **options):
    torch.save(value, here / name, **options)


np.savez(here / "stored.npz", rows=rows, labels=labels, whole=np.array(5))
np.savez_compressed(here / "deflated.npz", rows=rows, labels=labels, whole=np.array(5))
put("tensors.pt", {"rows": torch_rows, "labels": torch_labels, "whole": torch.tensor(5)})
put("protocol5.pt", {"rows": torch_rows, "labels": torch_labels, "whole": torch.tensor(5)}, pickle_protocol=5)
# Not in C order: a transposed matrix, a part of a larger storage, repeated rows.
big = torch.arange(24, dtype=torch.float32)
put(
    "strided.pt",
    {
        "rows": torch_rows.t().contiguous().t(),
        "part": big[4:16].reshape(4, 3),
        "repeated": torch.arange(3.0).expand(4, 3),
        "empty": torch.empty(0, 3),
    },
)
# What a training script saves: an OrderedDict with attributes, optimizer state.
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
with torch.no_grad():
    for parameter in net.parameters():
        parameter.copy_(torch.arange(parameter.numel(), dtype=torch.float32).reshape(parameter.shape))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
net(torch.ones(4, 3)).sum().backward()
optimizer.step()
with torch.no_grad():
    net[0].weight.copy_(torch.arange(6.0).reshape(2, 3))
put("state_dict.pt", net.state_dict())
put(
    "checkpoint.pt",
    {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "loss": 0.25,
        "best": None,
        "shape": torch.Size([2, 3]),
        "device": torch.device("cpu"),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "half": torch.arange(3, dtype=torch.float16),
        "brain": torch.arange(3).to(torch.bfloat16),
        "complex": torch.zeros(2, dtype=torch.complex64),
        "unsigned": torch.arange(3).to(torch.uint16),
    },
)
# What is refused.
put("module.pt", net)
put("sparse.pt", {"rows": torch.eye(3).to_sparse()})
put("old.pt", net.state_dict(), _use_new_zipfile_serialization=False)
put("numpy.pt", {"rows": rows})
torch.jit.script(net).save(here / "script.pt")


class Evil:
    def __reduce__(self):
        return (print, ("run",))


put("evil.pt", {"rows": torch_rows, "x": Evil()})


def change(source, target, edit):
    """A copy of an archive whose members went through `edit`."""
    with zipfile.ZipFile(here / source) as old, zipfile.ZipFile(here / target, "w") as new:
        for info in old.infolist():
            for name, data in edit(info.filename, old.read(info)):
                new.writestr(zipfile.ZipInfo(name), data)


# A record shorter than its tensor; one that is not there.
change("tensors.pt", "short.pt", lambda n, d: [(n, d[:8] if n.endswith("data/0") else d)])
change("tensors.pt", "gone.pt", lambda n, d: [] if n.endswith("data/0") else [(n, d)])
change("tensors.pt", "big_endian.pt", lambda n, d: [(n, b"big" if n.endswith("byteorder") else d)])
change("stored.npz", "slip.npz", lambda n, d: [("../" + n, d)])
change("stored.npz", "no_text.npz", lambda n, d: [(n, d)])
data = (here / "no_text.npz").read_bytes().replace(b"rows.npy", b"r\xff\xfes.npy")
(here / "no_text.npz").write_bytes(data)
change("stored.npz", "other.npz", lambda n, d: [(n, d), ("readme.txt", b"")])
