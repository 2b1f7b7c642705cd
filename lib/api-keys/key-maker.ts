/** Who made a key, as its row says it: an id for the program, a label for people. */
import type { Principal } from "../auth/principal.ts";

/** A person by WorkOS id and address, a key by `key:<id>`, the program by its part's name. */
export function keyMaker(principal: Principal): { createdById: string; createdBy: string } {
  switch (principal.kind) {
    case "session":
      return { createdById: principal.userId, createdBy: principal.email };
    case "environment_key":
      return { createdById: `key:${principal.keyId}`, createdBy: `${principal.keyName} (${principal.keyPrefix}…)` };
    case "system":
      return { createdById: principal.name, createdBy: principal.name };
  }
}
