/**
 * Somebody's place at the minutes: what they type is kept here, sent when they pause, sent again when the line is back, and laid
 * over what others have written meanwhile. No DOM.
 */
import { type AddendumText, ApiError, type Minutes, type MinutesPort, wordsOf } from "../api";
import type { Drafts } from "./drafts";
import { addQuestion, type Conflicts, type Fields, fieldsOf, merge, plainLines, removeQuestion, same, set, textOf } from "./text";

export interface DeskState {
  readonly minutes: Minutes | null;
  /** As it is typed. */
  readonly fields: Fields;
  readonly typed: boolean;
  readonly saving: boolean;
  /** The server does not answer: what is typed waits here. */
  readonly offline: boolean;
  readonly conflicts: Conflicts;
  /** One's own addendum while it is written; null: none is. */
  readonly addendum: AddendumText | null;
  /** Why the last deed was refused. */
  readonly fault: { title: string; action: string } | null;
}

const nothing: Fields = { values: {}, questions: [] };
const pauseMs = 1200;
/** Who types without a pause is saved all the same. */
const longestMs = 5000;
const retryMs = 5000;
const lookMs = 4000;

const tidy = ({ kind, reason, text }: AddendumText): AddendumText => ({ kind, reason: plainLines(reason), text: plainLines(text) });

/** Its answer was lost on the way, and it stands on the server. */
function isWritten(draft: AddendumText, { addenda, me }: Minutes): boolean {
  const { kind, reason, text } = tidy(draft);
  return addenda.some((one) => one.author.id === me && one.kind === kind && one.reason === reason && one.text === text);
}

export class MinutesDesk {
  state: DeskState = { minutes: null, fields: nothing, typed: false, saving: false, offline: false, conflicts: new Map(), addendum: null, fault: null };
  private base = nothing;
  private seen = "";
  private readonly watchers = new Set<() => void>();
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  private lookTimer: ReturnType<typeof setInterval> | undefined;

  private typingSinceMs = 0;

  constructor(
    private readonly port: MinutesPort,
    private readonly drafts?: Drafts,
  ) {}

