/** The command with which a key shows that it works. */

/** Engines whose example input is served at /examples/<slug>.json. */
const WITH_EXAMPLE = new Set(["loan-placement", "company-check"]);

export type CommandTarget = { apiUrl: string; platformUrl: string; engine: string };

/** Sends one run of an engine. `key` is a whole key or the name of a shell variable such as `$NEXIO_DEV_KEY`. */
export function firstRunCommand(key: string, { apiUrl, platformUrl, engine }: CommandTarget): string {
  const post = [
    `curl -X POST ${apiUrl}/api/v1/engines/${engine}/runs \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
  ];
  if (!WITH_EXAMPLE.has(engine)) return [...post, "  -d @input.json"].join("\n");
  return [`curl -s ${platformUrl}/examples/${engine}.json |`, ...post, "  -d @-"].join("\n");
}

/** Reads the newest runs: for a key that may not send any. */
export function listRunsCommand(key: string, apiUrl: string): string {
  return [`curl ${apiUrl}/api/v1/runs \\`, `  -H "Authorization: Bearer ${key}"`].join("\n");
}

/** `$NEXIO_DEV_KEY`: the variable that the guides use for an environment's key. */
export function keyVariable(slug: string): string {
  return `$NEXIO_${slug.toUpperCase()}_KEY`;
}
