/** Finds one run by its id. */
"use client";

import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { useId, useState } from "react";

import { RUN_ID } from "@/components/runs/run-id";
import { useEnvironment } from "@/components/shell/use-environment";
import { cn } from "@/components/ui/cn";
import { FieldError } from "@/components/ui/field";

/** Enter opens the run; a text that cannot be an id is told at once. */
export function RunSearch({ className }: { className?: string }) {
  const router = useRouter();
  const { href } = useEnvironment();
  const [text, setText] = useState("");
  const [refused, setRefused] = useState(false);
  const noteId = useId();
  return (
    <search className={cn("relative", className)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const id = text.trim().toLowerCase();
          if (RUN_ID.test(id)) router.push(href(`/runs/${id}`));
          else setRefused(text.trim() !== "");
        }}
      >
        <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-icon" aria-hidden />
        <input
          type="search"
          aria-label="Run id"
          aria-describedby={refused ? noteId : undefined}
          aria-invalid={refused || undefined}
          placeholder="Run id"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setRefused(false);
          }}
          className="h-8 w-full rounded-md border border-control bg-canvas pr-2 pl-8 font-mono text-xs placeholder:font-sans placeholder:text-sm focus-visible:outline-offset-0 aria-invalid:border-danger-solid max-sm:text-lg"
        />
      </form>
      {refused ? (
        <div id={noteId} role="alert" className="floating absolute top-full right-0 z-10 mt-1 rounded-md px-2.5 py-1.5">
          <FieldError>A run id has 36 characters, such as 0197c1e2-5b1e-7cc0-8d2f-3f6f0c1aa3f2</FieldError>
        </div>
      ) : null}
    </search>
  );
}
