/** Chooses light, dark or the system's preference. */
"use client";

import { Contrast, Monitor, Moon, Sun } from "lucide-react";
import { useSyncExternalStore } from "react";

import { chosenTheme, onThemeChange, setTheme, type Theme, THEMES } from "@/components/shell/theme";
import { buttonStyles } from "@/components/ui/button-styles";
import { Menu, MenuContent, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/components/ui/menu";

const LABEL = { system: "System", light: "Light", dark: "Dark" } as const;
const ICON = { system: Monitor, light: Sun, dark: Moon } as const;

/** `initial` is what the cookie said when the page was rendered. */
export function ThemeMenu({ initial }: { initial: Theme }) {
  const theme = useSyncExternalStore(
    onThemeChange,
    () => chosenTheme() ?? initial,
    () => initial,
  );
  return (
    <Menu modal={false}>
      <MenuTrigger aria-label={`Theme: ${LABEL[theme]}`} className={buttonStyles({ variant: "ghost", size: "icon" })}>
        <Contrast aria-hidden />
      </MenuTrigger>
      <MenuContent align="end" className="min-w-40">
        <MenuRadioGroup
          value={theme}
          onValueChange={(next) => setTheme(THEMES.find((name) => name === next) ?? "system")}
        >
          {THEMES.map((name) => {
            const Icon = ICON[name];
            return (
              <MenuRadioItem key={name} value={name}>
                <Icon className="text-icon" aria-hidden />
                {LABEL[name]}
              </MenuRadioItem>
            );
          })}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
