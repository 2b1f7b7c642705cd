/** One call of an engine's service: the signed request, and what came of it. */
import { failedHttpRun, type HttpRunResult, MAX_ANSWER_BYTES, resultOfAnswer } from "../engines/http-answer.ts";
import { runError, type RunErrorCode } from "../engines/run-errors.ts";
import { apiUrl } from "../env.ts";
import type { OutboundClient, OutboundFailure } from "../outbound/client.ts";
import { signatureHeaders } from "../outbound/signature.ts";
import { toIso } from "../time.ts";
import type { HttpTarget } from "./http-targets.ts";

/** A run, and with what its service may finish it. */
export type HttpCall = {
  runId: string;
  /** The stored input, JSON text `{"input":…,"offerings"?:…}`, as bytes: those of many calls stand outside the heap. */
  payload: Buffer;
  timeoutMs: number;
  callback: { token: string; expiresAt: Date };
};

const ERROR_OF: Record<Exclude<OutboundFailure, "aborted">, RunErrorCode> = {
  url_not_allowed: "url_not_allowed",
  unreachable: "engine_unreachable",
  invalid_answer: "engine_invalid_response",
  timeout: "engine_timeout",
};

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const QUOTE = 0x22;

/** The stored input's own members, as they were sent: numbers keep their digits. */
function membersOf(payload: Buffer): Buffer {
  const members = payload.subarray(payload.indexOf(OPEN_OBJECT) + 1, payload.lastIndexOf(CLOSE_OBJECT));
  return members.includes(QUOTE) ? members : Buffer.from('"input":null');
}

/** The body of the request. */
export function callBody(call: HttpCall, target: HttpTarget): Buffer {
  const { runId, callback } = call;
  const { environment, engine, engineVersion } = target;
  const about = JSON.stringify({ run_id: runId, environment, engine, engine_version: engineVersion });
  const url = `${apiUrl()}/api/v1/runs/${runId}/callback`;
  const finish = JSON.stringify({ url, token: callback.token, expires_at: toIso(callback.expiresAt) });
  return Buffer.concat([
    Buffer.from(`${about.slice(0, -1)},`),
    membersOf(call.payload),
    Buffer.from(`,"callback":${finish}}`),
  ]);
}

function headersOf(call: HttpCall, target: HttpTarget, body: Buffer): Record<string, string> {
  const configured = Object.entries(target.config.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const timestamp = Math.floor(Date.now() / 1000);
  return {
    ...(Object.fromEntries(configured) as Record<string, string>),
    "content-type": "application/json",
    // An answer that comes packed would have to be unpacked within limits of its own.
    "accept-encoding": "identity",
    "user-agent": "Nexio-Engines/1.0",
    "x-nexio-event": "run.requested",
    ...signatureHeaders({ id: call.runId, timestamp, body }, target.secrets),
  };
}

/** What came of a call. `given_up`: the signal was raised, and whether the service has got the run is not known. */
export type CallOutcome = { kind: "ended"; result: HttpRunResult } | { kind: "accepted" } | { kind: "given_up" };

/** Calls the service. What its answer comes to is found out by `inTurn`, when that lets it. Never rejects. */
export async function callService(
  client: OutboundClient,
  target: HttpTarget,
  call: HttpCall,
  signal: AbortSignal,
  inTurn: (read: () => HttpRunResult) => Promise<HttpRunResult>,
): Promise<CallOutcome> {
  const body = callBody(call, target);
  const answer = await client.post({
    url: target.config.url,
    headers: headersOf(call, target, body),
    body,
    timeoutMs: call.timeoutMs,
    maxBodyBytes: MAX_ANSWER_BYTES,
    signal,
  });
  if (answer.kind === "answered") {
    if (answer.status === 202) return { kind: "accepted" };
    return { kind: "ended", result: await inTurn(() => resultOfAnswer(answer)) };
  }
  if (answer.reason === "aborted") return { kind: "given_up" };
  return { kind: "ended", result: failedHttpRun(runError(ERROR_OF[answer.reason], answer.message)) };
}
