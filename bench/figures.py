"""A figure beside its target, as one line of text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` is to be at most `target`. `unit` is "" for a ratio."""

    name: str
    value: float
    target: float
    unit: str = ""
    detail: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.target

    def __str__(self) -> str:
        verdict = "met   " if self.met else "missed"
        value = f"{self.value:.2f}" if self.unit != "bytes" else f"{self.value:.0f}"
        unit = f" {self.unit}" if self.unit else ""
        line = f"{verdict}  {self.name}: {value}{unit} (target: at most {self.target:g}{unit})"
        return f"{line}\n          {self.detail}" if self.detail else line
