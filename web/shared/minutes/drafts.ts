/**
 * What was typed and is not on the server yet, kept in this browser for whom it belongs to. It is removed when it has arrived, and
 * at the latest half a day later.
 */
import type { AddendumText } from "../api";
import { Kept } from "../kept";
import type { Conflicts, Fields } from "./text";

export interface Draft {
  /** What the words were written on. */
  readonly base: Fields;
  readonly fields: Fields;
  /** Not settled yet. */
  readonly conflicts: Conflicts;
  readonly addendum: AddendumText | null;
}

/** Of one consultation; `who` is a participant. */
export interface Drafts {
  load(who: string): Promise<Draft | null>;
  keep(who: string, draft: Draft): void;
  drop(who: string): void;
}

interface KeptDraft {
  readonly id: string;
  readonly draft: Draft;
  readonly atMs: number;
}

const longestMs = 12 * 3600_000;
const isOld = ({ atMs }: KeptDraft) => Date.now() - atMs > longestMs;

const kept = new Kept<KeptDraft>("hoichan-minutes", "drafts");

/** Of everybody: all of them at a sign-out, what is too old whenever a page begins. */
export async function forgetDrafts(which: "all" | "old"): Promise<void> {
  const all = await kept.all().catch(() => []);
  for (const one of all) if (which === "all" || isOld(one)) await kept.remove(one.id).catch(() => undefined);
}

/** Where the browser refuses storage, nothing outlives the page. */
export class BrowserDrafts implements Drafts {
  private next: (() => Promise<unknown>) | null = null;
  private busy = false;

  constructor(private readonly consultation: string) {}

  private idOf = (who: string) => `${this.consultation} ${who}`;

  async load(who: string): Promise<Draft | null> {
    const all = await kept.all().catch(() => []);
    return all.find((one) => one.id === this.idOf(who) && !isOld(one))?.draft ?? null;
  }

  keep(who: string, draft: Draft): void {
    this.run(() => kept.put({ id: this.idOf(who), draft, atMs: Date.now() }));
  }

  drop(who: string): void {
    this.run(() => kept.remove(this.idOf(who)));
  }

  /** One after another; of what came meanwhile only the last. */
  private run(act: () => Promise<unknown>): void {
    this.next = act;
    if (!this.busy) void this.drain();
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.next) {
      const act = this.next;
      this.next = null;
      await act().catch(() => undefined);
    }
    this.busy = false;
  }
}
