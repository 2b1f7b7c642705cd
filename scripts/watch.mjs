/** Development: bundles that are made again when their sources change, and the supervisor that then starts web and worker again. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { context } from "esbuild";
import { lockFile } from "../lib/local/file-lock.ts";
import { bundleOptions } from "./build.mjs";
import { DIST, IN_USE } from "./build-folders.mjs";
import { generatePrismaClient } from "./generate-prisma-client.mjs";

/** Makes the bundles, starts the supervisor from them, and watches. */
export async function watchBundles() {
  generatePrismaClient();
  const folder = join(DIST, `dev-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  lockFile(join(folder, IN_USE), "shared"); // a build of others must not remove it
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  let supervisor;
  const restart = {
    name: "restart",
    setup: (build) =>
      build.onEnd(({ errors }) => {
        if (errors.length === 0) supervisor?.restartChildren();
      }),
  };
  const bundles = await context({ ...bundleOptions(folder), plugins: [restart] });
  await bundles.rebuild();
  supervisor = await import(join(folder, "supervisor.mjs"));
  await bundles.watch();
}
