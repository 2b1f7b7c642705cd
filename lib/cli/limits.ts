/** `nexio org set-limit` and `nexio org limits`: what an organization may use, set by the operator. */
import { orgScope } from "../auth/principal.ts";
import { newRequestId } from "../ids.ts";
import { getLimits, setConcurrencyCeiling, setRunsPerMinute } from "../limits/service.ts";
import { findOrganization, type Organization, setEnvironmentLimit } from "../organizations/service.ts";
import { payloadRetentionDays } from "../runs/retention-policy-service.ts";
import { CommandFailure } from "./failure.ts";
import { keptFor } from "./retention.ts";

export const SET_LIMIT_TAKES = "<id> environments|runs-per-minute|concurrency[:<environment>] <number>|off";

const CONCURRENCY = /^concurrency(?::(?<slug>.+))?$/;
const NUMBER = /^\d{1,6}$/;

const usage = () => new CommandFailure(`Usage: nexio org set-limit ${SET_LIMIT_TAKES}`, 2);

function operatorScope(organization: Organization) {
  return orgScope({
    orgId: organization.id,
    principal: { kind: "system", name: "command line" },
    permissions: new Set(),
    request: { requestId: newRequestId(), ip: null, userAgent: null },
  });
}

function numberOf(text: string): number {
  if (!NUMBER.test(text)) throw usage();
  return Number(text);
}

/** A limit that can be off: null. */
function limitOf(text: string): number | null {
  if (text === "off") return null;
  const number = numberOf(text);
  if (number === 0) throw new CommandFailure("A limit is 1 or more; off takes it away", 2);
  return number;
}

/** `<id> environments <number>`, `<id> runs-per-minute <number>|off` or `<id> concurrency[:<environment>] <number>|off` */
export async function setLimit([id, what, value, ...more]: readonly string[]): Promise<void> {
  if (!id || !what || !value || more.length > 0) throw usage();
  const concurrency = CONCURRENCY.exec(what)?.groups;
  if (what === "environments") await setEnvironments(id, numberOf(value));
  else if (what === "runs-per-minute") await setRate(id, limitOf(value));
  else if (concurrency) await setConcurrency(id, concurrency.slug ?? null, limitOf(value));
  else throw usage();
}

async function setEnvironments(id: string, limit: number): Promise<void> {
  const { name, environmentLimit } = await setEnvironmentLimit(await findOrganization(id), limit);
  console.log(`${name} may have ${environmentLimit} environments beside live`);
}

async function setRate(id: string, limit: number | null): Promise<void> {
  const organization = await findOrganization(id);
  await setRunsPerMinute(operatorScope(organization), limit);
  console.log(`${organization.name} may send ${limit ?? "any number of"} runs a minute`);
}

async function setConcurrency(id: string, slug: string | null, ceiling: number | null): Promise<void> {
  const organization = await findOrganization(id);
  await setConcurrencyCeiling(operatorScope(organization), slug, ceiling);
  const where = slug === null ? "each environment that has no ceiling of its own" : slug;
  if (ceiling !== null) return console.log(`${organization.name}: at most ${ceiling} runs at once in ${where}`);
  console.log(
    slug === null
      ? `${organization.name}: no ceiling of runs at once, but those of single environments`
      : `${organization.name}: ${slug} has no ceiling of its own any more`,
  );
}

const shown = (limit: number | null) => limit ?? "off";

/** `<id>`: prints every limit of an organization with what is in use. */
export async function showLimits([id, ...more]: readonly string[]): Promise<void> {
  if (!id || more.length > 0) throw new CommandFailure("Usage: nexio org limits <id>", 2);
  const organization = await findOrganization(id);
  const limits = await getLimits(operatorScope(organization));
  const { runs_per_minute: rate, environments, data } = limits;
  console.log(`${organization.name}  ${organization.id}`);
  console.log(`environments beside live  ${environments.used} of ${environments.limit}`);
  console.log(`runs a minute  ${rate.limit === null ? "off" : `${rate.used} of ${rate.limit} in this minute`}`);
  console.log(`inputs and outputs are kept  ${keptFor(await payloadRetentionDays(organization.id))}`);
  console.log("runs at once, by environment:");
  for (const { environment, concurrency } of data) {
    const { running, limit, ceiling, effective } = concurrency;
    const most = `at most ${effective}  (its own limit ${shown(limit)}, ceiling ${shown(ceiling)})`;
    console.log(`  ${environment.padEnd(16)}  ${running} now  ${effective === null ? "no limit" : most}`);
  }
}
