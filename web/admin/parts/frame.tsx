/** The parts that every view is made of: its head, its filters, and what stands there until the data does. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Search } from "lucide";
import { wordsOf } from "../../shared/api";
import { Button, EmptyState, ErrorState, Icon, LoadingState } from "../../shared/ui";
import { useSettled, type Loaded } from "../data";
import { go, setQuery, useAddress } from "../router";
import { t } from "../words/panel";

interface HeadProps {
  title: ComponentChildren;
  /** A line under the title. */
  under?: ComponentChildren;
  actions?: ComponentChildren;
  documentTitle?: string;
}

/** The view's heading takes the focus when one arrives, so that a screen reader says where we are. */
export function ViewHead({ title, under, actions, documentTitle }: HeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const name = documentTitle ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = name ? `${name} · Hội Chẩn` : "Hội Chẩn";
  }, [name]);
  return (
    <header class="view-head">
      <div class="view-head__words">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {under !== undefined && <div class="view-head__under">{under}</div>}
      </div>
      {actions && <div class="row">{actions}</div>}
    </header>
  );
}

interface ShowProps<T> {
  of: Loaded<T>;
  children: (data: T) => ComponentChildren;
  /** Smaller states inside of a page's section. */
  inline?: boolean;
}

/** Loading, failed, or the data; a failure while old data is there is only noted. */
export function Show<T>({ of, children, inline = false }: ShowProps<T>) {
  if (of.data !== undefined) {
    return (
      <>
        {of.error !== undefined && (
          <p class="notice notice--attention" role="status">
            {t("stale")}
          </p>
        )}
        {children(of.data)}
      </>
    );
  }
  if (of.error !== undefined) {
    const words = wordsOf(of.error);
    return (
      <div class={inline ? "state-inline" : ""}>
        <ErrorState title={words.title} onRetry={of.reload}>
          {words.action}
        </ErrorState>
      </div>
    );
  }
  return (
    <div class={inline ? "state-inline" : ""}>
      <LoadingState />
    </div>
  );
}

/** A search box whose words stand in the address; "/" goes to it from anywhere. */
export function SearchBox({ placeholder, param = "q" }: { placeholder?: string; param?: string }) {
  const { query } = useAddress();
  const inAddress = query.get(param) ?? "";
  const [text, setText] = useState(inAddress);
  const settled = useSettled(text);
  const written = useRef(inAddress);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (settled === written.current) return;
    written.current = settled;
    setQuery({ [param]: settled });
  }, [settled]);
  useEffect(() => {
    if (inAddress === written.current) return;
    written.current = inAddress;
    setText(inAddress);
  }, [inAddress]);
  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      const typing = (event.target as Element).closest("input, textarea, select, dialog");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", slash);
    return () => document.removeEventListener("keydown", slash);
  }, []);
  return (
    <label class="search">
      <Icon of={Search} />
      <span class="visually-hidden">{t("search")}</span>
      <input
        ref={input}
        class="input"
        type="search"
        value={text}
        placeholder={placeholder ?? t("searchKey")}
        data-testid="search"
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

export interface FilterChoice {
  value: string;
  label: string;
}

/** A filter as a row of chips; which one is pressed stands in the address. */
export function ChipFilter({ label, param, choices }: { label: string; param: string; choices: readonly FilterChoice[] }) {
  const current = useAddress().query.get(param) ?? "";
  return (
    <div class="chips" role="group" aria-label={label}>
      {[{ value: "", label: t("all") }, ...choices].map((choice) => (
        <button key={choice.value} type="button" class="chip" aria-pressed={choice.value === current} onClick={() => setQuery({ [param]: choice.value })}>
          {choice.label}
        </button>
      ))}
    </div>
  );
}

/** A filter as a list; the first entry stands for all. */
export function ListFilter({ label, param, choices }: { label: string; param: string; choices: readonly FilterChoice[] }) {
  const current = useAddress().query.get(param) ?? "";
  return (
    <label class="list-filter">
      <span class="visually-hidden">{label}</span>
      <select class="input" value={current} onChange={(event) => setQuery({ [param]: event.currentTarget.value })}>
        <option value="">{label}: {t("all").toLowerCase()}</option>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What a list shows when filters leave nothing of it. */
export function NoMatch() {
  return (
    <EmptyState
      title={t("noMatch")}
      icon={Search}
      action={
        <Button kind="secondary" onClick={() => go(location.pathname, true)}>
          {t("clearFilters")}
        </Button>
      }
    >
      {t("noMatchText")}
    </EmptyState>
  );
}

export function Section({ title, aside, children, id }: { title: string; aside?: ComponentChildren; children: ComponentChildren; id?: string }) {
  return (
    <section class="card section" {...(id ? { id } : {})}>
      <div class="section__head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Name and value, one below the other. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
