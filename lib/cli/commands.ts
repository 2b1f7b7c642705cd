/** The commands of `nexio`: what each takes, and what it does. */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { isApiError } from "../errors.ts";
import { isDatabaseAway } from "../db.ts";
import { verifyAuditLogs } from "./audit.ts";
import { withDatabase } from "./connection.ts";
import { CommandFailure } from "./failure.ts";
import { importKeys } from "./keys-import.ts";
import { SET_LIMIT_TAKES, setLimit, showLimits } from "./limits.ts";
import { listAll } from "./organizations.ts";
import { quickstart } from "./quickstart.ts";
import { SET_RETENTION_TAKES, setRetention } from "./retention.ts";

type Values = Record<string, string | undefined>;

type Command = {
  /** The words that call it. */
  words: readonly string[];
  /** What comes after the words, for the help. */
  takes: string;
  does: string;
  options?: readonly string[];
  run: (values: Values, rest: readonly string[]) => Promise<void>;
};

const COMMANDS: readonly Command[] = [
  {
    words: ["quickstart"],
    takes: "[--environment dev] [--engine loan-placement] [--email owner@acme.test] [--webhook-url https://…]",
    does: "walks through the first steps against the running server and prints each request and answer",
    options: ["environment", "engine", "email", "webhook-url"],
    run: (values) => quickstart(values),
  },
  {
    words: ["keys", "import"],
    takes: "--org <id> --file <hashes.csv>",
    does: "imports existing nx_test_ and nx_live_ keys by their SHA-256; columns: prefix, hash, name, scopes",
    options: ["org", "file"],
    run: (values) => withDatabase(() => importKeys(required(values, "org"), required(values, "file"))),
  },
  {
    words: ["org", "list"],
    takes: "",
    does: "lists the organizations with their limits",
    run: () => withDatabase(() => listAll()),
  },
  {
    words: ["org", "set-limit"],
    takes: SET_LIMIT_TAKES,
    does: "sets how many environments beside live an organization may have, how many runs it may send a minute, or the ceiling of runs at once in an environment, or in each",
    run: (_, rest) => withDatabase(() => setLimit(rest)),
  },
  {
    words: ["org", "limits"],
    takes: "<id>",
    does: "shows the limits of an organization and what is in use",
    run: (_, rest) => withDatabase(() => showLimits(rest)),
  },
  {
    words: ["org", "set-retention"],
    takes: SET_RETENTION_TAKES,
    does: "sets for how many days the inputs and outputs of an organization are kept, where that is less than the installation's policy",
    run: (_, rest) => withDatabase(() => setRetention(rest)),
  },
  {
    words: ["audit", "verify"],
    takes: "[--org <id>]",
    does: "checks the hash chain of the audit log, of one organization or of all",
    options: ["org"],
    run: (values) => withDatabase(() => verifyAuditLogs(values.org)),
  },
];

function help(): string {
  const calls = COMMANDS.map(
    ({ words, takes, does }) => `  nexio ${[...words, takes].join(" ").trim()}\n      ${does}`,
  );
  return [
    "Usage: nexio <command>",
    "",
    ...calls,
    "",
    "An <id> of an organization is its own id or its WorkOS id. Commands use DATABASE_URL, or the database of the Nexio",
    "that runs on NEXIO_DATA_DIR.",
  ].join("\n");
}

function required(values: Values, name: string): string {
  const value = values[name];
  if (!value) throw new CommandFailure(`--${name} is missing; see nexio help`, 2);
  return value;
}

function find(args: readonly string[]): Command {
  const command = COMMANDS.find(({ words }) => words.every((word, index) => args[index] === word));
  if (!command) throw new CommandFailure(`There is no command "${args.slice(0, 2).join(" ")}"; see nexio help`, 2);
  return command;
}

async function run(args: readonly string[]): Promise<void> {
  if (args.length === 0 || ["help", "--help", "-h"].includes(args[0]!)) {
    console.log(help());
    return;
  }
  const command = find(args);
  const options = Object.fromEntries((command.options ?? []).map((name) => [name, { type: "string" }]));
  const { values, positionals } = parseOrRefuse(args.slice(command.words.length), options as ParseArgsOptionsConfig);
  await command.run(values as Values, positionals);
}

function parseOrRefuse(args: string[], options: ParseArgsOptionsConfig) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandFailure(`${(error as Error).message}; see nexio help`, 2);
  }
}

/** Runs a command line without the leading `nexio`. Returns the exit code; whatever fails is told on standard error. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    await run(args);
    return 0;
  } catch (error) {
    if (error instanceof CommandFailure) {
      console.error(error.message);
      return error.exitCode;
    }
    if (isApiError(error))
      console.error([error.message, ...(error.details ?? []).map((d) => `  ${d.path}: ${d.message}`)].join("\n"));
    else if (isDatabaseAway(error))
      console.error("The database cannot be reached: start Nexio (npm start), or set DATABASE_URL");
    else console.error(error);
    return 1;
  }
}
