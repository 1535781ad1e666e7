/**
 * The REST interface as the applications call it: JSON in and out, every failure an ApiError that already carries
 * words for the person. Credentials are one of: the session cookie with its CSRF token, or a bearer (ticket, kiosk token).
 */
import { common, language } from "../i18n";
import type { Consultation, Minutes } from "./types";

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  action?: string;
  code: string;
  errors?: readonly { field: string; message: string }[];
  /** What a booking collides with, and the next time that is free. */
  conflicts?: readonly Consultation[];
  next_free?: string | null;
  /** What somebody else has written meanwhile. */
  minutes?: Minutes;
}

/** The code of an answer that did not come: no network, no server, or a silent one. */
export const networkCode = "network";

export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    /** How long the server wants to be left alone, in seconds. */
    readonly retryAfterS: number | null = null,
  ) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }
  get code(): string {
    return this.problem.code;
  }
  get action(): string {
    return this.problem.action ?? "";
  }
  /** The server could not be asked at all: what is on the page may be old, and asking again may help. */
  get unreachable(): boolean {
    return this.problem.code === networkCode;
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
  /** Nobody has touched the page for a while: what it asks by itself is no use of the session, which may end. */
  unattended?: () => boolean;
  /** Called on 401, so that an application can show its sign-in. */
  onUnauthorized?: () => void;
  /** Called when the server goes out of reach, and when it is back. */
  onReach?: (reachable: boolean) => void;
  /** Longest wait for an answer. */
  timeoutMs?: number;
  fetch?: typeof fetch;
  now?: () => number;
}

export interface Page<T> {
  items: T[];
  next?: string | null;
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Api {
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** For what needs headers of its own: the answer as it came, 304 among what is good. */
  exchange(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

const defaultTimeoutMs = 15_000;

export function createApi(options: ApiOptions = {}): Api {
  const base = options.base ?? "/api/v1";
  const send = options.fetch ?? ((input: RequestInfo | URL, init?: RequestInit) => fetch(input, init));
  let reachable = true;

  function reach(now: boolean): void {
    if (now === reachable) return;
    reachable = now;
    options.onReach?.(now);
  }

  function request(method: string, body: unknown, signal: AbortSignal | undefined): RequestInit {
    const headers: Record<string, string> = { Accept: "application/json, application/problem+json", "Accept-Language": language() };
    const bearer = options.bearer?.();
    const csrf = options.csrf?.();
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    else if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
    if (options.unattended?.()) headers["X-Unattended"] = "1";
    const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const init: RequestInit = {
      method,
      headers,
      credentials: bearer ? "omit" : "same-origin",
      cache: "no-store",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    return init;
  }

  async function exchange(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    const answer = await send(base + path, init).catch((cause: unknown) => {
      if (signal?.aborted) throw cause;
      reach(false);
      throw new ApiError({ title: common("errorNetwork"), status: 0, code: networkCode, action: common("errorNetworkAction") });
    });
    reach(true);
    if (answer.status === 401) options.onUnauthorized?.();
    if (!answer.ok && answer.status !== 304) throw new ApiError(await problemOf(answer), retryAfterSeconds(answer.headers.get("Retry-After"), options.now?.() ?? Date.now()));
    return answer;
  }

  async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const answer = await exchange(path, request(method, body, signal), signal);
    if (answer.status === 204) return undefined as T;
    return (await answer.json().catch(() => {
      throw new ApiError(fallback(answer.status));
    })) as T;
  }

  return {
    get: (path, query, signal) => call("GET", path + queryString(query), undefined, signal),
    post: (path, body) => call("POST", path, body ?? {}),
    put: (path, body) => call("PUT", path, body ?? {}),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path) => call("DELETE", path),
    exchange: (method, path, body, headers) => {
      const init = request(method, body, undefined);
      return exchange(path, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
    },
  };
}

/** Leaves out what is empty. */
export function queryString(query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** Retry-After as whole seconds from now; it may hold a number or a date. */
export function retryAfterSeconds(header: string | null, nowMs: number): number | null {
  if (!header?.trim()) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1000));
}

function fallback(status: number): Problem {
  return { title: common("errorUnknown"), status, code: `http-${status}`, action: common("errorUnknownAction") };
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as Partial<Problem>;
    const code = body.code || body.type?.replace(/^.*\//, "") || `http-${answer.status}`;
    return { ...fallback(answer.status), ...body, code };
  } catch {
    return fallback(answer.status);
  }
}

/** Words for any failure: what happened, and what to do. */
export function wordsOf(error: unknown): { title: string; action: string } {
  if (error instanceof ApiError) return { title: error.message, action: error.action };
  return { title: common("errorUnknown"), action: common("errorUnknownAction") };
}
