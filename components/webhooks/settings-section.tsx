/** A titled part of an endpoint's settings. */
import type { ReactNode } from "react";

/** `id` names its heading. */
export function SettingsSection({
  id,
  title,
  note,
  children,
}: {
  id: string;
  title: string;
  note?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-3">
      <div>
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {note ? <p className="mt-0.5 text-sm text-muted">{note}</p> : null}
      </div>
      {children}
    </section>
  );
}
