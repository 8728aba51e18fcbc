#!/bin/sh
# Usage: check_includes.sh ROOT: reads the #include lines of the tree and fails on one that points back.
#
# Modules stand in tiers; a file may include its own module and the tiers below, never a sibling. A public header counts
# as the module that implements it. The tool sees public headers and its own only.
#
# Large modules have rooms, folders of their own in an order: a room sees those before it, and what lies in the module's own folder sees
# all of them.
#
# The inside of networks is private: above src/nn there are the seam (nn/engine.h), losses and schedules. Only src/bench, which
# measures kernels one by one, sees the rest.
set -eu
cd "$1"
find src include cli -name '*.[ch]' 2>/dev/null | LC_ALL=C sort | xargs awk '
BEGIN {
  count = split("base|io|data nn cluster|infer train eval|record|repair|picture|audit model|config|report|run|sweep table bench", tiers, "|")
  for (i = 1; i <= count; i++) {
    split(tiers[i], modules, " ")
    for (j in modules) tier[modules[j]] = i
  }
  split("eval predictions statistics maps rates|report drawing loading verdicts figures models|run state files networks stages", list, "|")
  for (i in list) {
    count = split(list[i], names, " ")
    for (j = 2; j <= count; j++) room[names[1] "/" names[j]] = j
  }
  # Public headers that do not bear the name of their module.
  module_of["error"] = module_of["watch"] = module_of["text"] = module_of["shape"] = "base"
  module_of["array"] = module_of["frame"] = "io"
  module_of["dataset"] = module_of["groups"] = module_of["fetch"] = module_of["augment"] = "data"
  module_of["logistic"] = "repair"
  module_of["net"] = module_of["optimizer"] = "nn"
  module_of["cam"] = module_of["check"] = module_of["compare"] = module_of["measures"] = "eval"
  module_of["rates"] = module_of["stats"] = module_of["examples"] = "eval"
  module_of["picture"] = module_of["picture_model"] = "picture"
  module_of["onnx"] = "model"
  module_of["run_cam"] = "run"
}

# The place of the room that a file lies in; 99 outside of all, 0 in one that nobody has listed.
function room_of(path,    parts, count) {
  count = split(path, parts, "/")
  if (count < 3) return 99
  return (parts[1] "/" parts[2]) in room ? room[parts[1] "/" parts[2]] : 0
}

function complain(reason) {
  printf "%s:%d: %s: %s\n", FILENAME, FNR, target, reason
  failed = 1
}

# The module of "despur/NAME.h", or "" when nobody has said which.
function public_module(path,    name) {
  name = path
  sub(/^.*\//, "", name)
  sub(/\.h$/, "", name)
  if (name in module_of) return module_of[name]
  return name in tier ? name : ""
}

FNR == 1 {
  split(FILENAME, parts, "/")
  place = parts[1]
  here = FILENAME
  sub(/^src\//, "", here)
  own = place == "src" ? parts[2] : place == "include" ? public_module(FILENAME) : "cli"
  if (place == "src" && !room_of(here)) {
    target = FILENAME
    complain("not in a known room; see the list in tests/check_includes.sh")
  }
  everything = FILENAME == "include/despur/despur.h" # exists to include all others
  if (!everything && place != "cli" && !(own in tier)) {
    target = FILENAME
    complain("not in a known module; see the list in tests/check_includes.sh")
  }
}

/^[ \t]*#[ \t]*include[ \t]*("|<despur\/)/ && !everything {
  split($0, quoted, /["<>]/)
  target = quoted[2]
  if (target ~ /^despur\//) {
    if (place == "cli") next
    wanted = target == "despur/despur.h" ? "despur.h" : public_module(target)
  } else if (target ~ /\//) {
    wanted = target
    sub(/\/.*/, "", wanted)
  } else {
    wanted = own # a neighbour in the same folder
  }
  if (wanted == own && place == "src" && target ~ /\// && target !~ /^despur\// && room_of(target) > room_of(here))
    complain("points back: its room lies above that of " here)
  if (wanted == own) next
  if (target ~ /^nn\// && target !~ /^nn\/(engine|loss|schedule)\.h$/ && own != "bench")
    complain("private to src/nn: others see networks through nn/engine.h")
  if (place == "cli")
    complain("the tool may include public headers and its own only")
  else if (!(wanted in tier))
    complain("not a header of a known module; see the list in tests/check_includes.sh")
  else if (own in tier && tier[wanted] > tier[own])
    complain("points back: " own " lies below " wanted)
  else if (own in tier && tier[wanted] == tier[own])
    complain(own " and " wanted " are siblings and may not include each other")
  else if (place == "include" && target !~ /^despur\//)
    complain("a public header may include public headers only")
}

END { exit failed }' >&2
