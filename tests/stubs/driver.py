"""Calls everything that the client `workshop` has, and prints what comes of it."""

from __future__ import annotations

from workshop import CallError, CallTimeout, Connection, WorkshopClient


def run(connection: Connection) -> None:
    workshop = WorkshopClient(connection, "workshop")

    total: float = workshop.add(1.5, 2.5)
    print("add", total)
    print("div", workshop.div(7), workshop.div(7, by=2))
    try:
        workshop.div(1, by=0)
    except CallError as error:
        print("div", error, error.code, error.data)
    print("join_all", workshop.join_all("-", "a", "b", "c"), workshop.join_all("-"))
    swapped: list[int | str] = workshop.swap((1, "é"))
    print("swap", swapped)
    counted: dict[str, int] = workshop.count(["x", "y", "x"])
    print("count", sorted(counted.items()), workshop.count(["x", "y", "x"], at_most=1))
    print("paper", workshop.paper(height=3), workshop.paper(height=3, width=5))
    print("lambda", workshop.lambda_(True, "z"))
    workshop.list_()
    workshop.log("one")
    while not workshop.logged():
        pass
    print("logged", workshop.logged())
    try:
        workshop.stay()
    except CallTimeout as late:
        print("stay", late, late.may_have_run)
    try:
        WorkshopClient(connection, "nobody", timeout=1.0).list_()
    except CallTimeout as late:
        print("nobody", late, late.may_have_run)
    print("left", connection.execute_command("KEYS", "nobody*"))
