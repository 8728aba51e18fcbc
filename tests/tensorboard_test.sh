#!/bin/sh
# Usage: tensorboard_test.sh DESPUR: TensorBoard's own reader must find in an event file what results.jsonl says.
# Skipped (exit 77) unless $DESPUR_PYTHON, by default python3, can import tensorboard.
set -eu
python=${DESPUR_PYTHON:-python3}
"$python" -c 'import tensorboard' 2>/dev/null || exit 77
despur=$(realpath "$1")
source=$(pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
. "$source/tests/cli/fixtures.sh"
tiny_recipe
"$despur" run tiny.yaml reference.epochs=2 train.epochs=2 infer.method=cluster train.method=group_balance \
  log.tensorboard=true --threads 1 --out run --quiet >/dev/null
exec "$python" - run <<'END'
import json
import os
import sys
from tensorboard.backend.event_processing import event_accumulator

run = sys.argv[1]
reader = event_accumulator.EventAccumulator(run, size_guidance={event_accumulator.SCALARS: 0, event_accumulator.IMAGES: 0,
                                                                event_accumulator.TENSORS: 0})
reader.Reload()
found = {tag: {event.step: event.value for event in reader.Scalars(tag)} for tag in reader.Tags()["scalars"]}

wanted = {}
def want(line, key, value, group=""):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        tag = f"{line['stage']}/{line['split']}/{key}" + (f"/{group}" if group else "")
        wanted.setdefault(tag, {})[line["epoch"]] = value

for line in map(json.loads, open(os.path.join(run, "results.jsonl"))):
    if "split" not in line or line.get("selected"):
        continue
    for key, value in line.items():
        if key != "epoch":
            want(line, key, value)
        if isinstance(value, list):
            for group in value:
                for name in ("accuracy", "weight"):
                    want(line, name, group.get(name), group["name"])

assert len(wanted) > 60, len(wanted)
assert set(found) == set(wanted), set(found) ^ set(wanted)
for tag, steps in wanted.items():
    assert set(found[tag]) == set(steps), tag
    for step, value in steps.items():
        assert abs(found[tag][step] - value) <= 1e-6 * max(1, abs(value)), (tag, step)

images = reader.Tags()["images"]
assert images.count("data/groups") == 1 and sum(tag.startswith("cam/") for tag in images) == 25, images
for tag in images:
    picture, = reader.Images(tag)
    png = picture.encoded_image_string
    assert png[:8] == b"\x89PNG\r\n\x1a\n", tag
    assert int.from_bytes(png[16:20], "big") == picture.width and int.from_bytes(png[20:24], "big") == picture.height, tag
END
