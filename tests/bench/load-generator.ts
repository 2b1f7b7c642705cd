/**
 * The load generator: a process of its own that keeps a number of HTTP connections busy, one request at a time on each, over raw sockets.
 * It shares the machine with what it measures, so it does as little as possible: requests are bytes made once, answers are recognized by
 * their status and length, latencies go into one array.
 *
 * Gets a LoadJob as its first IPC message; sends `{started: true}` when it begins, and a LoadReport at the end.
 */
import { connect, type Socket } from "node:net";

export type LoadJob = {
  host: string;
  port: number;
  connections: number;
  durationMs: number;
  /** Whole HTTP requests; each connection sends them in turn, beginning at a different one. */
  requests: string[];
  /** The only status that counts as a success. */
  expectStatus: number;
  /** Requests a second over all connections; absent: as fast as answers come. */
  rate?: number;
};

export type LoadReport = {
  ok: number;
  /** Answers with another status, by status. */
  others: Record<string, number>;
  elapsedMs: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** The first answer that was not expected, as text. */
  firstOther: string | null;
};

const MAX_SAMPLES = 4_000_000;
const HEADER_END = Buffer.from("\r\n\r\n");

class Load {
  private readonly job: LoadJob;
  private readonly requests: Buffer[];
  private readonly expected: Buffer;
  private readonly latencies = new Float32Array(MAX_SAMPLES);
  private samples = 0;
  private ok = 0;
  private readonly others: Record<string, number> = {};
  private firstOther: string | null = null;
  private stopping = false;

  constructor(job: LoadJob) {
    this.job = job;
    this.requests = job.requests.map((text) => Buffer.from(text));
    this.expected = Buffer.from(`HTTP/1.1 ${job.expectStatus} `);
  }

  async run(): Promise<LoadReport> {
    const lanes = Array.from({ length: this.job.connections }, (_, n) => n);
    const sockets: Socket[] = [];
    const running = await Promise.all(lanes.map((n) => this.open(n, sockets)));
    process.send?.({ started: true });
    const startedAt = performance.now();
    setTimeout(() => (this.stopping = true), this.job.durationMs);
    await Promise.all(running.map((go) => go()));
    const elapsedMs = performance.now() - startedAt;
    for (const socket of sockets) socket.destroy();
    return this.report(elapsedMs);
  }

  /** Connects; returns how to begin, which resolves at the end. */
  private open(lane: number, sockets: Socket[]): Promise<() => Promise<void>> {
    const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<void>();
    const buffer = Buffer.allocUnsafe(256 << 10);
    const gapMs = this.job.rate === undefined ? 0 : (1_000 * this.job.connections) / this.job.rate;
    let next = Math.floor((lane * this.requests.length) / this.job.connections);
    let sentAt = 0;
    let dueAt = 0;
    let have = 0;
    let usualLength = 0;
    const send = () => {
      if (this.stopping) return finish();
      sentAt = performance.now();
      socket.write(this.requests[next]!);
      next = next + 1 === this.requests.length ? 0 : next + 1;
    };
    const sendWhenDue = () => {
      if (gapMs === 0) return send();
      dueAt = Math.max(dueAt + gapMs, performance.now() - 1_000);
      setTimeout(send, Math.max(0, dueAt - performance.now()));
    };
    const onRead = (count: number, chunk: Buffer): boolean => {
      const whole = have === 0 ? chunk.subarray(0, count) : Buffer.concat([pending, chunk.subarray(0, count)]);
      if (whole.length !== usualLength || !this.isExpected(whole)) {
        const length = answerLength(whole);
        if (length === null || whole.length < length) {
          pending = Buffer.from(whole);
          have = pending.length;
          return true;
        }
        usualLength = length;
      }
      have = 0;
      this.count(whole, performance.now() - sentAt);
      sendWhenDue();
      return true;
    };
    let pending: Buffer = Buffer.alloc(0);
    const socket = connect({ host: this.job.host, port: this.job.port, onread: { buffer, callback: onRead } } as never);
    sockets.push(socket);
    socket.setNoDelay(true);
    socket.on("error", fail);
    socket.on("close", () => finish());
    const begin = () => {
      dueAt = performance.now() + Math.random() * gapMs;
      if (gapMs === 0) send();
      else setTimeout(send, dueAt - performance.now());
      return finished;
    };
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(begin));
      socket.once("error", reject);
    });
  }

  private isExpected(answer: Buffer): boolean {
    return answer.compare(this.expected, 0, this.expected.length, 0, this.expected.length) === 0;
  }

  private count(answer: Buffer, ms: number): void {
    if (this.samples < MAX_SAMPLES) this.latencies[this.samples++] = ms;
    if (this.isExpected(answer)) {
      this.ok += 1;
      return;
    }
    const status = answer.toString("latin1", 9, 12);
    this.others[status] = (this.others[status] ?? 0) + 1;
    this.firstOther ??= answer.toString("utf8").slice(0, 2_000);
  }

  private report(elapsedMs: number): LoadReport {
    const sorted = this.latencies.subarray(0, this.samples).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      ok: this.ok,
      others: this.others,
      elapsedMs,
      perSecond: (this.ok * 1_000) / elapsedMs,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      firstOther: this.firstOther,
    };
  }
}

/** Bytes of the answer that begins here; null while its header is not whole. Answers carry Content-Length. */
function answerLength(bytes: Buffer): number | null {
  const end = bytes.indexOf(HEADER_END);
  if (end < 0) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1];
  if (length === undefined) throw new Error(`no content-length in:\n${bytes.toString("utf8")}`);
  return end + HEADER_END.length + Number(length);
}

process.once("message", (job: LoadJob) => {
  void (async () => {
    process.send?.(await new Load(job).run());
    process.disconnect();
  })();
});
