/** The address is the state: /admin/<view>[/<id>]?filters. Going there, changing a filter and reading it, nothing more. */
import { useEffect, useState } from "preact/hooks";

const base = "/admin";
const changed = "hoichan:address";

export interface Address {
  /** "/" or "/consultations/abc", without the panel's own prefix. */
  path: string;
  query: URLSearchParams;
}

export function readAddress(location: { pathname: string; search: string }): Address {
  const rest = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : location.pathname;
  return { path: `/${rest.split("/").filter(Boolean).join("/")}`, query: new URLSearchParams(location.search) };
}

/** "/consultations/abc" → ["consultations", "abc"], decoded. */
export function segments(path: string): string[] {
  return path
    .split("/")
    .filter(Boolean)
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

export function href(path: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return base + (path === "/" ? "" : path) + (text ? `?${text}` : "");
}

/** The query with some values changed; an empty value takes the key out. */
export function withQuery(query: URLSearchParams, change: Readonly<Record<string, string>>): string {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(change)) {
    if (value === "") next.delete(key);
    else next.set(key, value);
  }
  const text = next.toString();
  return text ? `?${text}` : "";
}

export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  window.dispatchEvent(new Event(changed));
}

/** Filters change the address without filling the back button's list. */
export function setQuery(change: Readonly<Record<string, string>>): void {
  go(location.pathname + withQuery(new URLSearchParams(location.search), change), true);
}

export function useAddress(): Address {
  const [address, setAddress] = useState(() => readAddress(location));
  useEffect(() => {
    const read = () => setAddress(readAddress(location));
    window.addEventListener("popstate", read);
    window.addEventListener(changed, read);
    return () => {
      window.removeEventListener("popstate", read);
      window.removeEventListener(changed, read);
    };
  }, []);
  return address;
}

/** Ordinary links inside the panel change the page without loading it again; everything else stays the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
