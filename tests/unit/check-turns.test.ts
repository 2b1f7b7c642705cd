/** Checking graphs: organizations take turns, and one whose checks hang holds up nobody but itself. */
import { describe, expect, it } from "vitest";
import { validateGraph } from "../../lib/engines/decision-graph-validate.ts";
import { createTurns } from "../../lib/engines/evaluate-check-turns.ts";
import { isApiError } from "../../lib/errors.ts";
import { expressionGraph, functionGraph } from "../fixtures/graphs.ts";

const settled = async () => {
  for (let round = 0; round < 10; round += 1) await Promise.resolve();
};

describe("turns", () => {
  it("go around the organizations, one at a time for each", async () => {
    const turns = createTurns({ slots: 2, maxChecks: 21 });
    const order: string[] = [];
    const ends: (() => void)[] = [];
    for (const name of ["a1", "a2", "a3", "b1", "b2", "c1"]) {
      void turns.take(name[0]!, false).then((end) => ends.push(end) && order.push(name));
    }
    await settled();
    expect(order).toEqual(["a1", "b1"]);
    while (ends.length > 0) {
      ends.shift()!();
      await settled();
    }
    expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("are given first to the check of an organization that had one already", async () => {
    const turns = createTurns({ slots: 1, maxChecks: 21 });
    const order: string[] = [];
    const end = await turns.take("a", false);
    const waits = [
      turns.take("a", false).then((give) => (order.push("second"), give())),
      turns.take("a", true).then((give) => (order.push("first again"), give())),
    ];
    end();
    await Promise.all(waits);
    expect(order).toEqual(["first again", "second"]);
  });

  it("are not given to who has gone, and nobody waits in their place", async () => {
    const turns = createTurns({ slots: 1, maxChecks: 21 });
    const reader = new AbortController();
    const end = await turns.take("a", false);
    const gone = turns.take("a", false, reader.signal);
    const stays = turns.take("a", false);
    reader.abort();
    await expect(gone).rejects.toMatchObject({ code: "overloaded" });
    await expect(turns.take("a", false, reader.signal)).rejects.toMatchObject({ code: "overloaded" });
    end();
    (await stays)();
    (await turns.take("b", false))();
  });
});

const trivial = () => validateGraph("quiet", "entity_analysis", functionGraph("export const handler = () => 1;"));

describe("an organization whose configs hang", () => {
  it("is told to come back when 20 wait, while another's configs never wait for more than one of its turns", async () => {
    const hanging = graphThatHangs();
    await trivial();
    const checks = Array.from({ length: 60 }, () => validateGraph("hostile", "entity_analysis", hanging));
    const refused: unknown[] = [];
    for (const check of checks) check.catch((error: unknown) => refused.push(error));
    let hung = 0;
    for (const check of checks) check.then(() => (hung += 1)).catch(() => {});
    const rounds = 8;
    for (let round = 0; round < rounds; round += 1) expect(await trivial()).toEqual({ valid: true, problems: [] });
    expect(hung).toBeLessThan(rounds);
    expect(refused).toHaveLength(39);
    for (const error of refused) {
      expect(isApiError(error) && [error.code, error.retryAfterSeconds]).toEqual(["overloaded", 5]);
    }
  });
});

/** A unary cell is what cannot be kept from running while it is checked. */
function graphThatHangs() {
  const content = {
    hitPolicy: "first",
    inputs: [{ id: "in", name: "In", field: "x" }],
    outputs: [{ id: "out", name: "Out", field: "y" }],
    rules: [{ in: "len(map([1..1000000000], [#, #])) > 5", out: "1" }],
  };
  const graph = expressionGraph({});
  const [input, middle, output] = graph.nodes;
  return { ...graph, nodes: [input, { ...middle, type: "decisionTableNode", content }, output] };
}
