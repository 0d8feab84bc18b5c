#!/bin/sh
# Builds the guest image `full` and loads it into docker or podman, where one is up. Else its archive
# stays, and how to load it is said. stdout is the line that has VMs use the image:
#
#   eval "$(scripts/build_guest_runner_image.sh --image x07-guest-runner --tag vm-smoke)"
#
#   --image NAME      its name, with the registry's host where it has one [x07-guest-runner]
#   --tag TAG         its tag [the version of x07]
#   --out FILE.tar    keep the archive there, too
#   --offline         take packages from the cache alone
#
# X07 names the command that builds; without it, the one of this checkout does.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
image=x07-guest-runner
tag=
out=
offline=

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 2
}

while test $# -gt 0; do
    case $1 in
    -h | --help)
        sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p;}' "$0"
        exit 0
        ;;
    --offline) offline=--offline ;;
    --image | --tag | --out)
        test $# -gt 1 && test -n "$2" || fail "\`$1\` wants a value" "\`$0 --help\` lists them"
        case $1 in
        --image) image=$2 ;;
        --tag) tag=$2 ;;
        --out) out=$2 ;;
        esac
        shift
        ;;
    *) fail "unknown option \`$1\`" "\`$0 --help\` lists them" ;;
    esac
    shift
done

case $out in
'' | *.tar) ;;
*) fail "\`--out $out\` is no archive: engines load a file" "choose a name that ends in .tar" ;;
esac

x07=${X07:-}
if test -z "$x07"; then
    make -C "$root" --no-print-directory --silent .venv/installed >&2
    x07=$root/.venv/bin/x07
elif ! command -v "$x07" >/dev/null; then
    fail "X07 is \`$x07\`, which is no command" "unset it, or name the x07 that is to build"
fi
if test -z "$tag"; then
    tag=$("$x07" --version | cut -d' ' -f2)
fi
name=$image:$tag

engine=$(sh "$root/scripts/container_engine.sh") || engine=
work=
if test -z "$out" && test -z "$engine"; then
    out=dist/${image##*/}-$tag.tar
elif test -z "$out"; then
    work=$(mktemp -d "${TMPDIR:-/tmp}/x07-guest-image.XXXXXX" 2>/dev/null) ||
        fail "cannot write into \`${TMPDIR:-/tmp}\`" "set TMPDIR to a folder that you can write"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    out=$work/image.tar
fi

# shellcheck disable=SC2086
"$x07" image build --flavour full --tag "$name" --out "$out" $offline >&2
if test -n "$engine"; then
    "$engine" load -i "$out" >&2
else
    echo "neither docker nor podman is up here; the image is in $out" >&2
    echo "hint: \`docker load -i $out\` or \`podman load -i $out\` loads it" >&2
fi
echo "export X07_VM_GUEST_IMAGE=$name"
