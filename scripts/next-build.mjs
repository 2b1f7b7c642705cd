/**
 * `next build` in a process that ends when the one that started it does, however that ends: left alone, it would go on for a minute and keep
 * the next build waiting. Run by scripts/build.mjs, with an IPC channel.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

process.once("disconnect", () => process.exit(1));
// The channel alone does not keep this process from ending.
process.channel?.unref();

const cli = createRequire(import.meta.url).resolve("next/dist/bin/next");
process.argv = [process.argv[0], cli, "build"];
await import(pathToFileURL(cli).href);
