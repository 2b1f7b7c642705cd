/** A key in the one moment in which it can be seen whole: copy it, try it, say that it is stored. */
"use client";

import { firstRunCommand, listRunsCommand } from "@/components/api-keys/first-run-command";
import { useCommandTarget } from "@/components/api-keys/use-command-target";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { CodeBlock } from "@/components/ui/code-block";
import { CopyButton } from "@/components/ui/copy-button";
import { DialogBody, DialogFooter } from "@/components/ui/dialog";

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
    <>
      <DialogBody>
        <Callout tone="warning">This is the only time the whole key is shown. Only its hash is kept.</Callout>
        <div className="flex items-start gap-2 rounded-md border border-control bg-sunken p-3">
          <code data-minted-key className="min-w-0 flex-1 font-mono text-sm break-all select-all">
            {mintedKey}
          </code>
          <CopyButton text={mintedKey} label="Copy key" showLabel variant="secondary" />
        </div>
        {command ? (
          <CodeBlock
            code={command}
            label={scopes.includes("runs:write") ? "Send a first run" : "Read the newest runs"}
          />
        ) : null}
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" size="lg" onClick={onStored}>
          I have stored it
        </Button>
      </DialogFooter>
    </>
  );
}
