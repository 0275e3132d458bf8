"""The network interfaces that an instance type needs for all of its EFA bandwidth."""

from dataclasses import dataclass

from mlinfra.catalog.instances import InstanceType


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface: on which card, at which index there, and for what."""

    card: int
    device: int
    type: str
    """interface (IP alone), efa (IP and EFA) or efa-only (no address)."""


def layout(one: InstanceType) -> tuple[Interface, ...]:
    """The interfaces of an instance with EFA, the primary one first.

    On a single card the primary interface carries both. With several, the primary one carries IP alone and every card
    gets EFA of its own, which takes no addresses of the subnet. Source:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html
    """
    if one.network_cards == 1:
        return (Interface(0, 0, "efa"),)
    # Device 0 of the first card is taken by the primary interface.
    fabric = [
        Interface(card, index + (card == 0), "efa-only") for card in one.efa_cards for index in range(one.efa_per_card)
    ]
    return (Interface(0, 0, "interface"), *fabric[: one.efa_interfaces])
