/**
 * Over the native <dialog>: focus is kept inside, Escape closes, the page behind is inert. With `drawer` it comes from
 * the right-hand side. Without `onClose` it has to be answered (consent).
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { X } from "lucide";
import { common } from "../i18n";
import { Button } from "./button";

interface DialogProps {
  title: ComponentChildren;
  onClose?: () => void;
  drawer?: boolean;
  modal?: boolean;
  /** Buttons at the foot. */
  actions?: ComponentChildren;
  children: ComponentChildren;
  "data-testid"?: string;
}

export function Dialog({ title, onClose, drawer = false, modal = true, actions, children, ...rest }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) {
      if (modal) dialog.showModal();
      else dialog.show();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      {...rest}
      ref={element}
      class={`dialog ${drawer ? "dialog--drawer" : ""} ${modal ? "" : "dialog--over"}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <div class="dialog__head">
        <h2 id={id}>{title}</h2>
        {onClose && (
          <Button kind="quiet" square icon={X} onClick={onClose}>
            {common("close")}
          </Button>
        )}
      </div>
      <div class="dialog__body">{children}</div>
      {actions && <div class="dialog__foot">{actions}</div>}
    </dialog>
  );
}
