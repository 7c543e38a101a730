"""From compressed packets to pictures: rings, decoder processes, codecs. The only home of PyAV.

Import the modules you need; this file stays empty so that a decoder process loads nothing it does not use.
"""
