"""One rule of equality taken out."""

from dataclasses import dataclass

from tests.mutations import Edit


@dataclass(frozen=True, slots=True)
class Mutation:
    """One rule taken out: what stands in the file, and what stands there without the rule."""

    name: str
    file: str
    rule: str
    without: str

    @property
    def edit(self) -> Edit:
        return Edit(self.file, self.rule, self.without)
