// What came of something: shown for a while, read aloud once.

export interface Toast {
  id: number;
  tone: "good" | "bad" | "info";
  text: string;
  /** What to do about it, e.g. to take it back. */
  action?: { label: string; run: () => void };
}

const SHOWN_MS = { good: 5000, info: 6000, bad: 12_000 };

let next = 0;
let shown = $state.raw<readonly Toast[]>([]);

export const toasts = {
  get shown() {
    return shown;
  },
  /** @param text already in the language of the person */
  show(tone: Toast["tone"], text: string, action?: Toast["action"]): void {
    const id = next++;
    shown = [...shown.slice(-3), { id, tone, text, action }];
    setTimeout(() => toasts.dismiss(id), SHOWN_MS[tone]);
  },
  dismiss(id: number): void {
    shown = shown.filter((toast) => toast.id !== id);
  },
};
