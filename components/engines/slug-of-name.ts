/** The slug that a new engine's name suggests. Pure. */

const MOST = 50;

/** `Loan placement (EU)` → `loan-placement-eu`; empty where nothing of the name can stand in a slug. */
export function slugOfName(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+/g, "")
    .slice(0, MOST)
    .replaceAll(/-+$/g, "");
}
