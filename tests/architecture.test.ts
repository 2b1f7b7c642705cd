/**
 * The shape of the program, proved: which way imports go, where the environment is read, who makes scopes, that no portal method is open.
 * Every rule is first seen to fail on a bad sample, then to hold for the project.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  arrowsGoOneWay,
  browserCodeStaysInTheBrowser,
  databaseIsReachedByServicesOnly,
  rolesGoOneWay,
  type Violation,
} from "./fixtures/architecture/layers.ts";
import {
  environmentIsReadInOnePlace,
  filesAreShort,
  filesSpeakOfTheProductOnly,
  portalMethodsAreWrapped,
  scopesAreMadeByAuthOnly,
} from "./fixtures/architecture/rules.ts";
import { projectFiles, projectSources, ROOT, source, type Source } from "./fixtures/architecture/sources.ts";

type Sample = Record<string, string>;
type SourceRule = (sources: readonly Source[]) => Violation[];

const sources = projectSources();
const texts = projectFiles()
  .filter((path) => /\.(ts|tsx|mjs|css|md|json|prisma|sql|html)$|^\.ci\/|^\.env/.test(path))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

const parsed = (sample: Sample) => Object.entries(sample).map(([path, text]) => source(path, text));

const BOTH_MAKERS = `import { sessionRoute } from "@/lib/http/session-route"; import { otherMethods } from "@/lib/http/other-methods";`;

const SOURCE_RULES: { rule: SourceRule; bad: Sample[]; good: Sample[] }[] = [
  {
    rule: arrowsGoOneWay,
    bad: [
      { "lib/ids.ts": 'import { list } from "./runs/service.ts";' },
      { "lib/environments/service.ts": 'import { list } from "../runs/service.ts";' },
      { "lib/engines/service.ts": 'export { accept } from "../hot-path/accept.ts";' },
      { "lib/runs/service.ts": 'const { api } = await import("../api/app.ts");' },
      { "lib/runs/query-options.ts": 'import { Table } from "@/components/runs/table";' },
      { "lib/worker/main.ts": 'import { app } from "../api/app.ts";' },
      { "components/runs/table.tsx": 'import Page from "@/app/(portal)/runs/page";' },
      { "components/runs/table.tsx": 'import { app } from "@/lib/api/app";' },
      { "lib/api/app.ts": 'import { thing } from "../../tests/fixtures/factories.ts";' },
      { "lib/novelty/service.ts": 'import { env } from "../env.ts";' },
    ],
    good: [
      {
        "app/(portal)/runs/page.tsx":
          'import { Table } from "@/components/runs/table"; import { list } from "@/lib/runs/service";',
        "components/runs/table.tsx":
          'import { runsQuery } from "@/lib/runs/query-options"; import { useState } from "react";',
        "lib/runs/service.ts": 'import { engines } from "../engines/service.ts"; import { env } from "../env.ts";',
        "lib/hot-path/accept.ts": 'import { insertRuns } from "../runs/store.ts";',
        "tests/api/runs.test.ts": 'import { app } from "../../lib/api/app.ts";',
      },
    ],
  },
  {
    rule: rolesGoOneWay,
    bad: [
      { "lib/runs/schema.ts": 'import { list } from "./service.ts";' },
      { "lib/runs/transitions.ts": 'import { load } from "./store.ts";' },
      { "lib/runs/store.ts": 'import { list } from "./service.ts";' },
      { "lib/runs/query-options.ts": 'import { list } from "./service.ts";' },
      { "lib/runs/service.ts": 'import { runsQuery } from "./query-options.ts";' },
    ],
    good: [
      {
        "lib/runs/service.ts":
          'import { load } from "./store.ts"; import { Run } from "./schema.ts"; import { next } from "./transitions.ts";',
        "lib/runs/query-options.ts": 'import type { Run } from "./schema.ts";',
      },
    ],
  },
  {
    rule: databaseIsReachedByServicesOnly,
    bad: [
      { "app/api/runs/route.ts": 'import { prisma } from "@/lib/db";' },
      { "components/runs/table.tsx": 'import { Pool } from "pg";' },
      { "lib/runs/schema.ts": 'import { PrismaClient } from "../generated/prisma/client.ts";' },
      { "lib/api/v1/runs.ts": 'import { pool } from "../../db.ts";' },
    ],
    good: [
      {
        "lib/runs/store.ts": 'import { pool } from "../db.ts";',
        "lib/runs/rows.ts": 'import type { Tx } from "../db.ts";',
      },
    ],
  },
  {
    rule: browserCodeStaysInTheBrowser,
    bad: [
      { "components/a.tsx": '"use client"; import { env } from "@/lib/env";' },
      {
        "components/a.tsx": '"use client"; import { b } from "./b.tsx";',
        "components/b.tsx": 'import { slug } from "@/lib/environments/slug";',
        "lib/environments/slug.ts": 'import { randomBytes } from "node:crypto";',
      },
      {
        "components/a.tsx": '"use client"; import { MOST } from "@/lib/page";',
        "lib/page.ts": 'import { z } from "zod";',
      },
    ],
    good: [
      {
        "components/a.tsx": '"use client"; import type { Run } from "@/lib/runs/service"; import { b } from "./b.tsx";',
        "components/b.tsx": "export const b = 1;",
        "components/server.tsx": 'import { list } from "@/lib/runs/service";',
      },
    ],
  },
  {
    rule: environmentIsReadInOnePlace,
    bad: [
      { "lib/runs/service.ts": "export const port = process.env.PORT;" },
      { "app/layout.tsx": 'export const port = process["env"].PORT;' },
      { "lib/runs/service.ts": "const { env } = process;" },
      { "lib/worker/main.ts": 'import { env } from "node:process";' },
      { "lib/worker/main.ts": "export const port = globalThis.process.env.PORT;" },
    ],
    good: [
      {
        "lib/env.ts": "export const env = process.env;",
        "scripts/start.mjs": "export const port = process.env.PORT;",
        "lib/worker/main.ts": "process.exit(0);",
      },
    ],
  },
  {
    rule: portalMethodsAreWrapped,
    bad: [
      { "app/api/runs/route.ts": "export async function GET() {}" },
      { "app/api/runs/route.ts": "export const POST = async () => {};" },
      { "app/api/runs/route.ts": "const GET = 1; export { GET };" },
      { "app/api/runs/route.ts": 'export * from "./handlers.ts";' },
      { "app/api/runs/route.ts": "const sessionRoute = (f) => f; export const GET = sessionRoute(1);" },
      {
        "app/api/runs/route.ts":
          'import { sessionRoute } from "@/lib/http/session-route"; export const GET = sessionRoute({}, 1);',
      },
      {
        "app/api/runs/route.ts": `${BOTH_MAKERS} export const { GET } = sessionRoute({}, 1);
          export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });`,
      },
      {
        "app/api/runs/route.ts": `${BOTH_MAKERS} export const GET = otherMethods({}).GET;
          export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });`,
      },
    ],
    good: [
      {
        "app/api/runs/route.ts": `${BOTH_MAKERS} export const dynamic = "force-dynamic"; export const GET = sessionRoute({}, 1);
          export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });`,
        "app/api/v1/[[...path]]/route.ts": "export const GET = 1;",
        "app/login/route.ts": "export async function GET() {}",
      },
    ],
  },
  {
    rule: scopesAreMadeByAuthOnly,
    bad: [
      { "lib/runs/service.ts": 'import { orgScope } from "../auth/principal.ts";' },
      { "lib/api/app.ts": 'import * as principal from "../auth/principal.ts";' },
      { "app/api/runs/route.ts": 'import { environmentScope as e } from "@/lib/auth/principal";' },
      { "lib/runs/service.ts": "export const scope = {} as OrgScope;" },
    ],
    good: [
      {
        "lib/auth/session.ts": 'import { orgScope } from "./principal.ts";',
        "lib/runs/service.ts": 'import { requirePermission, type OrgScope } from "../auth/principal.ts";',
      },
    ],
  },
];

describe.each(SOURCE_RULES)("$rule.name", ({ rule, bad, good }) => {
  it.each(bad)("refuses bad sample %#", (sample) => expect(rule(parsed(sample))).not.toEqual([]));
  it.each(good)("accepts good sample %#", (sample) => expect(rule(parsed(sample))).toEqual([]));
  it("holds for the project", () => expect(rule(sources)).toEqual([]));
});

describe("filesAreShort", () => {
  it("refuses a long file", () => {
    expect(filesAreShort([{ path: "lib/long.ts", text: "x\n".repeat(401) }])).toHaveLength(1);
    expect(filesAreShort([{ path: "lib/short.ts", text: "x\n".repeat(400) }])).toEqual([]);
  });
  it("holds for the project", () => expect(filesAreShort(texts)).toEqual([]));
});

describe("filesSpeakOfTheProductOnly", () => {
  it("refuses a note about work not done", () => {
    const note = `// ${"TO"}${"DO"} later`;
    expect(filesSpeakOfTheProductOnly([{ path: "lib/a.ts", text: note }])).toHaveLength(1);
    expect(filesSpeakOfTheProductOnly([{ path: "lib/a.ts", text: "// done" }])).toEqual([]);
  });
  it("holds for the project", () => expect(filesSpeakOfTheProductOnly(texts)).toEqual([]));
});

describe("the OpenAPI document", () => {
  type Document = { paths: Record<string, Record<string, unknown>> };
  const OWN_PATH = "/api/v1/openapi.json";

  /** `GET /api/v1/runs/{id}` for every operation that is in one list and not in the other. */
  function differences(routes: readonly { method: string; path: string }[], document: Document): string[] {
    const mounted = new Set(
      routes
        .filter(({ method, path }) => method !== "ALL" && path !== OWN_PATH)
        .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
    );
    const described = new Set(
      Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      ),
    );
    return [...mounted, ...described].filter((one) => !mounted.has(one) || !described.has(one));
  }

  it("is seen to differ where it does", () => {
    const routes = [{ method: "GET", path: "/api/v1/runs/:id" }];
    expect(differences(routes, { paths: { "/api/v1/runs/{id}": { get: {} } } })).toEqual([]);
    expect(differences(routes, { paths: {} })).toEqual(["GET /api/v1/runs/{id}"]);
    expect(differences([], { paths: { "/api/v1/runs/{id}": { get: {} } } })).toEqual(["GET /api/v1/runs/{id}"]);
  });

  it("lists exactly the operations that are mounted", async () => {
    const { createApiApp } = await import("../lib/api/app.ts");
    const app = createApiApp();
    const document = (await (await app.request(OWN_PATH)).json()) as Document;
    expect(differences(app.routes, document)).toEqual([]);
    expect(Object.keys(document.paths).length).toBeGreaterThan(5);
  });
});

describe("the rules see the project", () => {
  it("reads every part of it", () => {
    const paths = sources.map(({ path }) => path);
    for (const known of ["lib/env.ts", "lib/audit/service.ts", "tests/architecture.test.ts"])
      expect(paths).toContain(known);
    expect(paths.some((path) => path.includes("node_modules") || path.includes("generated"))).toBe(false);
  });
});
