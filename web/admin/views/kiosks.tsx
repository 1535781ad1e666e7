/** The machines in the rooms: which one answers, pairing by code, unpairing. */
import { useState } from "preact/hooks";
import { Link2, Monitor, Unlink2, Wifi, WifiOff } from "lucide";
import type { Kiosk } from "../../shared/api";
import { compareText, formatDateTime } from "../../shared/i18n";
import { Button, EmptyState, Field, notify, SelectField, TextField } from "../../shared/ui";
import { useData } from "../data";
import { Badge } from "../parts/chips";
import { Confirm, FormDialog } from "../parts/form";
import { Show, ViewHead } from "../parts/frame";
import { Table, type Column } from "../parts/table";
import { usePanel } from "../panel";
import { inOrder } from "../site_tree";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

const codeLength = 6;
const plainCode = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");
const siteOf = (kiosk: Kiosk) => (typeof kiosk.site === "string" ? kiosk.site : (kiosk.site?.name ?? ""));
const placeOf = (kiosk: Kiosk) => [kiosk.room.name, siteOf(kiosk)].filter(Boolean).join(" – ");

function PairDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { api } = usePanel();
  const rooms = useData((signal) => api.rooms.list({ limit: 200 }, signal), []);
  const [code, setCode] = useState("");
  const [room, setRoom] = useState("");
  const [name, setName] = useState("");
  const pair = async () => {
    const errors: Record<string, string> = {};
    if (plainCode(code).length !== codeLength) errors["code"] = t("codeShort");
    if (!room) errors["room_id"] = panel("required");
    if (Object.keys(errors).length > 0) return errors;
    const kiosk = await api.kiosks.pair({ code: plainCode(code), room_id: room, ...(name.trim() ? { name: name.trim() } : {}) });
    notify({ text: t("paired", { room: kiosk.room?.name ?? "" }) });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={t("pairTitle")} submit={t("pair")} onClose={onClose} onSubmit={pair} submitTestId="pair-submit">
      {(errors) => (
        <>
          <p>{t("pairText")}</p>
          <Field label={t("pairCode")} hint={t("pairCodeHint")} error={errors["code"]}>
            {(control) => (
              <input
                {...control}
                type="text"
                class="input code-input"
                value={code}
                autocomplete="off"
                autocapitalize="characters"
                spellcheck={false}
                maxLength={8}
                data-testid="pair-code"
                onInput={(event) => setCode(event.currentTarget.value.toUpperCase())}
              />
            )}
          </Field>
          <SelectField
            label={t("pairRoom")}
            error={errors["room_id"]}
            choices={[{ value: "", label: t("chooseRoom") }, ...inOrder(rooms.data?.items ?? []).map((r) => ({ value: r.id, label: [r.name, r.site_name].filter(Boolean).join(" – ") }))]}
            value={room}
            data-testid="pair-room"
            onChoose={setRoom}
          />
          <TextField label={t("kioskName")} value={name} error={errors["name"]} maxLength={80} data-testid="pair-name" onInput={(event) => setName(event.currentTarget.value)} />
        </>
      )}
    </FormDialog>
  );
}

const columns = (unpair: (kiosk: Kiosk) => void): Column<Kiosk>[] => [
  { key: "room", title: t("room"), wide: true, cell: (k) => <strong>{placeOf(k)}</strong>, compare: (a, b) => compareText(placeOf(a), placeOf(b)) },
  { key: "name", title: t("machine"), cell: (k) => k.name || <span class="quiet-text">–</span>, compare: (a, b) => compareText(a.name ?? "", b.name ?? "") },
  {
    key: "online",
    title: t("state"),
    cell: (k) =>
      k.online ? (
        <Badge tone="ready" icon={Wifi}>
          {t("online")}
        </Badge>
      ) : (
        <Badge tone="attention" icon={WifiOff}>
          {t("offline")}
        </Badge>
      ),
    compare: (a, b) => Number(a.online) - Number(b.online),
  },
  { key: "seen", title: t("lastSeen"), cell: (k) => <span class="numbers nowrap">{k.last_seen_at ? formatDateTime(k.last_seen_at) : t("never")}</span>, compare: (a, b) => (a.last_seen_at ?? "").localeCompare(b.last_seen_at ?? "") },
  {
    key: "actions",
    title: panel("actions"),
    acts: true,
    cell: (k) => (
      <Button kind="secondary" icon={Unlink2} onClick={() => unpair(k)} data-testid="unpair">
        {t("unpair")}
      </Button>
    ),
  },
];

export function Kiosks() {
  const { api } = usePanel();
  const kiosks = useData((signal) => api.kiosks.list(signal), [], 5000);
  const [pairing, setPairing] = useState(false);
  const [unpairing, setUnpairing] = useState<Kiosk | null>(null);
  const pairButton = (
    <Button kind="primary" icon={Link2} onClick={() => setPairing(true)} data-testid="pair">
      {t("pair")}
    </Button>
  );
  return (
    <>
      <ViewHead title={panel("kiosks")} actions={pairButton} />
      <Show of={kiosks}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("kiosksEmpty")} icon={Monitor}>
              {t("kiosksEmptyText")}
            </EmptyState>
          ) : (
            <Table caption={panel("kiosks")} columns={columns(setUnpairing)} rows={items} rowKey={(k) => k.id} data-testid="kiosks" />
          )
        }
      </Show>
      {pairing && <PairDialog onClose={() => setPairing(false)} onDone={kiosks.reload} />}
      {unpairing && (
        <Confirm
          title={t("unpairTitle", { room: placeOf(unpairing) })}
          submit={t("unpair")}
          onClose={() => setUnpairing(null)}
          onConfirm={async () => {
            await api.kiosks.unpair(unpairing.id);
            kiosks.reload();
          }}
        >
          <p>{t("unpairText")}</p>
        </Confirm>
      )}
    </>
  );
}
