/** What is left out of log lines, however it got into an error. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

/** What the logger writes in a process of its own for an error that this JavaScript expression makes. */
async function logged(expression: string): Promise<{ line: string; err: Record<string, unknown> }> {
  const program = `
    import { DatabaseError } from "pg";
    import { loggerFor } from "./lib/logger.ts";
    const refused = Object.assign(new DatabaseError("refused by a check", 1, "error"), {
      code: "23514", constraint: "positive", detail: "Failing row contains (4711).", where: "parameter $1 = '4711'", internalQuery: "select 4711",
    });
    loggerFor("test").error({ err: ${expression} }, "said");`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], {
    cwd: process.cwd(),
    env: { ...process.env, LOG_LEVEL: "info" },
  });
  return { line: stdout, err: JSON.parse(stdout).err };
}

it("an error of PostgreSQL is logged by its code, constraint and message, without what quotes the row", async () => {
  const { line, err } = await logged("refused");
  expect(err).toMatchObject({ message: "refused by a check", code: "23514", constraint: "positive" });
  expect(err.stack).toContain("refused by a check");
  expect(line).not.toContain("4711");
});

it.each([
  ["as a cause", `new Error("outer", { cause: refused })`],
  [
    "in what hangs on an error",
    `Object.assign(new Error("outer"), { meta: { of: [Object.assign(new Error(), { cause: { ...refused } })] } })`,
  ],
  ["among several", `new AggregateError([refused], "outer")`],
])("nor where it stands %s", async (_, expression) => {
  const { line, err } = await logged(expression);
  expect(err.message).toContain("outer");
  expect(line).toContain(expression.includes("cause: refused") ? "refused by a check" : "23514");
  expect(line).not.toContain("4711");
});

it("what hangs on an error in a circle does not keep it from being logged", async () => {
  const { err } = await logged(
    `(() => { const one = { name: "ring" }; one.self = one; return Object.assign(new Error("outer"), { one }); })()`,
  );
  expect(err).toMatchObject({ message: "outer", one: { name: "ring" } });
});
