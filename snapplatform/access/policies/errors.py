"""What is wrong with a policy document."""

from dataclasses import dataclass

from snapplatform.errors import InvalidValue


@dataclass
class InvalidPolicy(InvalidValue):
    """The document is not a policy. `parameter` is the path of the mistake, as
    Statement[1].Condition.StringLike, or "document" when it can't be read at all."""

    @property
    def path(self) -> str:
        return self.parameter
