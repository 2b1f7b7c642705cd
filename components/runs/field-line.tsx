/** Short name–value pairs in one wrapping line. */
import { fieldLabel, type Fields } from "@/components/runs/result-shapes";
import { cn } from "@/components/ui/cn";

export function FieldLine({ fields, className }: { fields: Fields; className?: string }) {
  if (fields.length === 0) return null;
  return (
    <dl className={cn("flex flex-wrap gap-x-3 gap-y-0.5 text-xs", className)}>
      {fields.map(([name, value]) => (
        <div key={name} className="flex min-w-0 gap-1">
          <dt className="text-muted">{fieldLabel(name)}</dt>
          <dd className="min-w-0 font-mono break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
