#!/usr/bin/env python3
"""Usage: make_seeds.py: writes the seeds of the fuzz targets to seeds/TARGET beside it, good files and hostile ones.

Inputs that a fuzz target has found are kept there as crash_*, which this leaves alone."""
import gzip
import hashlib
import io
import json
import pathlib
import struct
import zipfile
import zlib

ROOT = pathlib.Path(__file__).parent / "seeds"


def put(target, name, content):
    path = ROOT / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def compress(content):
    return gzip.compress(content, 9, mtime=0)


# ---- JSON ----

OBJECT = {"a": [1, -2, 0.5, 1e300, True, None, [[]]], "b": {"a": "\u00e9\U0001f600\"\\\n", "": {}}}
for name, content in {
    "object": json.dumps(OBJECT),
    "utf8": json.dumps(OBJECT, ensure_ascii=False, indent=1),
    "deep": '{"a":' + "[" * 127 + "]" * 127 + "}",
    "deeper": '{"a":' + "[" * 10000,
    "many": '{"a":[' + "0," * 9000 + "0]}",
    "names": json.dumps({str(i): i for i in range(1000)}),
    "twice": '{"a":1,"b":2,"a":3}',
    "surrogate": '{"a":"\\ud83d"}',
    "nul": '{"a":"\\u0000"}',
    "not_utf8": b'{"a":"\xed\xa0\x80"}',
    "numbers": '{"a":[9223372036854775807,-9223372036854775808,1e-400,5e-324,-0.0]}',
    "too_large": '{"a":1e309}',
    "quotes": '{"\\\\":"}\\"{"} {',
}.items():
    put("json", name, content)

# ---- IDX ----


