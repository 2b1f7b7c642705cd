/** A flag that a loop can wait for: raised by wake-ups, by freed capacity, by shutdown. */

export type Signal = {
  /** Raises the flag; a waiting loop goes on at once. */
  raise(): void;
  /** Lowers it. To be called before looking at what the flag tells of, so that nothing raised meanwhile is missed. */
  lower(): void;
  /** Resolves when the flag is raised (at once if it is already), or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
};

export function createSignal(): Signal {
  let raised = false;
  let resume: (() => void) | undefined;
  return {
    raise() {
      raised = true;
      resume?.();
    },
    lower() {
      raised = false;
    },
    wait(timeoutMs) {
      if (raised) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(done, timeoutMs);
        function done() {
          clearTimeout(timer);
          resume = undefined;
          resolve();
        }
        resume = done;
      });
    },
  };
}
