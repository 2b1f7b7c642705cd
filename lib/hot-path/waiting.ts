/** What waits for a batch, in the order in which it is taken: for all alike, or in turns. */

/** What a batch takes at most; one item it always takes. */
export const MAX_BATCH = 500;
export const MAX_BATCH_BYTES = 4 << 20;
export const MAX_WAITING = 5_000;
/** More than all bodies that may be large together, so that large ones which wait keep out no small ones. */
export const MAX_WAITING_BYTES = 96 << 20;

/** Of those who have nothing else waiting, so many more may wait. */
const MAX_FIRST = 5_000;

type Sized = { readonly bytes: number };

export type Waiting<Item> = {
  readonly length: number;
  /** Takes an item in; false where there is no room for it. */
  add(item: Item): boolean;
  /** Takes the next batch out. */
  take(): Item[];
  /** Takes everything out. */
  drain(): Item[];
};

/** Who comes first is served first. */
export class InOrder<Item extends Sized> implements Waiting<Item> {
  private items: Item[] = [];
  private bytes = 0;

  get length(): number {
    return this.items.length;
  }

  add(item: Item): boolean {
    const { bytes } = item;
    if (this.items.length >= MAX_WAITING) return false;
    if (this.bytes + bytes > MAX_WAITING_BYTES && this.items.length > 0) return false;
    this.items.push(item);
    this.bytes += bytes;
    return true;
  }

  take(): Item[] {
    let bytes = 0;
    let count = 0;
    while (count < this.items.length && count < MAX_BATCH) {
      bytes += this.items[count]!.bytes;
      if (bytes > MAX_BATCH_BYTES && count > 0) break;
      count += 1;
    }
    if (count === this.items.length) return this.drain();
    const batch = this.items.splice(0, count);
    for (const item of batch) this.bytes -= item.bytes;
    return batch;
  }

  drain(): Item[] {
    const all = this.items;
    this.items = [];
    this.bytes = 0;
    return all;
  }
}

/** Those of one, first come first served. */
type Line<Item> = { first: Node<Item>; last: Node<Item>; length: number; bytes: number };
type Node<Item> = { item: Item; next?: Node<Item> };

/**
 * Whoever has something waiting is served in turn, an item each, and may have as much waiting as there is still room for: however much one
 * sends, others find room, and wait for no more than a batch.
 */
export class InTurns<Item extends Sized> implements Waiting<Item> {
  private readonly whose: (item: Item) => string;
  /** Whose turn it is stands first. */
  private readonly lines = new Map<string, Line<Item>>();
  private bytes = 0;
  length = 0;

  constructor(whose: (item: Item) => string) {
    this.whose = whose;
  }

  add(item: Item): boolean {
    const name = this.whose(item);
    const line = this.lines.get(name);
    const node: Node<Item> = { item };
    if (!this.hasRoom(line, item.bytes)) return false;
    if (line) {
      line.last = line.last.next = node;
      line.length += 1;
      line.bytes += item.bytes;
    } else {
      this.lines.set(name, { first: node, last: node, length: 1, bytes: item.bytes });
    }
    this.length += 1;
    this.bytes += item.bytes;
    return true;
  }

  private hasRoom(line: Line<Item> | undefined, bytes: number): boolean {
    if (line) return line.length < MAX_WAITING - this.length && line.bytes + bytes <= MAX_WAITING_BYTES - this.bytes;
    return this.length < MAX_WAITING + MAX_FIRST && (this.bytes + bytes <= MAX_WAITING_BYTES || this.length === 0);
  }

  take(): Item[] {
    const batch: Item[] = [];
    let bytes = 0;
    for (const [name, line] of this.lines) {
      const { item, next } = line.first;
      bytes += item.bytes;
      if (batch.length === MAX_BATCH || (bytes > MAX_BATCH_BYTES && batch.length > 0)) break;
      batch.push(item);
      this.length -= 1;
      this.bytes -= item.bytes;
      this.lines.delete(name);
      if (!next) continue;
      line.first = next;
      line.length -= 1;
      line.bytes -= item.bytes;
      // Behind the others; the loop comes by it again.
      this.lines.set(name, line);
    }
    return batch;
  }

  drain(): Item[] {
    const all: Item[] = [];
    while (this.length > 0) all.push(...this.take());
    return all;
  }
}