def idx(sizes, content, kind=8):
    return bytes([0, 0, kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + content


IMAGES = idx([3, 4, 5], bytes(range(60)))
LABELS = idx([20], bytes(i % 10 for i in range(20)))
for name, content in {
    "images": IMAGES,
    "labels": LABELS,
    "none": idx([0], b""),
    "trailing": LABELS + b"x",
    "floats": idx([2], bytes(8), 0x0D),
    "four_dimensions": idx([1, 1, 1, 1], b"x"),
    "product_2_63": idx([2**31, 2**31, 2], b""),
    "product_overflows": idx([2**32 - 1] * 3, b""),
    "labels_2_32": idx([2**32 - 1], b"0123"),
    "images.gz": compress(IMAGES),
    "labels.gz": compress(LABELS),
    "two_members.gz": compress(LABELS[:10]) + compress(LABELS[10:]),
    "no_checksum.gz": compress(LABELS)[:-8],
    "half_a_checksum.gz": compress(LABELS)[:-3],
    "trailing.gz": compress(LABELS) + b"not gzip",
    "bomb.gz": compress(idx([16], bytes(200000))),
    "claims_more.gz": compress(idx([2**31], bytes(200000))),
    "only_magic.gz": b"\x1f\x8b",
}.items():
    put("idx", name, content)
for damage in (b"\0\0\0", b"\1\0\0", b"\x80\0\x0a", b"\xff\0\x20", b"\x09\0\x12"):
    put("gzip", "damage_" + damage.hex(), damage + LABELS)
put("gzip", "long", b"\0\0\0" + idx([5000], bytes(i * i % 7 for i in range(5000))))

# ---- npy ----


def npy(descr, shape, content, version=1, order="False", length=None):
    header = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 16) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + content


for name, content in {
    "floats": npy("<f4", "(2, 3)", struct.pack("<6f", 1, -2, 3.5, 0, 1e-40, 5)),
    "doubles": npy("<f8", "(1, 2)", struct.pack("<2d", 1e300, 0.1)),
    "not_finite": npy("<f4", "(1, 3)", struct.pack("<3f", float("nan"), float("inf"), 1)),
    "labels": npy("<i8", "(4,)", struct.pack("<4q", 0, 1, 2, 1)),
    "negative": npy("<i4", "(2,)", struct.pack("<2i", -1, -(2**31))),
    "unsigned_2_63": npy("<u8", "(1,)", struct.pack("<Q", 2**63)),
    "booleans": npy("|b1", "(3,)", b"\0\1\2"),
    "bytes": npy("|u1", "(1, 1, 2, 2)", b"abcd"),
    "version_2": npy("<i2", "(2,)", b"abcd", 2),
    "version_3": npy("<i2", "(2,)", b"abcd", 3),
    "scalar": npy("<f4", "()", b"abcd"),
    "empty": npy("<f4", "(0, 5)", b""),
    "empty_and_huge": npy("<f4", "(0, 18446744073709551615)", b""),
    "fortran": npy("<f4", "(1, 1)", b"abcd", order="True"),
    "size_2_63": npy("<f4", "(9223372036854775808,)", b"abcd"),
    "product_overflows": npy("<f4", "(4294967296, 4294967296, 4)", b"abcd"),
    "size_of_21_digits": npy("<f4", "(111111111111111111111,)", b"abcd"),
    "negative_size": npy("<f4", "(-1,)", b"abcd"),
    "nine_dimensions": npy("<f4", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", b"abcd"),
    "header_beyond_file": npy("<f4", "(1,)", b"abcd", length=60000),
    "header_4_gib": npy("<f4", "(1,)", b"abcd", 2, length=2**32 - 1),
    "objects": npy("|O", "(1,)", b"cos\nsystem\n"),
    "big_endian": npy(">f4", "(1,)", b"abcd"),
    "nul": npy("<f4\0", "(1,)", b"abcd"),
    "trailing": npy("|u1", "(1,)", b"ab"),
}.items():
    put("npy", name, content)

# ---- npz: archives, and one wrong field in each ----


def archive(method, *members):
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w", method) as z:
        for name in members:
            with z.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                member.write(npy("<f4", "(2, 3)", struct.pack("<6f", 1, -2, 3.5, 0, 1e-40, 5)))
    return room.getvalue()


stored, deflated = archive(zipfile.ZIP_STORED, "x"), archive(zipfile.ZIP_DEFLATED, "x")
put("npz", "stored", stored)
put("npz", "deflated", deflated)
put("npz", "two", archive(zipfile.ZIP_STORED, "x", "y"))
put("npz", "twice", archive(zipfile.ZIP_STORED, "x", "x"))
put("npz", "none", archive(zipfile.ZIP_STORED))
put("npz", "comment", stored[:-2] + b"\5\0later")
put("npz", "cut", stored[:-1])
for name, file in ("table", "archive_narrow"), ("table_rows", "bad_rows"):
    put("npz", name, (pathlib.Path(__file__).parent.parent / "data/tables" / f"{file}.npz").read_bytes())
entry, end = stored.rindex(b"PK\1\2"), stored.rindex(b"PK\5\6")
for name, at, value in (
    ("method", entry + 10, 12),
    ("encrypted", entry + 8, 1),
    ("packed", entry + 20, 2**31),
    ("bytes", entry + 24, 2**32 - 2),
    ("sizes_of_zip64_that_are_not_there", entry + 24, 2**32 - 1),
    ("crc", entry + 16, 0),
    ("name_bytes", entry + 28, 65535),
    ("offset", entry + 42, 2**31),
    ("directory_bytes", end + 12, 2**32 - 1),
    ("directory_offset", end + 16, 2**32 - 1),
):
    bytes_of = 2 if name in ("method", "encrypted", "name_bytes") else 4
    put("npz", name, stored[:at] + value.to_bytes(bytes_of, "little") + stored[at + bytes_of :])
at = deflated.rindex(b"PK\1\2") + 24
put("npz", "bomb", deflated[:at] + (2**32 - 2).to_bytes(4, "little") + deflated[at + 4 :])

# ---- safetensors ----


def tensors(items, extra=None, length=None):
    header, data = dict(extra or {}), b""
    for name, (shape, values) in items.items():
        values = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    return raw_tensors(json.dumps(header, separators=(",", ":")).encode(), data, length)


def raw_tensors(text, data=b"", length=None):
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(shape, offsets, kind="F32"):
    return f'{{"a":{{"dtype":"{kind}","shape":{shape},"data_offsets":{offsets}}}}}'.encode()


TWO = {"a": ([2, 3], [1, 2, 3, 4, 5, 6]), "b": ([], [7])}
for name, content in {
    "two": tensors(TWO, {"__metadata__": {"format": "pt"}}),
    "none": raw_tensors(b"{}"),
    "header_2_63": tensors(TWO, length=2**63),
    "header_2_64": tensors(TWO, length=2**64 - 1),
    "header_100_mb": tensors(TWO, length=10**8),
    "header_beyond_file": tensors(TWO, length=1000),
    "shape_overflows": raw_tensors(entry([2**32, 2**32], [0, 4]), b"abcd"),
    "shape_2_63": raw_tensors(entry([2**63 - 1], [0, 4]), b"abcd"),
    "shape_beyond_integers": raw_tensors(entry([2**64], [0, 4]), b"abcd"),
    "shape_negative": raw_tensors(entry([-1], [0, 4]), b"abcd"),
    "empty_and_huge": raw_tensors(entry([0, 2**62], [0, 0])),
    "offsets_beyond": raw_tensors(entry([1], [0, 2**62]), b"abcd"),
    "offsets_swapped": raw_tensors(entry([1], [4, 0]), b"abcd"),
    "offsets_odd": raw_tensors(entry([1], [1, 5]), b"abcde"),
    "half": raw_tensors(entry([2], [0, 4], "F16"), b"abcd"),
    "twice": raw_tensors(b'{"a":{},"a":{}}'),
    "overlap": raw_tensors(entry([1], [0, 4])[:-1] + b"," + entry([1], [0, 4])[1:].replace(b'"a"', b'"b"'), b"abcd"),
    "deep": raw_tensors(b'{"a":' * 3000),
    "lists": raw_tensors(b"[" * 3000),
    "nul": raw_tensors(b'{"a\\u0000b":{}}'),
    "not_utf8": raw_tensors(b'{"\xff":{}}'),
    "many": raw_tensors(b"{" + b",".join(b'"%d":{}' % i for i in range(500)) + b"}"),
}.items():
    put("safetensors", name, content)


def weights(shapes):
    items = {}
    for name, shape in shapes.items():
        count = 1
        for size in shape:
            count *= size
        items[name] = (shape, [0.5] * count)
    return tensors(items)


put("safetensors", "weights_of_another_network", weights({"conv1.weight": [6, 1, 5, 5], "conv1.bias": [6]}))

# ---- groupings ----


def form(d=2, classes=2, pooled=0, scale=0, reduction=0, reductions=1, parts=2, version=1):
    return ([1, 8], [version, d, classes, pooled, scale, reduction, reductions, parts])


def part(index, centres, d=2):
    rows = len(centres) // d
    return {
        f"part.{index}.form": ([1, 4], [rows, 1, rows, d]),
        f"part.{index}.base.centres": ([rows, d], centres),
    }


def mixture(name, rows, d, whitening):
    return {
        f"{name}.clusters": ([1, 1], [rows]),
        f"{name}.weights": ([1, rows], [1 / rows] * rows),
        f"{name}.means": ([rows, d], [0.5 * i for i in range(rows * d)]),
        f"{name}.whitening": ([rows, whitening], [1] * (rows * whitening)),
    }


PLAIN = {"reduction.0.form": ([1, 2], [2, 0])}
UMAP = {
    "reduction.0.form": ([1, 2], [1, 0]),
    "reduction.0.umap": ([1, 8], [2, 20, 1.9, 0.8, 0, 0, 0, 7]),
    "reduction.0.data": ([3, 2], [0, 0, 1, 1, 5, 5]),
    "reduction.0.embedding": ([3, 1], [0, 1, 4]),
}
BOTH = {**part(0, [0, 0, 1, 1]), **part(1, [2, 2])}
PIECES = {
    "part.0.form": ([1, 4], [2, 2, 2, 2]),
    **mixture("part.0.base", 2, 2, 4),
    **mixture("part.0.split.0", 2, 2, 4),
    **mixture("part.0.split.1", 1, 2, 2),
    "part.0.final": ([2, 2], [0, 1, 1, 0]),
}
for name, items in {
    "kmeans": {"form": form(), **PLAIN, **BOTH},
    "pooled": {"form": form(pooled=1, parts=1), **PLAIN, **part(0, [0, 0, 1, 1])},
    "scaled": {"form": form(scale=1), "scale.mean": ([1, 2], [1, 2]), "scale.factor": ([1, 2], [3, 4]), **PLAIN, **BOTH},
    "pca": {
        "form": form(reduction=1),
        "reduction.0.form": ([1, 2], [1, 0]),
        "reduction.0.mean": ([1, 2], [0, 1]),
        "reduction.0.axes": ([1, 2], [0.6, 0.8]),
        **part(0, [0, 1], 1),
        **part(1, [2], 1),
    },
    "umap": {"form": form(reduction=2), **UMAP, **part(0, [0, 1], 1), **part(1, [2], 1)},
    "umap_endless": {
        "form": form(reduction=2),
        **UMAP,
        "reduction.0.umap": ([1, 8], [2, 2**24, 1.9, 0.8, 0, 0, 0, 7]),
        **part(0, [0, 1], 1),
        **part(1, [2], 1),
    },
    "hardness": {
        "form": form(reduction=3),
        "reduction.0.form": ([1, 2], [1, 0]),
        "reduction.0.direction": ([1, 2], [1, -1]),
        **part(0, [0, 1], 1),
        **part(1, [2], 1),
    },
    "mixture": {"form": form(pooled=1, parts=1), **PLAIN, "part.0.form": ([1, 4], [2, 1, 2, 2]), **mixture("part.0.base", 2, 2, 4)},
    "pieces": {"form": form(pooled=1, parts=1), **PLAIN, **PIECES},
    "pieces_of_many": {
        "form": form(pooled=1, parts=1),
        **PLAIN,
        "part.0.form": ([1, 4], [2**24, 1000, 200, 2]),
        "part.0.base.centres": ([200, 2], [0] * 400),
    },
    "final_beyond": {"form": form(pooled=1, parts=1), **PLAIN, **PIECES, "part.0.form": ([1, 4], [2**24, 2, 2, 2])},
    "reductions_2_24": {"form": form(classes=2**24, reduction=1, reductions=2**24, parts=2**24)},
    "dimensions_2_24": {"form": form(d=2**24, scale=1)},
    "not_whole": {"form": form(d=2.5)},
    "not_finite": {"form": form(d=float("nan"))},
    "negative": {"form": form(classes=-1)},
    "version_2": {"form": form(version=2), **PLAIN, **BOTH},
}.items():
    put("grouping", name, tensors(items))

# ---- CSV ----

PREDICTIONS = "example,y,a,prediction,prob_0,prob_1\n0,0,0,0,0.75,0.25\n1,1,0,0,0.5,0.5\n2,1,1,1,0,1\n"
SHEETS = {
    "predictions": PREDICTIONS,
    "crlf_and_mark": b"\xef\xbb\xbf" + PREDICTIONS.replace("\n", "\r\n").encode(),
    "returns": PREDICTIONS.replace("\n", "\r"),
    "groups": 'y,group,prediction\n0,"a, ""b""\nc",1\n1,d,1\n',
    "names": "y,group,prediction\n0,\xe9\u4e2d\U0001f600,1\n1,d,1\n",
    "not_utf8": b"y,group,prediction\n0,\xff\xc3,1\n1,\xc3\xa9,1\n",
    "nul": b"y,a,prediction\n0,\0,1\n",
    "utf_16": PREDICTIONS.encode("utf-16"),
    "quote_open": 'y,a,prediction\n"0,0,1\n',
    "quote_inside": 'y,a,prediction\n0"1",0,1\n"0"1,0,1\n',
    "numbers": "0,-0,1e308,1e309,-1e-400,.5,5.,1e,0x1p3,nan,inf,-inf,1e99999999999,+1,--1,"
    "123456789012345678901234567890,0.1234567890123456789,4294967295,4294967296,3.0,3.00,3.01,1e22,1e23,9007199254740993\n",
    "negative": "y,a,prediction\n-1,0,0\n",
    "largest": "y,a,prediction\n16383,3,16383\n",
    "class_too_large": "y,a,prediction\n16384,0,0\n",
    "groups_too_many": "y,a,prediction\n16383,65535,0\n",
    "sum": "y,a,prob_0,prob_1\n0,0,3,-2\n",
    "gap": "y,a,prob_0,prob_2,prob_1000000\n",
    "one_row_of_many": "y,a," + ",".join(f"prob_{i}" for i in range(300)) + "\n0,0," + ",".join(["0"] * 299 + ["1"]) + "\n",
    "wide": "," * 16384,
    "ragged": "y,a,prediction\n0,0,0\n0,0\n",
    "empty_lines": "\n\n\n" + PREDICTIONS + "\n\n",
    "empty": "",
}
SHEETS |= {
    "semicolons": "sep=;\ny;sex;race;prob_a;prob_b\na;m;;0,25;0,75\nb;f;NA;1;-1e-17\n",
    "tabs": "income\tsex\tprediction\n>50K\tm\t<=50K\n",
    "overlapping": "y,pred,a,b,w\n0,0,0.7,1,2\n1,0,0.2,0.9,0.5\n1,1,,0,0\n0,1,1,1,3\n",
    "score": "y,score,group\ntrue,0.5,x\nFalse,1.0000001,007\n",
    "blanks": ' y , "a" ,pred\n 1.0 , 1e0,+1\n-0.0,01,0\n\x1a',
    "words": "label,group,pred\ncat,,dog\ndog,null,cat\n",
    "controls": "y,group,prediction\n0,a\x1b[31m\xc2\x9b,0\n".encode("latin-1"),
    "json": '{"y":0,"a":"m\\u00e9\\ud83d\\ude00","probs":[0.75,0.25],"o":{"x":["]"]}}\n{"a":null,"y":1.0,"probs":[0.5,5e-1]}\n',
    "json_open": '{"y":[[[[{"a":"',
    "json_wide": "{" + ",".join(f'"k{i}":{i}' for i in range(300)) + "}\n",
}
for name, file in (("records", "records.npy"), ("records_nested", "bad_nested.npy")):
    put("npy", name, (pathlib.Path(__file__).parents[1] / "data" / "tables" / file).read_bytes())
put("predictions", "packed", compress(PREDICTIONS.encode()))
put("predictions", "packed_cut", compress(PREDICTIONS.encode())[:40])
for name, content in SHEETS.items():
    put("predictions", name, content)
    if name not in ("wide", "one_row_of_many", "largest", "groups_too_many"):
        put("csv", name, content)

# ---- YAML ----

RECIPE = """name: tiny
label: "A \\"label\\" \u00e9"
seed: 3
data:
  images: digits
  strength: [0.9, 0.8]
  classes: [[0, 1], [2, 3]]
  digits_train: 200
infer: {method: george, clusters: 2}
train:
  method: groupdro
  epochs: 2
  optimizer: {name: adam, lr: 1e-3, betas: [0.9, 0.999]}
"""
LAUGHS = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20))
YAML = {
    "empty": "",
    "laughs": LAUGHS,
    "merge": "a: &a {b: c}\ntrain: {<<: *a}\n",
    "recursive": "a: &a [*a]\n",
    "deep_brackets": "[" * 3000,
    "deep_braces": "{a: " * 1100,
    "deep_lines": "".join(" " * i + "a:\n" for i in range(120)),
    "deep_list": "- " * 1500,
    "nul": b"name: a\0b\n",
    "nul_quoted": 'name: "a\\0b"\n',
    "not_utf8": b"name: \xff\n",
    "utf_16": "name: a\n".encode("utf-16"),
    "crlf_and_mark": b"\xef\xbb\xbfname: a\r\nseed: 1\r\n",
    "two_documents": "name: a\n---\nname: b\n",
    "tag": "name: !!python/object/apply:os.system [ls]\n",
    "block": "name: |\n  a\n  b\n",
    "folded": "name: >-\n  a\n  b\n",
}
RECIPES = {
    "all": RECIPE,
    "override": "train.optimizer={name: adam, lr: 0.1}",
    "override_list": "data.classes=[[0,1],[2,3]]",
    "not_numbers": "train: {epochs: -1, batch_size: 1e400, optimizer: {lr: .nan}}\n",
    "large": "seed: 9223372036854775808\n",
    "largest": "seed: 9223372036854775807\n",
    "many_values": "data: {strength: [" + ", ".join(["0.5"] * 200) + "]}\n",
    "long_text": "name: " + "x" * 2000 + "\n",
    "quotes": "name: 'it''s'\nlabel: \"\\x41\\u00e9\\U0001f600\\e\"\n",
}
SWEEPS = {
    "all": "name: s\nrecipes: r.yaml\nseeds: [0-2, 5]\ngrid: {train.optimizer.lr: [0.1, 0.01], train.method: [erm, class_balance]}\n"
    "set: {train.epochs: 2}\nexclude:\n- {train.optimizer.lr: 0.1, train.method: erm}\n",
    "pattern": "recipes: ['*.yaml', 'r.y*']\n",
    "outside": "name: ../x\nrecipes: r.yaml\n",
    "seeds_many": "recipes: r.yaml\nseeds: 0-9223372036854775807\n",
    "seeds_backwards": "recipes: r.yaml\nseeds: 5-0\n",
    "product": "recipes: r.yaml\nseeds: 0-99\ngrid: {train.optimizer.lr: [" + ", ".join(str(i + 1) for i in range(200)) + "]}\n",
    "values": "recipes: r.yaml\ngrid: {name: [a/b, '..', .x, '', \"a b\", 'q\"', {a: b}, [c, d]]}\n",
    "exclusions": "recipes: r.yaml\nseeds: 0-9\nexclude: [" + ", ".join("{seed: [0, 1]}" for _ in range(100)) + "]\n",
    "equal": "recipes: [r.yaml, r.yaml]\n",
    "equal_values": "recipes: r.yaml\ngrid: {train.optimizer.lr: [0.1, 1e-1]}\n",
}
for target, own in (("recipe", RECIPES), ("sweep", SWEEPS)):
    for name, content in {**YAML, **own}.items():
        put(target, name, content)

