/** Which number the next version of an engine gets, and why. Pure. */
import { contractOf } from "./contract.ts";
import { compareContracts, type ContractReason } from "./contract-compare.ts";
import type { EngineType } from "../generated/prisma/enums.ts";
import { nextVersion, type VersionNumber } from "./version-number.ts";

/** What a version is to the one before it. */
export type VersionChange = "first" | "minor" | "major";

export type Minted = {
  number: VersionNumber;
  change: VersionChange;
  /** Why it is a major one; empty otherwise. */
  reasons: ContractReason[];
};

/** The version that `config` becomes after `latest`: a major one where callers of that could not go on as they are, by the rule of contract.ts. */
export function mintVersion(
  type: EngineType,
  latest: (VersionNumber & { config: unknown }) | null,
  config: unknown,
): Minted {
  if (latest === null) return { number: nextVersion(null, "compatible"), change: "first", reasons: [] };
  const { compatibility, reasons } = compareContracts(contractOf(type, latest.config), contractOf(type, config));
  const change = compatibility === "compatible" ? "minor" : "major";
  return { number: nextVersion(latest, compatibility), change, reasons };
}
