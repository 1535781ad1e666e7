/** One open set (Lucide), drawn as SVG in the page; always beside a word, so hidden from screen readers. */
import { h } from "preact";
import type { IconNode } from "lucide";

export type { IconNode };

export function Icon({ of, class: extra = "" }: { of: IconNode; class?: string }) {
  return (
    <svg
      class={`icon ${extra}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {of.map(([tag, attributes]) => h(tag, attributes as object))}
    </svg>
  );
}