# ---- checkpoints ----

NO_ARRAY = struct.pack("<Q", 0)


def text(value):
    content = value.encode() + b"\0"
    return struct.pack("<Q", len(content)) + content


def array(kind, values):
    return struct.pack("<Q", 1) + struct.pack(f"<{len(values)}{kind}", *values)


def checkpoint(stage="train", groups=2, of=(0, 1, 1), weights=(1.0, 2.0), parameters=None, examples=None, names=None, epochs=1, stages=None):
    content = text("0.1.0") + text("name: x\n") + text('{"a":"b"}') + text("{}") + text("{}")
    content += struct.pack("<dQ", 1.5, 0) + text(stage)
    result = struct.pack("<QQd", 1, 1, 0.5) + struct.pack("<Qddddd", 1, 0.5, 0.5, 0.1, 0.25, 0.75) * 5
    content += struct.pack("<Q", 2 if stages is None else stages) + result * 2
    content += (struct.pack("<Q", 10) + b"a" * 64 + b"\0") * 3
    content += struct.pack("<QQ", len(of) if examples is None else examples, groups)
    content += array("I", of)
    content += struct.pack("<Q", 1) + b"".join((b"y=0,k=%d" % g).ljust(48, b"\0") for g in range(groups if names is None else names))
    content += array("I", [0] * (groups if names is None else names))
    content += struct.pack("<Q", 0) + NO_ARRAY + struct.pack("<Q", 2) + array("d", [1, 2])
    content += struct.pack("<QQQdQQ", 1, 5, 1, 0.5, len(weights) if parameters is None else parameters, 0)
    content += array("f", weights) + NO_ARRAY + array("f", weights)
    for _ in range(2):
        content += array("f", weights) + struct.pack("<d", 0.5)
    content += struct.pack("<Q", 2) + array("d", [0.25, 0.75])
    return content + struct.pack("<QQQ", epochs, 2, 3) + struct.pack("<4Q", 1, 2, 0, 1) + b"\0\1\1"


