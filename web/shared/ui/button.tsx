import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconNode } from "./icon";

type Kind = "primary" | "secondary" | "quiet" | "danger" | "plain";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "type" | "children" | "class" | "role"> {
  kind?: Kind;
  icon?: IconNode;
  type?: "button" | "submit" | "reset";
  /** Shows work in progress and refuses clicks, without losing the focus as `disabled` would. */
  busy?: boolean;
  wide?: boolean;
  /** Only the icon is drawn; the children are its name. */
  square?: boolean;
  class?: string;
  "data-testid"?: string;
  children: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const { kind = "plain", icon, busy = false, wide = false, square = false, type = "button", children, class: extra, onClick, ...rest } = props;
  const classes = ["button", kind !== "plain" && `button--${kind}`, wide && "button--wide", square && "button--square", extra];
  return (
    <button
      {...rest}
      type={type}
      class={classes.filter(Boolean).join(" ")}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon of={icon} />}
      {square ? <span class="visually-hidden">{children}</span> : children}
    </button>
  );
}
