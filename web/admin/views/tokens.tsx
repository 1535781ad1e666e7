/** Tokens for software; each is shown once. */
import { useState } from "preact/hooks";
import { KeyRound, Plus } from "lucide";
import type { ApiToken } from "../../shared/api";
import { compareText, formatDateTime } from "../../shared/i18n";
import { Button, Dialog, EmptyState, TextField } from "../../shared/ui";
import { useData } from "../data";
import { Confirm, FormDialog, Secret } from "../parts/form";
import { Show, ViewHead } from "../parts/frame";
import { Table, type Column } from "../parts/table";
import { usePanel } from "../panel";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

function TokenDialog({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const { api } = usePanel();
  const [name, setName] = useState("");
  const save = async () => {
    if (name.trim() === "") return { name: panel("required") };
    const made = await api.tokens.create({ name: name.trim() });
    onMade(made.token ?? "");
    return undefined;
  };
  return (
    <FormDialog title={t("addToken")} submit={t("addToken")} onClose={onClose} onSubmit={save} submitTestId="token-submit">
      {(errors) => <TextField label={t("tokenName")} hint={t("tokenNameHint")} value={name} error={errors["name"]} maxLength={120} data-testid="token-name" onInput={(event) => setName(event.currentTarget.value)} />}
    </FormDialog>
  );
}

const time = (at: string | null | undefined) => <span class="numbers nowrap">{at ? formatDateTime(at) : "–"}</span>;

const columns = (revoke: (token: ApiToken) => void): Column<ApiToken>[] => [
  { key: "name", title: t("tokenName"), wide: true, cell: (k) => <strong>{k.name}</strong>, compare: (a, b) => compareText(a.name, b.name) },
  { key: "created", title: t("created"), cell: (k) => time(k.created_at) },
  { key: "used", title: t("lastUsed"), cell: (k) => time(k.last_used_at) },
  {
    key: "actions",
    title: panel("actions"),
    acts: true,
    cell: (k) => (
      <Button kind="secondary" onClick={() => revoke(k)}>
        {t("revoke")}
      </Button>
    ),
  },
];

export function Tokens() {
  const { api } = usePanel();
  const tokens = useData((signal) => api.tokens.list({}, signal), []);
  const [adding, setAdding] = useState(false);
  const [fresh, setFresh] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  return (
    <>
      <ViewHead
        title={panel("tokens")}
        actions={
          <Button kind="primary" icon={Plus} onClick={() => setAdding(true)} data-testid="add-token">
            {t("addToken")}
          </Button>
        }
      />
      <Show of={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t("tokensEmpty")} icon={KeyRound}>
              {t("tokensEmptyText")}
            </EmptyState>
          ) : (
            <Table caption={panel("tokens")} columns={columns(setRevoking)} rows={items} rowKey={(k) => k.id} />
          )
        }
      </Show>
      {adding && (
        <TokenDialog
          onClose={() => setAdding(false)}
          onMade={(token) => {
            setAdding(false);
            setFresh(token);
            tokens.reload();
          }}
        />
      )}
      {fresh && (
        <Dialog title={t("tokenTitle")} onClose={() => setFresh(null)}>
          <div class="stack">
            <Secret label={t("token")} value={fresh} testId="token-value" />
            <p class="quiet-text">{t("tokenText")}</p>
          </div>
        </Dialog>
      )}
      {revoking && (
        <Confirm
          title={t("removeToken", { name: revoking.name })}
          submit={t("revoke")}
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            await api.tokens.remove(revoking.id);
            tokens.reload();
          }}
        >
          <p>{t("removeTokenText")}</p>
        </Confirm>
      )}
    </>
  );
}