def signed(content, magic=b"despur checkpoint 6\n"):
    content = magic + content
    return content + hashlib.sha256(content).hexdigest().encode()


for name, content in {
    "fields": checkpoint(),
    "group_beyond": checkpoint(of=(0, 1, 7)),
    "stages_2_60": checkpoint(stages=2**60),
    "parameters_2_32": checkpoint(parameters=2**32),
    "parameters_2_63": checkpoint(parameters=2**63),
    "examples_2_62": checkpoint(examples=2**62),
    "groups_2_58": checkpoint(groups=2**58, names=2),
    "history_2_63": checkpoint(epochs=2**63),
    "text_2_64": struct.pack("<Q", 2**64 - 1) + b"abc",
    "text_without_end": struct.pack("<Q", 3) + b"abc",
    "file": signed(checkpoint()),
    "file_parameters_2_63": signed(checkpoint(parameters=2**63)),
    "file_of_nothing": signed(b""),
    "file_of_another_version": signed(checkpoint(), b"despur checkpoint 9\n"),
    "file_changed": signed(checkpoint()).replace(b"name: x", b"name: y"),
}.items():
    put("checkpoint", name, content)

# ---- run directories ----


def group(name, count=4, correct=3):
    return {"name": name, "count": count, "correct": correct, "accuracy": correct / count, "low": 0.2, "high": 0.9, "train_count": 8}


