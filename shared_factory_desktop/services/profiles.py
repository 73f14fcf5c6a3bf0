"""Meter profiles, shipped and of the site: what each measures, how it is reached and read."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from drivers.profile import Profile
from drivers.profile_file import ProfileError, load_profile
from drivers.protocols import protocol
from shared_factory_desktop import paths
from shared_factory_desktop.acquisition.plan import MeterPlan, plan_meter
from shared_factory_desktop.acquisition.poller import line_settings, load_pct
from shared_factory_desktop.domain.floor import Floor
from shared_factory_desktop.domain.problems import Kind, Refused, cause

_SLACK_S = 5.0


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What a floor is checked by, each by profile: quantities, how meters are told apart, lines."""

    quantities: Mapping[str, frozenset[str]]
    addressing: Mapping[str, str]
    transports: Mapping[str, tuple[str, ...]]


class Profiles:
    """Meter profiles of one data folder, each read once."""

    def __init__(self, data: Path) -> None:
        self._folders = (data / "profiles", paths.profiles())
        self._known: dict[str, Profile] = {}
        self._lock = threading.Lock()

    def get(self, profile_id: str) -> Profile:
        """Give a profile; raises Refused where it is missing or wrong."""
        with self._lock:
            if profile_id not in self._known:
                try:
                    self._known[profile_id] = load_profile(profile_id, self._folders)
                except ProfileError as error:
                    causes = (cause("profile", profile=profile_id, why=p) for p in error.problems)
                    raise Refused(Kind.INPUT, *causes) from None
            return self._known[profile_id]

    def all(self) -> tuple[Profile, ...]:
        """Give every profile there is, by id; raises Refused where one is wrong."""
        folders = [folder for folder in self._folders if folder.is_dir()]
        ids = {file.stem for folder in folders for file in folder.glob("*.toml")}
        return tuple(self.get(name) for name in sorted(ids))

    def facts(self) -> ProfileFacts:
        """Give the facts of every profile there is; raises Refused where one is wrong."""
        found = self.all()
        spoken = {profile.id: protocol(profile.protocol) for profile in found}
        return ProfileFacts(
            {profile.id: frozenset(profile.quantities) for profile in found},
            {name: speech.ADDRESSING for name, speech in spoken.items()},
            {name: speech.TRANSPORTS for name, speech in spoken.items()},
        )

    def wrap(self, floor: Floor, meter_id: str, quantity: str) -> Decimal | None:
        """Say where a meter's register rolls over, ratios applied; None: never."""
        meter = floor.meter(meter_id)
        if meter is None:
            return None
        point = self.get(meter.profile).point(quantity)
        if point is None or point.wrap_value is None:
            return None
        return point.wrap_value * point.ratio_factor(meter.ratio_ct, meter.ratio_pt)

    def patience_s(self, floor: Floor, meter_id: str) -> float:
        """Say how long one read of a meter may take before its answer is given up, in s."""
        meter = floor.meter(meter_id)
        bus = floor.bus(meter.bus) if meter else None
        if meter is None or bus is None:
            return _SLACK_S
        profile = self.get(meter.profile)
        blocks = len(profile.blocks) + (profile.identity is not None)
        return _SLACK_S + blocks * (bus.retries + 1) * bus.timeout_ms / 1000

    def plans(
        self,
        floor: Floor,
        meter_ids: Sequence[str] | None = None,
        identities: Mapping[str, str] = MappingProxyType({}),
    ) -> list[MeterPlan]:
        """Plan the meters of a floor, all or some; `identities`: the numbers they go by."""
        return [
            plan_meter(floor, meter, self.get(meter.profile), identities.get(meter.id))
            for meter in floor.meters
            if meter_ids is None or meter.id in meter_ids
        ]

    def loads(self, floor: Floor) -> dict[str, int]:
        """Compute how much of each bus's time its meters ask for, in percent."""
        plans = self.plans(floor)
        return {
            bus.id: load_pct([p for p in plans if p.meter.bus == bus.id], line_settings(bus))
            for bus in floor.buses
        }
