/**
 * Toasts: one line at the lower right when something has worked or failed, announced to assistive technology.
 *
 * Built on Radix and not on sonner, which adds a style element without a nonce when it is imported: our CSP refuses that.
 */
"use client";

import { Check, CircleAlert, X } from "lucide-react";
import { Toast as Primitive } from "radix-ui";
import { useSyncExternalStore } from "react";

import { Button } from "@/components/ui/button";

type Toast = {
  id: number;
  tone: "success" | "danger";
  title: string;
  detail?: string | undefined;
  action?: { label: string; onPress: () => void } | undefined;
};
export type ToastInput = Omit<Toast, "id">;

const VISIBLE_MS = 6_000;
const KEPT = 3;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const NONE: readonly Toast[] = [];

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const tell of listeners) tell();
}

/** Shows a toast; at most three are kept, the oldest goes first. */
export function showToast(toast: ToastInput): void {
  publish([...toasts, { ...toast, id: nextId++ }].slice(-KEPT));
}

/** Shows that something worked. */
export function toastSuccess(title: string, detail?: string): void {
  showToast({ tone: "success", title, detail });
}

/** Shows that something failed, with the error's words and its request id where there is one. */
export function toastError(title: string, error: unknown): void {
  const message = error instanceof Error ? error.message : "Unknown error";
  const requestId =
    typeof error === "object" && error !== null && "requestId" in error && typeof error.requestId === "string"
      ? ` (request ${error.requestId})`
      : "";
  showToast({ tone: "danger", title, detail: message + requestId });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Renders the toasts; mounted once at the root. F8 moves the focus to them. */
export function Toaster() {
  const shown = useSyncExternalStore(
    subscribe,
    () => toasts,
    () => NONE,
  );
  return (
    <Primitive.Provider duration={VISIBLE_MS} swipeDirection="right" label="Notification">
      {shown.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
      <Primitive.Viewport className="fixed right-0 bottom-7 z-60 flex w-full max-w-sm flex-col gap-2 p-4 outline-none" />
    </Primitive.Provider>
  );
}

function ToastLine({ toast }: { toast: Toast }) {
  const Icon = toast.tone === "success" ? Check : CircleAlert;
  return (
    <Primitive.Root
      onOpenChange={(open) => {
        if (!open) publish(toasts.filter((other) => other.id !== toast.id));
      }}
      type={toast.tone === "danger" ? "foreground" : "background"}
      className="floating flex items-start gap-2.5 rounded-lg py-2.5 pr-2 pl-3 data-[state=open]:animate-slide-up data-[swipe=move]:translate-x-(--radix-toast-swipe-move-x)"
    >
      <Icon
        className={`mt-0.5 size-4 shrink-0 ${toast.tone === "success" ? "text-success-solid" : "text-danger-solid"}`}
        aria-hidden
      />
      <div className="min-w-0 flex-1 py-px">
        <Primitive.Title className="text-sm font-medium">{toast.title}</Primitive.Title>
        {toast.detail ? (
          <Primitive.Description className="text-xs break-words text-muted">{toast.detail}</Primitive.Description>
        ) : null}
      </div>
      {toast.action ? (
        <Primitive.Action asChild altText={toast.action.label}>
          <Button size="sm" onClick={toast.action.onPress}>
            {toast.action.label}
          </Button>
        </Primitive.Action>
      ) : null}
      <Primitive.Close asChild>
        <Button variant="ghost" size="iconSm" aria-label="Dismiss" className="-my-1">
          <X aria-hidden />
        </Button>
      </Primitive.Close>
    </Primitive.Root>
  );
}
