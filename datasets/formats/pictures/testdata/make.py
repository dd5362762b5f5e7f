"""Writes the pictures of this folder, and what Pillow and torchvision make of them.

    python3 make.py     needs Pillow, NumPy, torchvision (13.0.0, 2.4.6, 0.29.2 were used)

kinds/NAME.png or .jpg with kinds/NAME.ppm, Image.open(NAME).convert("RGB").
folder/ as ImageFolder reads it, and folder.npz: its tensors.
"""

import io
import pathlib
import zlib

import numpy as np
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import PILToTensor

here = pathlib.Path(__file__).parent
random = np.random.default_rng(20220217)


def smooth(height, width, channels=3):
    """Some waves and a little noise: JPEG has something to leave out."""
    y, x = np.mgrid[:height, :width]
    planes = [
        128 + 60 * np.cos(0.3 * y + c) + 50 * np.sin(0.2 * x * (c + 1)) + random.normal(0, 9, y.shape)
        for c in range(channels)
    ]
    return np.stack(planes, -1).clip(0, 255).astype(np.uint8)


def kinds():
    out = here / "kinds"
    out.mkdir(exist_ok=True)
    rgb, grey = Image.fromarray(smooth(13, 9)), Image.fromarray(smooth(13, 9, 1)[..., 0])
    alpha = Image.fromarray(smooth(13, 9, 4), "RGBA")
    two = Image.merge("LA", (grey, grey.rotate(180)))
    pngs = {
        "rgb": rgb,
        "grey": grey,
        "rgba": alpha,
        "grey_alpha": two,
        "palette": rgb.quantize(16),
        "one_bit": grey.convert("1"),
    }
    for name, image in pngs.items():
        image.save(out / f"{name}.png")
    rgb.quantize(4).save(out / "transparent_palette.png", transparency=1)
    for bits in 2, 4:
        grey.quantize(1 << bits).save(out / f"palette_{bits}.png", bits=bits)
    jpegs = {
        "420": dict(quality=75),
        "444": dict(quality=90, subsampling=0),
        "422": dict(quality=60, subsampling=1),
        "progressive": dict(quality=75, progressive=True),
        "optimized": dict(quality=30, optimize=True),
    }
    big = Image.fromarray(smooth(37, 45))
    for name, options in jpegs.items():
        big.save(out / f"{name}.jpg", **options)
    Image.fromarray(smooth(20, 31, 1)[..., 0]).save(out / "grey_jpeg.jpg")
    for path in sorted([*out.glob("*.png"), *out.glob("*.jpg")]):
        Image.open(path).convert("RGB").save(path.with_suffix(".ppm"))
    # What is refused.
    bad = here / "bad"
    bad.mkdir(exist_ok=True)
    Image.fromarray((smooth(5, 4, 1)[..., 0].astype(np.uint16) * 257)).save(bad / "grey16.png")
    big.convert("CMYK").save(bad / "cmyk.jpg")
    rgb.save(bad / "a_gif.png", format="GIF")
    good = (out / "rgb.png").read_bytes()
    (bad / "crc.png").write_bytes(good[:50] + bytes([good[50] ^ 1]) + good[51:])
    (bad / "cut.png").write_bytes(good[:-60])
    (bad / "cut.jpg").write_bytes((out / "444.jpg").read_bytes()[:-300])
    (bad / "empty.png").write_bytes(b"")
    header = b"IHDR" + (70000).to_bytes(4, "big") + (70000).to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    size = (13).to_bytes(4, "big")
    (bad / "huge.png").write_bytes(good[:8] + size + header + zlib.crc32(header).to_bytes(4, "big") + good[33:])


def folder():
    root = here / "folder"
    for split, count in ("train", 3), ("test", 2):
        for label in "zebra", "Ant", "bee":
            path = root / split / label
            (path / "more").mkdir(parents=True, exist_ok=True)
            for i in range(count):
                Image.fromarray(smooth(8, 6)).save(path / f"{10 - i}.png")
            Image.fromarray(smooth(8, 6)).save(path / "more" / "x.JPG", format="JPEG")
            (path / "notes.txt").write_text("no picture")
    arrays = {}
    for split in "train", "test":
        loaded = ImageFolder(root / split, transform=PILToTensor())
        arrays[f"{split}.samples"] = np.stack([x.numpy() for x, _ in loaded])
        arrays[f"{split}.labels"] = np.array([y for _, y in loaded])
    np.savez_compressed(here / "folder.npz", **arrays)


kinds()
folder()
