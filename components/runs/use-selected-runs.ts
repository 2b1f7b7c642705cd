/** Which of the rows on the page are selected. */
"use client";

import { useState } from "react";

import type { RunSummaryDto } from "@/lib/runs/schema";

export type RunSelection = {
  ids: ReadonlySet<string>;
  toggle: (id: string) => void;
  /** Selects all rows, or none where all are. */
  toggleAll: () => void;
  clear: () => void;
};

/** `rows` are what can be selected; what is no longer among them is selected no longer. `page` names them: another page begins with none. */
export function useSelectedRuns(
  rows: readonly RunSummaryDto[],
  page: string,
): { selection: RunSelection; selected: readonly RunSummaryDto[] } {
  const [chosen, setChosen] = useState<{ page: string; ids: ReadonlySet<string> }>({ page, ids: new Set() });
  const known = chosen.page === page ? chosen.ids : new Set<string>();
  const selected = rows.filter((run) => known.has(run.run_id));
  const ids = new Set(selected.map((run) => run.run_id));
  const set = (next: ReadonlySet<string>) => setChosen({ page, ids: next });
  const selection: RunSelection = {
    ids,
    toggle: (id) => set(ids.has(id) ? new Set([...ids].filter((other) => other !== id)) : new Set([...ids, id])),
    toggleAll: () => set(ids.size === rows.length ? new Set() : new Set(rows.map((run) => run.run_id))),
    clear: () => set(new Set()),
  };
  return { selection, selected };
}
