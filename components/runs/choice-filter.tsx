/** A filter of which several values can be chosen. */
"use client";

import type { ReactNode } from "react";

import { ClearChip, FilterChip } from "@/components/runs/filter-chip";
import { Menu, MenuCheckboxItem, MenuContent, MenuTrigger } from "@/components/ui/menu";

type ChoiceFilterProps<Name extends string> = {
  label: string;
  names: readonly Name[];
  chosen: readonly Name[];
  /** Gives what is chosen now in the order of `names`. */
  onChange: (chosen: readonly Name[]) => void;
  renderName: (name: Name) => ReactNode;
};

/** A chip that opens a menu of them. */
export function ChoiceFilter<Name extends string>({
  label,
  names,
  chosen,
  onChange,
  renderName,
}: ChoiceFilterProps<Name>) {
  return (
    <div className="flex items-center gap-1">
      <Menu modal={false}>
        <MenuTrigger asChild>
          <FilterChip label={label} value={chosen.length > 0 ? chosen.join(", ") : null} />
        </MenuTrigger>
        <MenuContent align="start">
          {names.map((name) => (
            <MenuCheckboxItem
              key={name}
              checked={chosen.includes(name)}
              onCheckedChange={(on) => onChange(names.filter((one) => (one === name ? on : chosen.includes(one))))}
            >
              {renderName(name)}
            </MenuCheckboxItem>
          ))}
        </MenuContent>
      </Menu>
      {chosen.length > 0 ? <ClearChip label={label} onClear={() => onChange([])} /> : null}
    </div>
  );
}
