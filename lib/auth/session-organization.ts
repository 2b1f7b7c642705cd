/**
 * From a WorkOS organization to our row. The first sign-in makes the row, with its live environment and examples; its name follows WorkOS's.
 */
import { ApiError } from "../errors.ts";
import { ensureOrganization, findOrganization } from "../organizations/service.ts";
import { MINUTE_MS } from "../time.ts";

export type SessionOrganization = { id: string; name: string; workosOrganizationId: string };

type Name = { name: string; askAgainMs: number };

const KEY = Symbol.for("nexio.session-organizations");
const slot = globalThis as { [KEY]?: Map<string, Name> };
// Only the name is remembered, which hardly ever changes: our own row is read every time, so that a deleted organization is left at once.
const NAMED_FOR_MS = 10 * MINUTE_MS;
const ASK_AGAIN_AFTER_MS = MINUTE_MS;
const MAX_REMEMBERED = 10_000;

/** The name at WorkOS, or undefined while WorkOS cannot be asked. */
async function workosName(workosOrganizationId: string): Promise<string | undefined> {
  const { getWorkOS } = await import("./authkit.ts");
  try {
    return (await getWorkOS().organizations.getOrganization(workosOrganizationId)).name;
  } catch (error) {
    if (typeof error === "object" && error !== null && "status" in error && error.status === 404) {
      throw new ApiError("forbidden", "This organization does not exist any more", { cause: error });
    }
    return undefined;
  }
}

async function rowOf(workosOrganizationId: string, name: string | undefined): Promise<{ id: string; name: string }> {
  if (name !== undefined) return ensureOrganization({ workosOrganizationId, name });
  return findOrganization(workosOrganizationId).catch((cause: unknown) => {
    const message = "The sign-in service cannot be reached; try again in a moment";
    throw new ApiError("unavailable", message, { retryAfterSeconds: 5, cause });
  });
}

/** Our organization of a WorkOS one, made if it is new. Throws 403 for a deleted one, 503 for a new one while WorkOS cannot be asked. */
export async function sessionOrganization(
  workosOrganizationId: string,
  nowMs: number = Date.now(),
): Promise<SessionOrganization> {
  const names = (slot[KEY] ??= new Map());
  const known = names.get(workosOrganizationId);
  const isFresh = known !== undefined && nowMs < known.askAgainMs;
  const asked = isFresh ? known.name : await workosName(workosOrganizationId);
  const { id, name } = await rowOf(workosOrganizationId, asked ?? known?.name);
  if (!isFresh) {
    if (names.size >= MAX_REMEMBERED) names.clear();
    names.set(workosOrganizationId, {
      name,
      askAgainMs: nowMs + (asked === undefined ? ASK_AGAIN_AFTER_MS : NAMED_FOR_MS),
    });
  }
  return { id, name, workosOrganizationId };
}
