/** The dialogs of saved inputs: a name for a new one, and renaming and deleting. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { fromWire, toWire, type TriedInput } from "@/components/engines/tried-input";
import { Button } from "@/components/ui/button";
import { RelativeTime } from "@/components/ui/clock";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { showToast, toastError, toastSuccess } from "@/components/ui/toast";
import type { PortalError } from "@/lib/http/portal-client";
import {
  createSavedInput,
  deleteSavedInput,
  readSavedInput,
  savedInputsQuery,
  updateSavedInput,
} from "@/lib/saved-inputs/query-options";
import type { SavedInputDetail, SavedInputDto } from "@/lib/saved-inputs/schema";

/** Reads the list anew after a change. */
function useReadAnew(engine: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: savedInputsQuery(engine).queryKey });
}

type SaveProps = {
  engine: string;
  value: TriedInput;
  open: boolean;
  onClose: () => void;
  onSaved: (id: string) => void;
};

/** Asks for a name and saves. */
export function SaveInputDialog(props: SaveProps) {
  return (
    <Dialog open={props.open} onOpenChange={(open) => (open ? undefined : props.onClose())}>
      <DialogContent title="Save this input" description="Everybody who may see payloads can load it.">
        <SaveForm {...props} />
      </DialogContent>
    </Dialog>
  );
}

function SaveForm({ engine, value, onClose, onSaved }: SaveProps) {
  const readAnew = useReadAnew(engine);
  const [name, setName] = useState("");
  const save = useMutation<SavedInputDetail, PortalError>({
    mutationFn: () => createSavedInput(engine, { name, ...toWire(value) }),
    onSuccess: async ({ id }) => {
      await readAnew();
      onSaved(id);
      onClose();
      toastSuccess(`Saved as ${name.trim()}`);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "" && !save.isPending) save.mutate();
      }}
    >
      <DialogBody>
        <Field label="Name" error={save.error?.message}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={80}
              placeholder="Small company, two directors"
              onChange={(event) => {
                setName(event.target.value);
                save.reset();
              }}
            />
          )}
        </Field>
      </DialogBody>
      <DialogFooter>
        <DialogClose asChild>
          <Button size="lg">Cancel</Button>
        </DialogClose>
        <Button
          type="submit"
          variant="primary"
          size="lg"
          pending={save.isPending}
          disabledReason={name.trim() === "" ? "Give it a name" : undefined}
        >
          Save
        </Button>
      </DialogFooter>
    </form>
  );
}

type ManageProps = {
  engine: string;
  saved: readonly SavedInputDto[];
  refusal: string | undefined;
  open: boolean;
  onClose: () => void;
};

/** All of them, each with its name to be changed and a way to delete it; deleting can be undone. */
export function ManageSavedInputs({ engine, saved, refusal, open, onClose }: ManageProps) {
  return (
    <Dialog open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <DialogContent title="Saved inputs" className="max-w-lg">
        <DialogBody>
          {saved.length === 0 ? <p className="text-sm text-muted">Nothing is saved for this engine.</p> : null}
          <ul className="flex flex-col gap-3">
            {saved.map((one) => (
              <SavedLine key={one.id} engine={engine} saved={one} refusal={refusal} />
            ))}
          </ul>
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Done</Button>
          </DialogClose>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

function SavedLine({ engine, saved, refusal }: { engine: string; saved: SavedInputDto; refusal: string | undefined }) {
  const readAnew = useReadAnew(engine);
  const [name, setName] = useState(saved.name);
  const rename = useMutation<unknown, PortalError>({
    mutationFn: () => updateSavedInput(engine, saved.id, { name }),
    onSuccess: readAnew,
  });
  const remove = useMutation({
    mutationFn: async () => {
      const kept = await readSavedInput(engine, saved.id);
      await deleteSavedInput(engine, saved.id);
      return kept;
    },
    onSuccess: async (kept) => {
      await readAnew();
      const { name: gone } = kept;
      const restore = () =>
        createSavedInput(engine, { name: gone, ...toWire(fromWire(kept)) })
          .then(readAnew)
          .catch((error: unknown) => toastError("It could not be restored", error));
      showToast({
        tone: "success",
        title: `Deleted ${gone}`,
        action: { label: "Undo", onPress: () => void restore() },
      });
    },
    onError: (error) => toastError("It could not be deleted", error),
  });
  const changed = name.trim() !== saved.name && name.trim() !== "";
  return (
    <li>
      <form
        className="flex items-start gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (changed && !refusal) rename.mutate();
        }}
      >
        <Field
          label={`Name of ${saved.name}`}
          className="min-w-0 flex-1 [&>label]:sr-only"
          error={rename.error?.message}
          hint={
            <>
              {saved.created_by} · <RelativeTime at={saved.updated_at} />
            </>
          }
        >
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={80}
              readOnly={refusal !== undefined}
              onChange={(event) => {
                setName(event.target.value);
                rename.reset();
              }}
            />
          )}
        </Field>
        <Button
          type="submit"
          size="lg"
          pending={rename.isPending}
          disabledReason={refusal ?? (changed ? undefined : "The name is as it was")}
        >
          Rename
        </Button>
        <Button
          variant="ghost"
          size="icon"
          className="size-9"
          aria-label={`Delete ${saved.name}`}
          disabledReason={refusal}
          pending={remove.isPending}
          onClick={() => remove.mutate()}
        >
          <Trash2 aria-hidden />
        </Button>
      </form>
    </li>
  );
}
