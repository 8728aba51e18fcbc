#!/usr/bin/env python3
"""What `despur eval` takes for a table of predictions: memory beside the file, processor seconds.

usage: bench/tables.py DESPUR [BEFORE] [--rows N] [--rounds N]     (BEFORE: another build; both take turns)

Files are as compact as they come: short names and whole numbers, about 20 bytes a row. Memory is the largest resident set, the program itself
(10 MB) included; seconds are the least of all rounds.
"""
import argparse
import os
import pathlib
import random
import tempfile

ASKED = (("six", "sex,race"), ("six", "sex,race,site"), ("six", "sex,race,site,age:4"), ("score", "sex,race"), ("score", "sex,race,site,age:4"))


def write(path, score, rows):
    rng = random.Random(0)
    with path.open("w", encoding="ascii") as file:
        file.write(f"y,{'score' if score else 'pred'},sex,race,site,age\n")
        for _ in range(rows):
            y, wrong = rng.randrange(2), rng.random() < 0.15
            said = f"{abs((y ^ wrong) - 0.5 * rng.random()):.4f}" if score else str(int(y ^ wrong))
            sex, race = rng.choice("mf" if score else ("Male", "Fem.")), rng.choice("wb" if score else ("White", "Black", "Asian"))
            file.write(f"{y},{said},{sex},{race},{rng.randrange(8)},{rng.randrange(18, 80)}\n")


def measure(tool, path, by):
    """Bytes and processor seconds."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(tool, [tool, "eval", "--predictions", str(path), "--by", by])
    _, status, used = os.wait4(child, 0)
    if status != 0:
        raise SystemExit(f"{tool} eval --predictions {path} --by {by}: status {status}")
    return 1024 * used.ru_maxrss, used.ru_utime + used.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("despur")
    parser.add_argument("before", nargs="?")
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=5)
    a = parser.parse_args()
    tools = [a.before, a.despur] if a.before else [a.despur]
    print("file, MB, groups, " + ", ".join(f"times the file in memory{w}, seconds{w}" for w in ((" before", " now") if a.before else ("",))))
    with tempfile.TemporaryDirectory() as name:
        paths = {kind: pathlib.Path(name, f"{kind}.csv") for kind in ("six", "score")}
        for kind, path in paths.items():
            write(path, kind == "score", a.rows)
        for kind, by in ASKED:
            size, found = paths[kind].stat().st_size, {tool: [] for tool in tools}
            for at in range(a.rounds):
                for tool in tools if at % 2 == 0 else reversed(tools):
                    found[tool].append(measure(tool, paths[kind], by))
            said = ", ".join(f"{max(m for m, _ in found[t]) / size:.2f}, {min(s for _, s in found[t]):.2f}" for t in tools)
            print(f"{kind}, {size / 1e6:.1f}, {by}, {said}", flush=True)


if __name__ == "__main__":
    main()
