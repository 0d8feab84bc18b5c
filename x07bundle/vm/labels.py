"""The labels of guests: how ours are found where an engine lists them (contract/vm.md §5)."""

import re
from collections.abc import Mapping
from typing import Final

from x07bundle.errors import X07Error
from x07bundle.vm.job import Job

BACKEND: Final = "io.x07.backend"
CREATED: Final = "io.x07.created_unix_ms"
DEADLINE: Final = "io.x07.deadline_unix_ms"
IMAGE_DIGEST: Final = "io.x07.image_digest"
JOB_ID: Final = "io.x07.job_id"
RUN_ID: Final = "io.x07.run_id"
INSTANCE: Final = "io.x07.runner_instance"
SCHEMA: Final = "io.x07.schema"

VERSION: Final = "1"
MOST_BYTES: Final = 4096
_is_value = re.compile(r"[A-Za-z0-9._:@/+-]+").fullmatch


def of(job: Job, backend: str, instance: str) -> dict[str, str]:
    """The labels of a job, in the order of their keys.

    Raises:
        X07Error: a value cannot be one.
    """
    labels = {
        BACKEND: f"vm.{backend}",
        CREATED: str(job.created_unix_ms),
        DEADLINE: str(job.deadline_unix_ms),
        IMAGE_DIGEST: job.image.digest.value,
        JOB_ID: job.run_id,
        RUN_ID: job.run_id,
        INSTANCE: instance,
        SCHEMA: VERSION,
        **job.labels,
    }
    for key, value in labels.items():
        if not _is_value(value) or len(key) + len(value) > MOST_BYTES:
            raise X07Error(
                f"the label `{key}` cannot be `{value}`",
                hint="letters, digits and `._:@/+-` are what labels are made of",
            )
    return dict(sorted(labels.items()))


def is_ours(labels: Mapping[str, str], instance: str) -> bool:
    return labels.get(SCHEMA) == VERSION and labels.get(INSTANCE) == instance


def deadline_unix_ms(labels: Mapping[str, str]) -> int | None:
    """None where there is none that could be one."""
    text = labels.get(DEADLINE, "")
    return int(text) if re.fullmatch(r"[0-9]{1,16}", text) and int(text) > 0 else None
