/**
 * The REST interface as the applications call it: JSON in and out, every failure an ApiError that already carries
 * words for the person. Credentials are one of: the session cookie with its CSRF token, or a bearer (ticket, kiosk token).
 */
import { common, language } from "../i18n";

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  action?: string;
  code: string;
  errors?: readonly { field: string; message: string }[];
}

export class ApiError extends Error {
  /** The whole problem, with members of its own (conflicts, next_free). */
  constructor(readonly problem: Problem & Readonly<Record<string, unknown>>) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
  }
  get code(): string {
    return this.problem.code;
  }
  get action(): string {
    return this.problem.action ?? "";
  }
  /** The message for one field of a form. */
  field(name: string): string | undefined {
    return this.problem.errors?.find((error) => error.field === name)?.message;
  }
}

export interface ApiOptions {
  base?: string;
  bearer?: () => string | null;
  csrf?: () => string | null;
  /** Called on 401, so that an application can show its sign-in. */
  onUnauthorized?: () => void;
  fetch?: typeof fetch;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Api {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

export function createApi(options: ApiOptions = {}): Api {
  const base = options.base ?? "/api/v1";
  const send = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init));

  async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json, application/problem+json", "Accept-Language": language() };
    const bearer = options.bearer?.();
    const csrf = options.csrf?.();
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
    const init: RequestInit = { method, headers, credentials: bearer ? "omit" : "same-origin", cache: "no-store" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    if (signal) init.signal = signal;
    const answer = await send(base + path, init).catch((cause: unknown) => {
      if (signal?.aborted) throw cause;
      throw new ApiError({ title: common("errorNetwork"), status: 0, code: "network", action: common("errorNetworkAction") });
    });
    if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T;
    if (answer.status === 401) options.onUnauthorized?.();
    throw new ApiError(await problemOf(answer));
  }

  return {
    get: (path, query, signal) => call("GET", path + queryString(query), undefined, signal),
    post: (path, body) => call("POST", path, body ?? {}),
    put: (path, body) => call("PUT", path, body ?? {}),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path) => call("DELETE", path),
  };
}

export function queryString(query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : "";
}

async function problemOf(answer: Response): Promise<Problem & Record<string, unknown>> {
  const fallback = { title: common("errorUnknown"), status: answer.status, code: `http-${answer.status}`, action: common("errorUnknownAction") };
  try {
    return { ...fallback, ...((await answer.json()) as object) };
  } catch {
    return fallback;
  }
}

/** Words for any failure: what happened, and what to do. */
export function wordsOf(error: unknown): { title: string; action: string } {
  if (error instanceof ApiError) return { title: error.message, action: error.action };
  return { title: common("errorUnknown"), action: common("errorUnknownAction") };
}
