/** Run as a process by data-folder.test.ts: takes the folder, says so or why not, and stays until it is stopped. */
import { DataFolderInUse, lockDataFolder } from "../../lib/local/data-folder.ts";

const [path, at] = process.argv.slice(2);
// Everybody starts at the same instant.
while (Date.now() < Number(at));
try {
  const folder = await lockDataFolder(path!);
  folder.describe({ pid: process.pid, startedAt: new Date().toISOString(), url: "http://127.0.0.1:1", children: [] });
  console.log("mine");
  setInterval(() => {}, 1_000);
} catch (error) {
  if (!(error instanceof DataFolderInUse)) throw error;
  console.log(`refused: ${error.message}`);
}
