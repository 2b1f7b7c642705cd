/** The README is true where a machine can tell: its table names every variable, its commands are scripts, its picture and links exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ENV_SCHEMA } from "../../lib/env.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const tableRows = readme.split("\n").filter((line) => line.startsWith("| `"));

describe("README", () => {
  it.each(Object.keys(ENV_SCHEMA.shape))("its table of environment variables has %s", (variable) => {
    expect(tableRows.some((row) => row.split("|")[1]!.includes(`\`${variable}\``))).toBe(true);
  });

  it("names no variable that the program does not read", () => {
    const named = tableRows.flatMap((row) =>
      [...row.split("|")[1]!.matchAll(/`([A-Z][A-Z_]+)`/g)].map((match) => match[1]),
    );
    expect(named.filter((variable) => !Object.hasOwn(ENV_SCHEMA.shape, variable ?? ""))).toEqual([]);
  });

  it("its npm commands are scripts of package.json", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const named = [...readme.matchAll(/`?npm (start|test|run ([a-z:]+))/g)].map((match) => match[2] ?? match[1] ?? "");
    expect(named).toContain("quickstart");
    expect(named.filter((command) => !Object.hasOwn(scripts, command))).toEqual([]);
  });

  it("its pictures and links exist", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!);
    expect(links).toContain("LICENSE");
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});
