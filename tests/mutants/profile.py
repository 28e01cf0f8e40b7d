"""How hypothesis tries mutants, as a plugin of pytest: the same examples each time, and none made smaller."""

import hypothesis

hypothesis.settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    suppress_health_check=tuple(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("mutants")
