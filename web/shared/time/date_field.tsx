/** A date as people here write it, typed or picked on the browser's own calendar. */
import { useRef } from "preact/hooks";
import { CalendarDays } from "lucide";
import { common } from "../i18n";
import { Field, Icon } from "../ui";
import "./date_field.css";
import { isoDate, parseDate, showDate } from "./zone";

interface DateFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  testId?: string;
  onLeave?: () => void;
}

export function DateField({ label, value, onChange, error, testId, onLeave }: DateFieldProps) {
  const picker = useRef<HTMLInputElement>(null);
  const read = parseDate(value);
  const picked = (iso: string) => {
    const date = parseDate(iso);
    if (date) onChange(showDate(date));
  };
  return (
    <Field label={label} error={error}>
      {(control) => (
        <span class="date-field">
          <input
            {...control}
            type="text"
            inputMode="numeric"
            autocomplete="off"
            placeholder="dd/mm/yyyy"
            value={value}
            {...(testId ? { "data-testid": testId } : {})}
            onInput={(event) => onChange(event.currentTarget.value)}
            onBlur={() => {
              if (read) onChange(showDate(read));
              onLeave?.();
            }}
          />
          <input
            ref={picker}
            class="date-field__picker"
            type="date"
            tabIndex={-1}
            aria-hidden="true"
            value={read ? isoDate(read) : ""}
            onChange={(event) => picked(event.currentTarget.value)}
          />
          <button type="button" class="date-field__button" onClick={() => picker.current?.showPicker()}>
            <Icon of={CalendarDays} />
            <span class="visually-hidden">{common("pickDate")}</span>
          </button>
        </span>
      )}
    </Field>
  );
}
