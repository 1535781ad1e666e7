/** Who the patient is: nobody, somebody known (searched for), or somebody new. */
import { useState } from "preact/hooks";
import { UserRound } from "lucide";
import type { Patient, Sex } from "../../shared/api";
import { formatDay } from "../../shared/i18n";
import { Button, Icon, LoadingState, SelectField, TextField } from "../../shared/ui";
import { identifierSystems, otherSystem, type PatientDraft } from "../booking";
import { useData, useSettled } from "../data";
import { usePanel } from "../panel";
import { t } from "../words/consultation";
import { DateField } from "../../shared/time/date_field";
import { choicesOf, sexes, sexName, systemName } from "./words";

export const patientLine = (p: Patient) => [p.birth_date ? formatDay(`${p.birth_date}T00:00:00+07:00`) : "", sexName(p.sex), p.identifier.value].filter(Boolean).join(" · ");

interface PatientProps {
  patient: PatientDraft;
  onChange: (change: Partial<PatientDraft>) => void;
  errors: Readonly<Record<string, string | undefined>>;
}

function Finder({ onPick, error }: { onPick: (patient: Patient) => void; error?: string | undefined }) {
  const { api } = usePanel();
  const [text, setText] = useState("");
  const q = useSettled(text.trim());
  const found = useData((signal) => (q ? api.patients.list({ q, limit: 8 }, signal) : Promise.resolve({ items: [] })), [q]);
  return (
    <div class="stack stack--tight">
      <TextField
        label={t("findPatient")}
        error={error}
        type="search"
        value={text}
        autocomplete="off"
        data-testid="book-patient-search"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {q && found.data === undefined && found.error === undefined && <LoadingState />}
      {q && found.data?.items.length === 0 && <p class="small quiet-text">{t("foundNone")}</p>}
      <ul class="picks">
        {(found.data?.items ?? []).map((patient) => (
          <li key={patient.id}>
            <button type="button" class="pick" onClick={() => onPick(patient)}>
              <Icon of={UserRound} />
              <span>
                <strong>{patient.name}</strong>
                <span class="small quiet-text">{patientLine(patient)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The fields of a new patient; used by the booking form and by the list of patients. */
export function NewPatientFields({ patient, onChange, errors, prefix = "book-patient" }: PatientProps & { prefix?: string }) {
  return (
    <>
      <div class="pair">
        <SelectField
          label={t("identifierSystem")}
          choices={choicesOf(identifierSystems, systemName)}
          value={patient.system}
          data-testid={`${prefix}-system`}
          onChoose={(system) => onChange({ system })}
        />
        <TextField
          label={t("identifierValue")}
          value={patient.value}
          error={errors["patient.value"]}
          autocomplete="off"
          data-testid={`${prefix}-value`}
          onInput={(event) => onChange({ value: event.currentTarget.value })}
        />
      </div>
      {patient.system === otherSystem && (
        <TextField
          label={t("systemName")}
          value={patient.otherSystem}
          error={errors["patient.otherSystem"]}
          data-testid={`${prefix}-other-system`}
          onInput={(event) => onChange({ otherSystem: event.currentTarget.value })}
        />
      )}
      <TextField
        label={t("fullName")}
        value={patient.name}
        error={errors["patient.name"]}
        autocomplete="off"
        data-testid={`${prefix}-name`}
        onInput={(event) => onChange({ name: event.currentTarget.value })}
      />
      <div class="pair">
        <DateField
          label={t("birthDate")}
          value={patient.birthDate}
          error={errors["patient.birthDate"]}
          testId={`${prefix}-birth`}
          onChange={(birthDate) => onChange({ birthDate })}
        />
        <SelectField label={t("sex")} choices={choicesOf(sexes, sexName)} value={patient.sex} data-testid={`${prefix}-sex`} onChoose={(sex) => onChange({ sex: sex as Sex })} />
      </div>
    </>
  );
}

export function PatientFields({ patient, onChange, errors }: PatientProps) {
  const modes = [
    ["none", t("patientNone")],
    ["known", t("patientKnown")],
    ["new", t("patientNew")],
  ] as const;
  return (
    <fieldset class="group">
      <legend>{t("patient")}</legend>
      <div class="segments">
        {modes.map(([mode, word]) => (
          <label key={mode} class="segment">
            <input type="radio" name="patient-mode" value={mode} checked={patient.mode === mode} data-testid={`book-patient-${mode}`} onChange={() => onChange({ mode })} />
            <span>{word}</span>
          </label>
        ))}
      </div>
      {patient.mode === "known" &&
        (patient.id ? (
          <div class="picked">
            <Icon of={UserRound} />
            <strong>{patient.label}</strong>
            <Button kind="quiet" onClick={() => onChange({ id: "", label: "" })}>
              {t("change")}
            </Button>
          </div>
        ) : (
          <Finder error={errors["patient"]} onPick={(one) => onChange({ id: one.id, label: `${one.name} · ${patientLine(one)}` })} />
        ))}
      {patient.mode === "new" && <NewPatientFields patient={patient} onChange={onChange} errors={errors} />}
    </fieldset>
  );
}
