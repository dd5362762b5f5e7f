"""Trains torchvision's resnet18 on CIFAR-10, to set beside //tools:train.

    python3 pytorch_resnet18.py DATA_DIR [--seed N] [--steps N] [--threads N]

DATA_DIR holds data_batch_1.bin ... data_batch_5.bin and test_batch.bin, the
binary layout. The setting is that of
`train --model=resnet18 --dataset=cifar10 --lr=0.1`: batch 128, momentum 0.9, the
cosine per step to 0, no augmentation, no weight decay, channels normalised by
mean and deviation of the training pixels, a fresh permutation per epoch, the last
partial batch dropped. Prints one line of JSON: loss and accuracy on both splits,
in eval mode, after the last step. Needs torch 2.15.0 and torchvision 0.29.2.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
import torchvision
from torch.nn import functional


def load(paths):
    """Pixels uint8 [N, 3, 32, 32] and labels int64 [N]."""
    records = np.concatenate(
        [np.fromfile(path, np.uint8).reshape(-1, 3073) for path in paths]
    )
    pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy())
    return pixels, torch.from_numpy(records[:, 0].astype(np.int64))


@torch.no_grad()
def evaluate(model, x, y):
    """Mean cross entropy and accuracy, in eval mode."""
    model.eval()
    loss, correct = 0.0, 0
    for i in range(0, len(x), 1000):
        logits = model(x[i : i + 1000])
        labels = y[i : i + 1000]
        loss += functional.cross_entropy(logits, labels, reduction="sum").item()
        correct += (logits.argmax(1) == labels).sum().item()
    model.train()
    return {"loss": loss / len(x), "accuracy": correct / len(x)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    pixels, y = load([args.data_dir / f"data_batch_{i}.bin" for i in range(1, 6)])
    test_pixels, test_y = load([args.data_dir / "test_batch.bin"])
    scaled = pixels.float() / 255
    mean = scaled.mean((0, 2, 3), keepdim=True)
    std = scaled.double().std((0, 2, 3), correction=0, keepdim=True).float()
    x, test_x = (scaled - mean) / std, (test_pixels.float() / 255 - mean) / std
    del pixels, scaled, test_pixels

    model = torchvision.models.resnet18(num_classes=10)
    sgd = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    per_epoch = len(x) // 128
    started = time.perf_counter()
    for step in range(args.steps):
        if step % per_epoch == 0:
            order = torch.randperm(len(x))
        for group in sgd.param_groups:
            group["lr"] = args.lr * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        i = step % per_epoch * 128
        index = order[i : i + 128]
        loss = functional.cross_entropy(model(x[index]), y[index])
        sgd.zero_grad(set_to_none=True)
        loss.backward()
        sgd.step()
    seconds = time.perf_counter() - started
    result = {
        "seed": args.seed,
        "steps": args.steps,
        "train": evaluate(model, x, y),
        "test": evaluate(model, test_x, test_y),
        "seconds": round(seconds),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
