/** Sites as the tree they are, with their rooms; what points to a site that is not there stands at the top. */
import type { Room, Site } from "../shared/api";
import { compareText } from "../shared/i18n";

/** As people order rooms: number 4 before number 10. */
export function inOrder<T extends { name: string }>(rooms: Iterable<T>): T[] {
  return [...rooms].sort((a, b) => compareText(a.name, b.name));
}

export interface SiteNode {
  site: Site;
  rooms: Room[];
  children: SiteNode[];
}

function nodesOf(sites: readonly Site[]): Map<string, SiteNode> {
  return new Map(sites.map((site): [string, SiteNode] => [site.id, { site, rooms: [], children: [] }]));
}

export function siteTree(sites: readonly Site[], rooms: readonly Room[]): SiteNode[] {
  const nodes = nodesOf(sites);
  for (const room of rooms) nodes.get(room.site_id)?.rooms.push(room);
  const tops: SiteNode[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.site.parent_id ?? "");
    if (parent && !within(nodes, parent, node)) parent.children.push(node);
    else tops.push(node);
  }
  const order = (list: SiteNode[]): SiteNode[] => {
    list.sort((a, b) => compareText(a.site.name, b.site.name));
    for (const node of list) {
      node.rooms = inOrder(node.rooms);
      order(node.children);
    }
    return list;
  };
  return order(tops);
}

/** A ring of parents, which only a broken store could hold, must not hang the page. */
function within(nodes: ReadonlyMap<string, SiteNode>, start: SiteNode, looked: SiteNode): boolean {
  let at: SiteNode | undefined = start;
  for (let steps = 0; at && steps <= nodes.size; steps++) {
    if (at === looked) return true;
    at = nodes.get(at.site.parent_id ?? "");
  }
  return false;
}

/** Sites that may be the parent of this one: not itself and nothing under it. */
export function possibleParents(sites: readonly Site[], id: string | undefined): Site[] {
  const nodes = nodesOf(sites);
  const self = id ? nodes.get(id) : undefined;
  return sites.filter((site) => !self || !within(nodes, nodes.get(site.id)!, self));
}
