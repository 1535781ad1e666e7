/** Patients: only what is needed to know the right person. */
import { useState } from "preact/hooks";
import { Pencil, UserPlus, UserRound } from "lucide";
import type { Patient } from "../../shared/api";
import { compareNames, formatDay } from "../../shared/i18n";
import { Button, EmptyState, notify } from "../../shared/ui";
import { checkPatient, emptyPatient, identifierSystems, otherSystem, patientInput, type Fault, type Faults, type PatientDraft } from "../booking";
import { usePages } from "../data";
import { FormDialog } from "../parts/form";
import { NoMatch, SearchBox, Show, ViewHead } from "../parts/frame";
import { NewPatientFields } from "../parts/patient_fields";
import { Table, type Column } from "../parts/table";
import { sexName, systemName } from "../parts/words";
import { usePanel } from "../panel";
import { href, useAddress } from "../router";
import { t as consultation } from "../words/consultation";
import { t } from "../words/directory";
import { faultWord } from "../words/faults";
import { t as panel } from "../words/panel";

const birthDay = (p: Patient) => (p.birth_date ? formatDay(`${p.birth_date}T00:00:00+07:00`) : "–");

function draftOf(patient: Patient | undefined): PatientDraft {
  const empty: PatientDraft = { ...emptyPatient(), mode: "new" };
  if (!patient) return empty;
  const known = (identifierSystems as readonly string[]).includes(patient.identifier.system);
  return {
    ...empty,
    system: known ? patient.identifier.system : otherSystem,
    otherSystem: known ? "" : patient.identifier.system,
    value: patient.identifier.value,
    name: patient.name,
    birthDate: patient.birth_date ? birthDay(patient) : "",
    sex: patient.sex ?? "unknown",
  };
}

/** The API's names of the fields, put back into the form's. */
const formField: Record<string, string> = { identifier: "patient.value", "identifier.value": "patient.value", "identifier.system": "patient.otherSystem", name: "patient.name", birth_date: "patient.birthDate" };

function PatientDialog({ patient, onClose, onDone }: { patient: Patient | undefined; onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const [draft, setDraft] = useState(() => draftOf(patient));
  const save = async () => {
    const faults: Faults = {};
    checkPatient(draft, Date.now(), faults);
    if (Object.keys(faults).length > 0) return Object.fromEntries(Object.entries(faults).map(([field, fault]) => [field, consultation(faultWord[fault as Fault])]));
    const input = patientInput(draft);
    await (patient ? api.patients.update(patient.id, input) : api.patients.create(input));
    notify({ text: panel("saved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={patient ? `${panel("edit")} – ${patient.name}` : t("addPatient")} submit={patient ? panel("edit") : panel("add")} onClose={onClose} onSubmit={save} submitTestId="patient-submit">
      {(errors) => (
        <NewPatientFields
          prefix="patient"
          patient={draft}
          onChange={(change) => setDraft({ ...draft, ...change })}
          errors={Object.fromEntries(Object.entries(errors).map(([field, words]) => [formField[field] ?? field, words]))}
        />
      )}
    </FormDialog>
  );
}

const columns = (edit: (patient: Patient) => void): Column<Patient>[] => [
  { key: "name", title: t("fullName"), wide: true, cell: (p) => <strong>{p.name}</strong>, compare: (a, b) => compareNames(a.name, b.name) },
  {
    key: "identifier",
    title: t("identifier"),
    cell: (p) => (
      <span class="stack stack--none">
        <span class="numbers">{p.identifier.value}</span>
        <span class="small quiet-text">{systemName(p.identifier.system)}</span>
      </span>
    ),
  },
  { key: "birth", title: t("birthDate"), cell: (p) => <span class="numbers">{birthDay(p)}</span>, compare: (a, b) => (a.birth_date ?? "").localeCompare(b.birth_date ?? "") },
  { key: "sex", title: t("sex"), cell: (p) => sexName(p.sex) },
  {
    key: "actions",
    title: panel("actions"),
    acts: true,
    cell: (p) => (
      <span class="row row--end">
        <a class="small" href={href("/consultations", { q: p.name })}>
          {t("consultationsOf")}
        </a>
        <Button kind="quiet" square icon={Pencil} title={panel("edit")} onClick={() => edit(p)}>
          {`${panel("edit")} ${p.name}`}
        </Button>
      </span>
    ),
  },
];

export function Patients() {
  const { api } = usePanel();
  const q = useAddress().query.get("q") ?? "";
  const patients = usePages((cursor, signal) => api.patients.list({ q, limit: 50, ...(cursor ? { cursor } : {}) }, signal), [q]);
  const [asking, ask] = useState<{ patient?: Patient } | null>(null);
  return (
    <>
      <ViewHead
        title={panel("patients")}
        actions={
          <Button kind="primary" icon={UserPlus} onClick={() => ask({})} data-testid="add-patient">
            {t("addPatient")}
          </Button>
        }
      />
      <div class="filters">
        <SearchBox />
      </div>
      <Show of={patients}>
        {(items) =>
          items.length > 0 ? (
            <Table caption={panel("patients")} columns={columns((patient) => ask({ patient }))} rows={items} rowKey={(p) => p.id} more={patients.more} data-testid="patients" />
          ) : q ? (
            <NoMatch />
          ) : (
            <EmptyState title={t("patientsEmpty")} icon={UserRound}>
              {t("patientsEmptyText")}
            </EmptyState>
          )
        }
      </Show>
      {asking && <PatientDialog patient={asking.patient} onClose={() => ask(null)} onDone={patients.reload} />}
    </>
  );
}
