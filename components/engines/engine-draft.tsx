/**
 * The draft of one engine as it is being edited: the text (also where a form writes it), the stored draft that it started from, and what the
 * server says of it.
 *
 * It stands above the engine's tabs, so that looking at the versions loses nothing that has been typed.
 */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

import { configText } from "@/components/engines/config-text";
import { httpConfigProblem } from "@/components/engines/http-form";
import { useValidity, type Validity } from "@/components/engines/use-validity";
import { readJson } from "@/components/json-editor/json-text";
import { useEnvironment } from "@/components/shell/use-environment";
import { engineDraftQuery, saveEngineDraft } from "@/lib/engines/query-options";
import type { EngineConfig, EngineDraft as StoredDraft, EngineDto } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

/** What the text holds: a config that can be saved, or why not. */
export type DraftContent = { ok: true; config: EngineConfig } | { ok: false; reason: string };

export type EngineDraft = {
  engine: EngineDto;
  text: string;
  setText: (text: string) => void;
  content: DraftContent;
  /** What the server says of the text. */
  validity: Validity;
  /** The text differs from the draft that it started from. */
  dirty: boolean;
  /** The stored draft that the text started from. */
  base: StoredDraft;
  /** A draft that somebody else has stored since, while this one has changes of its own. */
  newer: StoredDraft | null;
  /** Stores the text; null where that was refused, and `saveError` or `newer` then say why. */
  save: () => Promise<StoredDraft | null>;
  saving: boolean;
  saveError: PortalError | null;
  /** Gives up what has been typed for the stored draft. */
  takeStored: () => void;
  /** Stores the text in place of the newer draft. */
  overwrite: () => Promise<StoredDraft | null>;
};

const DraftContext = createContext<EngineDraft | null>(null);

/** The draft. Only below the engine's layout, and only for those who may change engines. */
export function useEngineDraft(): EngineDraft {
  const draft = useContext(DraftContext);
  if (!draft) throw new Error("useEngineDraft needs an EngineDraftProvider above it");
  return draft;
}

/** The draft, or null where the engine's layout has none: for those who may not see what engines do. */
export function useMaybeEngineDraft(): EngineDraft | null {
  return useContext(DraftContext);
}

/** Holds the draft; `first` is the stored one when the page was opened. */
export function EngineDraftProvider({
  engine,
  first,
  children,
}: {
  engine: EngineDto;
  first: StoredDraft;
  children: ReactNode;
}) {
  const draft = useDraftState(engine, first);
  return <DraftContext value={draft}>{children}</DraftContext>;
}

function readContent(text: string, { type }: EngineDto): DraftContent {
  const read = readJson(text);
  if (!read.ok) return { ok: false, reason: "The text is not JSON yet" };
  if (typeof read.value !== "object" || read.value === null || Array.isArray(read.value)) {
    return { ok: false, reason: "A config is a JSON object, {nodes, edges}" };
  }
  const config = read.value as EngineConfig;
  const reason = type === "http" ? httpConfigProblem(config) : undefined;
  return reason === undefined ? { ok: true, config } : { ok: false, reason };
}

/** The text of a stored draft, and that draft. */
type Base = { stored: StoredDraft; text: string };
const EMPTY_SERVICE: EngineConfig = { url: "" };

function baseOf(stored: StoredDraft, { type }: EngineDto): Base {
  return { stored, text: configText(stored.config ?? (type === "http" ? EMPTY_SERVICE : null)) };
}

/** What was typed and not saved when an engine was left by the browser's own buttons; it is there again when one comes back. By engine id. */
const unsaved = new Map<string, { base: Base; text: string }>();

function useDraftState(engine: EngineDto, first: StoredDraft): EngineDraft {
  const left = unsaved.get(engine.id);
  const [base, setBase] = useState(() => left?.base ?? baseOf(first, engine));
  const [text, setText] = useState(left?.text ?? base.text);
  const { data: stored = first, refetch } = useQuery(engineDraftQuery(engine.slug));
  const content = useMemo(() => readContent(text, engine), [text, engine]);
  const validity = useValidity(engine.slug, text, content.ok);
  const dirty = text !== base.text;
  // Newer, not just another: the cache may still hold the one from before the last save.
  const isOther = Date.parse(stored.updated_at) > Date.parse(base.stored.updated_at);

  const take = (draft: StoredDraft) => {
    const next = baseOf(draft, engine);
    setBase(next);
    setText(next.text);
  };
  // Somebody else's draft is taken over as long as nothing has been typed here.
  if (isOther && !dirty) take(stored);

  useEffect(() => {
    if (dirty) unsaved.set(engine.id, { base, text });
    else unsaved.delete(engine.id);
  }, [engine.id, base, text, dirty]);

  const saving = useSaving(engine.slug, (saved, savedText) => setBase({ stored: saved, text: savedText }));
  const store = async (expectedUpdatedAt: string): Promise<StoredDraft | null> => {
    if (!content.ok) return null;
    const input = { config: content.config, expected_updated_at: expectedUpdatedAt };
    try {
      return await saving.mutateAsync({ input, text });
    } catch {
      // Said by `saveError`; a conflict by the newer draft.
      await refetch();
      return null;
    }
  };
  return {
    engine,
    text,
    setText,
    content,
    validity,
    dirty,
    base: base.stored,
    newer: isOther && dirty && !saving.isPending ? stored : null,
    save: () => store(base.stored.updated_at),
    saving: saving.isPending,
    saveError: saving.error?.code === "conflict" ? null : saving.error,
    takeStored: () => {
      unsaved.delete(engine.id);
      take(stored);
    },
    overwrite: () => store(stored.updated_at),
  };
}

type Save = { input: { config: EngineConfig; expected_updated_at: string }; text: string };

function useSaving(slug: string, onSaved: (saved: StoredDraft, text: string) => void) {
  const queryClient = useQueryClient();
  const { slug: environment } = useEnvironment();
  return useMutation<StoredDraft, PortalError, Save>({
    mutationFn: ({ input }) => saveEngineDraft(environment, slug, input),
    onSuccess: (saved, { text }) => {
      onSaved(saved, text);
      queryClient.setQueryData(engineDraftQuery(slug).queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: ["engines"] });
    },
  });
}
