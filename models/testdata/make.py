"""Writes the networks of this folder: python3 make.py, with PyTorch 2.15.0."""

import pathlib

import torch
from torch import nn

here = pathlib.Path(__file__).parent


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(x + self.bn(self.conv(x)))


class Net(nn.Module):
    """Two blocks of one type, a pool, a head of four classes."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 6, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(Block(6), Block(6))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        x = self.blocks(torch.relu(self.stem(x)))
        return self.fc(torch.flatten(self.pool(x), 1))


class Two(Net):
    def forward(self, x):
        x = torch.flatten(self.pool(self.stem(x)), 1)
        return self.fc(x), x


def save(name, net):
    torch.manual_seed(1)
    for module in net.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    net(torch.randn(16, 1, 8, 8))
    torch.jit.script(net).save(here / f"{name}.pt")
    return net


net = save("net", Net())
net.eval()
torch.jit.trace(net, torch.randn(2, 1, 8, 8)).save(here / "traced.pt")
torch.jit.freeze(torch.jit.script(net)).save(here / "frozen.pt")
save("two_outputs", Two())
torch.save({"x": torch.ones(1)}, here / "tensors.pt")
x = torch.randn(5, 1, 8, 8)
with torch.no_grad():
    hidden = net.blocks(torch.relu(net.stem(x)))
    torch.save(
        {"x": x, "logits": net(x), "features": hidden.mean((2, 3)), "blocks.0": net.blocks[0](torch.relu(net.stem(x))).mean((2, 3))},
        here / "expected.pt",
    )
