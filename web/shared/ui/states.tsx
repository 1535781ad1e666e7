/** What a view shows when it has nothing, is still fetching, or could not. Always words, always a next step. */
import type { ComponentChildren } from "preact";
import { Inbox, TriangleAlert } from "lucide";
import { common } from "../i18n";
import { Button } from "./button";
import { Icon, type IconNode } from "./icon";

interface EmptyProps {
  title: ComponentChildren;
  /** What this view is for. */
  children?: ComponentChildren;
  icon?: IconNode;
  action?: ComponentChildren;
}

export function EmptyState({ title, children, icon = Inbox, action }: EmptyProps) {
  return (
    <div class="state">
      <Icon of={icon} class="state__icon" />
      <h2>{title}</h2>
      {children !== undefined && <div class="state__text">{children}</div>}
      {action}
    </div>
  );
}

export function LoadingState({ children = common("loading") }: { children?: ComponentChildren }) {
  return (
    <div class="state" role="status">
      <span class="spinner" aria-hidden="true" />
      <div class="state__text">{children}</div>
    </div>
  );
}

interface ErrorProps {
  /** What happened. */
  title: ComponentChildren;
  /** What we did, what you can do. */
  children?: ComponentChildren;
  onRetry?: () => void;
  action?: ComponentChildren;
}

export function ErrorState({ title, children, onRetry, action }: ErrorProps) {
  return (
    <div class="state state--error" role="alert">
      <Icon of={TriangleAlert} class="state__icon" />
      <h2>{title}</h2>
      {children !== undefined && <div class="state__text">{children}</div>}
      {onRetry && (
        <Button kind="primary" onClick={onRetry}>
          {common("retry")}
        </Button>
      )}
      {action}
    </div>
  );
}
