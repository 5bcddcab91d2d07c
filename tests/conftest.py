"""Settings of all tests."""

from hypothesis import settings

settings.register_profile("facts", deadline=None)  # a fact does not depend on a busy machine
settings.load_profile("facts")
