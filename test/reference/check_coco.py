"""Loads an export of Pallet with pycocotools, as its users do, and compares areas and boxes.

    pip install pycocotools==2.0.11
    python test/reference/check_coco.py coco.zip [coco-results.zip]

The archives are what `pallet export JOB --format coco` and `--format coco-results` write.
"""

import json
import sys
import tempfile
import zipfile

from pycocotools import mask as masks
from pycocotools.coco import COCO


def unpack(archive):
    folder = tempfile.mkdtemp()
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        file.extractall(folder)
    return folder


def check_dataset(folder):
    coco = COCO(f"{folder}/instances.json")
    found = {"images": len(coco.imgs), "categories": len(coco.cats), "annotations": len(coco.anns)}
    with_mask = 0
    for annotation in coco.anns.values():
        image = coco.imgs[annotation["image_id"]]
        assert annotation["category_id"] in coco.cats
        x, y, width, height = annotation["bbox"]
        if not annotation["segmentation"]:
            assert abs(annotation["area"] - width * height) < 1e-6, annotation
            continue
        with_mask += 1
        rle = coco.annToRLE(annotation)
        bitmap = coco.annToMask(annotation)
        assert bitmap.shape == (image["height"], image["width"]), annotation
        assert annotation["area"] == masks.area(rle) == bitmap.sum(), annotation
        # The mask lies in its box, whose corners are cut to whole pixels.
        left, top, across, down = masks.toBbox(rle)
        if annotation["area"] > 0:
            assert left >= int(x) and top >= int(y), (annotation, left, top)
            assert left + across <= x + width + 1e-3 and top + down <= y + height + 1e-3
    manifest = json.load(open(f"{folder}/manifest.json"))
    assert manifest["counts"].get("annotations", 0) == found["annotations"]
    print({**found, "masks equal in area and within their box": with_mask})
    return coco


def check_results(folder, dataset):
    coco = COCO(f"{folder}/images.json")
    assert coco.imgs == dataset.imgs and coco.cats == dataset.cats
    for name in ["detections", "segmentations", "captions"]:
        try:
            rows = json.load(open(f"{folder}/{name}.json"))
        except FileNotFoundError:
            continue
        if not rows:
            continue
        loaded = coco.loadRes(f"{folder}/{name}.json")
        assert len(loaded.anns) == len(rows)
        print({name: len(loaded.anns)})
        if name == "segmentations":
            ours = sorted(a["area"] for a in dataset.anns.values() if a["segmentation"])
            assert sorted(a["area"] for a in loaded.anns.values()) == ours


if __name__ == "__main__":
    dataset = check_dataset(unpack(sys.argv[1]))
    if len(sys.argv) > 2:
        check_results(unpack(sys.argv[2]), dataset)
    print("ok")