def evaluation(stage, split="test", **more):
    groups = [group(f"y={y},a={a}", 4, 3 - y - a) for y in range(2) for a in range(2)]
    return {"stage": stage, "epoch": 1, "split": split, "loss": 0.7, "average_accuracy": 0.5, **more, "groups": groups}


def lines(*objects):
    return "".join(json.dumps(o, separators=(",", ":")) + "\n" for o in objects)


def directory(**files):
    names = {"config": "config.yaml", "results": "results.jsonl", "manifest": "manifest.json", "timing": "timing.json"}
    names |= {"embedding": "embedding.csv", "groups": "groups.csv", "predictions": "predictions.csv", "cam": "cam.json"}
    return "".join(f"@{names[name]}\n{content}" + ("" if content.endswith("\n") else "\n") for name, content in files.items())


CONFIG = "name: tiny\nlabel: \"<b>&'\\\"\"\ntrain:\n  method: groupdro\n  epochs: 1\ninfer: {method: george}\ndata: {images: digits}\n"
INFERENCE = {
    "stage": "infer",
    "method": "george",
    "adjusted_rand": 0.5,
    "minority_precision": 0.5,
    "minority_recall": None,
    "parts": [{"part": "y=0", "examples": 20, "clusters": 2, "silhouette": 0.8, "search": [{"clusters": 2, "silhouette": 0.8}, {"clusters": 3, "silhouette": -0.5}]}],
    "inferred": ["y=0,k=0", "y=0,k=1"],
    "true": ["y=0,a=0", "y=0,a=1"],
    "contingency": [[10, 1], [2, 7]],
}
WEIGHTS = [{"name": "y=0,k=0", "weight": 0.25}, {"name": "y=0,k=1", "weight": 0.75}]
SELECTION = [{"rule": "last", "epoch": 1, "test_worst_group_accuracy": 0.25, "regret": 0.0}]
RESULTS = lines(
    {"stage": "reference", "epoch": 1, "split": "train", "loss": 0.7, "steps": 1},
    evaluation("reference", selected=True, label="ERM"),
    INFERENCE,
    {"stage": "train", "epoch": 1, "split": "train", "loss": 0.6, "group_weights": WEIGHTS},
    evaluation("train", "val"),
    evaluation("train", selected=True, label="GEORGE"),
    {"stage": "train", "selection": SELECTION},
)
MANIFEST = json.dumps({"despur": "0.1.0", "outcome": "complete", "seed": 0, "data": "digits", "inputs": {"a": "b"}, "outputs": {"../../x": "0", "config.yaml": "1"}})
LOOK = {
    "name": "y=0,a=0",
    "minority": True,
    "examples": [{"example": 49, "predictions": [0, 1]}],
    "scores": [{"count": 4, "empty": 0, "core_area": 0.2, "background": {"mean": 0.5, "low": 0.4, "high": 0.6}}] * 2,
    "picture": {"png": "iVBORw0KGgo=", "width": 3, "height": 1},
}
CAM = json.dumps({"layer": "conv2", "split": "test", "scored": True, "partly": False, "stages": ["ERM", "GEORGE"], "groups": [LOOK]})
WHOLE = dict(
    config=CONFIG,
    results=RESULTS,
    manifest=MANIFEST,
    timing='{"total": 2.5}',
    embedding='example,x,y,group\n0,-2.3,4.4,"y=0,k=0"\n1,4.6,5.1,"y=0,k=1"\n',
    groups='example,y,a,group,group_name\n0,0,0,0,"y=0,k=0"\n1,0,1,1,"y=0,k=1"\n',
    predictions=PREDICTIONS,
    cam=CAM,
)
many_names = json.dumps([""] * 1000)
RUNS = {
    "whole": WHOLE,
    "only_config": dict(config=CONFIG, results="", manifest=MANIFEST),
    "failed": dict(config=CONFIG, results=RESULTS.split("\n")[0], manifest='{"outcome": "failed", "message": "\\u001b[31mno"}'),
    "laughs": {**WHOLE, "config": "a: &a {" + ", ".join(f"k{i}: v" for i in range(10)) + "}\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} {{" + ", ".join(f"k{j}: *{chr(97 + i)}" for j in range(10)) + "}\n" for i in range(8))},
    "recursive": {**WHOLE, "config": "a: &a\n  b: *a\n  c: d\n"},
    "deep": {**WHOLE, "config": "{a: " * 1100},
    "table_of_a_million": {**WHOLE, "results": f'{{"stage":"infer","inferred":{many_names},"true":{many_names},"contingency":{json.dumps([0] * 1000)}}}\n'},
    "table_ragged": {**WHOLE, "results": lines({**INFERENCE, "contingency": [[1], []]})},
    "counts_2_63": {**WHOLE, "results": lines({**evaluation("train", selected=True), "groups": [{"name": "g", "count": 2**63 - 1, "correct": 2**63 - 1}, {"name": "h", "count": 2**63 - 1, "correct": 0, "train_count": 2**63 - 1}]})},
    "counts_2_64": {**WHOLE, "results": '{"stage":"train","split":"test","groups":[{"count":18446744073709551616}]}\n'},
    "negative": {**WHOLE, "results": lines({**evaluation("train", selected=True, label="x"), "epoch": -1, "groups": [{"name": "g", "count": -4, "correct": -1}]})},
    "numbers_large": {**WHOLE, "results": RESULTS.replace("0.7", "1e308").replace("0.5", "-1e308")},
    "other_types": {**WHOLE, "results": '{"stage":[],"split":{}}\n{"stage":"train","groups":"x","split":"test"}\n{"stage":"infer","parts":{},"inferred":1}\n[]\n'},
    "no_groups": {**WHOLE, "results": lines({**evaluation("train", selected=True), "groups": []}, {**evaluation("reference", selected=True), "groups": []})},
    "deep_json": {**WHOLE, "results": '{"a":' * 2100},
    "not_json": {**WHOLE, "results": "{\n", "cam": "[]", "manifest": "null"},
    "codes": {**WHOLE, "results": lines({**INFERENCE, "inferred_y": [0, 0], "true_y": [0, 0], "true_a": [0, 1]}, {**evaluation("train", selected=True, label="x"),
        "groups": [{"name": "g", "y": 4294967294, "a": 1, "count": 4, "correct": 1}, {"name": "h", "y": -1, "a": 2**63 - 1, "count": 4}]})},
    "codes_ragged": {**WHOLE, "results": lines({**INFERENCE, "inferred_y": [0], "true_y": [0, "x"], "true_a": [[], 2**40]})},
    "names": {**WHOLE, "results": RESULTS.replace("y=0,a=0", "<script>alert(1)</script>" + "\u00e9" * 40)},
    "cam_markup": {**WHOLE, "cam": CAM.replace("iVBORw0KGgo=", "\\\"><script>")},
    "cam_large": {**WHOLE, "cam": CAM.replace('"width": 3', '"width": 9223372036854775807').replace("0.2", "1e308")},
    "embedding_large": {**WHOLE, "embedding": "example,x,y,group\n0,1e308,-1e308,g\n0,-1e308,1e308,g\n4294967294,0,0,\n"},
    "predictions_none": {**WHOLE, "predictions": "y,a,prediction\n"},
}
for name, files in RUNS.items():
    put("run_directory", name, directory(**files))

