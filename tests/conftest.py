"""What holds for every test."""

import freezegun

# The runner measures how long a test takes: its clock goes on while a test's time is frozen.
freezegun.configure(extend_ignore_list=["_pytest.timing"])  # pyright: ignore[reportUnknownMemberType]
