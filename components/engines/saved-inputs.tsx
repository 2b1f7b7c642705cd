/** The saved inputs of an engine, as a menu beside an editor: pick one, save what stands in the editor, tidy up. */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark, ChevronDown, Save, Settings2 } from "lucide-react";
import { useState } from "react";

import { ManageSavedInputs, SaveInputDialog } from "@/components/engines/saved-input-dialogs";
import { fromWire, toWire, type TriedInput } from "@/components/engines/tried-input";
import { usePermissionRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuGroup, MenuItem, MenuLabel, MenuSeparator, MenuTrigger } from "@/components/ui/menu";
import { toastError, toastSuccess } from "@/components/ui/toast";
import { readSavedInput, savedInputsQuery, updateSavedInput } from "@/lib/saved-inputs/query-options";
import type { SavedInputDto } from "@/lib/saved-inputs/schema";

type SavedInputsProps = {
  /** Slug of the engine. */
  engine: string;
  /** What stands in the editor; null while that is no JSON. */
  value: TriedInput | null;
  onPick: (value: TriedInput) => void;
  /** Why nothing can be saved here. */
  refusal?: string | undefined;
};

/** Shared by everybody who may see payloads; the one that was picked last can be overwritten. */
export function SavedInputs(props: SavedInputsProps) {
  const unseen = usePermissionRefusal("payloads:read");
  if (unseen) {
    return (
      <Button size="sm" disabledReason={unseen}>
        <Bookmark aria-hidden />
        Saved inputs
      </Button>
    );
  }
  return <SavedInputsMenu key={props.engine} {...props} />;
}

function SavedInputsMenu({ engine, value, onPick, refusal }: SavedInputsProps) {
  const queryClient = useQueryClient();
  const { data } = useQuery(savedInputsQuery(engine));
  const [dialog, setDialog] = useState<"save" | "manage" | null>(null);
  const [pickedId, setPickedId] = useState<string | null>(null);
  const saved = data?.data ?? [];
  const picked = saved.find(({ id }) => id === pickedId);
  const pick = useMutation({
    mutationFn: ({ id }: SavedInputDto) => readSavedInput(engine, id),
    onSuccess: (loaded) => {
      setPickedId(loaded.id);
      onPick(fromWire(loaded));
    },
    onError: (error) => toastError("The input could not be loaded", error),
  });
  const overwrite = useMutation({
    mutationFn: ({ id, to }: { id: string; to: TriedInput }) => updateSavedInput(engine, id, toWire(to)),
    onSuccess: async ({ name }) => {
      await queryClient.invalidateQueries({ queryKey: savedInputsQuery(engine).queryKey });
      toastSuccess(`Saved as ${name}`);
    },
    onError: (error) => toastError("The input could not be saved", error),
  });
  const unsaved = refusal ?? (value === null ? "What stands in the editor is no JSON" : undefined);
  return (
    <>
      <Menu modal={false}>
        <MenuTrigger asChild>
          <Button size="sm" pending={pick.isPending}>
            <Bookmark aria-hidden />
            <span className="max-w-40 truncate">{picked?.name ?? "Saved inputs"}</span>
            <ChevronDown aria-hidden />
          </Button>
        </MenuTrigger>
        <MenuContent align="end" className="w-72">
          <MenuGroup>
            <MenuLabel>{saved.length > 0 ? "Load" : "Nothing is saved for this engine yet"}</MenuLabel>
            {saved.map((one) => (
              <MenuItem key={one.id} onSelect={() => pick.mutate(one)}>
                <Bookmark className={one.id === pickedId ? "text-accent" : "text-icon"} aria-hidden />
                <span className="truncate">{one.name}</span>
              </MenuItem>
            ))}
          </MenuGroup>
          <MenuSeparator />
          {picked && value ? (
            <MenuItem disabled={unsaved !== undefined} onSelect={() => overwrite.mutate({ id: picked.id, to: value })}>
              <Save aria-hidden />
              <span className="truncate">Save over {picked.name}</span>
            </MenuItem>
          ) : null}
          <MenuItem disabled={unsaved !== undefined} title={unsaved} onSelect={() => setDialog("save")}>
            <Save aria-hidden />
            Save as…
          </MenuItem>
          <MenuItem disabled={saved.length === 0} onSelect={() => setDialog("manage")}>
            <Settings2 aria-hidden />
            Rename or delete…
          </MenuItem>
        </MenuContent>
      </Menu>
      {value ? (
        <SaveInputDialog
          engine={engine}
          value={value}
          open={dialog === "save"}
          onClose={() => setDialog(null)}
          onSaved={setPickedId}
        />
      ) : null}
      <ManageSavedInputs
        engine={engine}
        saved={saved}
        refusal={refusal}
        open={dialog === "manage"}
        onClose={() => setDialog(null)}
      />
    </>
  );
}
