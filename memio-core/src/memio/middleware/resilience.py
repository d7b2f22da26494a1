"""`middleware = ["resilience"]`: calls are repeated when they fail and this does no harm, within a time limit.

A call is made again only when the backend's error states that this may help (`retryable`), and when either
nothing was changed (`outcome` is `not_applied`) or making it twice does no harm; see `may_repeat`. Calls that
must not be made twice have no time limit: given up, it would be unknown whether they were carried out. The
outcome of a call is the worst of its attempts. Needs `pip install 'memio-core[resilience]'`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field, field_validator

from memio._extras import MissingExtraError
from memio.hookspecs import hookimpl
from memio.middleware._policy import Policy
from memio.plugins import CallNext, Middleware, MiddlewareSpec, Operation


class ResilienceSettings(Policy):
    """The settings of `resilience`.

    Attributes:
        providers: What is different for some providers, by their names.
    """

    providers: dict[str, Policy] = Field(default_factory=dict[str, Policy])

    @field_validator("providers")
    @classmethod
    def _known(cls, providers: dict[str, Policy]) -> dict[str, Policy]:
        from memio import registry
        from memio._values.suggest import did_you_mean
        from memio.capabilities import KINDS

        known = {entry.name for kind in KINDS for entry in registry.installed(kind)} | set(registry.PUBLISHED)
        for name in providers:
            if name not in known:
                raise ValueError(f"no provider {name!r} is installed{did_you_mean(name, sorted(known))}")
        return providers

    def policy_for(self, provider: str) -> Policy:
        """Return the policy of a provider: its own settings, and for the others the general ones."""
        general = self.model_dump(exclude={"providers"})
        own = self.providers.get(provider)
        return Policy(**general | (own.model_dump(exclude_unset=True) if own else {}))


def open_resilience(settings: ResilienceSettings) -> Middleware:
    """Return the middleware.

    Raises:
        ConfigError: tenacity is not installed.

    Example:
        >>> from memio.middleware.resilience import ResilienceSettings, open_resilience
        >>> settings = ResilienceSettings(attempts=2, providers={"letta": {"timeout": 60}})
        >>> settings.policy_for("letta").timeout, settings.policy_for("letta").attempts
        (60.0, 2)
        >>> settings.policy_for("sqlite").timeout
        10.0
        >>> middleware = open_resilience(settings)
    """
    try:
        from memio.middleware._attempts import Attempts
    except ImportError as error:
        raise MissingExtraError("resilience", "tenacity") from error
    policies = {name: settings.policy_for(name) for name in settings.providers}
    general = settings.policy_for("")

    async def resilience(operation: Operation, call_next: CallNext) -> Any:
        return await Attempts(operation, call_next, policies.get(operation.provider, general)).run()

    return resilience


@hookimpl
def memio_middleware() -> Iterable[MiddlewareSpec]:
    """Offer the middleware."""
    return [MiddlewareSpec(name="resilience", settings=ResilienceSettings, open=open_resilience)]
