/** Sites and their rooms, as a tree. */
import { useState } from "preact/hooks";
import { Building2, DoorOpen, Pencil, Plus, Trash2 } from "lucide";
import type { Room, Site, SiteKind } from "../../shared/api";
import { Button, EmptyState, Icon, notify, SelectField, TextField } from "../../shared/ui";
import { useData } from "../data";
import { Confirm, FormDialog } from "../parts/form";
import { Show, ViewHead } from "../parts/frame";
import { choicesOf } from "../parts/words";
import { usePanel } from "../panel";
import { possibleParents, siteTree, type SiteNode } from "../site_tree";
import { t } from "../words/directory";
import { t as panel } from "../words/panel";

const siteKinds: readonly SiteKind[] = ["province", "hospital", "branch", "clinic"];
/** What usually stands under what. */
const kindUnder: Record<SiteKind, SiteKind> = { province: "hospital", hospital: "branch", branch: "clinic", clinic: "clinic" };

type Asking =
  | { what: "site"; site?: Site; parent?: Site }
  | { what: "room"; room?: Room; site?: Site }
  | { what: "remove-site"; site: Site }
  | { what: "remove-room"; room: Room }
  | null;

interface DialogProps {
  sites: readonly Site[];
  onClose: () => void;
  onDone: () => void;
}

const siteChoices = (sites: readonly Site[]) => sites.map((one) => ({ value: one.id, label: one.name }));

