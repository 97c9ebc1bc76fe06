"""
What the demo maker builds: parts, bills of material, routings, substitutes, standard costs.

Models and costs are made up in the range of the facts in `facts.csv`; the notes of the book say
which figure rests on which source, and which on none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import polars as pl

from headgate.demo.typed import flat_money

AS_OF = date(2026, 2, 2)


@dataclass(frozen=True, slots=True)
class Part:
    """
    A bought part.

    cost : dollars for one piece
    gpus : GPUs in one piece
    """

    item_id: str
    family: str
    cost: int
    supplier: str
    words: str
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One BOM row; `start` and `end` are the first and last day it holds."""

    component_id: str
    quantity: int
    start: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the row holds on a day, both ends included."""
        return (self.start or date.min) <= day <= (self.end or date.max)


@dataclass(frozen=True, slots=True)
class Step:
    """One routing step: hours of the resource for one piece, and days that it takes."""

    resource_id: str
    hours: int
    lead_days: int


@dataclass(frozen=True, slots=True)
class Assembly:
    """
    Something that is built.

    conversion : dollars of work, test and freight-in that the standard cost adds to the parts
    sold       : whether customers order it
    """

    item_id: str
    kind: str
    family: str
    words: str
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    conversion: int
    sold: bool = True


PARTS: tuple[Part, ...] = (
    Part("gpu-h200-hgx8", "GPU-H200", 236_000, "gpu-maker-a", "8-GPU baseboard, H200 class", 8),
    Part("gpu-b200-hgx8", "GPU-B200", 296_000, "gpu-maker-a", "8-GPU baseboard, B200 class", 8),
    Part("gpu-b300-hgx8", "GPU-B300", 328_000, "gpu-maker-a",
         "8-GPU baseboard, B300 class, 800G ports on board", 8),
    Part("gpu-mi355x-oam8", "GPU-MI355X", 200_000, "gpu-maker-b",
         "8-GPU baseboard, MI355X class", 8),
    Part("gpu-rtx6000", "GPU-RTX6000", 8_200, "gpu-maker-a", "PCIe GPU, RTX PRO 6000 class", 1),
    Part("sc-gb200", "GPU-GB200", 75_000, "gpu-maker-a",
         "superchip board, GB200 class: 2 GPUs, 1 CPU", 2),
    Part("sc-gb300", "GPU-GB300", 82_000, "gpu-maker-a",
         "superchip board, GB300 class: 2 GPUs, 1 CPU", 2),
    Part("cpu-x86-a", "CPU", 2_900, "cpu-maker-a", "x86 server CPU, 64 cores"),
    Part("cpu-x86-b", "CPU", 2_750, "cpu-maker-b", "x86 server CPU, 64 cores, other socket"),
    Part("dimm-64-a", "DDR5", 880, "memory-maker-a", "64 GB DDR5 module"),
    Part("dimm-64-b", "DDR5", 895, "memory-maker-b", "64 GB DDR5 module, second source"),
    Part("dimm-96-a", "DDR5", 1_390, "memory-maker-a", "96 GB DDR5 module"),
    Part("dimm-128-a", "DDR5", 2_380, "memory-maker-a", "128 GB DDR5 module"),
    Part("dimm-128-b", "DDR5", 2_440, "memory-maker-c", "128 GB DDR5 module, second source"),
    Part("ssd-3t8-a", "SSD", 720, "flash-maker-a", "3.84 TB NVMe drive"),
    Part("ssd-3t8-b", "SSD", 735, "flash-maker-b", "3.84 TB NVMe drive, second source"),
    Part("ssd-7t7-a", "SSD", 1_420, "flash-maker-a", "7.68 TB NVMe drive"),
    Part("nic-400-a", "NIC", 1_420, "network-maker-a", "400 Gb/s adapter"),
    Part("nic-400-b", "NIC", 1_455, "network-maker-b", "400 Gb/s adapter, second source"),
    Part("nic-800-a", "NIC", 2_100, "network-maker-a", "800 Gb/s adapter"),
    Part("dpu-400", "NIC", 2_750, "network-maker-a", "400 Gb/s data processing unit"),
    Part("psu-3000", "POWER", 420, "power-maker-a", "3.0 kW power supply"),
    Part("psu-3300", "POWER", 455, "power-maker-a", "3.3 kW power supply"),
    Part("shelf-33", "POWER", 6_200, "power-maker-b", "33 kW power shelf"),
    Part("shelf-66", "POWER", 11_900, "power-maker-b", "66 kW power shelf"),
    Part("chassis-8gpu-air", "CHASSIS", 4_600, "metal-maker-a",
         "chassis, board and fans for 8 GPUs"),
    Part("chassis-8gpu-liquid", "CHASSIS", 7_900, "metal-maker-a",
         "chassis, board and cold plates for 8 GPUs"),
    Part("chassis-pcie", "CHASSIS", 3_100, "metal-maker-b", "chassis and board for PCIe GPUs"),
    Part("chassis-2u", "CHASSIS", 1_150, "metal-maker-b", "2U chassis, board and power"),
    Part("tray-kit-gb200", "TRAY", 7_600, "metal-maker-a", "compute tray kit with cold plates"),
    Part("tray-kit-gb300", "TRAY", 8_100, "metal-maker-a", "compute tray kit with cold plates"),
    Part("nvl-switch-chip", "SWITCH", 5_800, "gpu-maker-a", "switch chip of the GPU fabric"),
    Part("switch-tray-kit", "SWITCH", 4_900, "metal-maker-a", "switch tray kit with cold plates"),
    Part("nvl-cartridge", "CABLES", 11_500, "cable-maker-a", "copper cable cartridge"),
    Part("rack-frame", "RACK", 13_500, "metal-maker-c", "rack, busbar and doors"),
    Part("cdu-manifold", "COOLING", 21_000, "cooling-maker-a", "manifolds and coolant unit share"),
    Part("tor-switch", "SWITCH", 19_000, "network-maker-b", "management and fabric switch"),
)

PSU_CHANGE = date(2026, 4, 6)
SHELF_CHANGE = date(2026, 6, 1)
"""Mondays on which an engineering change takes effect."""


def _changed(old: Row, new: Row, on: date) -> tuple[Row, Row]:
    """An engineering change: the old row holds up to the day before, the new one from then on."""
    return (Row(old.component_id, old.quantity, None, on - timedelta(days=1)),
            Row(new.component_id, new.quantity, on))


_SERVER_STEPS = (Step("assembly", 5, 1), Step("burn-in", 26, 3))
_LIQUID_STEPS = (Step("assembly", 6, 1), Step("leak-test", 3, 1), Step("burn-in", 26, 3))
_PCIE_STEPS = (Step("assembly", 3, 1), Step("burn-in", 10, 2))
_TRAY_STEPS = (Step("tray-line", 2, 1), Step("tray-test", 3, 1))
_RACK_STEPS = (Step("rack-integration", 30, 3), Step("leak-test", 10, 1), Step("rack-test", 60, 4))
_PSU = _changed(Row("psu-3000", 6), Row("psu-3300", 6), PSU_CHANGE)
_SHELF = _changed(Row("shelf-33", 8), Row("shelf-66", 4), SHELF_CHANGE)


def _hgx(item_id: str, family: str, gpu: str, words: str, dimm: str = "dimm-64-a",
         cpu: str = "cpu-x86-a", adapters: int = 8) -> Assembly:
    """An air-cooled 8-GPU server; `adapters` 0 where the ports are on the baseboard."""
    rows = [Row(gpu, 1), Row(cpu, 2), Row(dimm, 32), Row("ssd-3t8-a", 8), Row("dpu-400", 2),
            Row("chassis-8gpu-air", 1)]
    if adapters:
        rows.append(Row("nic-400-a", adapters))
    power = (Row("psu-3000", 6),) if gpu == "gpu-h200-hgx8" else _PSU
    return Assembly(item_id, "server", family, words, (*rows, *power), _SERVER_STEPS, 2_400)


def _nvl72(item_id: str, family: str, tray: str, words: str, power: tuple[Row, ...]) -> Assembly:
    """A liquid-cooled rack of 18 compute trays and 9 switch trays."""
    rows = (Row(tray, 18), Row("tray-nvl-switch", 9), Row("nvl-cartridge", 4), Row("rack-frame", 1),
            Row("cdu-manifold", 1), Row("tor-switch", 2), *power)
    return Assembly(item_id, "rack", family, words, rows, _RACK_STEPS, 21_000)


def _tray(item_id: str, superchip: str, kit: str, adapter: str) -> Assembly:
    """A compute tray of two superchip boards; it is built or bought, and not sold."""
    rows = (Row(superchip, 2), Row(kit, 1), Row(adapter, 4), Row("dpu-400", 1),
            Row("ssd-3t8-a", 4))
    return Assembly(item_id, "other", "TRAY", "compute tray: 4 GPUs, 2 CPUs", rows, _TRAY_STEPS,
                    600, sold=False)


ASSEMBLIES: tuple[Assembly, ...] = (
    _tray("tray-gb200", "sc-gb200", "tray-kit-gb200", "nic-400-a"),
    _tray("tray-gb300", "sc-gb300", "tray-kit-gb300", "nic-800-a"),
    Assembly("tray-nvl-switch", "other", "TRAY", "switch tray of the GPU fabric",
             (Row("nvl-switch-chip", 2), Row("switch-tray-kit", 1)), (Step("tray-line", 1, 1),),
             300, sold=False),
    _hgx("xe-h200", "HGX-H200", "gpu-h200-hgx8", "8-GPU air-cooled server, 2 TB"),
    _hgx("xe-h200-4t", "HGX-H200", "gpu-h200-hgx8", "8-GPU air-cooled server, 4 TB", "dimm-128-a"),
    _hgx("xe-b200", "HGX-B200", "gpu-b200-hgx8", "8-GPU air-cooled server, 2 TB"),
    _hgx("xe-b200-4t", "HGX-B200", "gpu-b200-hgx8", "8-GPU air-cooled server, 4 TB", "dimm-128-a"),
    _hgx("xe-b300", "HGX-B300", "gpu-b300-hgx8", "8-GPU air-cooled server, 2 TB", adapters=0),
    _hgx("xe-b300-4t", "HGX-B300", "gpu-b300-hgx8", "8-GPU air-cooled server, 4 TB", "dimm-128-a",
         adapters=0),
    _hgx("xe-mi355x", "MI355X", "gpu-mi355x-oam8", "8-GPU air-cooled server, 2 TB",
         cpu="cpu-x86-b"),
    Assembly("xe-b300-liquid", "server", "HGX-B300", "8-GPU liquid-cooled server, 2 TB",
             (Row("gpu-b300-hgx8", 1), Row("cpu-x86-b", 2), Row("dimm-64-a", 32),
              Row("ssd-3t8-a", 8), Row("dpu-400", 2), Row("chassis-8gpu-liquid", 1)),
             _LIQUID_STEPS, 2_700),
    Assembly("xp-rtx8", "server", "RTX-PRO", "PCIe server with 8 GPUs, 1.5 TB",
             (Row("gpu-rtx6000", 8), Row("cpu-x86-b", 2), Row("dimm-64-a", 24), Row("ssd-3t8-a", 4),
              Row("nic-400-a", 2), Row("psu-3000", 4), Row("chassis-pcie", 1)), _PCIE_STEPS,
             1_300),
    Assembly("xp-rtx4", "server", "RTX-PRO", "PCIe server with 4 GPUs, 1 TB",
             (Row("gpu-rtx6000", 4), Row("cpu-x86-b", 2), Row("dimm-64-a", 16), Row("ssd-3t8-a", 4),
              Row("nic-400-a", 1), Row("psu-3000", 2), Row("chassis-pcie", 1)), _PCIE_STEPS,
             1_100),
    Assembly("r-cpu", "server", "CPU-SERVER", "2-socket server without GPU, 1 TB",
             (Row("cpu-x86-a", 2), Row("dimm-64-a", 16), Row("ssd-3t8-a", 2), Row("nic-400-a", 1),
              Row("chassis-2u", 1)), (Step("assembly", 2, 1), Step("burn-in", 4, 1)), 700),
    Assembly("rk-b300-64", "rack", "HGX-B300", "rack of eight liquid-cooled servers, 64 GPUs",
             (Row("xe-b300-liquid", 8), Row("rack-frame", 1), Row("cdu-manifold", 1),
              Row("shelf-33", 4), Row("tor-switch", 2)),
             (Step("rack-integration", 16, 2), Step("leak-test", 6, 1), Step("rack-test", 30, 2)),
             12_000),
    _nvl72("rk-gb200-nvl72", "GB200-NVL72", "tray-gb200", "72-GPU rack, GB200 class",
           (Row("shelf-33", 8),)),
    _nvl72("rk-gb300-nvl72", "GB300-NVL72", "tray-gb300", "72-GPU rack, GB300 class", _SHELF),
)

SERVICES: tuple[tuple[str, int, int, int, int, str], ...] = (
    ("support-3y", 22, 80, 36, 450, "hardware support, three years"),
    ("support-5y", 34, 125, 60, 450, "hardware support, five years"),
    ("installation", 5, 15, 1, 800, "rack and stack, cabling, first test on site"),
)
"""
Kind; price alone for a rack and for a server, in per mille of the hardware's; term in months; cost
in per mille of that price; words. Each product has its own of each: `support-3y-xe-b200`.
"""
LIST_PER_MILLE = {"rack": 1120, "server": 1180}
"""Price alone of hardware, in per mille of its standard cost."""

SUBSTITUTES: tuple[tuple[str, str, int, date | None, date | None, str], ...] = (
    ("dimm-64-a", "dimm-64-b", 1, None, None, "15.00"),
    ("dimm-64-a", "dimm-96-a", 2, None, None, "510.00"),
    ("dimm-128-a", "dimm-128-b", 1, date(2026, 3, 2), None, "60.00"),
    ("ssd-3t8-a", "ssd-3t8-b", 1, None, None, "15.00"),
    ("ssd-3t8-a", "ssd-7t7-a", 2, None, date(2026, 12, 31), "700.00"),
    ("nic-400-a", "nic-400-b", 1, None, None, "35.00"),
    ("psu-3000", "psu-3300", 1, None, None, "35.00"),
)
"""Component, what may stand in, preference, first and last day, extra cost."""

SUCCESSORS: dict[str, tuple[str, ...]] = {
    "xe-h200": ("xe-b200", "xe-b300"), "xe-h200-4t": ("xe-b200-4t", "xe-b300-4t"),
    "xe-b200": ("xe-b300",), "xe-b200-4t": ("xe-b300-4t",),
    "xp-rtx4": ("xp-rtx8",), "rk-gb200-nvl72": ("rk-gb300-nvl72",),
}
"""What a customer may take instead: the same server of the next generation, or the larger one."""

PART_BY_ID = {part.item_id: part for part in PARTS}
ASSEMBLY_BY_ID = {assembly.item_id: assembly for assembly in ASSEMBLIES}
SOLD: tuple[str, ...] = tuple(item.item_id for item in ASSEMBLIES if item.sold)
GPU_PARTS: tuple[str, ...] = tuple(part.item_id for part in PARTS if part.gpus)


@lru_cache(maxsize=1024)
def pieces_below(item_id: str, day: date) -> dict[str, int]:
    """Pieces of everything below one piece of an item, at all levels, with the BOM of a day."""
    found: dict[str, int] = {}
    if item_id not in ASSEMBLY_BY_ID:
        return found
    for row in ASSEMBLY_BY_ID[item_id].rows:
        if row.holds(day):
            found[row.component_id] = found.get(row.component_id, 0) + row.quantity
            for below, count in pieces_below(row.component_id, day).items():
                found[below] = found.get(below, 0) + row.quantity * count
    return found


@lru_cache(maxsize=256)
def standard_cost(item_id: str) -> int:
    """Dollars of one piece: its parts with the BOM of `AS_OF`, and the work on every level."""
    if item_id in PART_BY_ID:
        return PART_BY_ID[item_id].cost
    built = ASSEMBLY_BY_ID[item_id]
    parts = sum(row.quantity * standard_cost(row.component_id)
                for row in built.rows if row.holds(AS_OF))
    return parts + built.conversion


@lru_cache(maxsize=256)
def gpus_in(item_id: str) -> int:
    """GPUs in one piece of an item, at whatever level."""
    if item_id in PART_BY_ID:
        return PART_BY_ID[item_id].gpus
    return sum(count * PART_BY_ID[below].gpus
               for below, count in pieces_below(item_id, AS_OF).items() if below in PART_BY_ID)


def hours_of(item_id: str) -> dict[str, int]:
    """Hours of each resource for one piece of an item, with all that is built for it."""
    hours: dict[str, int] = {}
    levels = {item_id: 1} | pieces_below(item_id, AS_OF)
    for built, count in levels.items():
        for step in ASSEMBLY_BY_ID[built].steps if built in ASSEMBLY_BY_ID else ():
            hours[step.resource_id] = hours.get(step.resource_id, 0) + count * step.hours
    return hours


def standalone_price(item_id: str) -> int:
    """Dollars of one piece of a sold item when it is sold alone, in whole hundreds."""
    built = ASSEMBLY_BY_ID[item_id]
    return standard_cost(item_id) * LIST_PER_MILLE[built.kind] // 100_000 * 100


def services_of(item_id: str) -> list[tuple[str, int, int, int, str]]:
    """The services of a sold item: id, standard cost, price alone, term in months, words."""
    found = []
    for kind, of_rack, of_server, term, cost, words in SERVICES:
        share = of_rack if ASSEMBLY_BY_ID[item_id].kind == "rack" else of_server
        price = standalone_price(item_id) * share // 1000
        found.append((f"{kind}-{item_id}", price * cost // 1000, price, term,
                      f"{words}, {item_id}"))
    return found


def items_frame() -> pl.DataFrame:
    """The table `items`."""
    rows: list[tuple[str, str, int, str, str, int | None, int | None]] = [
        (part.item_id, "component", part.cost, part.words, part.family, None, None)
        for part in PARTS]
    rows += [(built.item_id, built.kind, standard_cost(built.item_id), built.words, built.family,
              standalone_price(built.item_id) if built.sold else None, None)
             for built in ASSEMBLIES]
    rows += [(item_id, "service", cost, words, "SERVICE", price, term) for sold in SOLD
             for item_id, cost, price, term, words in services_of(sold)]
    frame = pl.DataFrame(rows, orient="row", schema={
        "item_id": pl.String, "kind": pl.String, "unit_cost": pl.Int64, "description": pl.String,
        "family": pl.String, "standalone_price": pl.Int64, "term_months": pl.Int64})
    return frame.with_columns(
        flat_money(frame[name] * 100).alias(name) for name in ("unit_cost", "standalone_price"))


def bom_frame() -> pl.DataFrame:
    """The table `bom`."""
    rows = [(built.item_id, row.component_id, row.quantity, row.start, row.end)
            for built in ASSEMBLIES for row in built.rows]
    return pl.DataFrame(rows, orient="row", schema={
        "parent_id": pl.String, "component_id": pl.String, "quantity": pl.Int64,
        "effective_from": pl.Date, "effective_to": pl.Date})


def routing_frame() -> pl.DataFrame:
    """The table `routing`."""
    rows = [(built.item_id, step.resource_id, str(step.hours), step.lead_days)
            for built in ASSEMBLIES for step in built.steps]
    return pl.DataFrame(rows, orient="row", schema={
        "item_id": pl.String, "resource_id": pl.String, "hours_per_unit": pl.String,
        "lead_days": pl.Int64})


def substitutes_frame() -> pl.DataFrame:
    """The table `substitutes`."""
    return pl.DataFrame(SUBSTITUTES, orient="row", schema={
        "item_id": pl.String, "substitute_id": pl.String, "preference": pl.Int64,
        "effective_from": pl.Date, "effective_to": pl.Date, "extra_cost": pl.String})
