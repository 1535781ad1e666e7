/** What this browser keeps until the server has it (IndexedDB): a reload, a crash or a killed browser loses nothing of it. */

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

/** One collection of things that have an `id`. Rejects where the browser refuses storage. */
export class Kept<T extends { readonly id: string }> {
  constructor(
    private readonly database: string,
    private readonly store: string,
  ) {}

  all = (): Promise<T[]> => this.within("readonly", (things) => things.getAll() as IDBRequest<T[]>);
  put = (thing: T): Promise<unknown> => this.within("readwrite", (things) => things.put(thing));
  remove = (id: string): Promise<unknown> => this.within("readwrite", (things) => things.delete(id));

  private async within<R>(mode: IDBTransactionMode, act: (things: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    const request = indexedDB.open(this.database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(this.store, { keyPath: "id" });
    const database = await done(request);
    try {
      return await done(act(database.transaction(this.store, mode).objectStore(this.store)));
    } finally {
      database.close();
    }
  }
}
