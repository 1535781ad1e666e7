/** A button with a small panel above it; Escape and a click elsewhere close it. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconNode } from "../ui";

interface MenuProps {
  label: string;
  icon: IconNode;
  class?: string;
  children: (close: () => void) => ComponentChildren;
}

export function Menu({ label, icon, class: extra = "", children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (!open) return;
    const elsewhere = (event: Event) => !box.current?.contains(event.target as Node) && setOpen(false);
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      button.current?.focus();
    };
    addEventListener("pointerdown", elsewhere);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointerdown", elsewhere);
      removeEventListener("keydown", escape);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class={`menu ${extra}`} ref={box}>
      <button ref={button} type="button" class="bar__button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon of={icon} />
        <span>{label}</span>
      </button>
      {open && <div class="menu__panel card">{children(close)}</div>}
    </div>
  );
}
