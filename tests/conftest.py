"""Settings of all tests."""

from hypothesis import settings

# A fact depends neither on a busy machine nor on luck: every run tries the same examples.
settings.register_profile("facts", deadline=None, derandomize=True)
settings.load_profile("facts")
