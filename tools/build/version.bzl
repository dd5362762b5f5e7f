"""The version that programs state and archives bear."""

VERSION = "0.1.0"
