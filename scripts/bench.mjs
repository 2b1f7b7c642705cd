/** `npm run bench`: see tests/bench/main.ts. Builds first, so that the build's work is over when measuring begins. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuild } from "./build.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { release } = await ensureBuild((line) => console.log(line));
const child = spawn(process.execPath, [join(root, "tests/bench/main.ts"), ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  release();
  process.exit(code ?? 1);
});
