"""The decisions about people, and about what the organisation owns centrally and the stack must not make again."""

from typing import TYPE_CHECKING

from mlinfra.components.layers.security_baseline import CentralControls
from mlinfra.components.personas import SignIn
from mlinfra.settings.derived import whole

if TYPE_CHECKING:
    from mlinfra.settings.part import Part

    class OrganizationSettings(Part, CentralControls):
        """What the organisation already owns for this account."""

    class SignInSettings(Part, SignIn):
        """How people come to their roles: one of the three."""

else:
    OrganizationSettings = whole(CentralControls, name="OrganizationSettings")
    SignInSettings = whole(SignIn, name="SignInSettings")
