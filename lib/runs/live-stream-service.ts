/** The live feed as server-sent events: `event: runs` with a list of changed rows, and comments so that no proxy takes silence for an end. */
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import { MINUTE_MS, SECOND_MS } from "../time.ts";
import { watchRuns } from "./live-feed-service.ts";

/** Browsers come back by themselves, and with that the session is checked anew: an access token of WorkOS lives no longer. */
const ENDS_AFTER_MS = 5 * MINUTE_MS;
const HEARTBEAT_MS = 15 * SECOND_MS;
const RECONNECT_MS = SECOND_MS;
/** A viewer that does not take what is sent is let go: it would be kept in memory. */
const MAX_UNREAD = 64;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  // nginx would collect the stream otherwise
  "x-accel-buffering": "no",
};

/** One client's end of the feed. */
class RunStream {
  readonly body: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private readonly encoder = new TextEncoder();
  private readonly cleanup: (() => void)[] = [];

  constructor() {
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.controller = controller;
      },
      cancel: () => this.end(),
    });
  }

  send(text: string): void {
    if (!this.controller) return;
    if ((this.controller.desiredSize ?? 0) < -MAX_UNREAD) this.end();
    else this.controller.enqueue(this.encoder.encode(text));
  }

  /** Calls this at the end; at once when it is over already. */
  onEnd(work: () => void): void {
    if (this.controller) this.cleanup.push(work);
    else work();
  }

  end(): void {
    const { controller } = this;
    if (!controller) return;
    this.controller = undefined;
    for (const work of this.cleanup.splice(0)) work();
    try {
      controller.close();
    } catch {
      // the client has canceled it: closed already
    }
  }
}

/**
 * A response that goes on telling of new and changed runs of the scope, for five minutes, until the client goes, the scope's environment or
 * organization is deleted, or the server shuts down.
 * Throws 403 without `runs:read`, 503 when too many look already.
 */
export async function streamRuns(scope: OrgScope | EnvironmentScope, request: Request): Promise<Response> {
  requirePermission(scope, "runs:read");
  const stream = new RunStream();
  const leave = await watchRuns(scope, {
    changed: (runs) => stream.send(`event: runs\ndata: ${JSON.stringify(runs)}\n\n`),
    closed: () => stream.end(),
  });
  stream.onEnd(leave);
  const heartbeat = setInterval(() => stream.send(":\n\n"), HEARTBEAT_MS);
  stream.onEnd(() => clearInterval(heartbeat));
  const limit = setTimeout(() => stream.end(), ENDS_AFTER_MS);
  stream.onEnd(() => clearTimeout(limit));
  const onAbort = () => stream.end();
  request.signal.addEventListener("abort", onAbort);
  // This also keeps the request: node lets go of one that nobody holds, and its signal is then never told that the client has gone.
  stream.onEnd(() => request.signal.removeEventListener("abort", onAbort));
  stream.send(`retry: ${RECONNECT_MS}\n\n`);
  if (request.signal.aborted) stream.end();
  return new Response(stream.body, { headers: HEADERS });
}