function SiteDialog({ site, parent, sites, onClose, onDone }: DialogProps & { site?: Site | undefined; parent?: Site | undefined }) {
  const { api } = usePanel();
  const [name, setName] = useState(site?.name ?? "");
  const [kind, setKind] = useState<SiteKind>(site?.kind ?? (parent ? kindUnder[parent.kind] : "hospital"));
  const [parentId, setParentId] = useState(site?.parent_id ?? parent?.id ?? "");
  const save = async () => {
    if (name.trim() === "") return { name: panel("required") };
    const input = { name: name.trim(), kind, ...(parentId ? { parent_id: parentId } : site ? { parent_id: null } : {}) };
    await (site ? api.sites.update(site.id, input) : api.sites.create(input));
    notify({ text: panel("saved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={site ? t("editSite") : parent ? t("addSiteUnder", { name: parent.name }) : t("addSite")} submit={site ? panel("edit") : panel("add")} onClose={onClose} onSubmit={save} submitTestId="site-submit">
      {(errors) => (
        <>
          <TextField label={t("siteName")} value={name} error={errors["name"]} maxLength={160} data-testid="site-name" onInput={(event) => setName(event.currentTarget.value)} />
          <SelectField label={t("siteKind")} choices={choicesOf(siteKinds, (k) => t(k))} value={kind} error={errors["kind"]} data-testid="site-kind" onChoose={(value) => setKind(value as SiteKind)} />
          <SelectField
            label={t("parent")}
            choices={[{ value: "", label: t("noParent") }, ...siteChoices(possibleParents(sites, site?.id))]}
            value={parentId}
            error={errors["parent_id"]}
            data-testid="site-parent"
            onChoose={setParentId}
          />
        </>
      )}
    </FormDialog>
  );
}

function RoomDialog({ room, site, sites, onClose, onDone }: DialogProps & { room?: Room | undefined; site?: Site | undefined }) {
  const { api } = usePanel();
  const [name, setName] = useState(room?.name ?? "");
  const [siteId, setSiteId] = useState(room?.site_id ?? site?.id ?? sites[0]?.id ?? "");
  const save = async () => {
    if (name.trim() === "") return { name: panel("required") };
    const input = { name: name.trim(), site_id: siteId };
    await (room ? api.rooms.update(room.id, input) : api.rooms.create(input));
    notify({ text: panel("saved") });
    onDone();
    onClose();
    return undefined;
  };
  return (
    <FormDialog title={room ? t("editRoom") : site ? t("addRoomIn", { name: site.name }) : t("addRoom")} submit={room ? panel("edit") : panel("add")} onClose={onClose} onSubmit={save} submitTestId="room-submit">
      {(errors) => (
        <>
          <TextField label={t("roomName")} value={name} error={errors["name"]} maxLength={160} data-testid="room-name" onInput={(event) => setName(event.currentTarget.value)} />
          <SelectField label={t("site")} choices={siteChoices(sites)} value={siteId} error={errors["site_id"]} data-testid="room-site" onChoose={setSiteId} />
        </>
      )}
    </FormDialog>
  );
}

function Tools({ name, onEdit, onRemove, children }: { name: string; onEdit: () => void; onRemove: () => void; children?: preact.ComponentChildren }) {
  return (
    <span class="tree__tools">
      {children}
      <button type="button" class="icon-button" onClick={onEdit}>
        <Icon of={Pencil} />
        <span class="visually-hidden">{`${panel("edit")} ${name}`}</span>
      </button>
      <button type="button" class="icon-button" onClick={onRemove}>
        <Icon of={Trash2} />
        <span class="visually-hidden">{`${panel("remove")} ${name}`}</span>
      </button>
    </span>
  );
}

function Branch({ node, ask }: { node: SiteNode; ask: (what: Asking) => void }) {
  const { site } = node;
  return (
    <li>
      <div class="tree__line" data-testid="site">
        <Icon of={Building2} />
        <strong>{site.name}</strong>
        <span class="badge">{t(site.kind)}</span>
        <Tools name={site.name} onEdit={() => ask({ what: "site", site })} onRemove={() => ask({ what: "remove-site", site })}>
          <Button kind="quiet" icon={DoorOpen} onClick={() => ask({ what: "room", site })} data-testid="add-room">
            {t("addRoom")}
          </Button>
          <Button kind="quiet" icon={Plus} onClick={() => ask({ what: "site", parent: site })}>
            {t("addSite")}
          </Button>
        </Tools>
      </div>
      {node.rooms.length + node.children.length > 0 && (
        <ul>
          {node.rooms.map((room) => (
            <li key={room.id}>
              <div class="tree__line tree__line--room" data-testid="room">
                <Icon of={DoorOpen} />
                <span>{room.name}</span>
                <Tools name={room.name} onEdit={() => ask({ what: "room", room })} onRemove={() => ask({ what: "remove-room", room })} />
              </div>
            </li>
          ))}
          {node.children.map((child) => (
            <Branch key={child.site.id} node={child} ask={ask} />
          ))}
        </ul>
      )}
    </li>
  );
}

export function Places() {
  const { api } = usePanel();
  const places = useData(async (signal) => {
    const [sites, rooms] = await Promise.all([api.sites.list({ limit: 200 }, signal), api.rooms.list({ limit: 200 }, signal)]);
    return { sites: sites.items, rooms: rooms.items };
  }, []);
  const [asking, ask] = useState<Asking>(null);
  const sites = places.data?.sites ?? [];
  const dialog = { sites, onClose: () => ask(null), onDone: places.reload };
  const remove = async (removing: Promise<void>) => {
    await removing;
    notify({ text: panel("removed") });
    places.reload();
  };
  const addButton = (
    <Button kind="primary" icon={Plus} onClick={() => ask({ what: "site" })} data-testid="add-site">
      {t("addSite")}
    </Button>
  );
  return (
    <>
      <ViewHead title={panel("places")} under={t("placesText")} actions={addButton} />
      <Show of={places}>
        {(data) =>
          data.sites.length === 0 ? (
            <EmptyState title={t("placesEmpty")} icon={Building2}>
              {t("placesEmptyText")}
            </EmptyState>
          ) : (
            <section class="card section">
              <ul class="tree">
                {siteTree(data.sites, data.rooms).map((node) => (
                  <Branch key={node.site.id} node={node} ask={ask} />
                ))}
              </ul>
            </section>
          )
        }
      </Show>
      {asking?.what === "site" && <SiteDialog {...dialog} site={asking.site} parent={asking.parent} />}
      {asking?.what === "room" && <RoomDialog {...dialog} room={asking.room} site={asking.site} />}
      {asking?.what === "remove-site" && (
        <Confirm title={t("removeSite", { name: asking.site.name })} submit={panel("remove")} onClose={dialog.onClose} onConfirm={() => remove(api.sites.remove(asking.site.id))}>
          <p>{t("removePlaceText")}</p>
        </Confirm>
      )}
      {asking?.what === "remove-room" && (
        <Confirm title={t("removeRoom", { name: asking.room.name })} submit={panel("remove")} onClose={dialog.onClose} onConfirm={() => remove(api.rooms.remove(asking.room.id))}>
          <p>{t("removePlaceText")}</p>
        </Confirm>
      )}
    </>
  );
}
