/** Who else is told when consultations change. */
import { useState } from "preact/hooks";
import { Plus, Trash2, Webhook as WebhookIcon } from "lucide";
import type { Webhook } from "../../shared/api";
import { Button, Dialog, EmptyState, notify, TextField } from "../../shared/ui";
import { useData } from "../data";
import { Confirm, FormDialog, Secret } from "../parts/form";
import { Show, ViewHead } from "../parts/frame";
import { eventName, knownEvents } from "../parts/records";
import { Table, type Column } from "../parts/table";
import { usePanel } from "../panel";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

function WebhookDialog({ onClose, onMade }: { onClose: () => void; onMade: (made: Webhook) => void }) {
  const { api } = usePanel();
  const [url, setUrl] = useState("https://");
  const [events, setEvents] = useState<readonly string[]>(knownEvents);
  const save = async () => {
    const errors: Record<string, string> = {};
    if (!/^https?:\/\/[^/\s]+/.test(url.trim())) errors["url"] = t("badUrl");
    if (events.length === 0) errors["events"] = t("chooseEvent");
    if (Object.keys(errors).length > 0) return errors;
    onMade(await api.webhooks.create({ url: url.trim(), events: [...events] }));
    return undefined;
  };
  return (
    <FormDialog title={t("addWebhook")} submit={panel("add")} onClose={onClose} onSubmit={save} submitTestId="webhook-submit">
      {(errors) => (
        <>
          <TextField label={t("address")} value={url} error={errors["url"]} inputMode="url" autocomplete="off" maxLength={1000} data-testid="webhook-url" onInput={(event) => setUrl(event.currentTarget.value)} />
          <fieldset class="group">
            <legend>{t("events")}</legend>
            {errors["events"] && <p class="field__error">{errors["events"]}</p>}
            {knownEvents.map((event) => (
              <label key={event} class="check">
                <input type="checkbox" checked={events.includes(event)} onChange={(e) => setEvents(e.currentTarget.checked ? [...events, event] : events.filter((one) => one !== event))} />
                <span>
                  {eventName(event)} <code class="small quiet-text">{event}</code>
                </span>
              </label>
            ))}
          </fieldset>
        </>
      )}
    </FormDialog>
  );
}

const columns = (remove: (webhook: Webhook) => void): Column<Webhook>[] => [
  { key: "url", title: t("address"), wide: true, cell: (w) => <span class="break">{w.url}</span>, compare: (a, b) => a.url.localeCompare(b.url) },
  { key: "events", title: t("events"), cell: (w) => <span class="small">{(w.events ?? []).map(eventName).join(", ")}</span> },
  {
    key: "actions",
    title: panel("actions"),
    acts: true,
    cell: (w) => (
      <Button kind="quiet" square icon={Trash2} title={panel("remove")} onClick={() => remove(w)}>
        {`${panel("remove")} ${w.url}`}
      </Button>
    ),
  },
];

export function Webhooks() {
  const { api } = usePanel();
  const webhooks = useData((signal) => api.webhooks.list({}, signal), []);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Webhook | null>(null);
  const made = (webhook: Webhook) => {
    setAdding(false);
    setSecret(webhook.secret ?? null);
    webhooks.reload();
  };
  return (
    <>
      <ViewHead
        title={panel("webhooks")}
        actions={
          <Button kind="primary" icon={Plus} onClick={() => setAdding(true)} data-testid="add-webhook">
            {t("addWebhook")}
          </Button>
        }
      />
      <Show of={webhooks}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("webhooksEmpty")} icon={WebhookIcon}>
              {t("webhooksEmptyText")}
            </EmptyState>
          ) : (
            <Table caption={panel("webhooks")} columns={columns(setRemoving)} rows={items} rowKey={(w) => w.id} data-testid="webhooks" />
          )
        }
      </Show>
      {adding && <WebhookDialog onClose={() => setAdding(false)} onMade={made} />}
      {secret && (
        <Dialog title={t("secretTitle")} onClose={() => setSecret(null)}>
          <div class="stack">
            <Secret label={t("secret")} value={secret} />
            <p class="quiet-text">{t("secretText")}</p>
          </div>
        </Dialog>
      )}
      {removing && (
        <Confirm
          title={t("removeWebhook")}
          submit={panel("remove")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await api.webhooks.remove(removing.id);
            notify({ text: panel("removed") });
            webhooks.reload();
          }}
        >
          <p>{t("removeWebhookText", { url: removing.url })}</p>
        </Confirm>
      )}
    </>
  );
}
