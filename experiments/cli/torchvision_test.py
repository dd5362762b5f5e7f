"""Holds our models, weights, batches and SGD against torchvision itself.

    torchvision_test.py EXTRACT TRAIN DIRECTORY [MODEL...]

For each model:
1. torchvision's state dict, with random weights and batch norm statistics, loads
   into ours, and extract's logits agree in eval mode to 1e-5, relative to the
   largest; so does the last Linear of the features.
2. //tools:train makes 20 steps on CIFAR-10 files that NumPy writes here. Its
   checkpoint of step 0 loads into torchvision's with strict=True; the same 20
   batches, learning rates and torch.optim.SGD in Python; then every parameter
   agrees to 1e-4, and the logits in eval mode, so batch norm statistics too.
3. The checkpoint of step 20 loads with strict=True.
Prints the errors; fails if one is too large, or if nothing moved.
"""

import math
import os
import shutil
import subprocess
import sys

import numpy as np
import safetensors.torch
import torch
import torchvision
from torch.nn import functional

STEPS, BATCH, TRAIN, SEED = 20, 16, 80, 3
LR, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 5e-4
LOGITS, PARAMETERS = 1e-5, 1e-4  # what is allowed
MODELS = ["resnet18", "resnet50", "vgg11_bn", "densenet201"]
# Without dropout, whose draws no two implementations share.
OPTIONS = {"vgg11_bn": ("(dropout=0)", {"dropout": 0.0})}


def run(program, *flags):
    """Standard output of `program`."""
    done = subprocess.run([program, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} {flags} exits {done.returncode}:\n{done.stderr}")
    return done.stdout


def theirs(name):
    return getattr(torchvision.models, name)(num_classes=10, **OPTIONS.get(name, ("", {}))[1])


def ours(name):
    return name + OPTIONS.get(name, ("", {}))[0]


def relative(a, b):
    """Largest difference over the largest of `b`."""
    return ((a - b).abs().max() / b.abs().max()).item()


def of_model(tensors):
    """A checkpoint without what only a resume needs."""
    return {key: value for key, value in tensors.items() if not key.startswith("nclab.")}


def compare_logits(name, extract):
    """Errors of extract with torchvision's random weights."""
    model = theirs(name).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    images = torch.randn(16, 3, 32, 32)
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    safetensors.torch.save_file(state, "weights.safetensors")
    safetensors.torch.save_file({"images": images}, "images.safetensors")
    run(extract, f"--model={ours(name)}", "--weights=weights.safetensors",
        "--input=images.safetensors", "--output=out.safetensors")
    out = safetensors.torch.load_file("out.safetensors")
    last = [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1]
    with torch.no_grad():
        logits = model(images)
        return relative(out["logits"], logits), relative(last(out["features"]), logits)


def write_cifar10(directory):
    """Random pictures in the official layout; normalised samples and labels."""
    random = np.random.default_rng(0)
    os.makedirs(directory, exist_ok=True)
    records = random.integers(0, 256, (TRAIN, 3073), np.uint8)
    records[:, 0] = np.arange(TRAIN) % 10
    for i, part in enumerate(np.split(records, 5)):
        part.tofile(f"{directory}/data_batch_{i + 1}.bin")
    records[:BATCH].tofile(f"{directory}/test_batch.bin")
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float64) / 255
    mean, std = pixels.mean((0, 2, 3), keepdims=True), pixels.std((0, 2, 3), keepdims=True)
    x = torch.from_numpy(((pixels - mean) / std).astype(np.float32))
    return x, torch.from_numpy(records[:, 0].astype(np.int64))


def order_of_epoch(epoch):
    """The permutation of experiments/training/batches.cc."""
    mask = 2**64 - 1
    z = (SEED * 0x9E3779B97F4A7C15 + epoch + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return torch.randperm(TRAIN, generator=torch.Generator().manual_seed(z ^ (z >> 31)))


def compare_training(name, extract, train, data, x, y):
    """Errors of parameters and logits after 20 steps, and how far they moved."""
    out = f"run-{name}"
    run(train, f"--model={ours(name)}", "--dataset=cifar10", f"--data_dir={data}",
        f"--steps={STEPS}", f"--batch_size={BATCH}", f"--lr={LR}", f"--momentum={MOMENTUM}",
        f"--weight_decay={WEIGHT_DECAY}", f"--seed={SEED}", "--save_steps=0", "--eval_points=2",
        "--metrics=loss", "--threads=1", f"--out={out}")
    start = of_model(safetensors.torch.load_file(f"{out}/checkpoints/step-0.safetensors"))
    end = of_model(safetensors.torch.load_file(f"{out}/checkpoints/step-{STEPS}.safetensors"))
    model = theirs(name)
    model.load_state_dict(end, strict=True)
    model.load_state_dict(start, strict=True)
    model.train()
    sgd = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    for step in range(STEPS):
        for group in sgd.param_groups:
            group["lr"] = LR * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        begin = step % (TRAIN // BATCH) * BATCH
        index = order_of_epoch(step // (TRAIN // BATCH))[begin : begin + BATCH]
        loss = functional.cross_entropy(model(x[index]), y[index])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    error, moved = 0.0, 0.0
    for key, value in model.named_parameters():
        error = max(error, (end[key] - value.detach()).abs().max().item())
        moved = max(moved, (end[key] - start[key]).abs().max().item())
    # The statistics of batch norm show in eval mode.
    safetensors.torch.save_file({"images": x[:BATCH].contiguous()}, "images.safetensors")
    run(extract, f"--model={ours(name)}", f"--weights={out}/checkpoints/step-{STEPS}.safetensors",
        "--input=images.safetensors", "--output=out.safetensors")
    with torch.no_grad():
        logits = model.eval()(x[:BATCH])
    after = relative(safetensors.torch.load_file("out.safetensors")["logits"], logits)
    shutil.rmtree(out)
    return error, moved, after


def main():
    extract, train, directory = sys.argv[1:4]
    os.environ["BUILD_WORKING_DIRECTORY"] = directory
    os.chdir(directory)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x, y = write_cifar10(f"{directory}/data/cifar10")
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    failed = False
    for name in sys.argv[4:] or MODELS:
        logits, features = compare_logits(name, extract)
        error, moved, after = compare_training(name, extract, train, f"{directory}/data", x, y)
        print(f"{name}: logits {logits:.1e}, last Linear of features {features:.1e} (relative, "
              f"{LOGITS:.0e} allowed); after {STEPS} steps parameters {error:.1e} ({PARAMETERS:.0e} "
              f"allowed; they moved by up to {moved:.1e}), logits {after:.1e} relative", flush=True)
        failed |= not (logits < LOGITS and features < LOGITS and error < PARAMETERS)
        failed |= not moved > 10 * PARAMETERS
    sys.exit(failed)


if __name__ == "__main__":
    main()
