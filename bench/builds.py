#!/usr/bin/env python3
"""`despur bench` of two builds in turns: how much of the time before does the same work take now?

usage: bench/builds.py BEFORE NOW [--only NAME] [--rounds N]     (two paths of the tool)

The shortest and the median of all rounds. Medians mean something on a machine that nobody else uses; the shortest times bear a little company.
"""
import argparse
import collections
import json
import statistics
import subprocess


def seconds(tool, only):
    said = subprocess.run([tool, "bench", "--json", "--only", only], check=True, capture_output=True, text=True).stdout
    return {(row["name"], row["threads"]): row["seconds"] for row in json.loads(said)["rows"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("now")
    parser.add_argument("--only", default="step/")
    parser.add_argument("--rounds", type=int, default=8)
    args = parser.parse_args()
    sides = [(args.before, collections.defaultdict(list)), (args.now, collections.defaultdict(list))]
    for at in range(args.rounds):
        for tool, times in sides if at % 2 == 0 else reversed(sides):
            for work, took in seconds(tool, args.only).items():
                times[work].append(took)
    before, now = (times for _, times in sides)
    print("| work | threads | before | now | of the time before | by medians |\n|---|--:|--:|--:|--:|--:|")
    for name, threads in (work for work in now if work in before):
        old, new = before[name, threads], now[name, threads]
        shortest, median = min(new) / min(old), statistics.median(new) / statistics.median(old)
        print(f"| {name} | {threads} | {1e6 * min(old):.1f} us | {1e6 * min(new):.1f} us | {shortest:.3f} | {median:.3f} |")


if __name__ == "__main__":
    main()
