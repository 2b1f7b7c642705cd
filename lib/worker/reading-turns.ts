/**
 * Answers of services are read one after another, and only while results can be recorded: as bytes they stand outside the heap, and what they
 * are made into would fill it if many came at once.
 */

/** How often it is looked whether results can be recorded again. */
const LOOK_AGAIN_MS = 25;

export type ReadingTurns = <Result>(read: () => Result) => Promise<Result>;

/** Makes the turns. What `read` throws, its caller gets. */
export function createReadingTurns(mayRead: () => boolean): ReadingTurns {
  let last: Promise<unknown> = Promise.resolve();
  return (read) => {
    const turn = last.then(async () => {
      while (!mayRead()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      return read();
    });
    last = turn.catch(() => {});
    return turn;
  };
}
