/**
 * How many bytes of one kind may stand in this process's memory at once. Counting requests alone does not bound memory: a request may be a
 * hundred bytes or a megabyte. Nobody holds more than a share of it, and holders take turns, so that one caller's large things never keep out
 * everybody else's.
 */
import { overloaded } from "./errors.ts";

/** Gives the bytes back. Calling it again does nothing. */
export type Hold = () => void;

/** `settle` ends the waiting for anything else. */
type Waiting = { bytes: number; resolve(hold: Hold): void; settle(): void };

const MAX_WAITING = 1_000;
/** Of one holder. */
const MAX_WAITING_OF_ONE = 100;
const WAIT_AT_MOST_MS = 10_000;

export class ByteBudget {
  private readonly limit: number;
  private readonly share: number;
  private held = 0;
  private readonly heldBy = new Map<string, number>();
  // Lines of holders, the one whose turn is longest ago first.
  private readonly lines = new Map<string, Waiting[]>();
  private waiting = 0;

  /** `limit` for all together, `share` for each holder. What is larger alone is let through where its holder, or nobody, has anything. */
  constructor(limit: number, share: number = limit) {
    this.limit = limit;
    this.share = share;
  }

  /** Takes the bytes if they are to be had now. */
  tryTake(holder: string, bytes: number): Hold | undefined {
    return this.fitsAll(bytes) && this.fitsShare(holder, bytes) ? this.hold(holder, bytes) : undefined;
  }

  /**
   * Takes the bytes when their turn comes. Throws 503 `overloaded` where that takes longer than ten seconds, or too many are waiting; and where
   * `gone` is aborted, so that nobody waits in the place of somebody who does not wait any more.
   */
  async take(holder: string, bytes: number, gone?: AbortSignal): Promise<Hold> {
    if (gone?.aborted) throw overloaded();
    const hold = this.waiting === 0 ? this.tryTake(holder, bytes) : undefined;
    if (hold) return hold;
    const line = this.lines.get(holder) ?? [];
    if (this.waiting >= MAX_WAITING || line.length >= MAX_WAITING_OF_ONE) throw overloaded();
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.leave(holder, line, waiting);
        reject(overloaded());
        this.serve();
      };
      const timer = setTimeout(() => {
        // Whoever could not be served in all that time has had a turn: the next in this line does not keep all others waiting again.
        this.moveToEnd(holder, line);
        giveUp();
      }, WAIT_AT_MOST_MS);
      gone?.addEventListener("abort", giveUp, { once: true });
      const settle = () => {
        clearTimeout(timer);
        gone?.removeEventListener("abort", giveUp);
      };
      const waiting: Waiting = { bytes, resolve, settle };
      line.push(waiting);
      this.lines.set(holder, line);
      this.waiting += 1;
      this.serve();
    });
  }

  private leave(holder: string, line: Waiting[], waiting: Waiting): void {
    waiting.settle();
    line.splice(line.indexOf(waiting), 1);
    if (line.length === 0) this.lines.delete(holder);
    this.waiting -= 1;
  }

  /** Behind those whose turn was before. */
  private moveToEnd(holder: string, line: Waiting[]): void {
    if (line.length === 0) return;
    this.lines.delete(holder);
    this.lines.set(holder, line);
  }

  private fitsAll(bytes: number): boolean {
    return this.held === 0 || this.held + bytes <= this.limit;
  }

  private fitsShare(holder: string, bytes: number): boolean {
    const own = this.heldBy.get(holder) ?? 0;
    return own === 0 || own + bytes <= this.share;
  }

  private hold(holder: string, bytes: number): Hold {
    this.held += bytes;
    this.heldBy.set(holder, (this.heldBy.get(holder) ?? 0) + bytes);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.held -= bytes;
      const own = this.heldBy.get(holder)! - bytes;
      if (own > 0) this.heldBy.set(holder, own);
      else this.heldBy.delete(holder);
      this.serve();
    };
  }

  /** Holders in turn, each in the order in which its own came; one whose share is used up is passed over. */
  private serve(): void {
    for (const [holder, line] of this.lines) {
      const waiting = line[0]!;
      if (!this.fitsShare(holder, waiting.bytes)) continue;
      if (!this.fitsAll(waiting.bytes)) return;
      this.leave(holder, line, waiting);
      this.moveToEnd(holder, line);
      waiting.resolve(this.hold(holder, waiting.bytes));
    }
  }
}

/** A budget by its name. Two module instances (the server's bundle and Next's) share it. */
export function processBudget(name: string, limit: number, share?: number): ByteBudget {
  const slot = globalThis as { [key: symbol]: ByteBudget | undefined };
  return (slot[Symbol.for(`nexio.bytes.${name}`)] ??= new ByteBudget(limit, share));
}
