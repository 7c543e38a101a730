"""Where they were; snapplatform/media/pull reads them too."""

from snapplatform.parameter_sets import H264Sets, HevcSets, ParameterSets

__all__ = ["H264Sets", "HevcSets", "ParameterSets"]
