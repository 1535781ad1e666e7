import { Kept } from "../kept";

/**
 * Files on their way, kept in this browser until the server has them: a reload or a crashed page loses nothing. They are
 * removed when they have arrived, and at the latest half a day later.
 */
export interface Parcel {
  readonly id: string;
  readonly consultation: string;
  readonly kind: "still" | "chat";
  readonly name: string;
  readonly blob: Blob;
  /** Where the server wants it; null: not begun. */
  readonly location: string | null;
  readonly createdMs: number;
}

export interface Outbox {
  all(consultation: string): Promise<Parcel[]>;
  put(parcel: Parcel): Promise<void>;
  remove(id: string): Promise<void>;
}

const longestMs = 12 * 3600_000;

/** Where the browser refuses storage, files live as long as the page. */
export class BrowserOutbox implements Outbox {
  private readonly parcels = new Kept<Parcel>("hoichan-uploads", "parcels");
  private readonly spare = new Map<string, Parcel>();

  async all(consultation: string): Promise<Parcel[]> {
    const kept = await this.parcels.all().catch(() => [...this.spare.values()]);
    for (const old of kept.filter((parcel) => Date.now() - parcel.createdMs > longestMs)) await this.remove(old.id);
    return kept.filter((parcel) => parcel.consultation === consultation && Date.now() - parcel.createdMs <= longestMs);
  }

  async put(parcel: Parcel): Promise<void> {
    await this.parcels.put(parcel).catch(() => this.spare.set(parcel.id, parcel));
  }

  async remove(id: string): Promise<void> {
    this.spare.delete(id);
    await this.parcels.remove(id).catch(() => undefined);
  }
}
