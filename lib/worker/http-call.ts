/** One call of an engine's service: the signed request, and what came of it. */
import { failedHttpRun, MAX_ANSWER_BYTES, meaningOf, type HttpAnswer } from "../engines/http-answer.ts";
import { runError, type RunErrorCode } from "../engines/run-errors.ts";
import { apiUrl } from "../env.ts";
import type { OutboundClient, OutboundFailure } from "../outbound/client.ts";
import { signatureHeaders } from "../outbound/signature.ts";
import { toIso } from "../time.ts";
import type { HttpTarget } from "./http-targets.ts";

/** A run, and with what its service may finish it. */
export type HttpCall = {
  runId: string;
  /** The stored input, JSON text `{"input":…,"offerings"?:…}`. */
  payload: string;
  timeoutMs: number;
  callback: { token: string; expiresAt: Date };
};

const ERROR_OF: Record<Exclude<OutboundFailure, "aborted">, RunErrorCode> = {
  url_not_allowed: "url_not_allowed",
  unreachable: "engine_unreachable",
  invalid_answer: "engine_invalid_response",
  timeout: "engine_timeout",
};

/** The stored input's own members, as they were sent: numbers keep their digits. */
function membersOf(payload: string): string {
  const members = payload.trim().slice(1, -1).trim();
  return members === "" ? '"input":null' : members;
}

/** The body of the request. */
export function callBody(call: HttpCall, target: HttpTarget): string {
  const { runId, callback } = call;
  const { environment, engine, engineVersion } = target;
  const about = JSON.stringify({ run_id: runId, environment, engine, engine_version: engineVersion });
  const url = `${apiUrl()}/api/v1/runs/${runId}/callback`;
  const finish = JSON.stringify({ url, token: callback.token, expires_at: toIso(callback.expiresAt) });
  return `${about.slice(0, -1)},${membersOf(call.payload)},"callback":${finish}}`;
}

function headersOf(call: HttpCall, target: HttpTarget, body: string): Record<string, string> {
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

/** Calls the service. `given_up`: the signal was raised, and whether the service has got the run is not known. Never rejects. */
export async function callService(
  client: OutboundClient,
  target: HttpTarget,
  call: HttpCall,
  signal: AbortSignal,
): Promise<HttpAnswer | { kind: "given_up" }> {
  const body = callBody(call, target);
  const answer = await client.post({
    url: target.config.url,
    headers: headersOf(call, target, body),
    body,
    timeoutMs: call.timeoutMs,
    maxBodyBytes: MAX_ANSWER_BYTES,
    signal,
  });
  if (answer.kind === "answered") return meaningOf(answer);
  if (answer.reason === "aborted") return { kind: "given_up" };
  return { kind: "ended", result: failedHttpRun(runError(ERROR_OF[answer.reason], answer.message)) };
}
