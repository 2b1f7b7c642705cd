/** What went wrong, in words for whoever typed the command; printed without a stack. */
export class CommandFailure extends Error {
  /** 1: it failed; 2: it was not asked for properly. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}
