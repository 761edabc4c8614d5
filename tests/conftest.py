"""Settings of all tests."""

from hypothesis import settings

# Enough to meet each combination of the values that matter; and how long an example takes is not what is tested.
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("thorough")
