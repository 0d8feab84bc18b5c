#!/bin/sh
# Says which container engine is up: `docker` or `podman`. Exit code 1 where none is.
for engine in docker podman; do
    if command -v "$engine" >/dev/null 2>&1 && "$engine" info >/dev/null 2>&1; then
        echo "$engine"
        exit 0
    fi
done
exit 1
