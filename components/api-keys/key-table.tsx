/** The keys of an environment: a table, and cards where a table does not fit. */
"use client";

import { Ellipsis } from "lucide-react";

import { KeyStatus } from "@/components/api-keys/key-status";
import { scopesLabel } from "@/components/api-keys/scopes";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { Button } from "@/components/ui/button";
import { RelativeTime } from "@/components/ui/clock";
import { cn } from "@/components/ui/cn";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/components/ui/menu";
import { Table, Td, Th } from "@/components/ui/table";
import { Tooltip } from "@/components/ui/tooltip";
import type { ApiKeyDto } from "@/lib/api-keys/schema";

type KeyTableProps = {
  keys: readonly ApiKeyDto[];
  /** Adds the environment column: for the rollup. */
  showEnvironment: boolean;
  /** Why nobody here may change a key, or undefined. */
  refusal: string | undefined;
  onRotate: (key: ApiKeyDto) => void;
  onRevoke: (key: ApiKeyDto) => void;
};

/** Both shapes; CSS shows one. */
export function KeyTable(props: KeyTableProps) {
  return (
    <>
      <Table label="API keys" className="max-sm:hidden">
        <thead>
          <tr>
            <Th>Name</Th>
            {props.showEnvironment ? <Th>Environment</Th> : null}
            <Th>Key</Th>
            <Th>Scopes</Th>
            <Th className="max-lg:hidden">Created by</Th>
            <Th className="max-lg:hidden">Created</Th>
            <Th>Last used</Th>
            <Th>Expires</Th>
            <Th>Status</Th>
            <Th label="Actions" />
          </tr>
        </thead>
        <tbody className="divide-y divide-hairline">
          {props.keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} {...props} />
          ))}
        </tbody>
      </Table>
      <ul className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {props.keys.map((key) => (
          <KeyCard key={key.id} apiKey={key} {...props} />
        ))}
      </ul>
    </>
  );
}

type RowProps = Omit<KeyTableProps, "keys"> & { apiKey: ApiKeyDto };

function KeyRow({ apiKey, showEnvironment, ...actions }: RowProps) {
  return (
    <tr className={cn("transition-colors hover:bg-hover", isDead(apiKey) && "text-muted")}>
      <Td className="max-w-56 truncate font-medium" title={apiKey.name}>
        {apiKey.name}
      </Td>
      {showEnvironment ? (
        <Td>
          <EnvironmentBadge slug={apiKey.environment} kind={apiKey.environment_kind} />
        </Td>
      ) : null}
      <Td className="font-mono text-xs">{apiKey.keyPrefix}…</Td>
      <Td>
        <Scopes scopes={apiKey.scopes} />
      </Td>
      <Td className="max-w-48 truncate text-muted max-lg:hidden" title={apiKey.created_by}>
        {apiKey.created_by}
      </Td>
      <Td className="text-muted max-lg:hidden">
        <RelativeTime at={apiKey.created_at} />
      </Td>
      <Td className="text-muted">{apiKey.last_used_at ? <RelativeTime at={apiKey.last_used_at} /> : "Never"}</Td>
      <Td className="text-muted">{apiKey.expires_at ? <RelativeTime at={apiKey.expires_at} /> : "Never"}</Td>
      <Td>
        <KeyStatus status={apiKey.status} />
      </Td>
      <Td className="pr-1.5 text-right">
        <KeyActions apiKey={apiKey} {...actions} />
      </Td>
    </tr>
  );
}

function KeyCard({ apiKey, showEnvironment, ...actions }: RowProps) {
  return (
    <li className={cn("flex flex-col gap-1 py-2.5 pr-1.5 pl-3", isDead(apiKey) && "text-muted")}>
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate text-sm font-medium">{apiKey.name}</span>
        {showEnvironment ? <EnvironmentBadge slug={apiKey.environment} kind={apiKey.environment_kind} /> : null}
        <KeyStatus status={apiKey.status} />
        <KeyActions apiKey={apiKey} {...actions} />
      </div>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-muted">
        <code className="font-mono">{apiKey.keyPrefix}…</code>
        <span>· {scopesLabel(apiKey.scopes)}</span>
        <span>
          ·{" "}
          {apiKey.last_used_at ? (
            <>
              used <RelativeTime at={apiKey.last_used_at} />
            </>
          ) : (
            "never used"
          )}
        </span>
        {apiKey.expires_at ? (
          <span>
            · expires <RelativeTime at={apiKey.expires_at} />
          </span>
        ) : null}
      </div>
    </li>
  );
}

function isDead(key: ApiKeyDto): boolean {
  return key.status === "revoked" || key.status === "expired";
}

function Scopes({ scopes }: { scopes: readonly string[] }) {
  return (
    <Tooltip content={<span className="font-mono">{scopes.join(" ")}</span>}>
      <button
        type="button"
        className="cursor-default! rounded-sm underline decoration-line-strong decoration-dotted underline-offset-4"
      >
        {scopesLabel(scopes)}
      </button>
    </Tooltip>
  );
}

function KeyActions({ apiKey, refusal, onRotate, onRevoke }: Omit<RowProps, "showEnvironment">) {
  const reason = isDead(apiKey) ? `This key is ${apiKey.status}` : refusal;
  const label = `Actions for ${apiKey.name}`;
  if (reason) {
    return (
      <Button variant="ghost" size="iconSm" aria-label={label} disabledReason={reason}>
        <Ellipsis aria-hidden />
      </Button>
    );
  }
  return (
    <Menu modal={false}>
      <MenuTrigger asChild>
        <Button variant="ghost" size="iconSm" aria-label={label}>
          <Ellipsis aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent align="end" className="min-w-40">
        <RotateItem apiKey={apiKey} onRotate={onRotate} />
        <MenuItem onSelect={() => onRevoke(apiKey)} className="text-danger-text">
          Revoke…
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

// Stays focusable when it is refused, so that the reason can be reached by keyboard.
function RotateItem({ apiKey, onRotate }: Pick<RowProps, "apiKey" | "onRotate">) {
  const rotated = apiKey.rotated_to_id !== null;
  return (
    <MenuItem
      aria-disabled={rotated || undefined}
      onSelect={(event) => (rotated ? event.preventDefault() : onRotate(apiKey))}
      className={cn(rotated && "text-muted")}
    >
      <span>
        Rotate…
        {rotated ? <span className="block text-xs">Already replaced by a newer key</span> : null}
      </span>
    </MenuItem>
  );
}
