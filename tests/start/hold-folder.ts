/**
 * Run as a process by data-folder.test.ts: takes the folder, says so or why not, and stays until it is stopped. Told to wait, it says that it
 * is ready, and takes the folder when it gets SIGUSR2.
 */
import { DataFolderInUse, lockDataFolder } from "../../lib/local/data-folder.ts";

const [path, waits] = process.argv.slice(2);
setInterval(() => {}, 1_000);
if (waits) {
  const told = new Promise((resolve) => process.once("SIGUSR2", resolve));
  console.log("ready");
  await told;
}
try {
  const folder = await lockDataFolder(path!);
  folder.describe({ pid: process.pid, startedAt: new Date().toISOString(), url: "http://127.0.0.1:1", children: [] });
  console.log("mine");
} catch (error) {
  if (!(error instanceof DataFolderInUse)) throw error;
  console.log(`refused: ${error.message}`);
  process.exit();
}
