/** A dialog with a form in it: sends once, shows what the server refuses where it belongs, and keeps what was typed. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, wordsOf } from "../../shared/api";
import { common } from "../../shared/i18n";
import { Button, Dialog, Icon, notify } from "../../shared/ui";
import { CircleAlert, ClipboardCopy } from "lucide";
import { t } from "../words/panel";

export function Refusal({ error }: { error: unknown }) {
  if (error === undefined) return null;
  const words = wordsOf(error);
  return (
    <div class="notice notice--danger" role="alert">
      <Icon of={CircleAlert} />
      <div>
        <strong>{words.title}</strong>
        {words.action && <div>{words.action}</div>}
      </div>
    </div>
  );
}

export type FieldErrors = Readonly<Record<string, string>>;

interface FormDialogProps {
  title: string;
  submit: string;
  danger?: boolean;
  drawer?: boolean;
  onClose: () => void;
  /** Checks and sends; returns field errors to show, or nothing when it is done. */
  onSubmit: () => Promise<FieldErrors | void>;
  onFieldErrors?: (errors: FieldErrors) => void;
  submitTestId?: string;
  children: (errors: FieldErrors) => ComponentChildren;
}

/** The first field that is wrong takes the focus. */
export function focusFirstFault(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus());
}

/** A form is opened to be filled in: the first field has the focus, not the button that closes it. */
export function focusFirstField(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>("input:not([tabindex='-1']), select, textarea")?.focus();
}

export function FormDialog(props: FormDialogProps) {
  const { title, submit, danger = false, drawer = false, onClose, onSubmit, submitTestId, children } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const [fields, setFields] = useState<FieldErrors>({});
  const form = useRef<HTMLFormElement>(null);
  const id = `form-${title.replace(/\W+/g, "-")}`;

  useEffect(() => focusFirstField(form.current), []);

  async function send(event: Event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      const errors = (await onSubmit()) ?? {};
      setFields(errors);
      if (Object.keys(errors).length > 0) focusFirstFault(form.current);
    } catch (fault) {
      setError(fault);
      setFields(fault instanceof ApiError ? Object.fromEntries((fault.problem.errors ?? []).map((e) => [e.field, e.message])) : {});
      focusFirstFault(form.current);
    }
    setBusy(false);
  }

  return (
    <Dialog
      title={title}
      drawer={drawer}
      onClose={onClose}
      actions={
        <>
          <Button kind="secondary" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button kind={danger ? "danger" : "primary"} type="submit" form={id} busy={busy} {...(submitTestId ? { "data-testid": submitTestId } : {})}>
            {submit}
          </Button>
        </>
      }
    >
      <form id={id} ref={form} class="stack" noValidate onSubmit={(event) => void send(event)}>
        <Refusal error={error} />
        {children(fields)}
      </form>
    </Dialog>
  );
}

interface ConfirmProps {
  title: string;
  submit: string;
  onClose: () => void;
  onConfirm: () => Promise<unknown>;
  children: ComponentChildren;
}

/** Asks once more before something that cannot be taken back. */
export function Confirm({ title, submit, onClose, onConfirm, children }: ConfirmProps) {
  return (
    <FormDialog
      title={title}
      submit={submit}
      danger
      onClose={onClose}
      submitTestId="confirm"
      onSubmit={async () => {
        await onConfirm();
        onClose();
      }}
    >
      {() => <div>{children}</div>}
    </FormDialog>
  );
}

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify({ text: t("copied") });
  } catch {
    notify({ text: t("copyFailed"), kind: "attention" });
  }
}

/** Something shown once: to read aloud, to copy, never to be had again. */
export function Secret({ label, value, testId }: { label: string; value: string; testId?: string }) {
  const output = useRef<HTMLInputElement>(null);
  useEffect(() => output.current?.select(), [value]);
  return (
    <label class="secret">
      <span class="field__label">{label}</span>
      <span class="secret__row">
        <input ref={output} class="input secret__value" readOnly value={value} {...(testId ? { "data-testid": testId } : {})} />
        <Button kind="secondary" icon={ClipboardCopy} onClick={() => void copyText(value)}>
          {t("copy")}
        </Button>
      </span>
    </label>
  );
}
