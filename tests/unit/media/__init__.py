"""Tests of snapplatform.media with real codecs and real decoder processes."""
