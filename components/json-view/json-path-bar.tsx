/** Where the selected line is, and copies of it. */
import { CopyButton } from "@/components/ui/copy-button";

/** Below the tree. */
export function JsonPathBar({ path, value }: { path: string; value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div className="flex h-8 shrink-0 items-center gap-1 border-t pr-1 pl-3 text-xs">
      <code className="min-w-0 flex-1 truncate font-mono text-soft" title={path}>
        {path === "" ? "the whole" : path}
      </code>
      {path === "" ? null : <CopyButton text={path} label="Copy path" showLabel />}
      <CopyButton text={text} label="Copy value" showLabel />
    </div>
  );
}
