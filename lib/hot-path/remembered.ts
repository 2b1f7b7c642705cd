/** Names that a process remembers as a hint, never as authority: a bounded number, of which the oldest is forgotten. */

const MAX_REMEMBERED = 10_000;

export class Remembered {
  private readonly names = new Set<string>();

  get size(): number {
    return this.names.size;
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  add(name: string): void {
    this.names.add(name);
    // the first of a Set is the one that was added first
    if (this.names.size > MAX_REMEMBERED) this.names.delete(this.names.values().next().value!);
  }

  forget(name: string): void {
    this.names.delete(name);
  }
}
