"""Measures, and prints each figure beside its target. Exits 0 unless something breaks."""

import sys
import tempfile
from pathlib import Path

from bench import (
    bundle_cost,
    frozen_start,
    hello_world,
    http_cost,
    image_cost,
    kernel_speed,
    network_cost,
    policy_cost,
    registry_cost,
    vm_cost,
)
from bench.workshop import open_workshop

COSTS = (policy_cost, network_cost, http_cost, image_cost, registry_cost, vm_cost)
PARTS = (bundle_cost, kernel_speed, hello_world, *COSTS, frozen_start)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="x07-bench-") as folder:
        workshop = open_workshop(Path(folder))
        for part in PARTS:
            for figure in part.measure(workshop):
                sys.stdout.write(f"{figure}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
