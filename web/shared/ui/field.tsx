/** A label, its control, a hint and an error that screen readers find. */
import type { ComponentChildren, InputHTMLAttributes, SelectHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { CircleAlert } from "lucide";
import { Icon } from "./icon";

interface FieldWords {
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: string | undefined;
}
interface ControlProps {
  id: string;
  class: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

/** For any control: `<Field label="…">{(control) => <input {...control} />}</Field>`. */
export function Field({ label, hint, error, children }: FieldWords & { children: (control: ControlProps) => ComponentChildren }) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const control: ControlProps = { id, class: "input" };
  if (described) control["aria-describedby"] = described;
  if (error) control["aria-invalid"] = true;
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      {children(control)}
      {hint !== undefined && (
        <span class="field__hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span class="field__error" id={`${id}-error`}>
          <Icon of={CircleAlert} />
          {error}
        </span>
      )}
    </div>
  );
}

type InputProps = FieldWords & Omit<InputHTMLAttributes<HTMLInputElement>, "label" | "role"> & { "data-testid"?: string };

export function TextField({ label, hint, error, ...rest }: InputProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input type="text" {...(rest as object)} {...control} />}
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
}
type SelectProps = FieldWords &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, "label" | "onChange" | "value"> & {
    choices: readonly Choice[];
    value: string;
    onChoose: (value: string) => void;
    "data-testid"?: string;
  };

export function SelectField({ label, hint, error, choices, value, onChoose, ...rest }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select {...(rest as object)} {...control} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
