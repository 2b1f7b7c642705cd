/** A key in the one moment in which it can be seen whole: copy it, try it, say that it is stored. */
"use client";

import { firstRunCommand, listRunsCommand } from "@/components/api-keys/first-run-command";
import { useCommandTarget } from "@/components/api-keys/use-command-target";
import { CodeBlock } from "@/components/ui/code-block";
import { ShownOnce } from "@/components/ui/shown-once";

/** The body of a locked dialog. `scopes` decide which command can show that the key works. */
export function MintedKeyView({
  mintedKey,
  scopes,
  onStored,
}: {
  mintedKey: string;
  scopes: readonly string[];
  onStored: () => void;
}) {
  const target = useCommandTarget();
  const command = scopes.includes("runs:write")
    ? firstRunCommand(mintedKey, target)
    : scopes.includes("runs:read")
      ? listRunsCommand(mintedKey, target.apiUrl)
      : null;
  return (
    <ShownOnce
      secret={mintedKey}
      noun="key"
      warning="This is the only time the whole key is shown. Only its hash is kept."
      onStored={onStored}
    >
      {command ? (
        <CodeBlock code={command} label={scopes.includes("runs:write") ? "Send a first run" : "Read the newest runs"} />
      ) : null}
    </ShownOnce>
  );
}
