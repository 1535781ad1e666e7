/** Whom an emergency was about: entered as soon as it is known, during the call or after it. */
import { useState } from "preact/hooks";
import type { Consultation } from "../../shared/api";
import { notify } from "../../shared/ui";
import { checkPatient, emptyPatient, patientInput, type Faults } from "../booking";
import { usePanel } from "../panel";
import { t } from "../words/consultation";
import { faultWord } from "../words/faults";
import { t as panel } from "../words/panel";
import { FormDialog } from "./form";
import { NewPatientFields } from "./patient_fields";

export function NamePatientDialog({ of, onClose, onDone }: { of: Consultation; onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const [patient, setPatient] = useState(() => ({ ...emptyPatient(), mode: "new" as const }));
  const save = async () => {
    const faults: Faults = {};
    checkPatient(patient, Date.now(), faults);
    const wrong = Object.entries(faults).flatMap(([field, fault]) => (fault ? [[field, t(faultWord[fault])] as const] : []));
    if (wrong.length > 0) return Object.fromEntries(wrong);
    await api.consultations.namePatient(of.id, { patient: patientInput(patient) });
    notify({ text: panel("saved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={t("namePatient")} submit={panel("done")} onClose={onClose} onSubmit={save} submitTestId="name-patient-submit">
      {(errors) => (
        <>
          <p class="quiet-text">{t("namePatientText")}</p>
          <NewPatientFields patient={patient} errors={errors} prefix="name-patient" onChange={(change) => setPatient((old) => ({ ...old, ...change, mode: "new" as const }))} />
        </>
      )}
    </FormDialog>
  );
}
