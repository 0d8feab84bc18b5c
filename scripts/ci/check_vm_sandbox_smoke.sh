#!/usr/bin/env bash
# The whole path of a VM bundle, on the engine that is in force: image, policy, run, a denial, bundle,
# the bundle by itself, and what is left afterwards. `make vm-smoke` calls it, and so does CI.
#
#   X07                      the command to check [x07]
#   X07_VM_GUEST_IMAGE       a guest image that is there; without it one is built, and stays in the engine
#   X07_VM_BACKEND           the engine; docker and podman need X07_I_ACCEPT_WEAKER_ISOLATION=1
set -euo pipefail

x07=${X07:-x07}
[[ "$x07" != */* ]] || x07=$(cd "$(dirname "$x07")" && pwd)/$(basename "$x07")
work=$(mktemp -d "${TMPDIR:-/tmp}/x07-vm-smoke.XXXXXX")
trap 'rm -rf "$work"' EXIT
export X07_VM_STATE_DIR="$work/state/jobs"

# What the program of a new project gives back: `app`, `one`, `two`, each behind its length, behind their
# number, four bytes, the least significant first.
ARGUMENTS=0300000003000000617070030000006f6e650300000074776f

step() { printf '%s\n' "vm smoke: $*" >&2; }

fail() {
    printf '%s\n' "vm smoke: failed: $*" >&2
    exit 1
}

# The member of a JSON document on stdin: `member solve.trap`.
member() {
    python3 -c '
import functools, json, sys
value = functools.reduce(lambda found, key: found[key], sys.argv[1].split("."), json.load(sys.stdin))
print(value if isinstance(value, str) else json.dumps(value))' "$1"
}

image() {
    if [[ -n "${X07_VM_GUEST_IMAGE:-}" ]]; then
        step "image $X07_VM_GUEST_IMAGE"
        return
    fi
    step "building a guest image"
    "$x07" image build --flavour full --out "$work/guest.tar" >"$work/image.json"
    X07_VM_GUEST_IMAGE=$("$x07" vm load --json "$work/guest.tar" | member reference)
    export X07_VM_GUEST_IMAGE
}

project() {
    step "project and policy"
    "$x07" init "$work/demo" >"$work/init.json"
    cd "$work/demo"
    "$x07" policy init --template cli >"$work/policy.json"
    printf 'hello' >"$work/in.bin"
}

run() {
    step "x07 run in a guest"
    "$x07" run --profile sandbox --input "$work/in.bin" >"$work/run.json"
    [[ "$(member sandbox_backend <"$work/run.json")" == vm ]] || fail "it did not run in a VM"
    [[ "$(member solve_output_b64 <"$work/run.json")" == aGVsbG8= ]] || fail "another output"
}

# A program that writes where nobody let it.
denial() {
    step "what is not granted is denied"
    mkdir private
    cat >"$work/thief.x07.json" <<'PROGRAM'
{"schema_version":"x07.x07ast@0.4.0","kind":"entry","module_id":"main","imports":["std.os.fs"],
 "decls":[],"solve":["begin",
 ["std.os.fs.write_file",["bytes.lit","private/file"],["bytes.lit","written"]],["bytes.lit","done"]]}
PROGRAM
    "$x07" run --program "$work/thief.x07.json" --world run-os-sandboxed \
        --policy .x07/policies/base/cli.sandbox.base.policy.json >"$work/denied.json"
    [[ "$(member policy_denials <"$work/denied.json")" == *fs.write_roots* ]] \
        || fail "the report does not name the grant that is missing"
    [[ ! -e private/file ]] || fail "a file that was not granted was written"
}

bundle() {
    step "x07 bundle"
    "$x07" bundle --profile sandbox --out "$work/dist/app" >"$work/bundle.json"
    [[ "$(member bundle.kind <"$work/bundle.json")" == vm ]] || fail "it is not a VM bundle"
    [[ -f "$work/dist/app.vm/manifest.json" ]] || fail "it has no sidecar"
}

start() {
    step "the bundle by itself"
    X07_BUNDLE=verify "$work/dist/app" >&2
    local said
    said=$("$work/dist/app" one two | od -An -tx1 | tr -d ' \n')
    [[ "$said" == "$ARGUMENTS" ]] || fail "it gives back other arguments: $said"
}

tampered() {
    step "a changed byte is refused"
    printf 'x' >>"$work/dist/app.vm/policy.json"
    local status=0
    "$work/dist/app" >"$work/out" 2>"$work/said" || status=$?
    [[ "$status" == 125 ]] || fail "a changed policy was not refused (exit code $status)"
    grep -q policy.json "$work/said" || fail "the refusal does not name the file"
}

nothing_left() {
    step "nothing is left"
    [[ -z "$(ls "$X07_VM_STATE_DIR" 2>/dev/null)" ]] || fail "job folders are left"
    [[ "$("$x07" vm sweep --dry-run --json | member jobs)" == "[]" ]] || fail "jobs are left"
}

image
project
run
denial
bundle
start
tampered
nothing_left
step "passed"
