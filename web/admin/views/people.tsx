/** Staff: who may sign in, as what. One-time passwords are shown once. */
import { useState } from "preact/hooks";
import { KeyRound, Lock, LockOpen, Pencil, UserPlus, Users } from "lucide";
import type { Language, Site, User, UserRole } from "../../shared/api";
import { common, compareNames, compareText } from "../../shared/i18n";
import { Button, Dialog, EmptyState, notify, SelectField, TextField } from "../../shared/ui";
import { useData, usePages } from "../data";
import { Badge } from "../parts/chips";
import { Confirm, FormDialog, Secret } from "../parts/form";
import { ChipFilter, NoMatch, SearchBox, Show, ViewHead } from "../parts/frame";
import { Table, type Column } from "../parts/table";
import { choicesOf } from "../parts/words";
import { usePanel } from "../panel";
import { useAddress } from "../router";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

const userRoles: readonly UserRole[] = ["doctor", "admin"];
type Asking = { what: "edit"; user?: User } | { what: "reset"; user: User } | { what: "once"; name: string; password: string } | null;

interface PersonProps {
  user: User | undefined;
  sites: readonly Site[];
  onClose: () => void;
  onDone: () => void;
  onPassword: (name: string, password: string) => void;
}

function PersonDialog({ user, sites, onClose, onDone, onPassword }: PersonProps) {
  const { api } = usePanel();
  const [username, setUsername] = useState(user?.username ?? "");
  const [name, setName] = useState(user?.name ?? "");
  const [title, setTitle] = useState(user?.title ?? "");
  const [role, setRole] = useState<UserRole>(user?.role ?? "doctor");
  const [site, setSite] = useState(user?.site_id ?? "");
  const [language, setLanguage] = useState<Language>(user?.language ?? "vi");
  const save = async () => {
    const missing = [["username", username], ["name", name]].filter(([, value]) => value?.trim() === "");
    if (missing.length > 0) return Object.fromEntries(missing.map(([field]) => [field, panel("required")])) as Record<string, string>;
    const input = { name: name.trim(), title: title.trim(), role, language, ...(site ? { site_id: site } : user?.site_id ? { site_id: null } : {}) };
    if (user) await api.users.update(user.id, input);
    else {
      const made = await api.users.create({ ...input, username: username.trim() });
      onPassword(made.name || name.trim(), made.one_time_password);
      onDone();
      return undefined;
    }
    notify({ text: panel("saved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={user ? t("editPerson") : t("addPerson")} submit={user ? panel("edit") : panel("add")} onClose={onClose} onSubmit={save} submitTestId="user-submit">
      {(errors) => (
        <>
          {!user && (
            <TextField
              label={t("username")}
              hint={t("usernameHint")}
              value={username}
              error={errors["username"]}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              maxLength={64}
              data-testid="user-username"
              onInput={(event) => setUsername(event.currentTarget.value)}
            />
          )}
          <TextField label={t("fullName")} value={name} error={errors["name"]} autocomplete="off" maxLength={120} data-testid="user-name" onInput={(event) => setName(event.currentTarget.value)} />
          <TextField label={t("title")} hint={t("titleHint")} value={title} error={errors["title"]} maxLength={40} data-testid="user-title" onInput={(event) => setTitle(event.currentTarget.value)} />
          <div class="pair">
            <SelectField label={t("role")} choices={choicesOf(userRoles, (r) => t(r))} value={role} error={errors["role"]} data-testid="user-role" onChoose={(value) => setRole(value as UserRole)} />
            <SelectField
              label={t("language")}
              choices={[
                { value: "vi", label: common("vietnamese") },
                { value: "en", label: common("english") },
              ]}
              value={language}
              onChoose={(value) => setLanguage(value as Language)}
            />
          </div>
          <SelectField label={t("site")} choices={[{ value: "", label: t("noSite") }, ...sites.map((s) => ({ value: s.id, label: s.name }))]} value={site} error={errors["site_id"]} onChoose={setSite} />
        </>
      )}
    </FormDialog>
  );
}

function columns(sites: readonly Site[], ask: (what: Asking) => void, toggle: (user: User) => void): Column<User>[] {
  const siteName = (user: User) => sites.find((s) => s.id === user.site_id)?.name ?? "";
  return [
    {
      key: "name",
      title: t("fullName"),
      wide: true,
      cell: (u) => (
        <span class="stack stack--none">
          <strong>{[u.title, u.name].filter(Boolean).join(" ")}</strong>
          <span class="small quiet-text">{u.username}</span>
        </span>
      ),
      compare: (a, b) => compareNames(a.name, b.name),
    },
    { key: "role", title: t("role"), cell: (u) => t(u.role), compare: (a, b) => a.role.localeCompare(b.role) },
    { key: "site", title: t("site"), cell: (u) => siteName(u) || <span class="quiet-text">–</span>, compare: (a, b) => compareText(siteName(a), siteName(b)) },
    { key: "active", title: t("account"), cell: (u) => (u.active === false ? <Badge tone="attention">{t("inactive")}</Badge> : <Badge tone="ready">{t("active")}</Badge>) },
    {
      key: "actions",
      title: panel("actions"),
      acts: true,
      cell: (u) => (
        <span class="row row--end">
          <Button kind="quiet" square icon={Pencil} title={panel("edit")} onClick={() => ask({ what: "edit", user: u })}>
            {`${panel("edit")} ${u.name}`}
          </Button>
          <Button kind="quiet" square icon={KeyRound} title={t("resetPassword")} onClick={() => ask({ what: "reset", user: u })}>
            {`${t("resetPassword")}: ${u.name}`}
          </Button>
          <Button kind="quiet" square icon={u.active === false ? LockOpen : Lock} title={t(u.active === false ? "unlock" : "lock")} onClick={() => toggle(u)}>
            {`${t(u.active === false ? "unlock" : "lock")}: ${u.name}`}
          </Button>
        </span>
      ),
    },
  ];
}

export function People() {
  const { api } = usePanel();
  const { query } = useAddress();
  const q = query.get("q") ?? "";
  const role = query.get("role") ?? "";
  const users = usePages((cursor, signal) => api.users.list({ q, limit: 100, ...(cursor ? { cursor } : {}) }, signal), [q]);
  const sites = useData((signal) => api.sites.list({ limit: 200 }, signal), []);
  const [asking, ask] = useState<Asking>(null);
  const close = () => ask(null);
  const toggle = async (user: User) => {
    try {
      await api.users.update(user.id, { active: user.active === false });
      notify({ text: panel("saved") });
      users.reload();
    } catch (error) {
      notify({ text: error instanceof Error ? error.message : "", kind: "danger" });
    }
  };
  const once = (name: string, password: string) => ask({ what: "once", name, password });
  return (
    <>
      <ViewHead
        title={panel("people")}
        actions={
          <Button kind="primary" icon={UserPlus} onClick={() => ask({ what: "edit" })} data-testid="add-user">
            {t("addPerson")}
          </Button>
        }
      />
      <div class="filters">
        <SearchBox />
        <ChipFilter label={t("role")} param="role" choices={choicesOf(userRoles, (r) => t(r))} />
      </div>
      <Show of={users}>
        {(items) => {
          const rows = items.filter((u) => role === "" || u.role === role);
          if (rows.length === 0 && (q || role)) return <NoMatch />;
          if (rows.length === 0) {
            return (
              <EmptyState title={t("peopleEmpty")} icon={Users}>
                {t("peopleEmptyText")}
              </EmptyState>
            );
          }
          return <Table caption={panel("people")} columns={columns(sites.data?.items ?? [], ask, (u) => void toggle(u))} rows={rows} rowKey={(u) => u.id} more={users.more} data-testid="users" />;
        }}
      </Show>
      {asking?.what === "edit" && <PersonDialog user={asking.user} sites={sites.data?.items ?? []} onClose={close} onDone={users.reload} onPassword={once} />}
      {asking?.what === "reset" && (
        <Confirm
          title={`${t("resetPassword")}?`}
          submit={t("resetPassword")}
          onClose={() => ask((now) => (now?.what === "reset" ? null : now))}
          onConfirm={async () => {
            const { one_time_password } = await api.users.resetPassword(asking.user.id);
            once(asking.user.name, one_time_password);
          }}
        >
          <p>{t("resetText", { name: asking.user.name })}</p>
        </Confirm>
      )}
      {asking?.what === "once" && (
        <Dialog
          title={t("onceTitle", { name: asking.name })}
          onClose={close}
          actions={
            <Button kind="primary" onClick={close}>
              {panel("done")}
            </Button>
          }
        >
          <div class="stack">
            <Secret label={t("oncePassword")} value={asking.password} testId="one-time-password" />
            <p class="quiet-text">{t("onceText")}</p>
          </div>
        </Dialog>
      )}
    </>
  );
}