  /** Looks at once, and on as long as somebody watches. What waits to be sent is sent all the same. */
  subscribe(watcher: () => void): () => void {
    this.watchers.add(watcher);
    if (this.watchers.size === 1) {
      void this.look();
      this.lookTimer = setInterval(() => void this.look(), lookMs);
    }
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size > 0) return;
      clearInterval(this.lookTimer);
      if (this.state.typed) void this.save();
    };
  }

  async look(): Promise<void> {
    if (this.state.saving) return;
    try {
      const answer = await this.port.load(this.seen);
      this.set({ offline: false });
      if (answer && !this.state.minutes) await this.recall(answer.minutes.me);
      if (answer && !this.state.saving) this.take(answer.minutes, answer.etag);
    } catch (error) {
      this.fail(error);
    }
  }

  edit(key: string, value: string): void {
    this.change(set(this.state.fields, key, value));
  }

  addQuestion(): void {
    this.change(addQuestion(this.state.fields, `q${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`));
  }

  removeQuestion(id: string): void {
    this.change(removeQuestion(this.state.fields, id));
  }

  /** Settles what both have written in one field. */
  resolve(key: string, whose: "mine" | "theirs"): void {
    const conflicts = new Map(this.state.conflicts);
    const theirs = conflicts.get(key) ?? "";
    conflicts.delete(key);
    this.set({ conflicts });
    this.change(whose === "mine" ? this.state.fields : set(this.state.fields, key, theirs));
  }

  /** True when all that was typed is on the server. */
  async save(): Promise<boolean> {
    clearTimeout(this.saveTimer);
    this.typingSinceMs = 0;
    const { minutes, typed, saving, conflicts, fields } = this.state;
    if (!minutes || saving || conflicts.size > 0) return !typed;
    if (!typed) return true;
    this.set({ saving: true });
    try {
      const answer = await this.port.save(minutes.version, textOf(fields));
      this.base = fieldsOf(textOf(fields)); // what was typed while it was on its way is newer
      this.set({ saving: false, offline: false, fault: null });
      this.take(answer.minutes, answer.etag);
    } catch (error) {
      this.set({ saving: false });
      this.refused(error);
    }
    return !this.state.typed;
  }

  sign = (): Promise<boolean> => this.deed((version) => this.port.sign(version));
  withdraw = (): Promise<boolean> => this.deed((version) => this.port.withdraw(version));
  print = (): Promise<Blob> => this.port.print();

  draft(addendum: AddendumText | null): void {
    this.set({ addendum, fault: null });
  }

  /** Signs what was drafted under the number that was read. The server writes the same only once, so it may be sent again. */
  async addend(number: number): Promise<boolean> {
    const { addendum } = this.state;
    if (!addendum) return false;
    try {
      const answer = await this.port.addend(number, tidy(addendum));
      this.set({ fault: null, offline: false });
      this.take(answer.minutes, answer.etag);
    } catch (error) {
      this.refused(error);
      if (this.state.addendum && !this.state.offline) this.set({ fault: wordsOf(error) });
    }
    return this.state.addendum === null;
  }

  private async deed(make: (version: number) => Promise<{ minutes: Minutes; etag: string }>): Promise<boolean> {
    if (!(await this.save()) || !this.state.minutes) return false;
    try {
      const answer = await make(this.state.minutes.version);
      this.set({ fault: null, offline: false });
      this.take(answer.minutes, answer.etag);
      return true;
    } catch (error) {
      this.refused(error);
      return false;
    }
  }

  /** What was typed here before, and did not reach the server. */
  private async recall(me: string | undefined): Promise<void> {
    const draft = me === undefined ? null : ((await this.drafts?.load(me)) ?? null);
    if (!draft || this.state.minutes) return;
    this.base = draft.base;
    this.state = { ...this.state, fields: draft.fields, typed: !same(draft.fields, draft.base), conflicts: draft.conflicts, addendum: draft.addendum };
  }

  /** What the server has, under what was typed since. */
  private take(minutes: Minutes, etag: string): void {
    const theirs = fieldsOf(minutes.text);
    const { fields, conflicts } = this.state.typed ? merge(this.base, this.state.fields, theirs) : { fields: theirs, conflicts: new Map<string, string>() };
    const open = new Map([...this.state.conflicts].filter(([key]) => (theirs.values[key] ?? "") !== (fields.values[key] ?? "")));
    this.base = theirs;
    this.seen = etag;
    const typed = !same(fields, theirs);
    const addendum = this.state.addendum && isWritten(this.state.addendum, minutes) ? null : this.state.addendum;
    this.set({ minutes, addendum, fields, typed, conflicts: typed ? new Map([...open, ...conflicts]) : conflicts });
    if (typed) this.saveIn(pauseMs);
  }

  private refused(error: unknown): void {
    const theirs = error instanceof ApiError && error.code === "minutes-changed" ? error.problem.minutes : undefined;
    if (theirs) this.take(theirs, "");
    else this.fail(error);
  }

  private fail(error: unknown): void {
    const offline = error instanceof ApiError && error.unreachable;
    this.set(offline ? { offline } : { fault: wordsOf(error) });
    if (offline && this.state.typed) this.saveIn(retryMs);
  }

  private change(fields: Fields): void {
    this.set({ fields, typed: !same(fields, this.base), fault: null });
    if (this.state.typed) this.saveIn(pauseMs);
  }

  private saveIn(ms: number): void {
    clearTimeout(this.saveTimer);
    this.typingSinceMs ||= Date.now();
    const longest = Math.max(0, this.typingSinceMs + longestMs - Date.now());
    this.saveTimer = setTimeout(() => void this.save(), ms === pauseMs ? Math.min(ms, longest) : ms);
  }

  private set(change: Partial<DeskState>): void {
    this.state = { ...this.state, ...change };
    if ("fields" in change || "conflicts" in change || "addendum" in change) this.remember();
    for (const watcher of this.watchers) watcher();
  }

  /** What is signed takes no more words: those that came too late are on the page to be read and copied, and are kept nowhere. */
  private remember(): void {
    const { minutes, fields, typed, conflicts, addendum } = this.state;
    if (minutes?.me === undefined) return;
    if ((typed && minutes.state !== "signed") || addendum) this.drafts?.keep(minutes.me, { base: this.base, fields, conflicts, addendum });
    else this.drafts?.drop(minutes.me);
  }
}
