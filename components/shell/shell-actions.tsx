/** What can be started from more than one place of the frame: the palette, the navigation sheet, the environment dialog. */
"use client";

import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

type ShellActions = {
  paletteOpen: boolean;
  setPaletteOpen: (open: boolean) => void;
  creatingEnvironment: boolean;
  setCreatingEnvironment: (open: boolean) => void;
};

const ShellActionsContext = createContext<ShellActions | null>(null);

/** Holds which of the frame's dialogs is open. */
export function ShellActionsProvider({ children }: { children: ReactNode }) {
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [creatingEnvironment, setCreatingEnvironment] = useState(false);
  const actions = useMemo(
    () => ({ paletteOpen, setPaletteOpen, creatingEnvironment, setCreatingEnvironment }),
    [paletteOpen, creatingEnvironment],
  );
  return <ShellActionsContext value={actions}>{children}</ShellActionsContext>;
}

/** The frame's dialogs. Only below the portal's layout. */
export function useShellActions(): ShellActions {
  const actions = useContext(ShellActionsContext);
  if (!actions) throw new Error("useShellActions needs a ShellActionsProvider above it");
  return actions;
}
