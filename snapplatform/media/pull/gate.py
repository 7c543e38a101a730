"""Which access units go on: from a keyframe on, and none that refers to what is missing."""


class Gate:
    """After a start or a hole, nothing until the next keyframe; then nothing that is shown before it, for
    such pictures refer to the GOP before."""

    def __init__(self, *, keyframes_only: bool) -> None:
        self._keyframes_only = keyframes_only
        self._open = False
        self._shown_from: int | None = None

    def lets(self, pts: int, keyframe: bool, corrupt: bool) -> bool:
        if corrupt:
            self.shut()
            return False
        if keyframe:
            self._shown_from = None if self._open else pts
            self._open = True
            return True
        if not self._open or self._keyframes_only:
            return False
        return self._shown_from is None or pts > self._shown_from

    def shut(self) -> None:
        """Something was lost."""
        self._open = False