print(sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()), "bytes")

# ---- models of other people ----

for path in sorted((pathlib.Path(__file__).parents[1] / "golden" / "models").iterdir()):
    put("model", path.name, path.read_bytes())


def pickled(content):
    """A state dictionary in PyTorch's zip form whose pickle is this."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        for name, bytes_of in (("a/data.pkl", content), ("a/version", b"3\n"), ("a/data/0", bytes(48))):
            out.writestr(zipfile.ZipInfo(name), bytes_of)
    return file.getvalue()


def state(*sizes, count=b"K\x0c", offset=b"K\0", stride=b"K\4K\1\x86"):
    size = b"".join(b"\x8a\x09" + n.to_bytes(9, "little") if n > 2**31 else b"J" + n.to_bytes(4, "little") for n in sizes)
    return (b"\x80\2}X\x09\0\0\0fc.weightctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"
            b"X\1\0\0\0" b"0X\3\0\0\0cpu" + count + b"tQ" + offset + b"(" + size + b"t" + stride + b"\x89}tRs.")


for name, content in {
    "good": state(3, 4),
    "behind_the_end": state(3, 4, offset=b"K\1"),
    "rows_overlap": state(3, 4, stride=b"K\0K\1\x86"),
    "shape_of_2_62": state(2**31 - 1, 2**31 - 1),
    "shape_of_2_72": state(2**71, 2),
    "stride_of_2_31": state(3, 4, stride=b"J\xff\xff\xff\x7fK\1\x86"),
    "negative": state(3, 4, stride=b"J\xff\xff\xff\xffK\1\x86"),
    "calls_system": b"\x80\2cos\nsystem\nX\4\0\0\0true\x85R.",
    "dictionary_in_itself": b"\x80\2}q\0X\1\0\0\0ah\0s.",
    "list_in_itself": b"\x80\2]q\0h\0a.",
    "memo_of_2_32": b"\x80\2}r\xff\xff\xff\xff.",
    "text_of_2_32": b"\x80\2X\xff\xff\xff\xffa.",
    "only_marks": b"\x80\2" + b"(" * 2000 + b".",
    "only_tuples": b"\x80\2" + b")" * 2000 + b"t.",
    "tuples_of_tuples": b"\x80\2)" + b"\x85" * 2000 + b".",
}.items():
    put("model", "pickle_" + name, pickled(content))
for name, content in {
    "length_of_2_63": bytes([0x3A]) + b"\xff" * 8 + b"\x7f",
    "varint_of_11_bytes": b"\x3a" + b"\xff" * 11,
    "no_values": b"\x3a\x08\x0a\x06\x22\x04Gemm",
    "dims_of_2_64": bytes.fromhex("3a132a110aff01") + b"\xff" * 12,
}.items():
    put("model", "onnx_" + name, content)


# ---- pictures: those that tests/golden/make_pictures.py has drawn, cut, and made to ask for too much ----

PICTURES = pathlib.Path(__file__).parent.parent / "golden" / "pictures"
for name in ("colour.jpg", "progressive.jpg", "inks.jpg", "turned_6.jpg", "palette_transparent.png", "grey_16.png", "turned.png",
             "transparent.webp", "turned.webp", "lossy.webp", "colour.ppm", "grey.pgm"):
    content = (PICTURES / name).read_bytes()
    put("picture", name, content)
    put("picture", name + "_cut", content[: len(content) * 2 // 3])


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, *chunks):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


put("picture", "png_60000_x_60000", png(60000, 60000, chunk(b"IDAT", zlib.compress(bytes(1000)))))
put("picture", "png_animated", png(4, 4, chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"IDAT", zlib.compress(bytes(20)))))
put("picture", "png_of_no_pixels", png(0, 4, chunk(b"IDAT", zlib.compress(b""))))
put("picture", "jpeg_60000_x_60000", (PICTURES / "colour.jpg").read_bytes().replace(struct.pack(">HH", 30, 41), b"\xea\x60\xea\x60", 1))
put("picture", "ppm_of_2_64", "P6\n4294967296 4294967296\n255\n")
put("picture", "ppm_without_pixels", "P6\n9999 9999\n255\n")
put("picture", "webp_animated", b"RIFF\x3a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x07\0\0\x07\0\0ANIM\x06\0\0\0" + bytes(6) + b"ANMF\x10\0\0\0" + bytes(16))
exif = b"II*\0\x08\0\0\0\x02\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x12\x01\x03\0\x01\0\0\0\x05\0\0\0\x08\0\0\0"
put("picture", "exif_in_itself", exif)
put("picture", "exif_behind_the_end", b"MM\0*\xff\xff\xff\xff")
put("picture", "jpeg_with_exif_in_itself", b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif + (PICTURES / "colour.jpg").read_bytes()[2:])
