// Calls everything that the client `workshop` has, and tells what comes of it.

import { CallError, CallTimeout, Connection, WorkshopClient } from "./workshop.js";

export async function run(connection: Connection, tell: (...words: unknown[]) => void) {
  const workshop = new WorkshopClient(connection, "workshop");
  const total: number = await workshop.add(1.5, 2.5);
  tell("add", total);
  tell("div", await workshop.div(7), await workshop.div(7, { by: 2 }));
  const refused = await workshop.div(1, { by: 0 }).catch((error: CallError) => error);
  if (refused instanceof CallError) tell("div", refused.message, refused.code, refused.data);
  tell("joinAll", await workshop.joinAll("-", "a", "b", "c"), await workshop.joinAll("-"));
  const swapped: [string, number] = await workshop.swap([1, "é"]);
  tell("swap", swapped);
  const counted: Record<string, number> = await workshop.count(["x", "y", "x"]);
  tell("count", counted["x"], await workshop.count(["x", "y", "x"], { atMost: 1 }));
  tell("paper", await workshop.paper({ height: 3 }), await workshop.paper({ height: 3, width: 5 }));
  tell("lambda", await workshop.lambda(true, "z"));
  tell("list", await workshop.list());
  tell("log", await workshop.log("one"));
  while ((await workshop.logged()).length === 0);
  tell("logged", await workshop.logged());
  const late = await workshop.stay().catch((error: CallTimeout) => error);
  if (late instanceof CallTimeout) tell("stay", late.message, late.mayHaveRun);
  const nobody = new WorkshopClient(connection, "nobody", 1000);
  const never = await nobody.list().catch((error: CallTimeout) => error);
  if (never instanceof CallTimeout) tell("nobody", never.message, never.mayHaveRun);
  const both = await Promise.all([workshop.add(1, 1), workshop.add(2, 2)]);
  tell("both", both);
}
