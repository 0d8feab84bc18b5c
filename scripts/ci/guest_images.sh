#!/bin/sh
# Guest images from their build to a registry. `make guest-image`, `guest-image-again` and so on call it,
# and so does CI: docs/publishing.md.
#
#   guest_images.sh build     FLAVOUR, ARCH -> dist/guest-FLAVOUR-ARCH.tar and .json, its report
#   guest_images.sh again     the same again, in other circumstances: the bytes have to be equal
#   guest_images.sh smoke     what a guest has to do, in docker or podman: both flavours of ARCH
#   guest_images.sh push      all of dist/guest-FLAVOUR-*.tar to REPOSITORY:TAG[-run], as one index each
#   guest_images.sh sign      what was pushed, with KEY (its password: X07_KEY_PASSWORD), and where it
#                             comes from: BUILDER, SOURCE, COMMIT
#   guest_images.sh verify    what was pushed, with PUBLIC_KEY
#
# X07 is the command, REGISTRY_FLAGS are further options of push, sign and verify (`--plain-http`), and
# BUILD_FLAGS of a build (`--offline`).
set -eu

x07=${X07:-x07}
flavour=${FLAVOUR:-full}
arch=${ARCH:-amd64}
dist=${DIST:-dist}
file=$dist/guest-$flavour-$arch.tar
work=

say() { echo "guest images: $*" >&2; }

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 2
}

need() {
    for name in "$@"; do
        eval "test -n \"\${$name:-}\"" || fail "\`$name\` is not set" "see docs/publishing.md"
    done
}

workshop() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/x07-guest-images.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
}

# keep FILE COMMAND: what it says on stdout, whole or not at all.
keep() {
    kept=$1
    shift
    test ! -e "$kept" || test -f "$kept" || fail "\`$kept\` is there and is no file" "remove it"
    "$@" >"$kept.part" || {
        status=$?
        rm -f "$kept.part"
        return "$status"
    }
    mv "$kept.part" "$kept"
}

# build FILE: with the report beside it.
build() {
    mkdir -p "${1%/*}"
    # shellcheck disable=SC2086
    keep "${1%.tar}.json" "$x07" image build --flavour "$flavour" --arch "$arch" --tag "$(name)" \
        --out "$1" --json ${BUILD_FLAGS:-}
}

name() {
    if test "$flavour" = full; then
        echo "${REPOSITORY:-x07-guest-runner}:${TAG:-next}"
    else
        echo "${REPOSITORY:-x07-guest-runner}:${TAG:-next}-$flavour"
    fi
}

# Another folder, umask, zone and language. The toolchain is frozen anew: its cache is empty.
again() {
    test -f "$file" || fail "there is no \`$file\`" "\`make guest-image\` makes it"
    workshop
    packages=${X07_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/x07bundle}/packages
    mkdir -p "$work/cache/elsewhere"
    test ! -d "$packages" || ln -s "$packages" "$work/cache/packages"
    umask 077
    (
        export X07_CACHE_DIR="$work/cache" TZ=Pacific/Chatham LC_ALL=C.UTF-8
        build "$work/cache/elsewhere/guest.tar"
    )
    if ! cmp "$file" "$work/cache/elsewhere/guest.tar" >&2; then
        "$x07" image diff "$file" "$work/cache/elsewhere/guest.tar" >&2 || true
        fail "two builds of $flavour for $arch differ" "what differs is above"
    fi
    say "$file: the same again"
}

smoke() {
    engine=$(sh scripts/container_engine.sh) || fail "neither docker nor podman is up" "start one"
    workshop
    flavour=full smoke_full
    flavour=run smoke_run
}

# start NAME-OF-IMAGE WORDS: without a network, with a read-only root.
start() {
    "$engine" run --rm --network none --read-only --tmpfs /tmp:exec,mode=1777 "$@"
}

smoke_full() {
    load
    start "$(name)" x07 --version >&2
    start "$(name)" x07-os-runner --help >/dev/null
    start "$(name)" sh -ec '
        mkdir /tmp/echo && cd /tmp/echo && x07 init >&2 && printf hello >in.bin
        x07 run --input in.bin' >"$work/report"
    grep -q '"solve_output_b64": *"aGVsbG8="' "$work/report" \
        || fail "the echo program says something else in $(name)" "its report: $(cat "$work/report")"
    start "$(name)" sh -ec '
        mkdir /tmp/echo && cd /tmp/echo && x07 init >&2
        x07 bundle --profile os --static --out echo >&2 && cat echo' >"$work/echo"
    chmod 755 "$work" "$work/echo"
    say "$(name) compiles and runs programs"
}

# A payload that the other image compiled.
smoke_run() {
    load
    start -v "$work/echo:/echo:ro" "$(name)" /echo --alpha A >"$work/said"
    grep -q -e --alpha "$work/said" || fail "the payload does not run in $(name)" "look at $work/said"
    say "$(name) runs payloads"
}

# What the engine has by that name is what is in the archive, and none of an earlier day.
load() {
    archive=$dist/guest-$flavour-$arch.tar
    "$x07" image verify "$archive" >&2
    "$engine" load -i "$archive" >&2
    id=$("$engine" image inspect --format '{{.Id}}' "$(name)")
    "$x07" image inspect --arch "$arch" --json "$archive" | grep -q "${id#sha256:}" \
        || fail "$engine has another image by the name $(name)" "it is $id; remove it"
}

# What was pushed, by digest, is kept in dist/guest-FLAVOUR.ref for the steps that follow.
push() {
    need REPOSITORY TAG
    for flavour in full run; do
        set --
        for one in "$dist/guest-$flavour"-*.tar; do
            test -f "$one" || fail "there is no image $flavour in $dist" "\`make guest-image\`"
            set -- "$@" --from "$one"
        done
        # shellcheck disable=SC2086
        keep "$dist/guest-$flavour.ref" "$x07" image push "$(name)" "$@" ${REGISTRY_FLAGS:-}
        say "$(name) is $(cat "$dist/guest-$flavour.ref")"
    done
}

# What is in dist/guest-FLAVOUR.ref, of both flavours.
pushed() {
    for flavour in full run; do
        test -s "$dist/guest-$flavour.ref" \
            || fail "there is no \`$dist/guest-$flavour.ref\`" "\`make guest-image-push\` comes before"
    done
}

sign() {
    need KEY BUILDER SOURCE COMMIT
    pushed
    for flavour in full run; do
        # shellcheck disable=SC2086
        "$x07" image sign "$(cat "$dist/guest-$flavour.ref")" --key "$KEY" --builder "$BUILDER" \
            --source "$SOURCE" --commit "$COMMIT" ${REGISTRY_FLAGS:-} >&2
    done
}

verify() {
    need PUBLIC_KEY BUILDER
    pushed
    for flavour in full run; do
        # shellcheck disable=SC2086
        "$x07" image verify "$(cat "$dist/guest-$flavour.ref")" --key "$PUBLIC_KEY" \
            --builder "$BUILDER" ${REGISTRY_FLAGS:-} >&2
    done
}

case ${1:-} in
build) build "$file" && say "$file" ;;
again | smoke | push | sign | verify) "$1" ;;
*) fail "unknown step \`${1:-}\`" "build, again, smoke, push, sign, verify" ;;
esac
