/**
 * Generates the Prisma client after an install, and before a build when the schema has changed since, without the download that
 * the Prisma command line would start.
 *
 * `prisma generate` only looks whether its schema engine exists and never runs it, so naming any executable (this Node) is enough.
 * Migrations do not use that engine either: see lib/local/migrations.ts.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const schema = join(root, "prisma/schema.prisma");
const stamp = join(root, "lib/generated/prisma/made-from.json");

const required = createRequire(import.meta.url);

function madeFrom() {
  return JSON.stringify({
    prisma: required("prisma/package.json").version,
    schema: createHash("sha256").update(readFileSync(schema)).digest("hex"),
  });
}

/** Makes lib/generated/prisma from prisma/schema.prisma unless it is already made from this very schema. */
export function generatePrismaClient() {
  const wanted = madeFrom();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const result = spawnSync(process.execPath, [required.resolve("prisma/build/index.js"), "generate"], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      CHECKPOINT_DISABLE: "1",
    },
  });
  if (result.status !== 0)
    throw new Error(`The Prisma client could not be generated:\n${result.stdout}${result.stderr}`);
  writeFileSync(stamp, wanted);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) generatePrismaClient();
