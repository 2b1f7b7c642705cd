/**
 * The pool of evaluator children: the only way in which the worker evaluates a graph.
 *
 * Evaluating is native code that nothing inside its process can stop, so it happens in child processes that are watched and killed. This file
 * is the outside of it: counting, configs, results. Which child evaluates what is evaluator-dispatch.ts.
 */
import { evaluatorEntry } from "../engines/evaluate-process.ts";
import { createDispatcher, type DispatchOptions } from "./evaluator-dispatch.ts";
import type { Entry } from "./evaluator-entry.ts";
import type {
  EvaluationItem,
  EvaluationOutcome,
  EvaluationResult,
  EvaluatorPool,
  PoolOptions,
} from "./evaluator-types.ts";

const MEBIBYTE = 1024 * 1024;
/** Config text that is kept for children which have not got it, in characters. */
const CONFIG_CACHE = 16 * MEBIBYTE;

const DEFAULTS: Omit<DispatchOptions, "entry"> = {
  size: 1,
  maxChildren: 8,
  maxChildrenPerOrg: 2,
  memoryLimitBytes: 256 * MEBIBYTE,
  stallMs: 250,
  bootMs: 30_000,
  idleMs: 5_000,
  maxItemsPerOrg: 1_000,
  maxBodyBytes: 8 * MEBIBYTE,
  traceCharsPerSecond: MEBIBYTE / 2,
  holdMs: 1_000,
  mayEvaluate: () => true,
  onTrouble: () => {},
};

/** Makes a pool; its first child is started by the first item. */
export function createEvaluatorPool(options: PoolOptions = {}): EvaluatorPool {
  const settings: DispatchOptions = { ...DEFAULTS, ...options, entry: options.entry ?? evaluatorEntry() };
  const dispatcher = createDispatcher(settings);
  const configs = createConfigCache();
  const itemsOf = new Map<string, number>();
  const listeners = new Set<() => void>();
  let items = 0;
  let evaluated = 0;
  let closing = false;
  let closed = false;
  let told = false;
  let whenEmpty: (() => void)[] = [];

  function entered({ orgId }: EvaluationItem): void {
    items += 1;
    itemsOf.set(orgId, (itemsOf.get(orgId) ?? 0) + 1);
  }

  function left({ orgId }: EvaluationItem): void {
    items -= 1;
    const theirs = itemsOf.get(orgId)! - 1;
    if (theirs > 0) itemsOf.set(orgId, theirs);
    else itemsOf.delete(orgId);
    if (items === 0) for (const resolve of whenEmpty.splice(0)) resolve();
    if (told) return;
    told = true;
    // The results of one message end together; listeners hear of them once.
    setImmediate(() => {
      told = false;
      for (const listener of listeners) listener();
    });
  }

  /** Enters one item; the returned function settles it. */
  function enter(item: EvaluationItem, onResult: (result: EvaluationResult) => void, onLast: () => void) {
    entered(item);
    return (outcome: EvaluationOutcome) => {
      if (outcome.kind !== "returned") evaluated += 1;
      left(item);
      try {
        onResult({ runId: item.runId, outcome });
      } finally {
        onLast();
      }
    };
  }

  /** Hands the items of one version to the children, once its config is there. */
  async function dispatch(group: { item: EvaluationItem; settle: Entry["settle"] }[]): Promise<void> {
    let config: string;
    try {
      config = await configs.get(group[0]!.item);
    } catch (error) {
      settings.onTrouble({ message: "an engine version's config could not be loaded", err: error });
      for (const { settle } of group) settle({ kind: "returned", reason: "no_config" });
      return;
    }
    if (closed) for (const { settle } of group) settle({ kind: "returned", reason: "closing" });
    else dispatcher.add(group.map((one) => toEntry(one, config)));
  }

  return {
    async evaluate(batch, onResult) {
      if (batch.length === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      let open = batch.length;
      const onLast = () => {
        open -= 1;
        if (open === 0) resolve();
      };
      const entering = batch.map((item) => ({ item, settle: enter(item, onResult, onLast) }));
      if (closing) for (const { settle } of entering) settle({ kind: "returned", reason: "closing" });
      else for (const group of Map.groupBy(entering, ({ item }) => item.versionId).values()) void dispatch(group);
      await promise;
    },
    capacityFor: (orgId) => (closing ? 0 : Math.max(0, settings.maxItemsPerOrg - (itemsOf.get(orgId) ?? 0))),
    blockedVersions: dispatcher.blockedVersions,
    onCapacity(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stats: () => ({ ...dispatcher.counts(), items, evaluated }),
    async close(graceMs = 0) {
      closing = true;
      if (items > 0 && graceMs > 0) {
        const { promise: graceOver, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, graceMs);
        await Promise.race([graceOver, new Promise<void>((empty) => whenEmpty.push(empty))]);
        clearTimeout(timer);
      }
      closed = true;
      await dispatcher.close();
    },
  };
}

function toEntry({ item, settle }: { item: EvaluationItem; settle: Entry["settle"] }, config: string): Entry {
  return {
    item,
    config,
    step: "shared",
    needsNewChild: false,
    traced: false,
    untraceable: false,
    waitingSince: 0,
    settle,
  };
}

/** Texts of configs by version, the latest used last; a version that is being loaded is loaded once. */
function createConfigCache() {
  const texts = new Map<string, string>();
  const loading = new Map<string, Promise<string>>();
  let size = 0;

  function keep(versionId: string, text: string): void {
    texts.set(versionId, text);
    size += text.length;
    for (const [oldest, other] of texts) {
      if (size <= CONFIG_CACHE || oldest === versionId) break;
      texts.delete(oldest);
      size -= other.length;
    }
  }

  async function load({ versionId, loadConfig }: EvaluationItem): Promise<string> {
    try {
      const text = await loadConfig();
      keep(versionId, text);
      return text;
    } finally {
      loading.delete(versionId);
    }
  }

  return {
    get(item: EvaluationItem): Promise<string> | string {
      const { versionId } = item;
      const text = texts.get(versionId);
      if (text !== undefined) {
        texts.delete(versionId);
        texts.set(versionId, text);
        return text;
      }
      let promise = loading.get(versionId);
      if (!promise) loading.set(versionId, (promise = load(item)));
      return promise;
    },
  };
}
